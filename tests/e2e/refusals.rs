//! Every problem that the routes answer with, each by its own slug, and that none is forgotten.

use e2e::assertions::{problem, record_of};
use e2e::client::{Answer, Caller, order, order_with};
use e2e::stack::Stack;
use fude::problem::Slug;
use serde_json::{Value, json};

const KIND: &str = "discharge-summary";
const PATIENT: &str = "20481937";

fn sato() -> Caller {
    Stack::shared().caller("sato")
}

fn post(headers: &[(&str, &str)], body: &str) -> Answer {
    sato().send("/documents", headers, body.as_bytes())
}

#[test]
fn a_request_that_cannot_be_read_is_malformed() {
    let json = ("content-type", "application/json");
    let good = order(PATIENT, KIND).to_string();
    problem(&post(&[json], &good), Slug::MalformedRequest);
    problem(&post(&[json, ("idempotency-key", &"k".repeat(256))], &good), Slug::MalformedRequest);
    problem(&post(&[json, ("idempotency-key", "two words")], &good), Slug::MalformedRequest);
    for broken in ["", "{", "[]", "null", "{\"patientId\":", "ﾊﾟ"] {
        problem(&post(&[json, ("idempotency-key", "broken")], broken), Slug::MalformedRequest);
    }
    for member in ["patientId", "dataSourceId", "documentType", "destination"] {
        let mut body = order(PATIENT, KIND);
        body.as_object_mut().expect("an object").remove(member);
        problem(&sato().draft("missing", &body), Slug::MalformedRequest);
        problem(&sato().draft("mistyped", &order_with(PATIENT, KIND, json!({ member: [1] }))), Slug::MalformedRequest);
    }
    let stated = json!({ "statements": [{ "section": "999", "text": "嚥下機能の再評価をお願いします。" }] });
    problem(&sato().draft("section", &order_with(PATIENT, KIND, stated)), Slug::MalformedRequest);
    for search in [
        json!({}),
        json!({ "patientId": PATIENT, "awaitingApprovalOf": "sato" }),
        json!({ "patientId": PATIENT, "from": "gestern" }),
    ] {
        problem(&sato().search(&search), Slug::MalformedRequest);
    }
    problem(&sato().search(&json!({ "patientId": PATIENT, "cursor": "no cursor" })), Slug::MalformedRequest);
}

#[test]
fn a_body_that_is_not_declared_as_json_is_refused() {
    let body = order(PATIENT, KIND).to_string();
    for media_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded"] {
        problem(
            &post(&[("content-type", media_type), ("idempotency-key", "media")], &body),
            Slug::UnsupportedMediaType,
        );
    }
    let search = sato().send("/documents/search", &[("content-type", "text/plain")], b"{\"patientId\":\"20481937\"}");
    problem(&search, Slug::UnsupportedMediaType);
}

#[test]
fn what_does_not_exist_is_named() {
    problem(&sato().draft("kind", &order(PATIENT, "horoscope")), Slug::UnknownDocumentType);
    let claims = json!({ "destination": { "type": "claims-review" } });
    problem(&sato().draft("addressee", &order_with(PATIENT, KIND, claims)), Slug::AddresseeNotAllowed);
    problem(
        &sato().draft("source", &order_with(PATIENT, KIND, json!({ "dataSourceId": "other" }))),
        Slug::UnknownDataSource,
    );
    problem(&sato().draft("record", &order("99999999", KIND)), Slug::RecordNotFound);
    // The other hospital's patient is not staged here.
    problem(&sato().draft("record-b", &order("26839417", KIND)), Slug::RecordNotFound);
}

#[test]
fn a_refused_key_is_free_again() {
    problem(&sato().draft("freed", &order("99999999", KIND)), Slug::RecordNotFound);
    sato().draft("freed", &order("84192637", KIND)).expect(201);
}

#[test]
fn a_record_that_is_no_record_is_unusable() {
    for record in [
        json!({ "resourceType": "Patient", "id": "1" }),
        json!({ "resourceType": "Bundle", "type": "collection", "entry": [] }),
        json!("text"),
    ] {
        problem(
            &sato().draft("unusable", &order_with(PATIENT, KIND, json!({ "record": record }))),
            Slug::RecordUnusable,
        );
    }
}

