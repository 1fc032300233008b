//! The schedule: locks that a crash between commit and lock left open are set without anybody reading the document.
//!
//! A row that waits for its locks has the attribute `unlocked`, and stands in the sparse index of that name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use fude_aws::{lock, state};
use lambda_http::lambda_runtime::Diagnostic;
use lambda_http::{Body, Request, RequestExt as _};
use serde::Deserialize;

use crate::handler::Handler;

/// The sparse index of final documents whose objects are not all locked.
const INDEX: &str = "unlocked";
/// A document is not begun when less than this is left of the invocation: the next one is minutes away.
const TIME_FOR_ONE: Duration = Duration::from_secs(8);

/// Why a sweep did not end well; none carries more of a document than that it is one.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Neither a request of a front door nor the schedule.
    #[error("the event is neither a request nor the schedule's")]
    Unknown,
    #[error("the index of unlocked documents cannot be read: {0}")]
    Index(String),
    /// The others are locked; these are tried again by the next sweep.
    #[error("{0} documents are not locked yet")]
    Open(usize),
}

/// What Lambda is told of a failed sweep, and counts as an error of the function.
impl From<SweepError> for Diagnostic {
    fn from(error: SweepError) -> Self {
        Self { error_type: "LockSweep".to_owned(), error_message: error.to_string() }
    }
}

/// The scheduled event of EventBridge.
#[derive(Deserialize)]
struct Schedule {
    #[serde(rename = "detail-type")]
    detail_type: String,
}

/// Whether the schedule sent it, as no front door could.
pub fn is_schedule(event: &Body) -> bool {
    serde_json::from_slice::<Schedule>(event).is_ok_and(|schedule| schedule.detail_type == "Scheduled Event")
}

impl Handler {
    pub async fn sweep(&self, event: &Request) -> Result<(), SweepError> {
        if !is_schedule(event.body()) {
            return Err(SweepError::Unknown);
        }
        let table = &self.config.shared.table;
        let deadline = event.lambda_context_ref().map(|context| UNIX_EPOCH + Duration::from_millis(context.deadline));
        let mut open = 0;
        let mut pages = self
            .dynamodb
            .scan()
            .table_name(table)
            .index_name(INDEX)
            .projection_expression("pk")
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| SweepError::Index(DisplayErrorContext(error).to_string()))?;
            for (hospital, id) in page.items().iter().filter_map(|item| document(item.get("pk"))) {
                if deadline.is_some_and(|deadline| SystemTime::now() + TIME_FOR_ONE > deadline) {
                    return Err(SweepError::Open(open + 1));
                }
                if let Err(error) = self.lock_open(hospital, id).await {
                    tracing::error!(error = %DisplayErrorContext(&*error), document.id = id, "a final document is not locked yet");
                    open += 1;
                }
            }
        }
        if open > 0 { Err(SweepError::Open(open)) } else { Ok(()) }
    }

    /// The index lags behind: the row itself says whether locks are open, and at which version.
    async fn lock_open(&self, hospital: &str, id: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let table = &self.config.shared.table;
        if let Some(state) = state::read(&self.dynamodb, table, hospital, id).await?.filter(|state| state.unlocked) {
            lock::complete(&self.dynamodb, table, &self.documents, &state).await?;
            tracing::info!(document.id = id, "locks that were left open are set");
        }
        Ok(())
    }
}

/// Hospital and id of a document's row.
fn document(pk: Option<&AttributeValue>) -> Option<(&str, &str)> {
    pk?.as_s().ok()?.strip_prefix("DOC#")?.split_once('#')
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use lambda_http::request::{RequestContext, from_str};
    use lambda_http::{Body, RequestExt as _};

    use super::{document, is_schedule};

    #[test]
    fn schedule_is_told_from_requests() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/finalize-document");
        let mut schedules = 0;
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a fixture");
            let request = from_str(&text).expect("an event");
            let passed = matches!(request.request_context_ref(), Some(RequestContext::PassThrough));
            assert_eq!(passed, path.ends_with("schedule.json"), "{}", path.display());
            assert_eq!(is_schedule(request.body()), passed, "{}", path.display());
            schedules += usize::from(passed);
        }
        assert_eq!(schedules, 1);
    }

    #[test]
    fn what_only_looks_like_a_schedule_is_none() {
        for event in ["", "{}", "null", r#"{"detail-type":"Other"}"#, r#"{"detail-type":1}"#] {
            assert!(!is_schedule(&Body::from(event)), "{event}");
        }
    }

    #[test]
    fn only_rows_of_documents_are_read() {
        let key = |pk: &str| AttributeValue::S(pk.to_owned());
        assert_eq!(document(Some(&key("DOC#hospital-a#5b2f"))), Some(("hospital-a", "5b2f")));
        assert_eq!(document(Some(&key("LOG#hospital-a"))), None);
        assert_eq!(document(Some(&AttributeValue::N("1".to_owned()))), None);
        assert_eq!(document(None), None);
    }
}
