//! The hospital's desk beside the local cloud, by a plain client that follows its forms: who gets in, what guards a form,
//! what is kept, and the way from a clerk's draft to a physician's final document.

use std::time::{Duration, Instant};

use e2e::client;
use e2e::stack::Stack;
use fude_standin_cognito::totp_code;

/// A one-time code serves once, and other tests sign in as the same people.
const SIGNED_IN: Duration = Duration::from_secs(240);

/// One browser: its cookie and the guards of the last page.
struct Browser {
    agent: ureq::Agent,
    desk: String,
    cookie: String,
    page: client::Answer,
}

impl Browser {
    fn open(stack: &Stack) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(90)))
            .proxy(None)
            .build()
            .into();
        let desk = stack.ready["desk"].as_str().expect("ready.json tells the desk").to_owned();
        let page = client::answer(agent.get(format!("{desk}/sign-in")).call());
        Self { agent, desk, cookie: String::new(), page }
    }

    fn get(&mut self, path: &str) -> &client::Answer {
        let request = self.agent.get(format!("{}{path}", self.desk)).header("cookie", &self.cookie);
        self.page = client::answer(request.call());
        &self.page
    }

    /// A form of ours, without the guards of the page.
    fn send(&mut self, path: &str, origin: &str, fields: &[(&str, &str)]) -> &client::Answer {
        let request = self.agent.post(format!("{}{path}", self.desk));
        let request = request.header("cookie", &self.cookie).header("origin", origin);
        self.page = client::answer(request.send_form(fields.iter().copied()));
        if let Some(set) = self.page.headers.get("set-cookie").and_then(|v| v.to_str().ok()) {
            set.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        }
        &self.page
    }

    /// A form of the page that is open.
    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> &client::Answer {
        let (csrf, user, desk) = (self.field("csrf"), self.field("user"), self.desk.clone());
        let guards = [("csrf", csrf.as_str()), ("user", user.as_str())];
        self.send(path, &desk, &[&guards, fields].concat())
    }

    /// A hidden field of the page.
    fn field(&self, name: &str) -> String {
        let text = self.page.text();
        let rest = text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().replace("&quot;", "\"")
    }

    /// Answers after `attribute="` on the page.
    fn marked(&self, before: &str) -> Vec<String> {
        let text = self.page.text();
        text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }

    /// Signs in with codes until one has not been used.
    fn sign_in(&mut self, stack: &Stack, name: &str) {
        let desk = self.desk.clone();
        self.until("signed in", |browser| {
            let (password, code) = secrets(stack, name);
            let sent = [("name", name), ("password", password.as_str()), ("code", code.as_str())];
            browser.send("/sign-in", &desk, &sent).status == 303
        });
        self.get("/");
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < SIGNED_IN, "not {what}: {}", self.page.text());
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// From the worklist to the drafted document; returns its address.
    fn draft(&mut self, patient: &str, kind: &str, fields: &[(&str, &str)]) -> String {
        let begun = self.post("/new", &[("patient", patient), ("kind", kind)]);
        let work = begun.header("location").to_owned();
        assert!(!work.contains(patient), "no patient's number in an address");
        self.get(&work);
        self.post(&format!("{work}/draft"), fields);
        assert_eq!(self.page.status, 303, "{}", self.page.text());
        self.until("drafted", |b| b.get(&format!("{work}/progress")).status == 303);
        let document = self.page.header("location").to_owned();
        assert_eq!(self.get(&document).status, 200);
        document
    }
}

fn secrets(stack: &Stack, name: &str) -> (String, String) {
    let users = stack.ready["hospitals"][0]["users"].as_array().expect("users");
    let user = users.iter().find(|u| u["name"] == name).expect("a user of the first hospital");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let text = |member: &str| user[member].as_str().unwrap_or_default().to_owned();
    (text("password"), totp_code(&text("totpSecret"), now))
}

#[test]
fn nobody_reads_a_page_of_the_desk_without_signing_in() {
    let stack = Stack::shared();
    let mut browser = Browser::open(stack);
    let policy = browser.page.header("content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(browser.page.header("cache-control"), "no-store");
    for path in ["/", "/new/x", "/documents/x", "/documents/x/paper", "/session"] {
        let page = browser.get(path);
        assert_eq!((page.status, page.header("location")), (303, "/sign-in"), "{path}");
    }
    let desk = browser.desk.clone();
    let wrong = [("name", "sato"), ("password", "wrong"), ("code", "000000")];
    assert_eq!(browser.send("/sign-in", &desk, &wrong).status, 401);
    assert!(browser.cookie.is_empty());
    assert_eq!(browser.send("/sign-in", "https://elsewhere.example", &wrong).status, 403, "another page's form");
    let named = browser.agent.get(format!("{desk}/sign-in")).header("host", "elsewhere.example").call();
    assert_eq!(client::answer(named).status, 421, "another name that points here");
}

#[test]
fn somebody_of_another_hospital_does_not_get_in_at_the_desk() {
    let stack = Stack::shared();
    let mut browser = Browser::open(stack);
    let users = stack.ready["hospitals"][1]["users"].as_array().expect("users").clone();
    let user = users.iter().find(|u| u["name"] == "arai").expect("a nurse of the second hospital");
    let text = |member: &str| user[member].as_str().unwrap_or_default().to_owned();
    let desk = browser.desk.clone();
    browser.until("refused", |b| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
        let code = totp_code(&text("totpSecret"), now);
        b.send("/sign-in", &desk, &[("name", "arai"), ("password", &text("password")), ("code", &code)]);
        b.page.status == 401 && b.page.text().contains("この病院に登録されていません")
    });
    assert!(browser.cookie.is_empty());
}

