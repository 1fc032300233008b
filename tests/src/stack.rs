//! One running local cloud: built, started, found by `ready.json`, killed, started again.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use fude_standin_cognito::totp_code;
use fude_target::Service;
use serde_json::{Value, json};

use crate::client::{self, Caller};
use crate::target::{account, target};

/// Ends the local cloud when its standard input ends, that is with the test process, however that ends, and removes
/// its folder unless another start is announced or `FUDE_E2E_KEEP` is set. The local cloud ends its functions.
const KEEPER: &str = r#"
out="$1"; pid="$2"; gone="$3"; shift 3
"$@" </dev/null >"$out" 2>&1 &
child=$!
echo "$child" >"$pid.next" && mv "$pid.next" "$pid"
( wait_for() { while kill -0 "$child" 2>/dev/null; do sleep 0.2; done; }; wait_for; : >"$gone" ) </dev/null &
read -r _
kill -TERM "$child" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$child" 2>/dev/null && sleep 0.3; done
kill -KILL "$child" 2>/dev/null
folder=$(dirname "$pid")
[ -e "$folder/again" ] || [ -n "$FUDE_E2E_KEEP" ] || rm -rf "$folder"
"#;

/// The first build of a fresh checkout may still be under way; a start takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// An access token lives an hour.
const TOKEN_SERVES: Duration = Duration::from_secs(50 * 60);
/// The token of one user and when it was got.
type Slot = Arc<Mutex<Option<(String, Instant)>>>;

pub struct Stack {
    keeper: Child,
    folder: PathBuf,
    front: &'static str,
    more: &'static [&'static str],
    pub state: PathBuf,
    pub ready: Value,
    /// Process id of the local cloud.
    pub pid: u32,
    agents: Mutex<BTreeMap<PathBuf, ureq::Agent>>,
    tokens: Mutex<BTreeMap<String, Slot>>,
    pub(crate) dynamodb: Service,
    pub(crate) s3: Service,
}

/// Where the binaries of this build lie.
pub fn binaries() -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    own.parent().and_then(Path::parent).expect("tests lie in deps/").to_owned()
}

/// Builds every binary of the workspace, once a run; with `FUDE_NO_BUILD` what is there is tested.
fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        if std::env::var_os("FUDE_NO_BUILD").is_some() {
            return;
        }
        eprintln!("building the binaries that are tested …");
        let folder = binaries();
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .args(["build", "--workspace", "--bins", "--quiet"]);
        if folder.ends_with("release") {
            command.arg("--release");
        }
        if let Some(target) = folder.parent() {
            command.env("CARGO_TARGET_DIR", target);
        }
        // What cargo tells a test of its own package; `ring` is built anew, with all that rests on it, where it differs
        let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
            command.env_remove(name);
        }
        let status = command.status().expect("cargo can be started");
        assert!(status.success(), "the binaries cannot be built");
    });
}

