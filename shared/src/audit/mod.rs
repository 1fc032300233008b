//! The audit log: events, the Merkle tree over them, its tiles, and signed checkpoints.
//!
//! Holds formats and arithmetic. Leaves out storage, signing and the order of writes
//! (`functions/audit-writer`). Architecture invariant: nothing here can hold a patient's name,
//! number or text; a patient is a 256-bit tag.

pub mod chain;
pub mod checkpoint;
pub mod edge;
mod entry;
mod event;
pub mod fhir;
mod head;
mod instant;
pub mod layout;
mod log_name;
pub mod merkle;
pub mod proof;
mod row;
mod succession;
pub mod tiles;

pub use entry::{LogEntry, MalformedRow, MalformedWhy};
pub use event::{
    Action, Agent, AuditEvent, DocumentRef, EventSchema, Outcome, Retention, RetentionMode, Review, Salt, Source,
};
pub use head::{Head, Sequence};
pub use instant::{NotUtcMillis, UtcMillis};
pub use log_name::LogName;
pub use row::{NotARowKey, RowKey, RowOwner, is_hospital_id};
pub use succession::{LogClosing, LogOpening};

#[cfg(test)]
mod tile_tests;
#[cfg(test)]
mod tree_tests;
