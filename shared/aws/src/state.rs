//! The state of a document in the table, and the one transaction that changes it together with its event.

mod answers;
mod row;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use fude::audit::{AuditEvent, RowKey};

use crate::audit;
use crate::rows::{Key, Rows};
pub use answers::{Answer, answer, answer_along};
pub use row::{Lease, State};

/// Index by patient: hash of the hospital's key, then time.
pub fn patient_key(hospital: &str, tag: &fude::integrity::Digest) -> String {
    format!("PATIENT#{hospital}#{tag}")
}

/// Index by the physician who has to approve.
pub fn approver_key(hospital: &str, username: &str) -> String {
    format!("APPROVER#{hospital}#{username}")
}

pub fn document_key(hospital: &str, id: &str) -> String {
    format!("DOC#{hospital}#{id}")
}

/// The row that says when somebody first read a revision.
pub fn reading_key(hospital: &str, id: &str, revision: u32, user: &str) -> (String, String) {
    (format!("READ#{hospital}#{id}#{revision}"), user.to_owned())
}

/// Document ids are 32 lower-case hex characters; anything else is no document.
pub fn is_document_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Somebody else changed the document first.
    #[error("the document was changed by somebody else")]
    Conflict,
    #[error("the row of a document cannot be read")]
    Unreadable,
    #[error("the table did not answer")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Key of a document's state.
pub fn key(hospital: &str, id: &str) -> Key {
    Key::new(document_key(hospital, id), "STATE".to_owned())
}

/// Reads the state; `None` where no such document is.
pub async fn read(dynamodb: &Client, table: &str, hospital: &str, id: &str) -> Result<Option<State>, StateError> {
    let request = dynamodb.get_item().table_name(table).consistent_read(true);
    let answer = request.set_key(Some(key(hospital, id).item())).send().await;
    let answer = answer.map_err(|e| StateError::Store(e.into()))?;
    answer.item.map(|i| State::from_item(&i).ok_or(StateError::Unreadable)).transpose()
}

/// The same, of a row that was read along with the admission.
pub fn along(rows: &Rows, hospital: &str, id: &str) -> Result<Option<State>, StateError> {
    rows.get(&key(hospital, id)).map(|i| State::from_item(i).ok_or(StateError::Unreadable)).transpose()
}

/// What must still hold when the change is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// No such document yet.
    Absent,
    /// The version that was read.
    Version(u64),
    /// One's own lease.
    Lease(String),
}

/// Writes the new state and its event, both or neither.
///
/// A crash before this leaves the former state; a crash after it loses only the answer, which the same key
/// asks for again. The event waits in the table until `audit-writer` takes it.
pub async fn change(
    dynamodb: &Client,
    table: &str,
    state: State,
    event: &AuditEvent,
    expected: &Expectation,
) -> Result<State, StateError> {
    change_and_answer(dynamodb, table, state, event, expected, None).await
}

/// The same, with the answer that a repeat of the same key gets. `Conflict` also where the key has one already.
pub async fn change_and_answer(
    dynamodb: &Client,
    table: &str,
    mut state: State,
    event: &AuditEvent,
    expected: &Expectation,
    answer: Option<&mut Answer>,
) -> Result<State, StateError> {
    let key =
        RowKey::of_document(&state.hospital, &state.document_id, event.sequence).map_err(|_| StateError::Unreadable)?;
    let (event_row, hash) = audit::row(event, &key);
    state.last_event = Some(hash);
    state.events = event.sequence;
    let mut put = Put::builder().table_name(table).set_item(Some(state.to_item()));
    put = match expected {
        Expectation::Absent => put.condition_expression("attribute_not_exists(pk)"),
        Expectation::Version(version) => put
            .condition_expression("version = :expected")
            .expression_attribute_values(":expected", AttributeValue::N(version.to_string())),
        Expectation::Lease(token) => put
            .condition_expression("leaseToken = :expected")
            .expression_attribute_values(":expected", AttributeValue::S(token.clone())),
    };
    let event_put =
        Put::builder().table_name(table).set_item(Some(event_row)).condition_expression("attribute_not_exists(pk)");
    let item = |p: aws_sdk_dynamodb::types::builders::PutBuilder| {
        TransactWriteItem::builder().put(p.build().expect("table and item are set")).build()
    };
    let mut request = dynamodb.transact_write_items().transact_items(item(put)).transact_items(item(event_put));
    if let Some(answer) = answer {
        answer.metadata = serde_json::to_string(&state.metadata()).expect("plain structs serialise");
        answer.version = state.version;
        let row = answer.to_item(&state.hospital, &state.document_id);
        let put = Put::builder().table_name(table).set_item(Some(row)).condition_expression("attribute_not_exists(pk)");
        request = request.transact_items(item(put));
    }
    let sent = request.send().await;
    match sent {
        Ok(_) => Ok(state),
        Err(e) => match e.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(c)) if lost(c.cancellation_reasons()) => {
                Err(StateError::Conflict)
            }
            _ => Err(StateError::Store(e.into())),
        },
    }
}

fn lost(reasons: &[aws_sdk_dynamodb::types::CancellationReason]) -> bool {
    reasons.iter().any(|r| matches!(r.code(), Some("ConditionalCheckFailed" | "TransactionConflict")))
}

/// One page of documents, newest first.
pub struct Page {
    pub states: Vec<State>,
    pub next: Option<HashMap<String, AttributeValue>>,
}

/// An index in which documents stand by time of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    Patient,
    Approver,
}

impl Index {
    /// Name, hash key, range key.
    pub const fn names(self) -> [&'static str; 3] {
        match self {
            Self::Patient => ["by-patient", "patientKey", "patientAt"],
            Self::Approver => ["by-approver", "approverKey", "approverAt"],
        }
    }
}

/// Documents under one key of an index by time of creation, both bounds included.
pub async fn listed(
    dynamodb: &Client,
    table: &str,
    (index, key): (Index, &str),
    (from, to): (&str, &str),
    start: Option<HashMap<String, AttributeValue>>,
    limit: i32,
) -> Result<Page, StateError> {
    let [name, hash, range] = index.names();
    let answer = dynamodb
        .query()
        .table_name(table)
        .index_name(name)
        .key_condition_expression(format!("{hash} = :key AND {range} BETWEEN :from AND :to"))
        .expression_attribute_values(":key", AttributeValue::S(key.to_owned()))
        .expression_attribute_values(":from", AttributeValue::S(from.to_owned()))
        .expression_attribute_values(":to", AttributeValue::S(to.to_owned()))
        .scan_index_forward(false)
        .limit(limit)
        .set_exclusive_start_key(start)
        .send()
        .await
        .map_err(|e| StateError::Store(e.into()))?;
    let states = answer.items.unwrap_or_default();
    let states: Option<Vec<State>> = states.iter().map(State::from_item).collect();
    Ok(Page {
        states: states.ok_or(StateError::Unreadable)?,
        next: answer.last_evaluated_key.filter(|k| !k.is_empty()),
    })
}
