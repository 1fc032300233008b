//! Documents of one patient: newest first, within a period, of one's own hospital and kinds.

use e2e::assertions::problem;
use e2e::client::{Answer, order};
use e2e::stack::Stack;
use fude::problem::Slug;
use serde_json::{Value, json};

/// No other test drafts for hospital B's second patient but the corpus.
const PATIENT: &str = "57418296";

fn ids(answer: &Answer) -> Vec<String> {
    answer.json()["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|i| i["documentId"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn documents_of_a_patient_are_found_newest_first() {
    let stack = Stack::shared();
    let ishii = stack.caller("ishii");
    let kinds = ["discharge-summary", "nursing-summary", "referral-letter", "nursing-summary", "discharge-summary"];
    let drafted: Vec<Value> = kinds
        .iter()
        .enumerate()
        .map(|(n, kind)| ishii.draft(&format!("found-{n}"), &order(PATIENT, kind)).expect(201).json())
        .collect();
    let own = |answer: &Answer| -> Vec<String> {
        ids(answer).into_iter().filter(|id| drafted.iter().any(|d| d["documentId"] == **id)).collect()
    };
    let id = |n: usize| drafted[n]["documentId"].as_str().expect("an id");

    let all = ishii.search(&json!({ "patientId": PATIENT })).expect(200);
    assert_eq!(own(&all), [id(4), id(3), id(2), id(1), id(0)]);
    assert_eq!(all.header("cache-control"), "no-store");
    let created: Vec<String> = all.json()["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|i| i["createdAt"].as_str().expect("an instant").to_owned())
        .collect();
    assert!(created.is_sorted_by(|a, b| a >= b), "{created:?}");
    let newest = all.json()["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|i| i["documentId"] == drafted[4]["documentId"])
        .cloned();
    assert_eq!(newest.as_ref(), Some(&drafted[4]), "items are metadata");

    let at = |n: usize| drafted[n]["createdAt"].clone();
    let within = ishii.search(&json!({ "patientId": PATIENT, "from": at(1), "to": at(3) })).expect(200);
    let found = own(&within);
    assert!(found.iter().any(|f| f == id(2)), "{found:?}");
    assert!(found.iter().all(|f| f != id(0) && f != id(4)), "{found:?}");
    let long_ago = ishii.search(&json!({ "patientId": PATIENT, "from": "2020-01-01", "to": "2020-12-31" })).expect(200);
    assert!(ids(&long_ago).is_empty());

    let nurse = own(&stack.caller("arai").search(&json!({ "patientId": PATIENT })).expect(200));
    assert_eq!(nurse, [id(3), id(1)], "a nurse finds nursing documents");
    let auditor = own(&stack.caller("kubo").search(&json!({ "patientId": PATIENT })).expect(200));
    assert_eq!(auditor.len(), 5, "an auditor sees metadata");
}

#[test]
fn another_hospital_finds_nothing() {
    let stack = Stack::shared();
    stack.caller("ishii").draft("hidden", &order("26839417", "discharge-summary")).expect(201);
    let found = stack.caller("sato").search(&json!({ "patientId": "26839417" })).expect(200);
    assert!(ids(&found).is_empty(), "{}", found.text());
}

#[test]
fn a_cursor_that_this_search_did_not_give_is_malformed() {
    let caller = Stack::shared().caller("sato");
    for cursor in ["", "x", "eyJhIjoxfQ", &"A".repeat(500)] {
        problem(&caller.search(&json!({ "patientId": "20481937", "cursor": cursor })), Slug::MalformedRequest);
    }
}