#[test]
fn a_clerks_letter_is_approved_at_the_desk_and_printed() {
    let stack = Stack::shared();
    let (mut clerk, mut physician) = (Browser::open(stack), Browser::open(stack));
    clerk.sign_in(stack, "kimura");
    assert!(clerk.cookie.starts_with("desk=") && !clerk.page.text().contains("eyJ"), "no token reaches the browser");
    let purpose = "嚥下機能の再評価をお願いします。";
    let fields = [("addressee", "0"), ("for", "tanaka"), ("st:950", purpose)];
    let document = clerk.draft("84192637", "referral-letter", &fields);
    assert!(clerk.page.text().contains(purpose));

    // Kept over a new sign-in, for its author alone
    let added = clerk.marked("name=\"add:").into_iter().next().expect("a section can be added to");
    let (name, revision) = (format!("add:{added}"), clerk.field("revision"));
    let words = "家族への説明は済んでいる。";
    let kept = clerk.post(&format!("{document}/kept"), &[(&name, words), ("revision", &revision)]);
    assert_eq!(kept.status, 204);
    clerk.get("/");
    clerk.post("/sign-out", &[("why", "")]);
    assert_eq!(clerk.get(&document).status, 303, "signed out");
    clerk.sign_in(stack, "kimura");
    assert!(clerk.page.text().contains("書きかけ"));
    assert!(clerk.get(&document).text().contains(words));
    physician.sign_in(stack, "tanaka");
    assert!(!physician.get(&document).text().contains(words));

    // Another person's page in this browser changes nothing
    let csrf = clerk.field("csrf");
    let desk = clerk.desk.clone();
    let path = format!("{document}/kept");
    assert_eq!(clerk.send(&path, &desk, &[("csrf", &csrf), ("user", "tanaka"), (&name, "x")]).status, 409);
    assert_eq!(clerk.send(&path, &desk, &[("csrf", "x"), ("user", "kimura"), (&name, "x")]).status, 401);

    clerk.get(&document);
    let (key, etag) = (clerk.field("key"), clerk.field("etag"));
    let revise = [("key", key.as_str()), ("etag", &etag), ("revision", &revision), (&name, words), ("for", "tanaka")];
    clerk.post(&format!("{document}/revise"), &revise);
    assert_eq!(clerk.page.status, 303, "{}", clerk.page.text());
    clerk.get(&format!("{document}/finalise"));
    assert!(!clerk.page.text().contains("name=\"password\""), "a clerk finalises nothing");

    physician.get("/");
    let waiting = physician.page.text().split("退院時サマリー未作成").next().unwrap_or_default().to_owned();
    assert!(waiting.contains(&document), "it waits for its physician");
    physician.get(&document);
    assert!(physician.page.text().contains(words) && physician.page.text().contains("class=\"by\""));
    let flags: Vec<String> = physician.marked("name=\"answer:");
    let revision = physician.field("revision");
    physician.get(&format!("{document}/finalise"));
    assert!(flags.is_empty() || !physician.page.text().contains("name=\"password\""), "a flag must be answered");
    physician.get(&document);
    let names: Vec<String> = flags.iter().map(|f| format!("answer:{f}")).collect();
    let mut answers: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "accepted")).collect();
    answers.push(("revision", &revision));
    physician.post(&format!("{document}/kept"), &answers);
    physician.get(&format!("{document}/finalise"));
    physician.until("finalised", |b| {
        let (password, code) = secrets(stack, "tanaka");
        let (key, etag) = (b.field("key"), b.field("etag"));
        let sent = [("key", key.as_str()), ("etag", &etag), ("password", &password), ("code", &code)];
        b.post(&format!("{document}/finalise"), &sent).status == 303
    });
    let paper = physician.get(&format!("{document}/paper"));
    assert!(paper.header("content-security-policy").contains("style-src 'sha256-"));
    assert!(paper.text().contains(words) && paper.text().contains("田中 美穂") && !paper.text().contains("下書き"));
    physician.get(&format!("{document}/versions?from=1&to=2"));
    assert!(physician.page.text().contains(&format!("<ins>{words}</ins>")));
    assert!(physician.get(&format!("{document}/text")).text().contains("CP932"));
    let logged = std::fs::read_to_string(stack.state.join("log/desk.log")).expect("the desk keeps a log");
    assert!(!logged.contains("84192637") && !logged.contains("橋本") && !logged.contains("説明"));
}

