//! What becomes of a request when the model fails: the contract's status, nothing half-written, and the same key goes
//! on. Faults are global to a stack, so these tests have one of their own and take turns.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use e2e::assertions::problem;
use e2e::client::{Answer, Caller, order, order_with};
use e2e::stack::Stack;
use e2e::stores::s;
use fude::problem::Slug;
use serde_json::{Value, json};

const KIND: &str = "discharge-summary";
const PATIENT: &str = "31758264";

/// The stack whose model fails, for one test at a time.
pub struct Turn {
    pub stack: &'static Stack,
    _guard: MutexGuard<'static, ()>,
}

impl Turn {
    pub fn take() -> Self {
        static STACK: OnceLock<Stack> = OnceLock::new();
        static TURN: Mutex<()> = Mutex::new(());
        let stack = STACK.get_or_init(|| Stack::start("rest"));
        let guard = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        stack.disarm();
        Self { stack, _guard: guard }
    }

    fn sato(&self) -> Caller {
        self.stack.caller("sato")
    }

    fn document(&self, drafted: &Answer) -> Value {
        self.sato().content(&drafted.id(), "application/json").expect(200).json()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stack.disarm();
        }
    }
}

/// Arms, expects the problem, disarms, and lets the same key finish.
fn fails_and_resumes(turn: &Turn, mode: &str, times: u32, expected: fn(&Answer)) {
    let key = format!("fault-{mode}");
    let body = order(PATIENT, KIND);
    turn.stack.arm(mode, times);
    let failed = turn.sato().draft(&key, &body);
    eprintln!("{mode}: {}", failed.status);
    expected(&failed);
    turn.stack.disarm();
    half_written(turn.stack);
    let drafted = turn.sato().draft(&key, &body);
    assert!(matches!(drafted.status, 200 | 201), "{mode}: {} {}", drafted.status, drafted.text());
    assert_eq!(turn.document(&drafted)["generation"]["mode"], "model", "{mode}");
}

/// No state says that there is a draft without naming an object that is there, and no failed one names any.
fn half_written(stack: &Stack) {
    for row in stack.rows().iter().filter(|r| s(r, "sk") == "STATE") {
        let named = [s(row, "contentKey"), s(row, "manifestKey")];
        match s(row, "state") {
            "draft" => {
                assert!(named.iter().all(|key| !key.is_empty() && stack.has_object("documents", key)), "{row}");
            }
            _ => assert!(named.iter().all(|key| key.is_empty()), "{row}"),
        }
    }
}

#[test]
fn a_throttled_model_is_429_and_the_same_key_resumes() {
    let turn = Turn::take();
    for mode in ["throttle", "not-ready"] {
        fails_and_resumes(&turn, mode, 20, |answer| problem(answer, Slug::ModelThrottled));
    }
}

#[test]
fn a_failing_model_is_503_and_the_same_key_resumes() {
    let turn = Turn::take();
    for mode in ["unavailable", "access-denied", "server-error", "timeout", "model-error", "connection-reset"] {
        fails_and_resumes(&turn, mode, 20, |answer| problem(answer, Slug::ModelUnavailable));
    }
}

#[test]
fn two_useless_replies_are_503_and_the_same_key_resumes() {
    let turn = Turn::take();
    for mode in [
        "truncated-json", "fenced-json", "prose-preamble", "empty-content", "guardrail-intervened", "content-filtered",
        "refusal",
    ] {
        fails_and_resumes(&turn, mode, 2, |answer| problem(answer, Slug::ModelUnavailable));
    }
}

#[test]
fn one_useless_reply_is_asked_again() {
    let turn = Turn::take();
    for mode in ["truncated-json", "prose-preamble", "empty-content"] {
        turn.stack.arm(mode, 1);
        let drafted = turn.sato().draft(&format!("once-{mode}"), &order(PATIENT, KIND)).expect(201);
        assert_eq!(turn.document(&drafted)["generation"]["mode"], "model", "{mode}");
    }
}

#[test]
fn a_passing_throttle_is_retried_unseen() {
    let turn = Turn::take();
    turn.stack.arm("throttle", 1);
    turn.sato().draft("throttled-once", &order(PATIENT, KIND)).expect(201);
}

#[test]
fn facts_alone_are_delivered_where_the_request_says_so() {
    let turn = Turn::take();
    turn.stack.arm("access-denied", 20);
    let body = order_with(PATIENT, KIND, json!({ "onModelFailure": "extractive" }));
    let drafted = turn.sato().draft("extractive", &body).expect(201);
    marked_extractive(&turn, &drafted);
}

fn marked_extractive(turn: &Turn, drafted: &Answer) {
    let document = turn.document(drafted);
    assert_eq!(document["generation"]["mode"], "extractive");
    for media_type in ["text/plain", "text/html"] {
        let shown = turn.sato().content(&drafted.id(), media_type).expect(200).text();
        assert!(shown.contains("自動要約不可・転記のみ"), "{media_type}");
    }
}

#[test]
fn without_the_model_nothing_reaches_it() {
    let turn = Turn::take();
    let before = turn.stack.model_requests();
    let drafted =
        turn.sato().draft("without-model", &order_with(PATIENT, KIND, json!({ "withoutModel": true }))).expect(201);
    assert_eq!(turn.stack.model_requests(), before);
    marked_extractive(&turn, &drafted);
    assert!(turn.document(&drafted)["generation"]["modelId"].is_null());
}

#[test]
fn nothing_of_a_mix_up_reaches_the_model() {
    let turn = Turn::take();
    let before = turn.stack.model_requests();
    let other = order_with("47290618", KIND, json!({ "record": e2e::assertions::record_of(PATIENT) }));
    problem(&turn.sato().draft("mixed", &other), Slug::PatientMismatch);
    assert_eq!(turn.stack.model_requests(), before);
}

#[test]
fn a_draft_slower_than_the_gateway_is_fetched_with_the_same_key() {
    let turn = Turn::take();
    turn.stack.arm("slow", 1);
    let (caller, body) = (turn.sato(), order(PATIENT, KIND));
    let began = Instant::now();
    problem(&caller.draft("slow", &body), Slug::StillDrafting);
    let waited = began.elapsed();
    assert!((28..32).contains(&waited.as_secs()), "{waited:?}");
    let pending = caller.draft("slow", &body).expect(202);
    assert_eq!(pending.json()["state"], "requested");
    assert!(pending.json()["contentSha256"].is_null());
    let metadata = caller.metadata(&pending.id()).expect(200);
    assert_eq!(metadata.json()["state"], "requested");
    problem(&caller.content(&pending.id(), "application/json"), Slug::NotFound);
    let done = caller.draft_until_done("slow", &body, Duration::from_secs(20)).expect(200);
    assert_eq!((done.id(), &done.json()["state"]), (pending.id(), &json!("draft")));
}
