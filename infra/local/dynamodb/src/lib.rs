//! DynamoDB on one machine: the table with its indexes and stream, kept in SQLite, and the stream's event source mapping.
//!
//! The engine is `dynoxide`; here stand only what Fude's stack adds: the table as `infra/template.yaml` has it
//! ([`DynamoDb`]), and what Lambda does with a stream ([`Poller`]): filter, batches, retries, parking, a remembered
//! position; plus the schedule that calls the same function. The poller reads the engine's stream as it would read any
//! other, over the wire. No function is called from here: the caller of [`Poller::run`] says how.
//!
//! The engine never trims stream records, where AWS keeps them for 24 hours.

mod database;
mod delivery;
mod durable;
mod poller;
mod stream;

pub use database::{DynamoDb, OpenError, ServeError, definition};
pub use poller::{Poller, keep_schedule};

/// The Region that scheduled events name.
const REGION: &str = "ap-northeast-1";
/// The account that scheduled events name, and the ARN of a stream that has none.
const ACCOUNT: &str = "000000000000";
