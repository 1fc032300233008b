//! Many documents at once, each drafted, revised and finalised: the log holds every event once, in order.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use e2e::client::{Caller, accepted, filled, order};
use e2e::log::Log;
use e2e::stack::Stack;
use serde_json::json;

/// So many in the tests; `FUDE_E2E_DOCUMENTS=100` for more.
const DOCUMENTS: usize = 24;
const WRITERS: usize = 12;
const PATIENCE: Duration = Duration::from_secs(90);

fn documents() -> usize {
    std::env::var("FUDE_E2E_DOCUMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(DOCUMENTS)
}

/// From nothing to final; whatever is throttled on the way is asked for again with the same key.
fn finalised(caller: &Caller, number: usize) -> String {
    let again = |act: &dyn Fn() -> e2e::client::Answer| loop {
        let answer = act();
        if !matches!(answer.status, 202 | 429 | 503) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(300));
    };
    let key = format!("many-{number}");
    let id = caller.draft_until_done(&key, &order("84192637", "referral-letter"), PATIENCE).expect(201).id();
    let content = again(&|| caller.content(&id, "application/json")).expect(200);
    let etag = again(&|| caller.metadata(&id)).expect(200).header("etag").to_owned();
    let revision = json!({ "sections": filled(&content), "reason": "記載を補った。" });
    let revised = again(&|| caller.act(&id, "revisions", &format!("{key}-r"), &etag, &revision)).expect(201);
    let etag = revised.header("etag").to_owned();
    again(&|| caller.act(&id, "finalization", &format!("{key}-f"), &etag, &accepted(&content))).expect(200);
    id
}

#[test]
fn every_event_of_many_documents_at_once_is_logged_once_and_in_order() {
    let stack = Stack::start("rest");
    let caller = stack.caller("sato");
    let next = Mutex::new(0..documents());
    let ids = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                loop {
                    let Some(number) = next.lock().expect("no holder panics").next() else { return };
                    let id = finalised(&caller, number);
                    ids.lock().expect("no holder panics").push(id);
                }
            });
        }
    });
    let ids = ids.into_inner().expect("no holder panics");
    assert_eq!(ids.len(), documents());
    let done = |log: &Log, id: &String| log.actions_of(id).contains(&"document-finalised");
    let log = Log::wait(&stack, "hospital-a", "every finalisation", |log| ids.iter().all(|id| done(log, id)));

    let mut sequences: BTreeMap<String, Vec<(u64, &'static str)>> = BTreeMap::new();
    for event in log.events() {
        // Readings and refusals are chains of one, on rows of their own.
        let Some(document) = &event.document else { continue };
        let changes = ["draft-requested", "document-drafted", "document-revised", "document-finalised"];
        if changes.contains(&event.action.name()) {
            sequences.entry(document.id.clone()).or_default().push((event.sequence, event.action.name()));
        }
    }
    for id in &ids {
        let expected =
            [(1, "draft-requested"), (2, "document-drafted"), (3, "document-revised"), (4, "document-finalised")];
        assert_eq!(sequences[id], expected, "once, and in order");
    }
}
