//! One bit changed in a stored object: nothing of it is shown, and the log knows.

use std::path::Path;

use e2e::assertions::problem;
use e2e::client::order;
use e2e::log::Log;
use e2e::stack::Stack;
use e2e::stores::s;
use fude::audit::Action;
use fude::problem::Slug;

fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).expect("the object is a plain file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).expect("it can be damaged");
}

#[test]
fn an_altered_byte_is_never_returned_and_is_recorded() {
    let stack = Stack::shared();
    let caller = stack.caller("sato");
    for (key, attribute) in [("tampered-content", "contentKey"), ("tampered-manifest", "manifestKey")] {
        let id = caller.draft(key, &order("84192637", "referral-letter")).expect(201).id();
        let good = caller.content(&id, "text/plain").expect(200);
        let file = stack.file_of("documents", s(&stack.state_of(&id), attribute));
        flip(&file);
        for media_type in ["application/json", "text/plain", "text/html", "application/fhir+json"] {
            problem(&caller.content(&id, media_type), Slug::IntegrityFailure);
        }
        let failures = |log: &Log| {
            let of_it = log.events().filter(|e| e.document.as_ref().is_some_and(|d| d.id == id));
            of_it.filter(|e| e.action == Action::IntegrityFailure).count()
        };
        Log::wait(stack, "hospital-a", "four integrity failures", |log| failures(log) == 4);
        flip(&file);
        assert_eq!(caller.content(&id, "text/plain").expect(200).body, good.body);
    }
}

#[test]
fn a_missing_object_is_no_empty_document() {
    let stack = Stack::shared();
    let caller = stack.caller("sato");
    let id = caller.draft("removed-content", &order("84192637", "nursing-summary")).expect(201).id();
    let file = stack.file_of("documents", s(&stack.state_of(&id), "contentKey"));
    let bytes = std::fs::read(&file).expect("the object is a plain file");
    std::fs::remove_file(&file).expect("it can be removed");
    problem(&caller.content(&id, "application/json"), Slug::IntegrityFailure);
    std::fs::write(&file, bytes).expect("it can be put back");
    caller.content(&id, "application/json").expect(200);
}
