//! The rights that the templates give are the calls that the functions make: each call that reaches the wire stands in
//! `infra/checks/calls.toml`, and each that stands there is made. `infra/checks/run` compares that file with the roles.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use e2e::client::{accepted, filled, order, order_with};
use e2e::stack::Stack;
use e2e::target::not_run_by_wire;
use fude::audit::layout;
use serde_json::json;

/// Function, service and operation.
type Calls = BTreeSet<(String, String)>;

/// What the file names: entries without `call` are rights that no call of a function needs.
fn named() -> Calls {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/checks/calls.toml");
    let book: toml::Table = std::fs::read_to_string(file).expect("a file").parse().expect("TOML");
    let entries = book.into_iter().filter(|(name, _)| name != "places");
    entries
        .flat_map(|(function, entries)| {
            let entries = entries.as_array().expect("a list of entries").clone();
            entries.into_iter().filter_map(move |e| Some((function.clone(), e.get("call")?.as_str()?.to_owned())))
        })
        .collect()
}

#[track_caller]
fn settle(stack: &Stack) {
    let began = Instant::now();
    while !stack.nothing_pending() {
        assert!(began.elapsed() < Duration::from_secs(60), "events wait for the log in vain");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Everything that anybody does: by clerk and physician, to the end of a document, with a finalisation that dies before
/// its locks for a reading and one for the schedule, what is refused, and a log that has lost its helpers.
fn everything(stack: &Stack) {
    let (physician, second, clerk) = (stack.caller("sato"), stack.caller("tanaka"), stack.caller("kimura"));
    for (name, by_schedule) in [("rights-a", false), ("rights-b", true)] {
        let typed = order_with("84192637", "referral-letter", json!({ "onBehalfOf": "sato" }));
        let id = clerk.draft(name, &typed).expect(201).id();
        clerk.draft(name, &typed).expect(200);
        let draft = physician.content(&id, "application/json").expect(200);
        let revision = json!({ "sections": filled(&draft), "reason": "記載を補った。", "onBehalfOf": "sato" });
        let revised = clerk.act(&id, "revisions", &format!("{name}-r"), &physician.etag(&id), &revision).expect(201);
        physician.get(&format!("/documents/{id}/changes?from=1&to=2"), "application/json").expect(200);
        let answers = accepted(&physician.content(&id, "application/json").expect(200));
        stack.arm_wire("finalize-document", ("s3", "GetObjectRetention"), 1, ("kill-before", false));
        let key = format!("{name}-f");
        let killed = physician.act(&id, "finalization", &key, revised.header("etag"), &answers);
        assert_eq!((killed.status, stack.disarm_wire()), (503, 1), "{}", killed.text());
        if by_schedule {
            assert!(stack.sweep_locks());
        }
        physician.content(&id, "text/plain").expect(200);
        settle(stack);
        physician.get(&format!("/documents/{id}/proof"), "application/json").expect(200);
        let copy = json!({ "to": "みなと診療所", "how": "郵送", "copies": 1 });
        physician.act(&id, "issues", &format!("{name}-i"), &physician.etag(&id), &copy).expect(201);
        let reason = json!({ "reason": "取り違えを確認した。" });
        if by_schedule {
            physician.act(&id, "withdrawal", &format!("{name}-w"), &physician.etag(&id), &reason).expect(200);
        } else {
            physician.act(&id, "sealing", &format!("{name}-s"), &physician.etag(&id), &reason).expect(200);
            second.act(&id, "sealing", &format!("{name}-t"), &physician.etag(&id), &reason).expect(200);
        }
        physician.act(&id, "issues", &format!("{name}-j"), &physician.etag(&id), &copy).expect(409);
    }
    physician.search(&json!({ "patientId": "84192637" })).expect(200);
    physician.search(&json!({ "awaitingApprovalOf": "sato" })).expect(200);
    physician.draft("rights-c", &order("00000000", "referral-letter")).expect(404);
    settle(stack);
    for key in stack.keys("audit", "hospital-a/tile/") {
        if key.contains(".p/") {
            stack.s3("PUT", "audit", &key, b"damaged").expect(200);
        }
    }
    let before = stack.keys("audit", &layout::checkpoint_prefix("hospital-a")).len();
    physician.search(&json!({ "patientId": "84192637" })).expect(200);
    settle(stack);
    assert!(stack.sweep());
    assert!(stack.keys("audit", &layout::checkpoint_prefix("hospital-a")).len() > before, "the log goes on");
}

#[test]
fn what_the_functions_call_is_what_their_roles_allow() {
    if not_run_by_wire() {
        return;
    }
    let stack = Stack::start_with("rest", &["--wire"]);
    everything(&stack);
    let calls = stack.wire_calls().into_iter();
    let made: Calls = calls.map(|c| (c.function, format!("{} {}", c.service, c.operation))).collect();
    let named = named();
    let strange: Vec<_> = made.difference(&named).collect();
    assert!(strange.is_empty(), "calls that calls.toml does not name, so no role allows them: {strange:?}");
    let unmade: Vec<_> = named.difference(&made).collect();
    assert!(unmade.is_empty(), "calls that calls.toml names and nobody made: {unmade:?}");
}
