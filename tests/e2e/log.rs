//! Every step stands in a log that an outsider can check, and nobody can take back.

use std::collections::BTreeSet;

use e2e::client::order;
use e2e::log::{Log, open};
use e2e::stack::Stack;
use fude::audit::{Action, Outcome, layout, merkle};
use fude::integrity::Digest;
use serde_json::json;

const HOUSE: &str = "hospital-a";

#[test]
fn what_was_done_stands_in_the_log() {
    let stack = Stack::shared();
    let caller = stack.caller("sato");
    let drafted = caller.draft("logged", &order("19684725", "nursing-summary")).expect(201);
    let id = drafted.id();
    let bytes = caller.content(&id, "application/json").expect(200).body;
    caller.metadata(&id).expect(200);
    let refused = caller.draft("logged-refusal", &order("19684725", "horoscope")).json();
    caller.search(&json!({ "patientId": "19684725" })).expect(200);
    let refusal = refused["instance"].as_str().expect("a request id").to_owned();

    let log = Log::wait(stack, HOUSE, "all five events", |log| {
        let actions = log.actions_of(&id);
        actions.contains(&"document-read")
            && actions.contains(&"metadata-read")
            && log.events().any(|e| e.request_id == refusal)
    });
    assert_eq!(log.actions_of(&id)[..2], ["draft-requested", "document-drafted"]);
    let of_it: Vec<_> = log.events().filter(|e| e.document.as_ref().is_some_and(|d| d.id == id)).collect();
    assert_eq!(of_it[1].previous, Some(of_it[0].hash().expect("canonical")), "the chain is linked");
    assert_eq!(of_it[1].document.as_ref().and_then(|d| d.content_sha256), Some(Digest::of(&bytes)));
    let refused = log.events().find(|e| e.request_id == refusal).expect("the refusal");
    assert_eq!((refused.action, refused.outcome), (Action::RequestRefused, Outcome::Refused));
    assert_eq!(refused.reason.as_deref(), Some("unknown-document-type"));
    let log = Log::wait(stack, HOUSE, "the search", |log| log.events().any(|e| e.action == Action::Search));

    let unique: BTreeSet<_> = log.entries.iter().collect();
    assert_eq!(unique.len(), log.entries.len(), "an entry stands twice");
    log.check_tiles(stack);

    // One event, proved without the others.
    let index = log.entries.iter().position(|e| String::from_utf8_lossy(e).contains(&id)).expect("it stands in it");
    let (size, root) = (log.checkpoint.size, log.checkpoint.root);
    let proof = merkle::inclusion_proof(index as u64, size, |node| log.node(node)).expect("a proof");
    let leaf = merkle::leaf_hash(&log.entries[index]);
    merkle::verify_inclusion(leaf, index as u64, size, &proof, &root).expect("it is proved");
    let altered = merkle::leaf_hash(b"another event");
    assert!(merkle::verify_inclusion(altered, index as u64, size, &proof, &root).is_err());
}

#[test]
fn every_checkpoint_is_a_beginning_of_the_next() {
    let stack = Stack::shared();
    let caller = stack.caller("sato");
    for key in ["growing-1", "growing-2"] {
        let id = caller.draft(key, &order("19684725", "referral-letter")).expect(201).id();
        Log::wait(stack, HOUSE, "the draft", |log| log.actions_of(&id).contains(&"document-drafted"));
    }
    let log = Log::read(stack, HOUSE);
    let keys = stack.keys("audit", &layout::checkpoint_prefix(HOUSE));
    let mut checkpoints: Vec<_> = keys.iter().map(|key| open(stack, HOUSE, key)).collect();
    checkpoints.retain(|c| c.size <= log.checkpoint.size);
    assert!(checkpoints.len() >= 3, "{} checkpoints", checkpoints.len());
    for pair in checkpoints.windows(2) {
        let (old, new) = (&pair[0], &pair[1]);
        assert!(old.size < new.size);
        let proof = merkle::consistency_proof(old.size, new.size, |node| log.node(node)).expect("a proof");
        merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &proof).expect("the log only grew");
    }
}

#[test]
fn locked_objects_of_the_log_cannot_be_removed() {
    let stack = Stack::shared();
    let prefixes = [layout::checkpoint_prefix(HOUSE), layout::batch_prefix(HOUSE)];
    for key in prefixes.iter().map(|p| stack.keys("audit", p).swap_remove(0)) {
        let head = stack.s3("HEAD", "audit", &key, b"");
        let version = head.header("x-amz-version-id").to_owned();
        assert!(!version.is_empty(), "{key} has no version");
        let removed = stack.s3("DELETE", "audit", &format!("{key}?versionId={version}"), b"");
        assert_eq!(removed.status, 403, "{key}: {}", removed.text());
        stack.s3("GET", "audit", &format!("{key}?versionId={version}"), b"").expect(200);
    }
}
