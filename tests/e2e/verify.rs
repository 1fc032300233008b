//! Two verifiers over what the functions stored: sound as it is, and each damage named.

use std::process::Command;

use e2e::client::{accepted, filled, order};
use e2e::log::Log;
use e2e::stack::{Stack, binaries};
use serde_json::json;

/// Exit status and what was printed.
fn verified(program: &mut Command) -> (Option<i32>, String) {
    let output = program.output().expect("the verifier can be started");
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&printed).into_owned())
}

#[test]
fn what_the_functions_stored_is_sound_and_a_damaged_final_text_is_named() {
    let stack = Stack::start("rest");
    let physician = stack.caller("sato");
    let id = physician.draft("verify", &order("84192637", "referral-letter")).expect(201).id();
    for round in ["first", "second"] {
        let latest = physician.metadata(&id).expect(200).json()["revision"].clone();
        let content =
            physician.get(&format!("/documents/{id}/content?revision={latest}"), "application/json").expect(200);
        let revision = json!({ "sections": filled(&content), "reason": "記載を補った。" });
        let etag = physician.act(&id, "revisions", &format!("{round}-r"), &physician.etag(&id), &revision).expect(201);
        let final_ =
            physician.act(&id, "finalization", &format!("{round}-f"), etag.header("etag"), &accepted(&content));
        final_.expect(200);
    }
    physician.draft("verify-draft", &order("20481937", "discharge-summary")).expect(201);
    let finals = |log: &Log| log.actions_of(&id).iter().filter(|a| **a == "document-finalised").count();
    Log::wait(&stack, "hospital-a", "two finalisations", |log| finals(log) == 2);
    let proof = physician.get(&format!("/documents/{id}/proof"), "application/json").expect(200);
    let folder = tempfile::tempdir().expect("a folder");
    let proof_file = folder.path().join("proof.json");
    std::fs::write(&proof_file, &proof.body).expect("it can be written");
    // Nothing is written any more while the verifiers read.
    std::thread::sleep(std::time::Duration::from_secs(6));

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/verify.py");
    let rust = |option: &str, path: &std::path::Path| {
        verified(Command::new(binaries().join("fude-verify")).arg(option).arg(path))
    };
    let python =
        |option: &str, path: &std::path::Path| verified(Command::new("python3").arg(script).arg(option).arg(path));
    let stored = stack.stored();
    for (option, path) in [("--state", stored.folder()), ("--proof", proof_file.as_path())] {
        let (status, printed) = rust(option, path);
        assert_eq!(status, Some(0), "{option}: {printed}");
        let (status, printed) = python(option, path);
        assert_eq!(status, Some(0), "{option}: {printed}");
    }

    let key = stack.keys("documents", &format!("final/{id}/3/")).pop().expect("the second final version");
    let file = stored.file_of("documents", &key);
    let mut bytes = std::fs::read(&file).expect("a plain file");
    bytes.push(b' ');
    std::fs::write(&file, bytes).expect("it can be damaged");
    for (status, printed) in [rust("--state", stored.folder()), python("--state", stored.folder())] {
        assert_eq!(status, Some(1), "{printed}");
        assert!(printed.contains("E_DOC_CONTENT") && printed.contains(&key), "{printed}");
    }
}
