//! One bit changed in a stored object: nothing of it is shown, and the log knows.

use e2e::assertions::problem;
use e2e::client::order;
use e2e::log::Log;
use e2e::stack::Stack;
use e2e::stores::s;
use fude::audit::Action;
use fude::problem::Slug;

#[test]
fn an_altered_byte_is_never_returned_and_is_recorded() {
    let stack = Stack::shared();
    let caller = stack.caller("sato");
    for (key, attribute) in [("tampered-content", "contentKey"), ("tampered-manifest", "manifestKey")] {
        let id = caller.draft(key, &order("84192637", "referral-letter")).expect(201).id();
        let good = caller.content(&id, "text/plain").expect(200);
        let altered = stack.flip("documents", s(&stack.state_of(&id), attribute));
        for media_type in ["application/json", "text/plain", "text/html", "application/fhir+json"] {
            problem(&caller.content(&id, media_type), Slug::IntegrityFailure);
        }
        let failures = |log: &Log| {
            let of_it = log.events().filter(|e| e.document.as_ref().is_some_and(|d| d.id == id));
            of_it.filter(|e| e.action == Action::IntegrityFailure).count()
        };
        Log::wait(stack, "hospital-a", "four integrity failures", |log| failures(log) == 4);
        altered.restore();
        assert_eq!(caller.content(&id, "text/plain").expect(200).body, good.body);
    }
}

#[test]
fn a_missing_object_is_no_empty_document() {
    let stack = Stack::shared();
    let caller = stack.caller("sato");
    let id = caller.draft("removed-content", &order("84192637", "nursing-summary")).expect(201).id();
    let removed = stack.remove("documents", s(&stack.state_of(&id), "contentKey"));
    problem(&caller.content(&id, "application/json"), Slug::IntegrityFailure);
    removed.restore();
    caller.content(&id, "application/json").expect(200);
}
