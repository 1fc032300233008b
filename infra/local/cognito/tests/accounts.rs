//! Administration over real HTTP, and the first sign-in of an account that an administrator made.

// A test that cannot go on shall stop.
#![allow(clippy::unwrap_used)]

mod running;

use fude_standin_cognito::totp_code;
use running::{CLIENT, POOL, Running, SERVICE, unix_now, verify};
use serde_json::{Value, json};

const TEMPORARY: &str = "Temporary-Pass-1";
const OWN: &str = "Own-Password-22";

impl Running {
    /// An operation on this pool.
    fn admin(&self, operation: &str, mut body: Value) -> (u16, Value) {
        body["UserPoolId"] = POOL.into();
        self.call(&format!("{SERVICE}.{operation}"), &body)
    }

    #[track_caller]
    fn done(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.admin(operation, body);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    fn refused(&self, operation: &str, body: Value) -> String {
        let (status, answer) = self.admin(operation, body);
        assert_eq!(status, 400, "{operation}: {answer}");
        answer["__type"].as_str().unwrap().to_owned()
    }

    fn create(&self, name: &str) -> String {
        let body = json!({ "Username": name, "TemporaryPassword": TEMPORARY, "MessageAction": "SUPPRESS" });
        let made = self.done("AdminCreateUser", body)["User"].take();
        assert_eq!((&made["UserStatus"], &made["Enabled"]), (&json!("FORCE_CHANGE_PASSWORD"), &json!(true)));
        made["Attributes"][0]["Value"].as_str().unwrap().to_owned()
    }

    fn password(&self, name: &str, password: &str) -> (u16, Value) {
        self.initiate(CLIENT, "USER_PASSWORD_AUTH", json!({ "USERNAME": name, "PASSWORD": password }))
    }

    fn respond(&self, challenge: &str, session: &Value, responses: Value) -> (u16, Value) {
        let body = json!({ "ClientId": CLIENT, "ChallengeName": challenge, "Session": session,
            "ChallengeResponses": responses });
        self.call(&format!("{SERVICE}.RespondToAuthChallenge"), &body)
    }
}

#[test]
fn an_account_is_made_and_signs_in_for_the_first_time() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let sub = running.create("abe");
    running.done("CreateGroup", json!({ "GroupName": "hospital:hospital-c" }));
    for group in ["hospital:hospital-c", "physician"] {
        running.done("AdminAddUserToGroup", json!({ "Username": "abe", "GroupName": group }));
    }

    let (_, asked) = running.password("abe", TEMPORARY);
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let weak = json!({ "USERNAME": "abe", "NEW_PASSWORD": "short" });
    let (_, refused) = running.respond("NEW_PASSWORD_REQUIRED", &asked["Session"], weak);
    assert_eq!(refused["__type"], "InvalidPasswordException");
    let chosen = json!({ "USERNAME": "abe", "NEW_PASSWORD": OWN });
    let (_, asked) = running.respond("NEW_PASSWORD_REQUIRED", &asked["Session"], chosen);
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    // Not before an authenticator was tied
    let (_, refused) = running.respond("MFA_SETUP", &asked["Session"], json!({ "USERNAME": "abe" }));
    assert_eq!(refused["__type"], "NotAuthorizedException");
    drop(running);

    // The chosen password stays; the authenticator is asked for again
    let running = Running::start(folder.path());
    let (_, refused) = running.password("abe", TEMPORARY);
    assert_eq!(refused["__type"], "NotAuthorizedException");
    let (_, asked) = running.password("abe", OWN);
    assert_eq!(asked["ChallengeName"], "MFA_SETUP");
    let by_session = |operation: &str, body: Value| running.call(&format!("{SERVICE}.{operation}"), &body);
    let (_, secret) = by_session("AssociateSoftwareToken", json!({ "Session": asked["Session"] }));
    let code = totp_code(secret["SecretCode"].as_str().unwrap(), unix_now());
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let (_, refused) = by_session("VerifySoftwareToken", json!({ "Session": secret["Session"], "UserCode": wrong }));
    assert_eq!(refused["__type"], "EnableSoftwareTokenMFAException");
    let (_, tied) = by_session("VerifySoftwareToken", json!({ "Session": secret["Session"], "UserCode": code }));
    assert_eq!(tied["Status"], "SUCCESS", "{tied}");
    let (status, granted) = running.respond("MFA_SETUP", &tied["Session"], json!({ "USERNAME": "abe" }));
    assert_eq!(status, 200, "{granted}");
    let token = granted["AuthenticationResult"]["AccessToken"].as_str().unwrap();
    let claims = verify(token, &running.cognito.jwks()).unwrap();
    assert_eq!((&claims["sub"], &claims["username"]), (&json!(sub), &json!("abe")));
    assert_eq!(claims["cognito:groups"], json!(["hospital:hospital-c", "physician"]));

