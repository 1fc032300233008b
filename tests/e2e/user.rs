//! `fude-admin user` makes the accounts that sign in: for the first time with a password of one's own and an
//! authenticator, then as one role in one hospital, until they are shut out.

use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use e2e::assertions::problem;
use e2e::client::{Answer, order, order_with};
use e2e::stack::{Stack, binaries};
use fude::problem::Slug;
use fude_standin_cognito::totp_code;
use serde_json::{Value, json};

const OWN: &str = "Kitakaze-to-Taiyou-7";

fn user(stack: &Stack, hospital: &str, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(binaries().join("fude-admin"));
    command.args(["user", "--state"]).arg(&stack.state).args(["--hospital", hospital]).args(words);
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().expect("it can be started");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[track_caller]
fn done(stack: &Stack, words: &[&str]) -> String {
    let (code, printed) = user(stack, "hospital-a", words);
    assert_eq!(code, Some(0), "{printed}");
    printed
}

/// The password that was printed.
#[track_caller]
fn temporary(printed: &str) -> String {
    let line = printed.lines().find(|line| line.contains("temporary password")).expect("it is printed");
    line.rsplit(' ').next().expect("a word").to_owned()
}

/// The id in the log, as the list has it.
#[track_caller]
fn listed(stack: &Stack, name: &str) -> Vec<String> {
    let printed = done(stack, &["list"]);
    let line = printed.lines().find(|line| line.starts_with(&format!("{name} "))).expect("it is listed");
    line.split(' ').skip(1).map(str::to_owned).collect()
}

fn password(stack: &Stack, name: &str, password: &str) -> Answer {
    let parameters = json!({ "USERNAME": name, "PASSWORD": password });
    let body =
        json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": stack.text("clientId"), "AuthParameters": parameters });
    stack.cognito("InitiateAuth", &body)
}

/// From the temporary password to the access token.
#[track_caller]
fn first_sign_in(stack: &Stack, name: &str, given: &str) -> String {
    let respond = |challenge: &str, session: &Value, responses: Value| {
        let body = json!({ "ClientId": stack.text("clientId"), "ChallengeName": challenge, "Session": session,
            "ChallengeResponses": responses });
        stack.cognito("RespondToAuthChallenge", &body).expect(200).json()
    };
    let asked = password(stack, name, given).expect(200).json();
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let own = json!({ "USERNAME": name, "NEW_PASSWORD": OWN });
    let asked = respond("NEW_PASSWORD_REQUIRED", &asked["Session"], own);
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    let secret = stack.cognito("AssociateSoftwareToken", &json!({ "Session": asked["Session"] })).expect(200).json();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let code = totp_code(secret["SecretCode"].as_str().expect("a secret"), now);
    let tie = json!({ "Session": secret["Session"], "UserCode": code });
    let tied = stack.cognito("VerifySoftwareToken", &tie).expect(200).json();
    let granted = respond("MFA_SETUP", &tied["Session"], json!({ "USERNAME": name }));
    granted["AuthenticationResult"]["AccessToken"].as_str().expect("a token").to_owned()
}

#[test]
fn an_operator_makes_an_account_that_drafts_until_it_is_shut_out() {
    let stack = Stack::start("rest");
    let add = ["add", "--user", "abe", "--role", "clerk"];
    let (code, printed) = user(&stack, "hospital-a", &add);
    assert!(code == Some(1) && printed.contains("nothing was written"), "{printed}");
    assert_eq!(password(&stack, "abe", OWN).status, 400, "a dry run makes nothing");
    let given = temporary(&done(&stack, &[&["--apply"], &add[..]].concat()));
    let (code, printed) = user(&stack, "hospital-a", &[&["--apply"], &add[..]].concat());
    assert!(code == Some(2) && printed.contains("exists already") && !printed.contains("password"), "{printed}");
    assert_eq!(listed(&stack, "abe")[1..], ["clerk", "FORCE_CHANGE_PASSWORD"]);

    // The account is there after a restart, and signs in
    let stack = stack.kill_and_restart();
    let at = stack.identity("hospital-a");
    let clerk = stack.caller_with(&at, first_sign_in(&stack, "abe", &given));
    assert_eq!(listed(&stack, "abe")[1..], ["clerk", "CONFIRMED"]);
    let letter = order_with("84192637", "referral-letter", json!({ "onBehalfOf": "sato" }));
    let drafted = clerk.draft("user-1", &letter).expect(201).json();
    assert_eq!((&drafted["enteredBy"]["user"], &drafted["enteredBy"]["role"]), (&json!("abe"), &json!("clerk")));
    problem(&clerk.draft("user-2", &order("84192637", "nursing-summary")), Slug::RoleNotPermitted);

    // Another role from the next sign-in on; another hospital's operator has no say
    let role = ["--apply", "group", "--user", "abe", "--role", "nurse"];
    let (code, printed) = user(&stack, "hospital-b", &role);
    assert!(code == Some(2) && printed.contains("belongs to hospital:hospital-a"), "{printed}");
    done(&stack, &role);
    assert!(done(&stack, &role).contains("is nurse already"));
    let nurse = stack.caller_with(&at, stack.token_with("abe", 0, None));
    nurse.draft("user-3", &order("84192637", "nursing-summary")).expect(201);
    problem(&nurse.draft("user-4", &letter), Slug::RoleNotPermitted);

    // Shut out, and in again
    let (code, _) = user(&stack, "hospital-a", &["disable", "--user", "abe"]);
    assert_eq!((code, password(&stack, "abe", OWN).status), (Some(1), 200));
    done(&stack, &["--apply", "disable", "--user", "abe"]);
    let refused = password(&stack, "abe", OWN).expect(400).json();
    assert_eq!(
        (&refused["__type"], &refused["message"]),
        (&json!("NotAuthorizedException"), &json!("User is disabled."))
    );
    assert_eq!(listed(&stack, "abe")[1..], ["nurse", "DISABLED"]);
    done(&stack, &["--apply", "enable", "--user", "abe"]);
    password(&stack, "abe", OWN).expect(200);

    // The second factor is lost: not without an answer, then another account of that name
    let before = listed(&stack, "abe");
    let reset = ["--apply", "reset-mfa", "--user", "abe"];
    let (code, printed) = user(&stack, "hospital-a", &reset);
    assert!(code == Some(2) && printed.contains("not confirmed"), "{printed}");
    assert_eq!(listed(&stack, "abe"), before);
    let printed = done(&stack, &[&reset[..], &["--yes"]].concat());
    let after = listed(&stack, "abe");
    assert!(printed.contains(&before[0]) && printed.contains(&after[0]) && before[0] != after[0], "{printed}");
    assert_eq!(after[1..], ["nurse", "FORCE_CHANGE_PASSWORD"]);
    first_sign_in(&stack, "abe", &temporary(&printed));

    // A hospital's first account makes its group
    let (code, printed) = user(&stack, "saka", &["list"]);
    assert!(code == Some(2) && printed.contains("saka has no accounts"), "{printed}");
    let (code, printed) = user(&stack, "saka", &["--apply", "add", "--user", "doi", "--role", "physician"]);
    assert_eq!(code, Some(0), "{printed}");
    for (hospital, words) in
        [("Saka", &["list"][..]), ("saka", &["enable", "--user", "nobody"]), ("saka", &["group", "--user", "doi"])]
    {
        assert_eq!(user(&stack, hospital, words).0, Some(2), "{words:?}");
    }
    let log = std::fs::read_to_string(stack.state.join("log/local-cloud.log")).expect("a log");
    assert!(!log.contains(&given) && !log.contains(OWN), "no password in the log");
}