/// A staged record sent along, altered.
fn inline(change: impl Fn(&mut Vec<Value>)) -> Value {
    let mut record = record_of(PATIENT);
    change(record["entry"].as_array_mut().expect("entries"));
    order_with(PATIENT, KIND, json!({ "record": record }))
}

fn first<'e>(entries: &'e mut [Value], kind: &str) -> &'e mut Value {
    entries.iter_mut().map(|e| &mut e["resource"]).find(|r| r["resourceType"] == kind).expect("the record has one")
}

#[test]
fn one_record_speaks_of_one_patient() {
    let before = Stack::shared().caller("sato").draft("inline-good", &inline(|_| {}));
    assert_eq!(before.status, 201, "{}", before.text());
    let stranger = record_of("47290618")["entry"].to_string();
    let joined = |stranger: &str| {
        let entries: Vec<Value> = serde_json::from_str(stranger).expect("entries");
        inline(|e| e.extend(entries.iter().cloned()))
    };
    let mixed: [(&str, Value); 6] = [
        ("two patients", joined(&stranger.replace("pat-1", "pat-2"))),
        ("two patients under one resource id", joined(&stranger)),
        (
            "by reference alone",
            inline(|e| first(e, "Observation")["subject"] = json!({ "reference": "Patient/somebody-else" })),
        ),
        (
            "by urn",
            inline(|e| {
                first(e, "Condition")["subject"] =
                    json!({ "reference": "urn:uuid:00000000-0000-4000-8000-000000000000" });
            }),
        ),
        ("by identifier alone", {
            let system = fude_records::patient_number_system("hospital-a").expect("it has one");
            inline(move |e| {
                first(e, "Observation")["subject"] = json!({ "identifier": { "system": system, "value": "47290618" } });
            })
        }),
        ("another's record", order_with("47290618", KIND, json!({ "record": record_of(PATIENT) }))),
    ];
    let mut drafted = Vec::new();
    for (how, body) in mixed {
        let answer = sato().draft(&format!("mixed {how}").replace(' ', "-"), &body);
        if answer.status < 300 {
            drafted.push(how);
        } else {
            problem(&answer, Slug::PatientMismatch);
        }
    }
    assert!(drafted.is_empty(), "drafted from a mix-up: {drafted:?}");
}

#[test]
fn the_patient_check_must_agree() {
    let patient = e2e::assertions::patients().find(|p| p.number == PATIENT).expect("staged");
    let kana = patient.source().patient.kana.clone().expect("the record has it");
    let checked = |check: Value| order_with(PATIENT, KIND, json!({ "patientCheck": check }));
    problem(
        &sato().draft("birth", &checked(json!({ "birthDate": "1901-02-03", "kana": kana }))),
        Slug::PatientMismatch,
    );
    problem(
        &sato().draft("kana", &checked(json!({ "birthDate": patient.birth_date, "kana": "ベツノ ヒト" }))),
        Slug::PatientMismatch,
    );
    sato().draft("agrees", &checked(json!({ "birthDate": patient.birth_date, "kana": kana }))).expect(201);
}

#[test]
fn a_record_over_the_limit_is_too_large() {
    let padded = |bytes: usize| {
        order_with(PATIENT, KIND, json!({ "record": { "resourceType": "Bundle", "padding": "a".repeat(bytes) } }))
    };
    problem(&sato().draft("inline", &padded(4 * 1024 * 1024 + 1)), Slug::RecordTooLarge);
    // Over what one event carries.
    problem(&sato().draft("event", &padded(7 * 1024 * 1024)), Slug::RecordTooLarge);
    let stack = Stack::shared();
    let number = "77777777";
    let key = hex::decode(stack.hospital("hospital-a")["stagingKey"].as_str().expect("a key")).expect("hex");
    let name = fude::integrity::hmac_sha256(&key, number.as_bytes());
    let record = format!("{{\"resourceType\":\"Bundle\",\"padding\":\"{}\"}}", "a".repeat(20 * 1024 * 1024));
    let put = stack.s3("PUT", "records", &format!("hospital-a/ehr-main/{name}.json"), record.as_bytes());
    assert_eq!(put.status, 200, "{}", put.text());
    problem(&sato().draft("staged", &order(number, KIND)), Slug::RecordTooLarge);
}

