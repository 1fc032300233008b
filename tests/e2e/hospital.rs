//! `fude-admin hospital` decides who comes in: at the next call, over a restart, and never by accident.

use std::process::{Output, Stdio};

use e2e::client::{Caller, order};
use e2e::stack::Stack;

fn hospital(stack: &Stack, id: &str, words: &[&str]) -> (Option<i32>, String) {
    let mut command = stack.admin("hospital");
    command.args(["--hospital", id]).args(words);
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().expect("it can be started");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// The problem that a caller is refused with.
fn refusal(caller: &Caller, id: &str) -> String {
    let problem = caller.content(id, "application/json").expect(403).json();
    problem["type"].as_str().and_then(|name| name.rsplit('/').next()).expect("a problem's type").to_owned()
}

#[test]
fn an_operator_registers_and_shuts_out_and_nothing_is_lost() {
    let stack = Stack::start("rest");
    let certificate = stack.identity("hospital-a").0.to_str().expect("a path in UTF-8").to_owned();
    let sato = stack.caller("sato");
    let id = sato.draft("admin-1", &order("84192637", "referral-letter")).expect(201).id();
    let of = |printed: &str, code: Option<i32>, expected: i32| assert_eq!(code, Some(expected), "{printed}");

    // A change keeps what it does not name
    let (code, printed) = hospital(&stack, "hospital-a", &["register", "--draft-days", "30"]);
    of(&printed, code, 1);
    let (code, printed) = hospital(&stack, "hospital-a", &["--apply", "register", "--draft-days", "30"]);
    of(&printed, code, 0);
    let (code, printed) = hospital(&stack, "hospital-a", &["show"]);
    of(&printed, code, 0);
    assert!(printed.contains("\"draftDays\": 30") && printed.contains("ehr-main"), "{printed}");
    assert!(!printed.contains("lacks"), "{printed}");
    let (code, printed) = hospital(&stack, "hospital-a", &["--apply", "register", "--draft-days", "30"]);
    assert!(code == Some(0) && printed.contains("nothing to change"), "{printed}");

    // Shutting out: not without --apply, not without an answer, then at the next call
    let out = ["--apply", "revoke", "--certificate", &certificate, "--subject"];
    let (code, printed) = hospital(&stack, "hospital-a", &out[1..]);
    of(&printed, code, 1);
    let (code, printed) = hospital(&stack, "hospital-a", &out);
    assert!(code == Some(2) && printed.contains("not confirmed"), "{printed}");
    sato.content(&id, "application/json").expect(200);
    let (code, printed) = hospital(&stack, "hospital-a", &[&out[..], &["--yes"]].concat());
    assert!(code == Some(0) && printed.contains("nobody can come in"), "{printed}");
    assert_eq!(refusal(&sato, &id), "certificate-unknown");

    // In again; to another hospital it cannot be registered
    let (code, printed) = hospital(&stack, "hospital-b", &["--apply", "register", "--certificate", &certificate]);
    assert!(code == Some(2) && printed.contains("belongs to hospital-a"), "{printed}");
    let (code, printed) = hospital(&stack, "hospital-a", &["--apply", "register", "--certificate", &certificate]);
    of(&printed, code, 0);
    sato.content(&id, "application/json").expect(200);

    // What was changed stays over a restart
    let stack = stack.kill_and_restart();
    let sato = stack.caller("sato");
    sato.content(&id, "application/json").expect(200);
    let (code, printed) = hospital(&stack, "hospital-a", &["show"]);
    assert!(code == Some(0) && printed.contains("\"draftDays\": 30"), "{printed}");

    // By its serial one certificate is out
    let (code, printed) =
        hospital(&stack, "hospital-a", &["--apply", "revoke", "--certificate", &certificate, "--yes"]);
    of(&printed, code, 0);
    assert_eq!(refusal(&sato, &id), "certificate-revoked");

    // A new hospital, and what it still lacks; nonsense is refused
    let new = ["--apply", "register", "--name", "坂の上病院", "--institution-number", "1312345678"];
    let (code, printed) = hospital(&stack, "saka", &new);
    assert!(code == Some(0) && printed.contains("lacks: address"), "{printed}");
    let staff = ["staff", "--user", "mori", "--name", "森 葵", "--role", "physician", "--qualification", "医師"];
    let (code, printed) = hospital(&stack, "saka", &[&["--apply"], &staff[..], &["--department", "内科"]].concat());
    of(&printed, code, 0);
    assert!(stack.rows_under("HOSPITAL#saka").len() == 2);
    for (id, words) in [("Saka", &["show"][..]), ("nobody", &["show"]), ("saka", &["register", "--data-source", "a/b"])]
    {
        let (code, printed) = hospital(&stack, id, words);
        of(&printed, code, 2);
    }
}
