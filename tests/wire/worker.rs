//! One stack and the careful client in front of it, who repeats until there is an answer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use e2e::assertions::shape;
use e2e::client::{Answer, Caller};
use e2e::stack::Stack;
use e2e::wire::Call;
use serde_json::Value;

use crate::plan::{Act, Plan};
use crate::tally::Tally;

pub const HOUSE: &str = "hospital-a";
/// Shorter than any `Retry-After`, which is for people.
const PAUSE: Duration = Duration::from_millis(150);
/// After this many answers that a drafting is under way, it waits for its lease to run out.
const MOST_PENDING: usize = 2;
const MOST_REPEATS: usize = 12;
/// Finalising takes a sign-in of the last 15 minutes.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// How an act ended for the client.
pub enum Ended {
    Answered(Answer),
    /// A drafting whose process is gone: the same key again when the lease has run out.
    Pending,
    /// The tally has it.
    Violated,
}

/// A drafting to come back to.
pub struct Aside {
    pub key: String,
    pub order: Value,
    pub since: Instant,
}

pub struct Worker<'c> {
    pub stack: Stack,
    pub tally: &'c Tally,
    /// `None` while the acts are learnt.
    pub plan: Option<&'c Plan>,
    pub traces: BTreeMap<Act, Vec<Call>>,
    pub name: usize,
    pub lives: usize,
    pub aside: Vec<Aside>,
    /// A document to read where an event is wanted.
    pub read_id: Option<String>,
    /// Of each reading that was answered: request id and action.
    pub readings: Vec<(String, &'static str)>,
    physician: Option<(Caller, Instant)>,
}

impl<'c> Worker<'c> {
    pub fn new(name: usize, tally: &'c Tally) -> Self {
        Self {
            stack: Stack::start_with("rest", &["--wire"]),
            tally,
            plan: None,
            traces: BTreeMap::new(),
            name,
            lives: 0,
            aside: Vec::new(),
            read_id: None,
            readings: Vec::new(),
            physician: None,
        }
    }

    /// The physician, signed in lately.
    pub fn physician(&mut self) -> Caller {
        match &self.physician {
            Some((caller, since)) if since.elapsed() < FRESH => caller.clone(),
            _ => {
                let caller = self.stack.fresh_caller("sato");
                self.physician = Some((caller.clone(), Instant::now()));
                caller
            }
        }
    }

    /// Does an act from a cold start with the next fault of the plan, or learns its calls.
    pub fn perform(&mut self, act: Act, send: &dyn Fn() -> Answer) -> Ended {
        let fault = self.plan.and_then(|plan| plan.take(act));
        if fault.is_some() || self.plan.is_none() {
            self.stack.kill_function(act.function());
        }
        self.note_calls(None);
        if let Some(f) = &fault {
            self.stack.arm_wire(act.function(), (&f.service, &f.operation), f.nth, f.mode);
        }
        let what = fault.as_ref().map_or_else(|| format!("{act:?} without a fault"), |f| f.name(act));
        let mut met = 0;
        let ended = self.until_answered(&what, send, &mut met);
        self.note_calls(Some(act));
        self.tally.counts().acts += 1;
        if let Some(fault) = fault {
            self.note_fault(act, fault, met);
        }
        ended
    }

    pub fn note_fault(&self, act: Act, fault: crate::plan::Fault, met: u64) {
        let (name, nth) = (fault.name(act), fault.nth);
        if met == 0 {
            if self.plan.is_some_and(|plan| plan.put_back(act, fault)) {
                let mut counts = self.tally.counts();
                // The log's writer makes two rounds, and a third only where the stream cuts its batches so
                if act.function() == "audit-writer" && nth > 2 {
                    counts.later_rounds.push(name);
                } else {
                    counts.unreached.push(name);
                }
            }
            return;
        }
        let mut counts = self.tally.counts();
        *counts.faults.entry(fault.mode.0).or_default() += 1;
        counts.met += met;
    }

    /// Counts what passed the wire; while learning, keeps it as the calls of that act.
    pub fn note_calls(&mut self, act: Option<Act>) {
        let calls = self.stack.wire_calls();
        {
            let mut counts = self.tally.counts();
            counts.calls += calls.len() as u64;
            counts.attempts += calls.iter().map(|c| c.attempts).sum::<u64>();
        }
        if let Some(act) = act.filter(|_| self.plan.is_none()) {
            self.traces.entry(act).or_insert(calls);
        }
    }

    /// The same request again until it is done; every fault ends with the first answer.
    pub fn until_answered(&self, what: &str, send: &dyn Fn() -> Answer, met: &mut u64) -> Ended {
        let mut pending = 0;
        for turn in 0..MOST_REPEATS {
            let answer = send();
            if turn == 0 {
                *met = self.stack.disarm_wire();
            } else {
                self.tally.counts().repeats += 1;
            }
            match answer.status {
                200 | 201 => return Ended::Answered(answer),
                202 if pending == MOST_PENDING => return Ended::Pending,
                202 => pending += 1,
                429 | 503 => shape(&answer),
                other => {
                    self.tally.violation(format!("{what}: answered {other} {}", answer.text()));
                    return Ended::Violated;
                }
            }
            std::thread::sleep(PAUSE);
        }
        self.tally.violation(format!("{what}: no answer after {MOST_REPEATS} requests"));
        Ended::Violated
    }

    /// The log's writer with the next fault: `cause` makes one event, by the stream or, where that lost it, by a sweep.
    pub fn log(&mut self, act: Act, cause: &dyn Fn()) {
        if !self.settle("before an append") {
            return;
        }
        let fault = self.plan.and_then(|plan| plan.take(act));
        if fault.is_none() && self.plan.is_some() {
            return;
        }
        self.stack.kill_function(act.function());
        if act == Act::Sweep {
            let lost = self.stack.lose_stream(true);
            cause();
            let began = Instant::now();
            while self.stack.lose_stream(true) == lost && began.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(50));
            }
            self.stack.lose_stream(false);
        }
        self.note_calls(None);
        if let Some(f) = &fault {
            self.stack.arm_wire(act.function(), (&f.service, &f.operation), f.nth, f.mode);
        }
        if act == Act::Sweep {
            self.stack.sweep();
        } else {
            cause();
        }
        let began = Instant::now();
        // A service that is down comes back after a while; any other fault is over when it was met
        while self.stack.wire_met() == 0 && began.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(50));
        }
        if fault.as_ref().is_some_and(|f| f.mode.0 == "down" || f.mode.1) && act == Act::Append {
            std::thread::sleep(Duration::from_secs(3));
        }
        let met = self.stack.disarm_wire();
        let what = fault.as_ref().map_or_else(|| format!("{act:?} without a fault"), |f| f.name(act));
        if act == Act::Sweep {
            let mut sweeps = 1;
            while !self.stack.nothing_pending() && sweeps < MOST_REPEATS {
                self.stack.sweep();
                sweeps += 1;
            }
            self.tally.counts().repeats += sweeps as u64 - 1;
        }
        self.settle(&what);
        self.note_calls(Some(act));
        self.tally.counts().acts += 1;
        if let Some(fault) = fault {
            self.note_fault(act, fault, met);
        }
    }

    /// Waits until the log holds everything.
    pub fn settle(&self, what: &str) -> bool {
        let began = Instant::now();
        while !self.stack.nothing_pending() {
            if began.elapsed() > Duration::from_secs(40) {
                self.tally.violation(format!("{what}: events wait for the log for 40 s"));
                self.stack.sweep();
                return self.stack.nothing_pending();
            }
            std::thread::sleep(Duration::from_millis(60));
        }
        true
    }
}
