//! What the stand-in remembers: armed faults, queued replies, past requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::value::RawValue;

use crate::fault::{Armed, Fault};

/// How many requests are kept.
const KEPT_REQUESTS: usize = 100;

/// The stand-in's memory, shared by all connections.
#[derive(Default)]
pub(crate) struct State(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    faults: VecDeque<Armed>,
    replies: VecDeque<String>,
    requests: VecDeque<Arc<RawValue>>,
}

impl State {
    pub(crate) fn arm(&self, faults: Vec<Armed>) {
        self.memory().faults.extend(faults);
    }

    pub(crate) fn armed(&self) -> Vec<Armed> {
        self.memory().faults.iter().copied().collect()
    }

    pub(crate) fn disarm(&self) {
        self.memory().faults.clear();
    }

    /// Uses up one request of the first armed fault.
    pub(crate) fn next_fault(&self) -> Option<Fault> {
        let mut memory = self.memory();
        let first = memory.faults.front_mut()?;
        let mode = first.mode;
        first.times = first.times.saturating_sub(1);
        if first.times == 0 {
            memory.faults.pop_front();
        }
        Some(mode)
    }

    pub(crate) fn queue(&self, replies: impl IntoIterator<Item = String>) {
        self.memory().replies.extend(replies);
    }

    pub(crate) fn empty(&self) {
        self.memory().replies.clear();
    }

    pub(crate) fn next_reply(&self) -> Option<String> {
        self.memory().replies.pop_front()
    }

    pub(crate) fn record(&self, body: Box<RawValue>) {
        let mut memory = self.memory();
        if memory.requests.len() == KEPT_REQUESTS {
            memory.requests.pop_front();
        }
        memory.requests.push_back(body.into());
    }

    /// The kept bodies as a JSON array, oldest first, byte for byte as they came.
    pub(crate) fn requests(&self) -> String {
        let requests: Vec<_> = self.memory().requests.iter().cloned().collect();
        let bodies: Vec<_> = requests.iter().map(|body| body.get()).collect();
        format!("[{}]", bodies.join(","))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // No step above leaves the queues half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_hundred_requests_are_kept() {
        let state = State::default();
        for number in 0..103 {
            state.record(RawValue::from_string(number.to_string()).unwrap());
        }
        let kept: Vec<u32> = serde_json::from_str(&state.requests()).unwrap();
        assert_eq!(kept, (3..103).collect::<Vec<_>>());
    }

    #[test]
    fn each_request_uses_the_first_fault_once() {
        let state = State::default();
        let body = r#"[{"mode":"throttle","times":2},{"mode":"refusal"}]"#;
        state.arm(serde_json::from_str(body).unwrap());
        let used: Vec<_> = std::iter::from_fn(|| state.next_fault()).map(Fault::name).collect();
        assert_eq!(used, ["throttle", "throttle", "refusal"]);
    }
}
