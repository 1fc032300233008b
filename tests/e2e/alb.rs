//! The same functions behind an application load balancer: another event, another limit. And what an operator's
//! revocation does, which no front door but the functions themselves see.

use e2e::assertions::{problem, shape};
use e2e::client::{order, order_with};
use e2e::stack::Stack;
use fude::problem::Slug;
use fude_aws::caller::Certificate;
use fude_aws::hospital::{Registration, Revoked, hospital_key};
use serde_json::json;

#[test]
fn the_load_balancer_leads_to_the_same_functions() {
    let stack = Stack::start("alb");
    let sato = stack.caller("sato");
    let drafted = sato.draft("alb", &order("20481937", "discharge-summary")).expect(201);
    for media_type in ["application/json", "text/plain", "text/html", "application/fhir+json"] {
        let fetched = sato.content(&drafted.id(), media_type).expect(200);
        assert!(fetched.header("content-type").starts_with(media_type));
        assert!(fetched.header("repr-digest").starts_with("sha-256=:"));
    }
    sato.draft("alb", &order("20481937", "discharge-summary")).expect(200);
    sato.search(&json!({ "patientId": "20481937" })).expect(200);
    sato.get(&format!("/documents/{}/content?revision=1", drafted.id()), "application/json").expect(200);
    problem(&sato.get(&format!("/documents/{}/content?revision=2", drafted.id()), "application/json"), Slug::NotFound);

    let mixed = stack.caller_with(&stack.identity("hospital-a"), stack.token("ishii"));
    problem(&mixed.draft("alb-mixed", &order("20481937", "discharge-summary")), Slug::CertificateTokenMismatch);

    let padded = |bytes: usize| {
        order_with(
            "20481937",
            "discharge-summary",
            json!({ "record": { "resourceType": "Bundle", "padding": "a".repeat(bytes) } }),
        )
    };
    let large = sato.draft("alb-large", &padded(1024 * 1024));
    assert_eq!(large.status, 413);
    shape(&large);
    problem(&sato.draft("alb-small", &padded(800 * 1024)), Slug::RecordUnusable);

    revoke(&stack, "hospital-b");
    let ishii = stack.caller("ishii");
    problem(&ishii.draft("revoked", &order("26839417", "discharge-summary")), Slug::CertificateRevoked);
    problem(&ishii.metadata("x"), Slug::CertificateRevoked);
}

/// An operator adds a hospital's certificate to its revoked ones.
fn revoke(stack: &Stack, hospital: &str) {
    let key = json!({ "pk": { "S": hospital_key(hospital) }, "sk": { "S": "REGISTRATION" } });
    let row = stack.dynamodb("GetItem", &json!({ "TableName": stack.text("table"), "Key": key }));
    let text = row["Item"]["registration"]["S"].as_str().expect("a registration");
    let mut registration: Registration = serde_json::from_str(text).expect("a registration");
    let pem = std::fs::read_to_string(stack.identity(hospital).0).expect("a certificate");
    let certificate = Certificate::from_pem(&pem).expect("a certificate");
    registration.revoked.push(Revoked { issuer_sha256: certificate.issuer_sha256, serial: certificate.serial });
    let text = serde_json::to_string(&registration).expect("plain data");
    stack.dynamodb(
        "UpdateItem",
        &json!({ "TableName": stack.text("table"), "Key": key, "UpdateExpression": "SET registration = :r",
            "ExpressionAttributeValues": { ":r": { "S": text } } }),
    );
}
