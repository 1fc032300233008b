//! DynamoDB on one machine: the table with its indexes and stream, kept in SQLite, and the stream's event source mapping.
//!
//! The engine is `dynoxide`; here stand only what Fude's stack adds: the table as `infra/template.yaml` has it
//! ([`DynamoDb`]), and what Lambda does with a stream ([`Poller`]): filter, batches, retries, parking, a remembered
//! position; plus the schedule that calls the same function. No function is called from here: the caller of
//! [`Poller::run`] says how.
//!
//! Stream records are never trimmed, where AWS keeps them for 24 hours.

mod database;
mod delivery;
mod durable;
mod poller;
mod stream;

pub use database::{DynamoDb, OpenError, ServeError};
pub use poller::{Poller, keep_schedule};

/// The Region that every ARN and event names.
const REGION: &str = "ap-northeast-1";
/// The account that every ARN and event names.
const ACCOUNT: &str = "000000000000";