impl Stack {
    /// The stack that most tests share. No test may arm faults on it or stop it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Stack> = OnceLock::new();
        SHARED.get_or_init(|| Self::start("rest"))
    }

    /// A stack of one's own behind that front door.
    pub fn start(front: &'static str) -> Self {
        Self::start_with(front, &[])
    }

    /// The same with further options.
    pub fn start_with(front: &'static str, more: &'static [&'static str]) -> Self {
        build();
        let folder = tempfile::tempdir().expect("a temporary folder can be made").keep();
        Self::on(folder, front, more)
    }

    fn on(folder: PathBuf, front: &'static str, more: &'static [&'static str]) -> Self {
        let state = folder.join("state");
        let (out, pid_file, gone) = (folder.join("printed"), folder.join("pid"), folder.join("gone"));
        for stale in [&pid_file, &gone, &folder.join("again")] {
            _ = std::fs::remove_file(stale);
        }
        eprintln!("starting a local cloud ({front}) …");
        let began = Instant::now();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .args([&out, &pid_file, &gone])
            .arg(binaries().join("fude-local-cloud"))
            .arg("--state")
            .arg(&state)
            .args(["--port", "0", "--front", front])
            .args(more)
            .args(services())
            .env("FUDE_BIN", binaries())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        let printed = || std::fs::read_to_string(&out).unwrap_or_default();
        let ready = loop {
            if let Some(ready) = read_json(&state.join("ready.json")) {
                break ready;
            }
            assert!(!gone.exists(), "the local cloud ended:\n{}", printed());
            assert!(began.elapsed() < PATIENCE, "the local cloud does not become ready:\n{}", printed());
            std::thread::sleep(Duration::from_millis(50));
        };
        eprintln!("the local cloud ({front}) is ready after {:.1} s", began.elapsed().as_secs_f32());
        let address = |name: &str| ready[name].as_str().expect("ready.json has the addresses").to_owned();
        let (dynamodb, s3) = (address("dynamodb"), address("s3"));
        let pid = std::fs::read_to_string(&pid_file).ok().and_then(|p| p.trim().parse().ok());
        Self {
            keeper,
            folder,
            front,
            more,
            state,
            ready,
            pid: pid.expect("the keeper wrote the process id"),
            agents: Mutex::default(),
            tokens: Mutex::default(),
            dynamodb: Service::dynamodb(&dynamodb, &account()),
            s3: Service::s3(&s3, &account()),
        }
    }

    /// SIGKILL to the local cloud, then a new one on the same state.
    pub fn kill_and_restart(self) -> Self {
        signal("-KILL", self.pid);
        let (folder, front, more) = (self.folder.clone(), self.front, self.more);
        std::fs::write(folder.join("again"), b"").expect("the folder is there");
        drop(self);
        // Said later, it would be said of the next one
        let (gone, began) = (folder.join("gone"), Instant::now());
        while !gone.exists() {
            assert!(began.elapsed() < PATIENCE, "nobody says that the local cloud is gone");
            std::thread::sleep(Duration::from_millis(20));
        }
        // Its ready.json tells of a stack that is gone.
        _ = std::fs::remove_file(folder.join("state/ready.json"));
        Self::on(folder, front, more)
    }

    /// Running processes of a function.
    pub fn processes(&self, function: &str) -> Vec<u32> {
        let folder = std::fs::read_dir("/proc").expect("Linux");
        let pids = folder.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| {
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
            let Some((name, rest)) = stat.split_once('(').and_then(|(_, s)| s.rsplit_once(')')) else { return false };
            let mut fields = rest.split_whitespace();
            let (state, parent) = (fields.next(), fields.next().and_then(|p| p.parse().ok()));
            // The kernel keeps 15 characters of a name.
            function.starts_with(name)
                && name.len() >= function.len().min(15)
                && parent == Some(self.pid)
                && state != Some("Z")
        })
        .collect()
    }

    /// What the local cloud printed so far.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.folder.join("printed")).unwrap_or_default()
    }

    /// A text of `ready.json`.
    pub fn text(&self, member: &str) -> &str {
        self.ready[member].as_str().unwrap_or_else(|| panic!("ready.json has {member}"))
    }

    pub fn hospital(&self, id: &str) -> &Value {
        let hospitals = self.ready["hospitals"].as_array().expect("a list");
        hospitals.iter().find(|h| h["id"] == id).expect("one of the two hospitals")
    }

    fn house_of(&self, user: &str) -> (&Value, &Value) {
        let hospitals = self.ready["hospitals"].as_array().expect("a list").iter();
        hospitals
            .flat_map(|h| h["users"].as_array().into_iter().flatten().map(move |u| (h, u)))
            .find(|(_, u)| u["name"] == user)
            .unwrap_or_else(|| panic!("there is no user {user}"))
    }

    /// Certificate and key files of a hospital.
    pub fn identity(&self, hospital: &str) -> (PathBuf, PathBuf) {
        identity(self.hospital(hospital))
    }

    /// An agent that shows this certificate.
    pub fn agent(&self, (cert, key): &(PathBuf, PathBuf)) -> ureq::Agent {
        let mut agents = self.agents.lock().expect("no holder panics");
        agents.entry(cert.clone()).or_insert_with(|| client::agent(Path::new(self.text("ca")), cert, key)).clone()
    }

    /// A user who just signed in.
    pub fn fresh_caller(&self, user: &str) -> Caller {
        let (house, _) = self.house_of(user);
        self.caller_with(&identity(house), self.sign_in(user))
    }

    /// A signed-in user behind the certificate of his own hospital.
    pub fn caller(&self, user: &str) -> Caller {
        let (house, _) = self.house_of(user);
        self.caller_with(&identity(house), self.token(user))
    }

    /// Any certificate with any token.
    pub fn caller_with(&self, identity: &(PathBuf, PathBuf), token: String) -> Caller {
        Caller { agent: self.agent(identity), api: self.text("api").to_owned(), token: Some(token) }
    }

    /// The access token of a user; signed in once in its life, since a TOTP step can be used once.
    pub fn token(&self, user: &str) -> String {
        let slot = self.tokens.lock().expect("no holder panics").entry(user.to_owned()).or_default().clone();
        let mut held = slot.lock().expect("no holder panics");
        match &*held {
            Some((token, since)) if since.elapsed() < TOKEN_SERVES => token.clone(),
            _ => held.insert((self.sign_in(user), Instant::now())).0.clone(),
        }
    }

    /// One call to the user pool.
    pub fn cognito(&self, operation: &str, body: &Value) -> client::Answer {
        let sent = client::plain()
            .post(self.text("cognito"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
            .send(body.to_string());
        client::answer(sent)
    }

    /// A token of a sign-in of so many seconds ago, with other groups where they are given: what cannot be waited for,
    /// and what no operator would make.
    pub fn token_with(&self, user: &str, signed_in_seconds_ago: u64, groups: Option<&[&str]>) -> String {
        let wish = json!({ "user": user, "signedInSecondsAgo": signed_in_seconds_ago, "groups": groups });
        let sent = client::plain().post(format!("{}/__standin/tokens", self.text("cognito"))).send(wish.to_string());
        let token = client::answer(sent).expect(200).json()["AccessToken"].take();
        token.as_str().expect("a token").to_owned()
    }

    /// A new token, for what takes a fresh sign-in.
    pub fn sign_in(&self, user: &str) -> String {
        let (_, listed) = self.house_of(user);
        let text = |name: &str| listed[name].as_str().expect("a text").to_owned();
        let client_id = self.text("clientId");
        let call = |operation: &str, body: Value| self.cognito(operation, &body).json();
        let started = call(
            "InitiateAuth",
            json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client_id,
                "AuthParameters": { "USERNAME": user, "PASSWORD": text("password") } }),
        );
        let session = started["Session"].as_str().expect("a session").to_owned();
        let began = Instant::now();
        loop {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
            let code = totp_code(&text("totpSecret"), now);
            let signed = call(
                "RespondToAuthChallenge",
                json!({ "ClientId": client_id, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": session,
                    "ChallengeResponses": { "USERNAME": user, "SOFTWARE_TOKEN_MFA_CODE": code } }),
            );
            if let Some(token) = signed["AuthenticationResult"]["AccessToken"].as_str() {
                return token.to_owned();
            }
            assert!(began.elapsed() < Duration::from_secs(95), "{user} cannot sign in: {}", signed["__type"]);
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        _ = self.keeper.wait();
    }
}

/// What stands elsewhere, as the local cloud takes it.
fn services() -> Vec<String> {
    let streams = target().streams();
    let given = [("dynamodb", &target().dynamodb), ("streams", &streams), ("s3", &target().s3)];
    given.into_iter().filter_map(|(name, address)| Some(format!("--service={name}={}", address.as_ref()?))).collect()
}

/// Certificate and key named by an object of `ready.json`.
pub fn identity(named: &Value) -> (PathBuf, PathBuf) {
    let path = |member: &str| PathBuf::from(named[member].as_str().expect("a path"));
    (path("clientCert"), path("clientKey"))
}

pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).stderr(Stdio::null()).status();
    assert!(sent.is_ok(), "kill can be started");
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_reader(File::open(path).ok()?).ok()
}
