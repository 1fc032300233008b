//! `token --user NAME` prints an access token of the running stack, fit for curl.

use std::process::Command;

use e2e::stack::{Stack, binaries};
use serde_json::json;

fn token(user: &str) -> std::process::Output {
    let state = &Stack::shared().state;
    let mut command = Command::new(binaries().join("fude-local-cloud"));
    command.args(["token", "--user", user, "--state"]).arg(state);
    command.output().expect("the command can be started")
}

#[test]
fn the_token_command_prints_a_token_that_works() {
    let stack = Stack::shared();
    let printed = token("yamada");
    let text = String::from_utf8(printed.stdout).expect("text");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let jwt = text.trim();
    assert!(jwt.split('.').count() == 3 && !jwt.contains(char::is_whitespace), "{text}");
    let caller = stack.caller_with(&stack.identity("hospital-b"), jwt.to_owned());
    caller.search(&json!({ "patientId": "26839417" })).expect(200);
}

#[test]
fn an_unknown_user_is_named_and_fails() {
    let printed = token("nobody");
    assert!(!printed.status.success() && printed.stdout.is_empty());
    assert!(String::from_utf8_lossy(&printed.stderr).contains("nobody"));
}
