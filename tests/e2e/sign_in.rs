//! 確定 takes a sign-in of at most fifteen minutes ago (guideline 6.0, re-authentication); all else takes the token.

use e2e::assertions::problem;
use e2e::client::{accepted, filled, order};
use e2e::log::Log;
use e2e::stack::Stack;
use fude::audit::{Action, AuditEvent, Outcome};
use fude::problem::Slug;
use serde_json::json;

#[test]
fn a_sign_in_of_sixteen_minutes_ago_does_not_finalise() {
    let stack = Stack::shared();
    let signed_in = |minutes: u64| {
        let token = stack.token_with("sato", minutes * 60, None);
        stack.caller_with(&stack.identity("hospital-a"), token)
    };
    let old = signed_in(16);
    let id = old.draft("sign-in-old", &order("84192637", "referral-letter")).expect(201).id();
    let draft = old.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&draft), "reason": "記載を補った。" });
    old.act(&id, "revisions", "sign-in-old-r", &old.etag(&id), &revision).expect(201);
    let answers = accepted(&old.content(&id, "application/json").expect(200));

    let etag = old.etag(&id);
    problem(&old.act(&id, "finalization", "sign-in-old-f", &etag, &answers), Slug::SignInTooOld);
    assert_eq!(old.etag(&id), etag, "a refusal changes nothing");
    // The token of an hour is good for nothing else here either: not for the state of the document, nor for its answer
    problem(&signed_in(59).act(&id, "finalization", "sign-in-old-f", "\"v1\"", &answers), Slug::SignInTooOld);

    let fresh = signed_in(14).act(&id, "finalization", "sign-in-old-f", &etag, &answers).expect(200);
    assert_eq!(fresh.json()["state"], "final");
    // A repeat is the first answer again, whenever it is asked for
    assert_eq!(old.act(&id, "finalization", "sign-in-old-f", &etag, &answers).expect(200).body, fresh.body);

    let refusals = |log: &Log| {
        let of_this = |e: &AuditEvent| {
            e.action == Action::RequestRefused
                && e.outcome == Outcome::Refused
                && e.reason.as_deref() == Some(Slug::SignInTooOld.as_str())
                && e.document.as_ref().is_some_and(|d| d.id == id)
        };
        log.events().filter(|e| of_this(e)).count()
    };
    let finalised = |log: &Log| log.actions_of(&id).iter().filter(|a| **a == "document-finalised").count();
    let log =
        Log::wait(stack, "hospital-a", "each refusal is an event", |log| refusals(log) == 2 && finalised(log) > 0);
    assert_eq!(finalised(&log), 1);
}
