//! One invocation: what an instance is handed, and how it can end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Why an invocation brought no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// No function of that name is hosted here (Lambda: `ResourceNotFoundException`).
    #[error("no such function")]
    UnknownFunction,
    /// The queue is full (Lambda: `TooManyRequestsException`).
    #[error("too many invocations are waiting")]
    Throttled,
    /// The function passed its time-out and was killed (Lambda: `Sandbox.Timedout`).
    #[error("the function timed out")]
    TimedOut,
    /// The process died before it answered, or would not start (Lambda: `Runtime.ExitError`).
    #[error("the function's process ended before it answered")]
    Crashed,
    /// The handler reported an error: the error document as the function sent it, which may quote its input.
    #[error("the function reported an error")]
    FunctionError(Bytes),
}

/// How an invocation ends.
pub(crate) type Answer = Result<Bytes, InvokeError>;

/// An event on its way to an instance.
pub(crate) struct Invocation {
    /// The request id, a UUID as Lambda's are.
    pub id: String,
    pub event: Bytes,
    pub answer: oneshot::Sender<Answer>,
}

impl Invocation {
    /// A new invocation and the end on which its answer arrives.
    pub fn new(event: Bytes) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        let id = Uuid::new_v4().to_string();
        (Self { id, event, answer }, receiver)
    }

    /// Ends it; a caller that no longer listens misses nothing it wants.
    pub fn end(self, answer: Answer) {
        let _ = self.answer.send(answer);
    }
}

/// What the answer to `/invocation/next` carries.
pub(crate) struct Work {
    pub id: String,
    pub event: Bytes,
    /// Unix time in ms at which the instance is killed.
    pub deadline_ms: u128,
}

impl Work {
    pub fn new(id: String, event: Bytes, timeout: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { id, event, deadline_ms: (now + timeout).as_millis() }
    }
}