#[test]
fn a_body_over_ten_megabytes_is_not_read_to_its_end() {
    let stack = Stack::shared();
    let head = format!(
        "POST /documents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nIdempotency-Key: big\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        stack.token("sato"),
        11_000_000,
    );
    let mut request = head.into_bytes();
    request.extend(vec![b'a'; 11_000_000]);
    let answer = e2e::tls::exchange(stack, Some(&stack.identity("hospital-a")), &request).expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains(Slug::RecordTooLarge.as_str()), "{answer}");
}

#[test]
fn no_id_but_ones_own_names_a_document() {
    let stack = Stack::shared();
    let id = sato().draft("own", &order("52917384", KIND)).id();
    let ishii = stack.caller("ishii");
    let long = "f".repeat(2000);
    for (caller, id) in [
        (&ishii, id.as_str()),
        (&sato(), "x"),
        (&sato(), "%2e%2e"),
        (&sato(), "a%2Fcontent"),
        (&sato(), &long),
        (&sato(), "20481937"),
    ] {
        problem(&caller.metadata(id), Slug::NotFound);
        problem(&caller.content(id, "application/json"), Slug::NotFound);
    }
    problem(&sato().get(&format!("/documents/{id}/content?revision=2"), "application/json"), Slug::NotFound);
    problem(&sato().get("/nowhere", "*/*"), Slug::NotFound);
    let foreign = order_with("52917384", KIND, json!({ "basedOn": "0".repeat(32) }));
    problem(&sato().draft("based", &foreign), Slug::NotFound);
    // A nurse sees nursing documents alone, an auditor no content of a draft.
    problem(&stack.caller("mori").metadata(&id), Slug::RoleNotPermitted);
    problem(&stack.caller("ono").content(&id, "application/json"), Slug::RoleNotPermitted);
    stack.caller("ono").metadata(&id).expect(200);
}

#[test]
fn only_three_media_types_are_given() {
    let id = sato().draft("media-types", &order("68340791", KIND)).id();
    for accept in ["application/pdf", "application/fhir+xml", "image/*", "application/json;q=0"] {
        problem(&sato().content(&id, accept), Slug::NotAcceptable);
    }
    for (accept, given) in
        [("*/*", "application/json"), ("text/*", "text/"), ("application/pdf, text/html;q=0.5", "text/html")]
    {
        let answer = sato().content(&id, accept).expect(200);
        assert!(answer.header("content-type").starts_with(given), "{accept}: {}", answer.header("content-type"));
    }
}

#[test]
fn other_methods_are_refused() {
    for (path, allow) in [
        ("/documents", "POST"),
        ("/documents/search", "POST"),
        ("/documents/x", "GET"),
        ("/documents/x/content", "GET"),
    ] {
        let answer = sato().delete(path);
        problem(&answer, Slug::MethodNotAllowed);
        assert!(answer.header("allow").contains(allow), "{path}: {}", answer.header("allow"));
    }
}

#[test]
fn an_expired_draft_is_gone() {
    let stack = Stack::shared();
    let id = sato().draft("expires", &order("73625148", KIND)).id();
    let row = stack.state_of(&id);
    stack.dynamodb(
        "UpdateItem",
        &json!({ "TableName": stack.text("table"), "Key": { "pk": row["pk"], "sk": row["sk"] },
            "UpdateExpression": "SET expiresAt = :then", "ExpressionAttributeValues": { ":then": { "S": "2026-01-01T00:00:00.000Z" } } }),
    );
    problem(&sato().content(&id, "application/json"), Slug::DraftExpired);
}

/// What a healthy stack with a clock of its own cannot be made to answer.
const UNREACHABLE: [(Slug, &str); 3] = [
    (Slug::Throttled, "needs every environment busy at one moment; the load test accepts it"),
    (Slug::StoreUnavailable, "the stand-ins for table and bucket have no faults"),
    (Slug::ServiceUnavailable, "no function can be made to fail on a reading route from outside"),
];

#[test]
fn every_problem_appears_in_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e");
    let sources: String = std::fs::read_dir(folder)
        .expect("this folder")
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a source"))
        .flat_map(|source| source.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for slug in Slug::ALL {
        let excused = UNREACHABLE.iter().any(|(u, _)| u == slug);
        // As the last argument of an assertion, however it is laid out.
        let asserted = [")", ",)"].iter().any(|end| sources.contains(&format!(",Slug::{slug:?}{end}")));
        assert_eq!(
            asserted,
            !excused,
            "{} is {}",
            slug.as_str(),
            if asserted { "tested after all" } else { "in no test" }
        );
    }
}
