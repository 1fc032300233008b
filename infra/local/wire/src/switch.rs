//! Which faults are armed, which calls were made, and who can kill.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use fude_standin_lambda::Lambda;
use serde::{Deserialize, Serialize};

use crate::call::Service;
use crate::fault::Mode;

/// A fault for one call, or, with `lasting`, for all attempts of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    pub function: String,
    pub service: Service,
    pub operation: String,
    /// The nth call of this name since the fault was armed, from 1; attempts of one call count once.
    pub occurrence: u32,
    pub mode: Mode,
    #[serde(default)]
    pub lasting: bool,
}

/// A fault and what came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Armed {
    #[serde(flatten)]
    pub fault: Fault,
    /// Attempts that it met.
    pub met: u32,
    #[serde(skip)]
    seen: BTreeSet<String>,
    #[serde(skip)]
    target: Option<String>,
}

/// A call as it reached the wire, all its attempts together.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    pub function: String,
    pub service: Service,
    pub operation: String,
    pub attempts: u32,
    /// The SDK's name for it, the same in all attempts.
    #[serde(skip)]
    pub invocation: String,
}

#[derive(Default)]
struct Inner {
    armed: Vec<Armed>,
    calls: Vec<Call>,
}

#[derive(Default)]
pub struct Switch {
    inner: Mutex<Inner>,
    lambda: OnceLock<Lambda>,
    stream_loses: AtomicBool,
    lost_batches: AtomicU64,
}

impl Switch {
    pub fn attach(&self, lambda: Lambda) {
        // The first one stays: there is one host of functions
        _ = self.lambda.set(lambda);
    }

    pub fn lambda(&self) -> Option<&Lambda> {
        self.lambda.get()
    }

    pub fn arm(&self, fault: Fault) {
        self.inner().armed.push(Armed { fault, met: 0, seen: BTreeSet::new(), target: None });
    }

    /// What is armed, and what came of it so far.
    pub fn armed(&self) -> Vec<Armed> {
        self.inner().armed.clone()
    }

    /// Everything that was armed, and what came of it; nothing is armed afterwards.
    pub fn disarm(&self) -> Vec<Armed> {
        std::mem::take(&mut self.inner().armed)
    }

    /// The calls since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.inner().calls)
    }

    pub fn lose_stream(&self, loses: bool) {
        self.stream_loses.store(loses, Ordering::SeqCst);
    }

    /// Asked once a batch: counts what is lost.
    pub fn stream_loses(&self) -> bool {
        let loses = self.stream_loses.load(Ordering::SeqCst);
        if loses {
            self.lost_batches.fetch_add(1, Ordering::SeqCst);
        }
        loses
    }

    pub fn lost_batches(&self) -> u64 {
        self.lost_batches.load(Ordering::SeqCst)
    }

    /// Notes the call and says what is to happen to this attempt of it.
    pub fn meet(&self, call: Call) -> Option<Mode> {
        let mut inner = self.inner();
        let mut found = None;
        for armed in &mut inner.armed {
            if found.is_none() && armed.meets(&call) {
                armed.met += 1;
                found = Some(armed.fault.mode);
            }
        }
        match inner.calls.iter_mut().find(|c| c.invocation == call.invocation) {
            Some(known) => known.attempts += 1,
            None => inner.calls.push(call),
        }
        found
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics while it holds the switch")
    }
}

impl Armed {
    fn meets(&mut self, call: &Call) -> bool {
        let fault = &self.fault;
        if call.function != fault.function || call.service != fault.service {
            return false;
        }
        if let Some(target) = &self.target {
            let same = *target == call.invocation;
            return fault.mode == Mode::Down || (fault.lasting && same);
        }
        if call.operation != fault.operation || !self.seen.insert(call.invocation.clone()) {
            return false;
        }
        let reached = self.seen.len() as u32 == fault.occurrence;
        if reached {
            self.target = Some(call.invocation.clone());
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Fault, Mode, Service, Switch};

    fn call(operation: &str, invocation: &str) -> Call {
        Call {
            function: "f".to_owned(),
            service: Service::Dynamodb,
            operation: operation.to_owned(),
            attempts: 1,
            invocation: invocation.to_owned(),
        }
    }

    fn met(mode: Mode, lasting: bool) -> Vec<bool> {
        let switch = Switch::default();
        let (function, operation) = ("f".to_owned(), "GetItem".to_owned());
        switch.arm(Fault { function, service: Service::Dynamodb, operation, occurrence: 2, mode, lasting });
        let calls = [
            ("GetItem", "1"),
            ("GetItem", "1"),
            ("PutItem", "2"),
            ("GetItem", "3"),
            ("GetItem", "3"),
            ("PutItem", "4"),
        ];
        let met = calls.map(|(operation, invocation)| switch.meet(call(operation, invocation)).is_some());
        assert_eq!(switch.take_calls().iter().map(|c| c.attempts).collect::<Vec<_>>(), [2, 1, 2, 1]);
        assert_eq!(switch.disarm()[0].met as usize, met.iter().filter(|m| **m).count());
        met.to_vec()
    }

    #[test]
    fn a_fault_meets_the_call_that_it_names_and_attempts_count_once() {
        assert_eq!(met(Mode::Lost, false), [false, false, false, true, false, false]);
        assert_eq!(met(Mode::Lost, true), [false, false, false, true, true, false]);
        assert_eq!(met(Mode::Down, false), [false, false, false, true, true, true]);
    }
}
