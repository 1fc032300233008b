//! One key, one document: however often and at whatever moment the request is repeated.

use std::collections::BTreeSet;
use std::time::Duration;

use e2e::assertions::problem;
use e2e::client::{Answer, order, order_with};
use e2e::log::Log;
use e2e::stack::Stack;
use e2e::stores::s;
use fude::problem::Slug;
use serde_json::json;

const KIND: &str = "discharge-summary";

#[test]
fn twenty_requests_at_once_make_one_document() {
    let stack = Stack::shared();
    let body = order("20481937", KIND);
    let caller = stack.caller("tanaka");
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..20).map(|_| scope.spawn(|| caller.draft("twenty", &body))).collect();
        started.into_iter().map(|t| t.join().expect("an answer")).collect()
    });
    let statuses: Vec<u16> = answers.iter().map(|a| a.status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
    // 429 is the platform's: no free environment. It made nothing either.
    assert!(statuses.iter().all(|s| matches!(s, 200..=202 | 429)), "{statuses:?}");
    for answer in &answers {
        assert!(!matches!(answer.status, 202 | 429) || answer.header("retry-after").parse::<u32>().is_ok());
        if answer.status == 202 {
            assert_eq!(answer.json()["state"], "requested");
            assert!(answer.header("location").starts_with("/documents/"));
        }
    }
    let ids: BTreeSet<String> = answers.iter().filter(|a| a.status != 429).map(Answer::id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let first = caller.draft_until_done("twenty", &body, Duration::from_secs(30)).expect(200);
    for _ in 0..3 {
        let again = caller.draft("twenty", &body).expect(200);
        assert_eq!((again.json(), again.header("etag")), (first.json(), first.header("etag")));
    }

    let id = first.id();
    let rows = stack.rows_of(&id);
    let keys: Vec<&str> = rows.iter().map(|r| s(r, "sk")).collect();
    assert_eq!(keys, ["EVENT#0000000001", "EVENT#0000000002", "STATE"]);
    let log = Log::wait(stack, "hospital-a", "the draft", |log| log.actions_of(&id).contains(&"document-drafted"));
    assert_eq!(log.actions_of(&id), ["draft-requested", "document-drafted"]);
    let objects = stack.keys("documents", &format!("draft/{id}/"));
    assert_eq!(objects.len(), 2, "content and manifest: {objects:?}");
}

#[test]
fn a_key_belongs_to_one_request() {
    let caller = Stack::shared().caller("tanaka");
    let first = caller.draft("one-request", &order("31758264", KIND)).expect(201);
    for other in [
        order("47290618", KIND),
        order("31758264", "referral-letter"),
        order_with("31758264", KIND, json!({ "withoutModel": true })),
        order_with("31758264", KIND, json!({ "record": e2e::assertions::record_of("31758264") })),
    ] {
        problem(&caller.draft("one-request", &other), Slug::IdempotencyKeyReused);
    }
    assert_eq!(caller.draft("one-request", &order("31758264", KIND)).expect(200).json(), first.json());
}

#[test]
fn the_same_key_of_two_hospitals_makes_two_documents() {
    let stack = Stack::shared();
    let a = stack.caller("tanaka").draft("two-houses", &order("47290618", KIND)).expect(201);
    let b = stack.caller("ishii").draft("two-houses", &order("26839417", KIND)).expect(201);
    assert_ne!(a.id(), b.id());
}