    // From now on the code is asked for, and the first one is used up
    let (_, asked) = running.password("abe", OWN);
    assert_eq!(asked["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    let responses = json!({ "USERNAME": "abe", "SOFTWARE_TOKEN_MFA_CODE": code });
    let (_, refused) = running.respond("SOFTWARE_TOKEN_MFA", &asked["Session"], responses);
    assert_eq!(refused["__type"], "ExpiredCodeException");
}

#[test]
fn what_an_administrator_did_stays_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let (_, result) = running.sign_in();
    running.done("AdminRemoveUserFromGroup", json!({ "Username": "sato", "GroupName": "physician" }));
    running.create("abe");
    running.done("AdminDisableUser", json!({ "Username": "abe" }));
    running.done("AdminUserGlobalSignOut", json!({ "Username": "sato" }));
    drop(running);

    let running = Running::start(folder.path());
    assert_eq!(running.user().groups, ["hospital:hospital-a"]);
    let (_, refused) = running.password("abe", TEMPORARY);
    assert_eq!(
        (&refused["__type"], &refused["message"]),
        (&json!("NotAuthorizedException"), &json!("User is disabled."))
    );
    let refresh = json!({ "REFRESH_TOKEN": result["RefreshToken"] });
    assert_eq!(running.initiate(CLIENT, "REFRESH_TOKEN_AUTH", refresh).0, 400, "signed out");
    running.done("AdminEnableUser", json!({ "Username": "abe" }));
    assert_eq!(running.password("abe", TEMPORARY).1["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    running.done("AdminDeleteUser", json!({ "Username": "sato" }));
    drop(running);

    let running = Running::start(folder.path());
    assert_eq!(running.refused("AdminGetUser", json!({ "Username": "sato" })), "UserNotFoundException");
    let members = running.done("ListUsersInGroup", json!({ "GroupName": "hospital:hospital-a" }));
    assert_eq!(members["Users"], json!([]));
}

#[test]
fn what_cannot_be_done_is_refused_as_the_service_does() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let create = |name: &str, password: &str| json!({ "Username": name, "TemporaryPassword": password, "MessageAction": "SUPPRESS" });
    for (operation, body, expected) in [
        ("AdminCreateUser", create("sato", TEMPORARY), "UsernameExistsException"),
        ("AdminCreateUser", create("abe", "too-short-1A"), "InvalidPasswordException"),
        ("AdminCreateUser", json!({ "Username": "abe" }), "InvalidParameterException"),
        ("AdminAddUserToGroup", json!({ "Username": "abe", "GroupName": "physician" }), "UserNotFoundException"),
        ("AdminAddUserToGroup", json!({ "Username": "sato", "GroupName": "none" }), "ResourceNotFoundException"),
        ("CreateGroup", json!({ "GroupName": "physician" }), "GroupExistsException"),
        ("AdminDisableUser", json!({ "Username": "abe" }), "UserNotFoundException"),
        ("ListUsersInGroup", json!({}), "InvalidParameterException"),
    ] {
        assert_eq!(running.refused(operation, body), expected, "{operation}");
    }
    let other = json!({ "UserPoolId": "ap-northeast-1_other", "Username": "sato" });
    let (_, answer) = running.call(&format!("{SERVICE}.AdminGetUser"), &other);
    assert_eq!(answer["__type"], "ResourceNotFoundException");
}

#[test]
fn the_side_door_gives_tokens_of_long_ago_and_no_one_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let ask = |body: Value| running.http("POST /__standin/tokens HTTP/1.1\r\n", &body.to_string());
    let (_, answer) = ask(json!({ "user": "sato", "signedInSecondsAgo": 901, "groups": ["nurse"] }));
    let claims = verify(answer["AccessToken"].as_str().unwrap(), &running.cognito.jwks()).unwrap();
    let age = claims["iat"].as_u64().unwrap() - claims["auth_time"].as_u64().unwrap();
    assert_eq!((age, &claims["cognito:groups"]), (901, &json!(["nurse"])));
    assert_eq!(ask(json!({ "user": "nobody" })).0, 400);
    assert_eq!(ask(json!({ "user": "sato", "admin": true })).0, 400);
}
