//! Random schedules of `audit-writer`: several writers, crashes, faults, in memory and in one thread.
//!
//! The algorithm is not copied: `writer.rs`, `publish.rs`, `edge.rs`, `plan.rs` and `error.rs` of
//! the function are compiled here as they are. Modelled is what they call, one step a service call:
//!
//! | here | stands for |
//! | --- | --- |
//! | `table::Table::{head, sequence, sequences, rows, pending}` | the reads of `table.rs`; a batch read is one step a row, as it is atomic for one row only |
//! | `table::Table::commit` | `table/commit.rs` `commit`, with the conditions of `head_put`, `sequence_action`, `index_action` |
//! | `table::Table::raise_published` | `table/commit.rs` `raise_published` |
//! | `bucket::Bucket::{put_once, point_to, checkpoint_beyond, get}` | the functions of that name in `bucket.rs`, one step for each request in them |
//! | `signer::Signer::sign` | `signer.rs` `sign`, with an Ed25519 key of this process, or for most schedules a stand-in |
//! | `time::sleep` | `writer.rs` `pause`: a step without effect |
//!
//! A writer stops before each step until the scheduler lets it go on, with or without a fault;
//! a crash drops it there. Between two steps the function only computes, so crashes before every
//! step are crashes everywhere.

// What the included modules name by its crate's name is found in this one
extern crate self as aws_sdk_dynamodb;
extern crate self as aws_sdk_kms;
extern crate self as aws_sdk_s3;
extern crate self as aws_types;
extern crate self as lambda_runtime;
extern crate self as tokio;

pub mod bucket;
pub mod check;
pub mod schedule;
pub mod settle;
pub mod signer;
pub mod table;
pub mod world;

#[path = "../../../functions/audit-writer/src/edge.rs"]
pub mod edge;
#[path = "../../../functions/audit-writer/src/error.rs"]
pub mod error;
#[path = "../../../functions/audit-writer/src/publish.rs"]
pub mod publish;
#[path = "../../../functions/audit-writer/src/plan.rs"]
pub mod real_plan;
#[path = "../../../functions/audit-writer/src/writer.rs"]
pub mod writer;

/// `plan.rs`, with a switch for the mutant that fetches no predecessors.
pub mod plan {
    use std::cell::Cell;
    use std::collections::{BTreeMap, BTreeSet};

    use fude::audit::RowKey;

    pub use crate::real_plan::*;

    thread_local! {
        pub static FETCH_PREDECESSORS: Cell<bool> = const { Cell::new(true) };
    }

    pub fn missing_predecessors(known: &BTreeMap<RowKey, Option<Row>>) -> BTreeSet<RowKey> {
        if FETCH_PREDECESSORS.get() { crate::real_plan::missing_predecessors(known) } else { BTreeSet::new() }
    }
}

pub mod config {
    /// The part of the configuration that `Writer::new` reads; nobody calls it here.
    pub struct Config {
        pub table: String,
        pub log_key_id: String,
    }
}

pub mod time {
    /// Nothing here takes time: it is the scheduler's turn.
    pub async fn sleep(_: std::time::Duration) {
        crate::world::turn().await;
    }
}

/// Of `aws_types`; only named by `Writer::new`.
pub struct SdkConfig;

/// Of every AWS SDK crate; only named by `Writer::new`.
pub struct Client;

impl Client {
    pub const fn new(_: &SdkConfig) -> Self {
        Self
    }
}

/// Of `lambda_runtime`; only named by `error.rs`.
pub struct Diagnostic {
    pub error_type: String,
    pub error_message: String,
}
