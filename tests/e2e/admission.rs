//! Who is let in: handshake, certificate, token, and what each role may draft.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::assertions::problem;
use e2e::client::{order, order_with};
use e2e::stack::{Stack, identity};
use e2e::tls::{alert_to_tls_1_2, exchange};
use fude::problem::Slug;
use serde_json::json;

const REQUEST: &[u8] = b"GET /documents/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// RFC 8446, 6: protocol_version.
const PROTOCOL_VERSION: u8 = 70;

#[test]
fn tls_1_2_is_refused() {
    assert_eq!(alert_to_tls_1_2(Stack::shared()), Some(PROTOCOL_VERSION));
}

#[test]
fn a_client_without_certificate_gets_no_connection() {
    let error = exchange(Stack::shared(), None, REQUEST).expect_err("no certificate");
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
}

#[test]
fn each_bad_certificate_gets_its_own_alert() {
    let stack = Stack::shared();
    let alerts = [
        ("expired", "CertificateExpired"),
        ("not-yet-valid", "CertificateExpired"),
        ("revoked", "CertificateRevoked"),
        ("no-client-usage", "UnsupportedCertificate"),
        ("other-ca", "UnknownCA"),
    ];
    let listed = stack.ready["refusedCertificates"].as_array().expect("a list");
    assert_eq!(listed.len(), alerts.len());
    for (why, alert) in alerts {
        let refused = listed.iter().find(|r| r["why"] == why).expect("it is listed");
        let error = exchange(stack, Some(&identity(refused)), REQUEST).expect_err(why);
        assert!(error.to_string().contains(alert), "{why}: {error}");
    }
    let good = exchange(stack, Some(&stack.identity("hospital-a")), REQUEST).expect("a good certificate");
    assert!(good.starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&good));
}

#[test]
fn a_certificate_that_nobody_registered_is_unknown() {
    let stack = Stack::shared();
    let unregistered = identity(&stack.ready["unregisteredCertificate"]);
    let caller = stack.caller_with(&unregistered, stack.token("sato"));
    problem(&caller.draft("unregistered", &order("20481937", "discharge-summary")), Slug::CertificateUnknown);
    problem(&caller.search(&json!({ "patientId": "20481937" })), Slug::CertificateUnknown);
    problem(&caller.metadata("x"), Slug::CertificateUnknown);
}

#[test]
fn a_token_must_be_there_and_be_good() {
    let stack = Stack::shared();
    let good = stack.token("sato");
    let parts: Vec<&str> = good.split('.').collect();
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let claims = URL_SAFE_NO_PAD.decode(parts[1]).expect("claims");
    let other_person = String::from_utf8(claims).expect("UTF-8").replace("sato", "tanaka");
    let bad = [
        ("nothing", None),
        ("garbage", Some("garbage".to_owned())),
        ("three parts of garbage", Some("a.b.c".to_owned())),
        ("alg none", Some(format!("{header}.{}.", parts[1]))),
        ("alg none with a signature", Some(format!("{header}.{}.{}", parts[1], parts[2]))),
        ("no signature", Some(format!("{}.{}.", parts[0], parts[1]))),
        ("other claims", Some(format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(other_person), parts[2]))),
    ];
    for (what, token) in bad {
        let caller = e2e::client::Caller { token, ..stack.caller("sato") };
        for answer in [
            caller.draft("bad-token", &order("20481937", "discharge-summary")),
            caller.search(&json!({ "patientId": "20481937" })),
            caller.metadata("x"),
            caller.content("x", "application/json"),
        ] {
            assert_eq!(answer.status, 401, "{what}: {}", answer.text());
            problem(&answer, Slug::TokenRefused);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
        }
    }
}

#[test]
fn certificate_and_token_must_be_of_one_hospital() {
    let stack = Stack::shared();
    for (certificate, user, patient) in [("hospital-a", "ishii", "20481937"), ("hospital-b", "sato", "26839417")] {
        let caller = stack.caller_with(&stack.identity(certificate), stack.token(user));
        problem(&caller.draft("mismatch", &order(patient, "discharge-summary")), Slug::CertificateTokenMismatch);
        problem(&caller.search(&json!({ "patientId": patient })), Slug::CertificateTokenMismatch);
        problem(&caller.metadata("x"), Slug::CertificateTokenMismatch);
    }
}

#[test]
fn each_role_drafts_what_it_may() {
    let stack = Stack::shared();
    let kinds = ["discharge-summary", "referral-letter", "nursing-summary"];
    for (user, may) in [
        ("sato", [true, true, true]),
        ("kimura", [true, true, false]),
        ("mori", [false, false, true]),
        ("ono", [false, false, false]),
    ] {
        let caller = stack.caller(user);
        for (kind, may) in kinds.into_iter().zip(may) {
            let body = if user == "kimura" {
                order_with("31758264", kind, json!({ "onBehalfOf": "sato" }))
            } else {
                order("31758264", kind)
            };
            let answer = caller.draft(&format!("role-{user}-{kind}"), &body);
            if may {
                assert_eq!(answer.status, 201, "{user} {kind}: {}", answer.text());
                assert_eq!(answer.json()["enteredBy"]["user"], user);
                assert_ne!(answer.json()["enteredBy"]["name"], user, "the name as the hospital registered it");
                assert_eq!(answer.json()["onBehalfOf"], body["onBehalfOf"]);
            } else {
                problem(&answer, Slug::RoleNotPermitted);
            }
        }
    }
}