/// A desk of the test's own beside the shared stack, with another configuration.
struct OwnDesk {
    process: std::process::Child,
    address: String,
}

impl OwnDesk {
    fn start(stack: &Stack, name: &str, change: impl FnOnce(String) -> String) -> Self {
        let folder = stack.state.join("desk");
        let config = std::fs::read_to_string(folder.join("desk.toml")).expect("the local cloud wrote it");
        let config = config.replace("state = \"state\"", &format!("state = \"state-{name}\""));
        let listen = config.lines().find(|l| l.starts_with("listen")).expect("an address").to_owned();
        let config = change(config.replace(&listen, "listen = \"127.0.0.1:0\""));
        let file = folder.join(format!("{name}.toml"));
        std::fs::write(&file, config).expect("written");
        let mut process = std::process::Command::new(e2e::stack::binaries().join("fude-hospital"))
            .arg("--config")
            .arg(file)
            .arg("--attached")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the desk starts");
        let mut line = String::new();
        let out = process.stdout.take().expect("a pipe");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).expect("it prints its address");
        let address = line.trim().strip_prefix("desk ").expect("its address").to_owned();
        Self { process, address }
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().expect("it ends with its input").success());
    }
}

fn quoted(path: &std::path::Path) -> String {
    serde_json::Value::from(path.display().to_string()).to_string()
}

/// The desk as a hospital runs it: with a certificate of its own, which browsers check.
#[test]
fn behind_tls_the_cookie_is_bound_to_the_host() {
    let stack = Stack::shared();
    let [certificate, key] = ["server.pem", "server.key"].map(|name| quoted(&stack.state.join("pki").join(name)));
    let desk =
        OwnDesk::start(stack, "tls", |config| format!("{config}\n[tls]\ncertificate = {certificate}\nkey = {key}\n"));
    assert!(desk.address.starts_with("https://localhost:"), "{}", desk.address);
    let caller = stack.caller("sato");
    let sent = caller.agent.get(format!("{}/sign-in", desk.address)).call();
    let page = client::answer(sent);
    assert_eq!((page.status, page.header("strict-transport-security")), (200, "max-age=31536000"));
    let (password, _) = secrets(stack, "mori");
    let began = Instant::now();
    let cookie = loop {
        let (_, code) = secrets(stack, "mori");
        let form = [("name", "mori"), ("password", password.as_str()), ("code", code.as_str())];
        let request = caller.agent.post(format!("{}/sign-in", desk.address)).config().max_redirects(0).build();
        let request = request.header("origin", &desk.address);
        let answer = client::answer(request.send_form(form));
        if answer.status == 303 {
            break answer.header("set-cookie").to_owned();
        }
        assert!(began.elapsed() < SIGNED_IN, "{}", answer.text());
        std::thread::sleep(Duration::from_millis(500));
    };
    assert!(
        cookie.starts_with("__Host-desk=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    desk.end();
}

/// Nothing of this patient is staged: the desk reads the storage that the EMR keeps.
#[test]
fn a_summary_is_drafted_from_the_houses_own_storage() {
    let stack = Stack::shared();
    let made = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../hospital/tests/ssmix2/made");
    let listed = stack.state.join("desk/storage-patients.json");
    let patient = serde_json::json!([{ "number": "0002046813", "name": "北村 澄江", "kana": "キタムラ スミエ",
        "birthDate": "1948-06-19", "discharged": "2026-07-16" }]);
    std::fs::write(&listed, patient.to_string()).expect("written");
    let desk = OwnDesk::start(stack, "storage", |config| {
        let roots = quoted(&made.join("storage"));
        let config = config.replace("\"patients.json\"", "\"storage-patients.json\"");
        format!("{config}\n[source]\nkind = \"ssmix2\"\nroots = [{roots}]\n")
    });
    let mut browser = Browser::open(stack);
    browser.desk.clone_from(&desk.address);
    browser.sign_in(stack, "tanaka");
    let begun = browser.post("/new", &[("patient", "0002046813"), ("kind", "discharge-summary")]);
    let work = begun.header("location").to_owned();
    browser.get(&work);
    browser.post(&format!("{work}/draft"), &[("addressee", "0")]);
    assert_eq!(browser.page.status, 303, "{}", browser.page.text());
    browser.until("drafted", |b| b.get(&format!("{work}/progress")).text().contains("下書きができました"));
    let told = browser.page.text();
    assert!(told.contains("読み取りの注意：OMP-01") && told.contains("件"), "{told}");
    assert!(!told.contains("取消錠"), "no word of the record");
    browser.get(&format!("{work}/progress?read"));
    assert_eq!(browser.page.status, 303, "{}", browser.page.text());
    let document = browser.page.header("location").to_owned();
    let text = browser.get(&document).text();
    for words in
        ["フロセミド錠２０ｍｇ「武田テバ」", "レバミピド錠１００ｍｇ「オーツカ」", "細菌性肺炎", "ミノサイクリン"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("取消錠") && !text.contains("無効錠"), "{text}");
    desk.end();
}
