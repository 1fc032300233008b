//! Killed in the middle of drafting, first the function, then everything: after the restart the same requests end in
//! one document each, and the log goes on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use e2e::assertions::shape;
use e2e::client::{order, try_answer};
use e2e::log::{Log, open};
use e2e::stack::{Stack, signal};
use e2e::stores::s;
use fude::audit::layout;
use fude::audit::merkle;

const PATIENT: &str = "52917384";
const KIND: &str = "discharge-summary";
const HOUSE: &str = "hospital-a";
/// Lease, and some room for the drafting itself.
const PATIENCE: Duration = Duration::from_secs(100);

#[test]
fn a_kill_in_the_middle_of_drafting_costs_nothing_but_time() {
    let stack = Stack::start("rest");
    let before = Log::read(&stack, HOUSE);
    let body = order(PATIENT, KIND);

    // The function alone: its invocation ends with a problem that says when to come back.
    stack.arm("slow", 1);
    let caller = stack.caller("sato");
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| caller.draft("function-killed", &body));
        wait_for_model(&stack, 2);
        let children = stack.processes("generate-document");
        assert!(!children.is_empty(), "no function runs");
        for child in children {
            signal("-KILL", child);
        }
        asked.join().expect("an answer")
    });
    assert!(matches!(answer.status, 429 | 503), "{} {}", answer.status, answer.text());
    shape(&answer);
    stack.disarm();
    let pending = caller.draft("function-killed", &body);
    assert_eq!(pending.status, 202, "the lease is still held: {}", pending.text());

    // Everything at once. The lost connection is no answer at all.
    stack.arm("slow", 1);
    let seen = stack.model_requests().len();
    let agent = caller.clone();
    let asked = {
        let body = body.clone();
        std::thread::spawn(move || {
            let url = format!("{}/documents", agent.api);
            let request =
                agent.agent.post(url).header("authorization", format!("Bearer {}", agent.token.unwrap_or_default()));
            let request = request.header("content-type", "application/json").header("idempotency-key", "cloud-killed");
            try_answer(request.send(body.to_string()))
        })
    };
    wait_for_model(&stack, seen + 1);
    let orphans = stack.processes("generate-document");
    let stack = stack.kill_and_restart();
    assert!(asked.join().expect("it ends").is_err(), "nobody was left to answer");
    let began = Instant::now();
    while orphans.iter().any(|pid| running(*pid)) {
        assert!(began.elapsed() < Duration::from_secs(60), "functions outlive the local cloud: {orphans:?}");
        std::thread::sleep(Duration::from_millis(200));
    }

    let caller = stack.caller("tanaka");
    let mut ids = BTreeSet::new();
    for key in ["function-killed", "cloud-killed"] {
        let done = caller.draft_until_done(key, &body, PATIENCE);
        assert!(matches!(done.status, 200 | 201), "{key}: {} {}", done.status, done.text());
        let again = caller.draft(key, &body).expect(200);
        assert_eq!(again.json(), done.json());
        let id = done.id();
        caller.content(&id, "application/json").expect(200);
        one_chain(&stack, &id);
        ids.insert(id);
    }
    assert_eq!(ids.len(), 2);

    let after = Log::wait(&stack, HOUSE, "both drafts", |log| {
        ids.iter().all(|id| log.actions_of(id).contains(&"document-drafted"))
    });
    for id in &ids {
        let actions = after.actions_of(id);
        assert_eq!(actions.iter().filter(|a| **a == "document-drafted").count(), 1, "{actions:?}");
    }
    goes_on(&stack, &before, &after);
}

/// One state, and events that are numbered and linked without a gap.
fn one_chain(stack: &Stack, id: &str) {
    let rows = stack.rows_of(id);
    let (states, events): (Vec<_>, Vec<_>) = rows.iter().partition(|r| s(r, "sk") == "STATE");
    assert_eq!(states.len(), 1);
    let numbered: Vec<String> = (1..=events.len()).map(|n| format!("EVENT#{n:010}")).collect();
    assert_eq!(events.iter().map(|r| s(r, "sk")).collect::<Vec<_>>(), numbered);
    assert_eq!(states[0]["events"]["N"], events.len().to_string());
}

/// The old checkpoint is a beginning of the new log, and nothing stands in it twice.
fn goes_on(stack: &Stack, before: &Log, after: &Log) {
    assert!(after.checkpoint.size > before.checkpoint.size);
    let old = open(stack, HOUSE, &layout::checkpoint_key(HOUSE, before.checkpoint.size));
    assert_eq!(old, before.checkpoint, "an old checkpoint is never rewritten");
    let (old, new) = (&before.checkpoint, &after.checkpoint);
    let proof = merkle::consistency_proof(old.size, new.size, |node| after.node(node)).expect("a proof");
    merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &proof).expect("the log only grew");
    assert_eq!(after.entries[..before.entries.len()], before.entries[..]);
    let unique: BTreeSet<_> = after.entries.iter().collect();
    assert_eq!(unique.len(), after.entries.len(), "an entry stands twice");
}

fn wait_for_model(stack: &Stack, requests: usize) {
    let began = Instant::now();
    while stack.model_requests().len() < requests {
        assert!(began.elapsed() < Duration::from_secs(20), "the model is not asked");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.contains("(generate-docum") && !stat.contains(") Z ")
}
