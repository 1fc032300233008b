//! A table that was lost or rolled back comes back from the published log: `drill` over a whole installation, and
//! `fude-admin recover` over every act, from a table in which nothing of the hospital is left.

use std::process::{Command, Output};

use e2e::client::{Caller, accepted, filled, order, order_with};
use e2e::stack::{Stack, binaries};
use e2e::stores::s;
use e2e::target::not_run;
use serde_json::{Value, json};

const LETTER: &str = "referral-letter";
/// Partitions of what happens in a hospital.
pub const OWN: [&str; 5] =
    ["DOC#hospital-a#", "ACCESS#hospital-a#", "LOG#hospital-a", "READ#hospital-a#", "ANSWER#hospital-a#"];

fn recover(stack: &Stack, more: &[&str]) -> (Option<i32>, String) {
    let mut command = if more.contains(&"--key") { stack.admin("recover") } else { stack.admin_with_key("recover") };
    let Output { status, stdout, stderr } = command.args(more).output().expect("it can be started");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[test]
fn the_drill_ends_well() {
    if not_run("the drill copies, destroys and restores the files of the stand-ins") {
        return;
    }
    Stack::shared();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut command = Command::new(binaries().join("fude-local-cloud"));
    let ended = command.args(["drill", "--state"]).arg(folder.path()).output().expect("it can be started");
    let printed = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    assert!(ended.status.success(), "{printed}");
    for said in ["destroy all state and restore it", "contradicts the log: moved aside", "verify everything"] {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    assert!(!folder.path().join("drill").exists(), "a drill that ends well leaves nothing");
}

/// Every act that an event tells of, on four documents.
fn acts(stack: &Stack) -> Vec<String> {
    let [clerk, one, other] = ["kimura", "sato", "tanaka"].map(|user| stack.caller(user));
    let more = json!({ "onBehalfOf": "sato", "statements": [{ "section": "950", "text": "嚥下機能の再評価をお願いします。" }] });
    let full = clerk.draft("rec-full", &order_with("84192637", LETTER, more)).expect(201).id();
    let act = |who: &Caller, what: &str, key: &str, body: &Value| {
        let answer = who.act(&full, what, key, &one.etag(&full), body);
        assert!(matches!(answer.status, 200 | 201), "{key}: {} {}", answer.status, answer.text());
    };
    let content =
        || one.get(&format!("/documents/{full}/content?revision={}", latest(&one, &full)), "application/json");
    let revision = json!({ "sections": filled(&content()), "reason": "記載を補った。", "onBehalfOf": "sato" });
    act(&clerk, "revisions", "rec-r", &revision);
    act(&one, "finalization", "rec-f", &accepted(&content()));
    let mut sections = filled(&content());
    sections[0]["sentences"][0]["text"] = "訂正した文。".into();
    act(&one, "revisions", "rec-a", &json!({ "sections": sections, "reason": "誤記の訂正" }));
    act(&one, "finalization", "rec-f2", &accepted(&content()));
    let copy = json!({ "to": "みなと診療所", "how": "郵送", "copies": 1 });
    act(&one, "issues", "rec-i", &copy);
    act(&one, "issues", "rec-i2", &copy);
    act(&one, "sealing", "rec-s", &json!({ "reason": "取り違え" }));
    act(&other, "sealing", "rec-s2", &json!({ "reason": "確認した。" }));

    let withdrawn = one.draft("rec-w", &order("84192637", LETTER)).expect(201).id();
    one.act(&withdrawn, "withdrawal", "rec-w", &one.etag(&withdrawn), &json!({ "reason": "不要" })).expect(200);
    let plain = one.draft("rec-p", &order("84192637", "discharge-summary")).expect(201).id();
    stack.arm("access-denied", 8);
    let failed = one.draft("rec-failed", &order("84192637", LETTER));
    assert!(failed.status >= 500, "{} {}", failed.status, failed.text());
    stack.disarm();
    let failed = stack.rows().into_iter().find(|r| s(r, "state") == "failed").expect("a failed drafting has a state");
    vec![full, withdrawn, plain, s(&failed, "documentId").to_owned()]
}

fn latest(caller: &Caller, id: &str) -> u64 {
    caller.metadata(id).expect(200).json()["revision"].as_u64().expect("a number")
}

/// A state without what no log holds: reasons, addressees, names (but of finalisers), the request, and the moments
/// that a state takes just before its event does.
fn essence(state: &Value) -> Value {
    let mut row = state.clone();
    let members = row.as_object_mut().expect("a row");
    for gone in ["requestSha256", "createdAt", "patientAt", "approverAt", "unlocked", "leaseToken", "leaseUntil"] {
        members.remove(gone);
    }
    if s(state, "state") == "failed" {
        for gone in ["patientId", "destination", "dataSource"] {
            members.remove(gone);
        }
    }
    let person = |p: &Value| json!([p["id"], p["role"]]);
    for (name, value) in members.iter_mut() {
        let Some(parsed) = value["S"].as_str().and_then(|t| serde_json::from_str::<Value>(t).ok()) else { continue };
        match name.as_str() {
            "enteredBy" | "sealingRequestedBy" => *value = person(&parsed),
            "finalisedBy" => {
                *value = json!([person(&parsed), parsed["name"], parsed["qualification"], parsed["department"]]);
            }
            "history" => {
                let steps = parsed.as_array().into_iter().flatten();
                *value = steps
                    .map(|s| {
                        let by = person(&s["by"]);
                        json!([
                            s["version"], s["action"], s["revision"], by, s["onBehalfOf"], s["contentSha256"],
                            s["manifestSha256"]
                        ])
                    })
                    .collect();
            }
            _ => {}
        }
    }
    row
}

fn delete(stack: &Stack, row: &Value) {
    let key = json!({ "pk": row["pk"], "sk": row["sk"] });
    stack.dynamodb("DeleteItem", &json!({ "TableName": stack.text("table"), "Key": key }));
}

fn readings(stack: &Stack) -> Vec<(String, String)> {
    let rows = stack.rows().into_iter().filter(|r| s(r, "pk").starts_with("READ#"));
    let mut keys: Vec<_> = rows.map(|r| (s(&r, "pk").to_owned(), s(&r, "sk").to_owned())).collect();
    keys.sort();
    keys
}

#[test]
fn every_state_comes_back_out_of_the_log_alone() {
    let stack = Stack::start("rest");
    let ids = std::thread::scope(|scope| {
        let acting = scope.spawn(|| acts(&stack));
        while !acting.is_finished() {
            let (status, printed) = recover(&stack, &[]);
            assert_eq!(status, Some(0), "a table is not behind a log that goes on: {printed}");
        }
        acting.join().expect("everything can be done")
    });
    let settled = |stack: &Stack| {
        let began = std::time::Instant::now();
        while !stack.nothing_pending() {
            assert!(began.elapsed() < std::time::Duration::from_secs(100), "events wait for the log");
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    };
    settled(&stack);
    let (code, printed) = recover(&stack, &[]);
    assert!(code == Some(0) && printed.contains("table and log agree"), "{printed}");
    let before: Vec<Value> = ids.iter().map(|id| stack.state_row(id)).collect();
    let history = s(&before[0], "history").matches("\"action\"").count();
    assert_eq!(history, 9, "every act was taken: {}", s(&before[0], "history"));
    let events = |stack: &Stack| stack.rows().iter().filter(|r| r.get("logIndex").is_some()).count();
    let (logged, read) = (events(&stack), readings(&stack));
    assert!(!read.is_empty());

    for row in stack.rows().iter().filter(|r| OWN.iter().any(|own| s(r, "pk").starts_with(own))) {
        delete(&stack, row);
    }
    // Another key, and one bit of the evidence: nothing is written
    let (code, printed) = recover(&stack, &["--apply", "--key", &"ab".repeat(32)]);
    assert!(code == Some(2) && printed.contains("E_CHECKPOINT"), "{printed}");
    let altered = stack.flip("audit", stack.keys("audit", "hospital-a/batch/").last().expect("a batch"));
    let (code, printed) = recover(&stack, &["--apply"]);
    assert!(code == Some(2) && printed.contains("E_ROOT"), "{printed}");
    altered.restore();
    let (code, printed) = recover(&stack, &["--hospital", "hospital-a"]);
    assert!(code == Some(1) && printed.contains("the table knows 0 entries"), "{printed}");
    assert_eq!(events(&stack), 0, "a dry run writes nothing");

    let (code, printed) = recover(&stack, &["--apply"]);
    assert_eq!(code, Some(0), "{printed}");
    let after: Vec<Value> = ids.iter().map(|id| stack.state_row(id)).collect();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(essence(before), essence(after));
    }
    assert_eq!((events(&stack), readings(&stack)), (logged, read), "{printed}");

    // A run that was cut off: some rows are there, some are not, the head least of all
    for row in stack.rows() {
        let early = row["logIndex"]["N"].as_str().and_then(|n| n.parse::<u64>().ok()).is_some_and(|n| n % 3 == 0);
        if early || s(&row, "pk") == "LOG#hospital-a" && s(&row, "sk") == "HEAD" || s(&row, "documentId") == ids[0] {
            delete(&stack, &row);
        }
    }
    let (code, printed) = recover(&stack, &["--apply"]);
    assert!(code == Some(0) && !printed.contains("moved aside"), "{printed}");
    for (id, after) in ids.iter().zip(&after) {
        assert_eq!(&essence(&stack.state_row(id)), &essence(after));
    }
    assert_eq!(events(&stack), logged);

    // And life goes on: the next copy is a reissue, the auditor still reads what was sealed, the log takes it all
    stack.caller("ono").content(&ids[0], "application/json").expect(200);
    let sato = stack.caller("sato");
    let more = sato.draft("rec-after", &order("84192637", LETTER)).expect(201).id();
    sato.content(&more, "application/json").expect(200);
    settled(&stack);
    let verified = Command::new(binaries().join("fude-verify"))
        .arg("--state")
        .arg(stack.stored().folder())
        .output()
        .expect("it can be started");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
