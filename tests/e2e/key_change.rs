//! The log's key is changed while documents live: the old log ends, the next begins with its last checkpoint, a proof
//! goes over both, both verifiers follow, and a table that was lost comes back out of both.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use e2e::client::order;
use e2e::stack::{Stack, binaries};
use e2e::stored::Stored;
use e2e::stores::s;
use fude::audit::proof::Proof;
use serde_json::{Value, json};

use crate::recover::OWN;

const LETTER: &str = "referral-letter";

fn run(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().expect("it can be started");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

fn admin(stack: &Stack, act: &str, more: &[&str]) -> (Option<i32>, String) {
    run(stack.admin_with_key(act).args(more))
}

/// Both verifiers, who must agree, over the state or over a proof in a folder of its own.
#[track_caller]
fn verified(words: &[&str]) -> Option<i32> {
    let (first, printed) = run(Command::new(binaries().join("fude-verify")).args(words));
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "verify", "verify.py"].iter().collect();
    match Command::new("python3").arg("-B").arg(script).args(words).output() {
        Ok(second) => {
            let second_printed = String::from_utf8_lossy(&second.stdout);
            assert_eq!(first, second.status.code(), "the verifiers disagree: {printed} {second_printed}");
        }
        Err(_) => assert!(std::env::var_os("CI").is_none(), "CI has python3"),
    }
    assert!(matches!(first, Some(0..=2)), "{printed}");
    first
}

fn settle(stack: &Stack) {
    let began = std::time::Instant::now();
    while !stack.nothing_pending() {
        assert!(began.elapsed() < std::time::Duration::from_secs(100), "events wait for the log");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn key_of_the_log_is_changed_and_both_logs_are_one_record() {
    let stack = Stack::start("rest");
    let sato = stack.caller("sato");
    let before = sato.draft("key-before", &order("84192637", LETTER)).expect(201).id();
    sato.content(&before, "application/json").expect(200);
    settle(&stack);

    let (code, printed) = admin(&stack, "change-log-key", &["--hospital", "hospital-a"]);
    assert!(code == Some(1) && printed.contains("to be closed"), "{printed}");
    assert!(stack.keys("audit", "hospital-a.2/").is_empty(), "a dry run writes nothing");
    let (code, printed) = admin(&stack, "change-log-key", &["--hospital", "hospital-a", "--apply"]);
    assert!(code == Some(0) && printed.contains("hospital-a.2: goes on, signed by "), "{printed}");
    let new_key = printed.split("signed by ").last().expect("a key")[..64].to_owned();
    assert_ne!(new_key, stack.text("logPublicKey"));

    // A document that lives on, and one that begins afterwards
    sato.content(&before, "application/json").expect(200);
    let withdrawn = json!({ "reason": "不要" });
    sato.act(&before, "withdrawal", "key-w", &sato.etag(&before), &withdrawn).expect(200);
    let after = sato.draft("key-after", &order("84192637", LETTER)).expect(201).id();
    settle(&stack);
    assert!(stack.keys("audit", "hospital-a.2/checkpoints/").len() > 1);
    let stored = stack.stored();
    for key in [stack.text("logPublicKey"), new_key.as_str()] {
        assert_eq!(verified(&["--state", path(&stored), "--key", key]), Some(0), "{key}");
    }

    // The proof of each, alone in a folder
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (id, logs) in [(&before, 1), (&after, 0)] {
        let body = sato.get(&format!("/documents/{id}/proof"), "application/json").expect(200).json();
        let proof: Proof = serde_json::from_value(body.clone()).expect("a proof");
        assert_eq!((proof.public_key.as_str(), proof.earlier.len()), (new_key.as_str(), logs));
        let proved = proof.check(&proof.own_key().expect("a key")).expect("sound");
        assert!(proved.entries.len() >= 2 + logs);
        let file = folder.path().join("proof.json");
        let path = file.to_str().expect("a path in UTF-8").to_owned();
        fs::write(&file, body.to_string()).expect("written");
        assert_eq!(verified(&["--proof", &path, "--key", &new_key]), Some(0));
        if logs > 0 {
            let mut cut = body;
            cut["earlier"] = json!([]);
            fs::write(&file, cut.to_string()).expect("written");
            assert_eq!(verified(&["--proof", &path, "--key", &new_key]), Some(1), "the old events are missing");
        }
    }

    // Twice in a row is possible, to a key of the operator's; to the same key it is not
    let (code, printed) = admin(&stack, "change-log-key", &["--hospital", "nobody", "--apply"]);
    assert!(code == Some(2) && printed.contains("there is no log"), "{printed}");
    let of_head = || s(&head(&stack, "hospital-a.2"), "keyId").to_owned();
    let (code, printed) =
        admin(&stack, "change-log-key", &["--hospital", "hospital-a", "--apply", "--new-key-id", &of_head()]);
    assert!(code == Some(2) && printed.contains("is the key that it has"), "{printed}");

    // The table is lost: both logs bring it back, and go on
    let (old, new) = (head(&stack, "hospital-a"), head(&stack, "hospital-a.2"));
    let states = [stack.state_row(&before), stack.state_row(&after)];
    for row in stack.rows().iter().filter(|row| OWN.iter().any(|own| s(row, "pk").starts_with(own))) {
        let key = json!({ "pk": row["pk"], "sk": row["sk"] });
        stack.dynamodb("DeleteItem", &json!({ "TableName": stack.text("table"), "Key": key }));
    }
    let (code, printed) = admin(&stack, "recover", &["--hospital", "hospital-a", "--apply"]);
    assert_eq!(code, Some(0), "{printed}");
    let raised = head(&stack, "hospital-a.2");
    for name in ["size", "root", "keyId"] {
        assert_eq!(raised[name], new[name], "{name}: {printed}");
    }
    let closed = head(&stack, "hospital-a");
    for name in ["size", "root", "nextKeyId"] {
        assert_eq!(closed[name], old[name], "{name}");
    }
    for (id, state) in [&before, &after].into_iter().zip(&states) {
        for name in ["state", "version", "revision", "manifestSha256"] {
            assert_eq!(stack.state_row(id).get(name), state.get(name), "{name}");
        }
    }
    let (code, printed) = admin(&stack, "recover", &[]);
    assert!(code == Some(0) && !printed.contains("put back"), "{printed}");
    let later = sato.draft("key-later", &order("84192637", LETTER)).expect(201).id();
    sato.content(&later, "application/json").expect(200);
    settle(&stack);
    let stored = stack.stored();
    assert_eq!(verified(&["--state", path(&stored)]), Some(0));

    // At the seam: the end of the old log, and the beginning of the new
    let seam = stack.keys("audit", "hospital-a/batch/").pop().expect("a batch");
    for key in [seam.as_str(), "hospital-a.2/batch/000000000000-000000000000"] {
        let file = stored.file_of("audit", key);
        let sound = fs::read(&file).expect("its file");
        let mut altered = sound.clone();
        *altered.last_mut().expect("bytes") ^= 1;
        fs::write(&file, altered).expect("written");
        assert_eq!(verified(&["--state", path(&stored)]), Some(1), "{key}");
        fs::write(&file, sound).expect("written");
    }
}

fn path(stored: &Stored) -> &str {
    stored.folder().to_str().expect("a path in UTF-8")
}

fn head(stack: &Stack, log: &str) -> Value {
    let rows = stack.rows_under(&format!("LOG#{log}"));
    rows.into_iter().find(|row| s(row, "sk") == "HEAD").expect("a head")
}
