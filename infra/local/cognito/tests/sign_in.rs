//! Signing in over real HTTP, as an AWS SDK does it, and what the tokens then say.

// A test that cannot go on shall stop.
#![allow(clippy::unwrap_used)]

mod running;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use running::{CLIENT, ISSUER, POOL, Running, SERVICE, unix_now, verify};
use serde_json::{Value, json};

impl Running {
    fn get(&self, path: &str) -> (u16, Value) {
        self.http(&format!("GET {path} HTTP/1.1\r\n"), "")
    }
}

#[test]
fn password_and_code_yield_tokens_that_the_key_set_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let challenge = running.password_step();
    assert_eq!(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    assert!(challenge.get("AuthenticationResult").is_none());

    let before = unix_now();
    let (_, result) = running.sign_in();
    assert_eq!(result["ExpiresIn"], 3600);
    assert_eq!(result["TokenType"], "Bearer");
    assert!(result["RefreshToken"].is_string());

    let (_, jwks) = running.get(&format!("/{POOL}/.well-known/jwks.json"));
    assert_eq!(jwks, running.cognito.jwks());
    let user = running.user();
    let access = verify(result["AccessToken"].as_str().unwrap(), &jwks).unwrap();
    assert_eq!(access["sub"], user.sub);
    assert_eq!(access["cognito:groups"], json!(["hospital:hospital-a", "physician"]));
    assert_eq!(access["token_use"], "access");
    assert_eq!(access["scope"], "aws.cognito.signin.user.admin");
    assert_eq!(access["client_id"], CLIENT);
    assert_eq!(access["username"], "sato");
    assert!(access["auth_time"].as_u64().unwrap() >= before);
    assert_eq!(access["exp"].as_u64().unwrap(), access["iat"].as_u64().unwrap() + 3600);
    assert!(access.get("aud").is_none());

    let id = verify(result["IdToken"].as_str().unwrap(), &jwks).unwrap();
    assert_eq!(id["token_use"], "id");
    assert_eq!(id["aud"], CLIENT);
    assert_eq!(id["cognito:username"], "sato");
    assert_eq!(id["origin_jti"], access["origin_jti"]);
    assert_ne!(id["jti"], access["jti"]);
}

#[test]
fn altered_and_unsigned_tokens_fail_verification() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let (_, result) = running.sign_in();
    let jwks = running.cognito.jwks();
    let token = result["AccessToken"].as_str().unwrap();
    let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("a token has three parts");
    };
    let mut raised: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    raised["cognito:groups"] = json!(["auditor"]);
    let raised = URL_SAFE_NO_PAD.encode(raised.to_string());
    let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "kid": kid}).to_string());
    let hmac = URL_SAFE_NO_PAD.encode(json!({"alg": "HS256", "kid": kid}).to_string());

    assert!(verify(token, &jwks).is_ok());
    for forged in [
        format!("{header}.{raised}.{signature}"),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{hmac}.{claims}.{signature}"),
        format!("{header}.{claims}."),
    ] {
        assert!(verify(&forged, &jwks).is_err(), "{forged}");
    }
}

#[test]
fn wrong_code_is_a_mismatch() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let session = running.password_step()["Session"].clone();
    let (status, answer) = running.code_step(&session, "12345");
    assert_eq!(status, 400);
    assert_eq!(answer["__type"], "CodeMismatchException");
    assert_eq!(answer["message"], "Invalid code received for user");
}

#[test]
fn used_code_users_and_key_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::start(folder.path());
    let (code, result) = first.sign_in();
    let (user, jwks) = (first.user(), first.cognito.jwks());
    drop(first);

    let again = Running::start(folder.path());
    assert!(again.user() == user, "same password, secret and sub");
    assert_eq!(again.cognito.jwks(), jwks);
    verify(result["AccessToken"].as_str().unwrap(), &again.cognito.jwks()).unwrap();
    let session = again.password_step()["Session"].clone();
    let (status, answer) = again.code_step(&session, &code);
    assert_eq!(status, 400);
    assert_eq!(answer["__type"], "ExpiredCodeException");
    assert_eq!(answer["message"], "Your software token has already been used once.");
}

#[test]
fn refresh_keeps_the_time_of_the_sign_in_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::start(folder.path());
    let (_, result) = first.sign_in();
    drop(first);
    let again = Running::start(folder.path());
    let jwks = again.cognito.jwks();
    let parameters = json!({"REFRESH_TOKEN": result["RefreshToken"]});

    let (status, answer) = again.initiate(CLIENT, "REFRESH_TOKEN_AUTH", parameters);

    assert_eq!(status, 200, "{answer}");
    let refreshed = &answer["AuthenticationResult"];
    assert!(refreshed.get("RefreshToken").is_none());
    let before = verify(result["AccessToken"].as_str().unwrap(), &jwks).unwrap();
    let after = verify(refreshed["AccessToken"].as_str().unwrap(), &jwks).unwrap();
    assert_eq!(after["auth_time"], before["auth_time"]);
    assert_eq!(after["origin_jti"], before["origin_jti"]);
    assert_ne!(after["jti"], before["jti"]);
}

#[test]
fn other_operations_clients_and_flows_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    for (target, name) in [
        (format!("{SERVICE}.SignUp"), "SignUp"),
        (format!("{SERVICE}.AdminSetUserMFAPreference"), "AdminSetUserMFAPreference"),
        ("TrentService.Sign".to_owned(), "TrentService.Sign"),
    ] {
        let (status, answer) = running.call(&target, &json!({}));
        assert_eq!((status, &answer["__type"]), (400, &json!("UnsupportedOperationException")));
        assert!(answer["message"].as_str().unwrap().contains(name), "{answer}");
    }

    let parameters = json!({"USERNAME": "sato", "PASSWORD": running.user().password});
    let (_, answer) = running.initiate("other", "USER_PASSWORD_AUTH", parameters.clone());
    assert_eq!(answer["__type"], "ResourceNotFoundException");
    let (_, answer) = running.initiate(CLIENT, "USER_SRP_AUTH", parameters);
    assert_eq!(answer["message"], "USER_SRP_AUTH is not enabled for the client.");
    let (_, answer) = running.initiate(CLIENT, "USER_PASSWORD_AUTH", json!({"USERNAME": "sato"}));
    assert_eq!(answer["message"], "Missing required parameter PASSWORD");
    let (_, answer) = running.call(&format!("{SERVICE}.InitiateAuth"), &json!([]));
    assert_eq!(answer["__type"], "SerializationException");
}

#[test]
fn discovery_names_the_issuer_and_this_pool_only() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let (status, found) = running.get(&format!("/{POOL}/.well-known/openid-configuration"));
    assert_eq!(status, 200);
    assert_eq!(found["issuer"], ISSUER);
    let jwks_uri = format!("http://{}/{POOL}/.well-known/jwks.json", running.address);
    assert_eq!(found["jwks_uri"], jwks_uri);
    for path in ["openid-configuration", "jwks.json"] {
        assert_eq!(running.get(&format!("/other/.well-known/{path}")).0, 404);
    }
}
