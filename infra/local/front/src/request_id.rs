//! The id under which one request is found again: in the access log, the event and a problem's `instance`.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::config::Front;

/// Request id of the chosen gateway, and the trace header that goes with it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId {
    id: String,
    root: String,
}

impl RequestId {
    pub(crate) fn new(front: Front, now: OffsetDateTime) -> Self {
        let random = Uuid::new_v4().simple().to_string();
        let root = format!("1-{:08x}-{}", now.unix_timestamp(), &random[..24]);
        let id = match front {
            Front::Rest => Uuid::new_v4().to_string(),
            // An ALB hands over no id but the trace
            Front::Alb => root.clone(),
        };
        Self { id, root }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.id
    }

    /// Value of `X-Amzn-Trace-Id`. A client's own is not carried on: it would reach logs.
    pub(crate) fn trace(&self) -> String {
        format!("Root={}", self.root)
    }
}
