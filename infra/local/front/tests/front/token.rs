//! Which tokens open the door.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fude_front::Front;
use serde_json::{Value, json};

use crate::stack::{OTHER_POOL, POOL, Stack, claims, token};

fn changed(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    POOL.sign(&claims)
}

fn unsigned() -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(json!({ "alg": "none", "typ": "JWT", "kid": "k1" })), part(claims()))
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused() {
    for front in [Front::Rest, Front::Alb] {
        let stack = Stack::start(front).await;
        let mut tampered = token();
        tampered.truncate(tampered.len() - 8);
        let cases = [
            ("unsigned", unsigned()),
            ("another pool's key", OTHER_POOL.sign(&claims())),
            ("expired", changed("exp", json!(claims()["iat"].as_u64().unwrap() - 1))),
            ("no expiry", changed("exp", Value::Null)),
            ("an ID token", changed("token_use", json!("id"))),
            ("another issuer", changed("iss", json!("https://elsewhere.example/pool"))),
            ("another client", changed("client_id", json!("client-2"))),
            ("another scope", changed("scope", json!("aws.cognito.signin.user.administrator openid"))),
            ("cut off", tampered),
            ("no token", String::new()),
            ("text", "token".to_owned()),
        ];
        for (case, token) in cases {
            let reply = stack.post("/documents", &token, b"{}").await;
            assert_eq!(reply.status, 401, "{case}");
            reply.is_problem(401, "token-refused");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{case}");
        }
        let reply = stack.raw("GET /documents/x HTTP/1.1", b"").await;
        reply.is_problem(401, "token-refused");
        assert_eq!(stack.calls(), 0);
    }
}

#[tokio::test]
async fn a_good_token_is_let_in() {
    let stack = Stack::start(Front::Rest).await;
    assert_eq!(stack.post("/documents", &token(), b"{}").await.status, 201);
    assert_eq!(
        stack.post("/documents", &changed("scope", json!("openid aws.cognito.signin.user.admin")), b"{}").await.status,
        201
    );
    let bare = format!("GET /documents/x HTTP/1.1\r\nAuthorization: {}", token());
    assert_eq!(stack.raw(&bare, b"").await.status, 201);
}
