//! Where a log stands: its head, and what each commit put where. How they lie in the table is `fude_aws::log_rows`.

use super::merkle::Frontier;
use super::row::RowKey;
use crate::integrity::Digest;

/// The head of a hospital's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Grows in the transaction that gives the events their index.
    pub frontier: Frontier,
    /// How much of it S3 holds under a signed checkpoint.
    pub published: u64,
}

impl Head {
    /// Where a log begins.
    pub const fn empty() -> Self {
        Self { frontier: Frontier::empty(), published: 0 }
    }

    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }
}

/// What one commit put where: enough to publish it, whoever committed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Index of the first.
    pub first: u64,
    /// Row and leaf hash of each entry, in order.
    pub leaves: Vec<(RowKey, Digest)>,
}
