//! How the front door reaches a function, without knowing what runs it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

/// One running invocation; its output is the JSON that the function returned.
pub type Invocation = Pin<Box<dyn Future<Output = Result<Bytes, InvokeError>> + Send>>;

/// Invokes the named function with a serialised event.
pub type Invoke = Arc<dyn Fn(String, Vec<u8>) -> Invocation + Send + Sync>;

/// Why an invocation gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// No free execution environment: 429.
    #[error("the function is throttled")]
    Throttled,
    /// The function's own time-out ran out: 503.
    #[error("the function timed out")]
    TimedOut,
    /// It crashed, or returned an error instead of an answer: 503.
    #[error("the function failed")]
    Failed,
}
