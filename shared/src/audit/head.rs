//! Where a log stands: its head, and what each commit put where. How they lie in the table is `fude_aws::log_rows`.

use super::merkle::{Frontier, leaf_hash};
use super::row::RowKey;
use crate::integrity::Digest;

/// The head of a hospital's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Grows in the transaction that gives the events their index.
    pub frontier: Frontier,
    /// How much of it S3 holds under a signed checkpoint.
    pub published: u64,
    /// The key that signs it, by its id in the key service; None for the one that the deployment names.
    pub key_id: Option<String>,
    /// Once the log is closed, the key of the next.
    pub next_key_id: Option<String>,
}

impl Head {
    /// Where a log begins.
    pub const fn empty() -> Self {
        Self { frontier: Frontier::empty(), published: 0, key_id: None, next_key_id: None }
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
    /// An entry that comes before those of rows and belongs to none: opening or closing of the log.
    pub seam: Option<Vec<u8>>,
    /// Row and leaf hash of each entry, in order.
    pub leaves: Vec<(RowKey, Digest)>,
}

impl Sequence {
    /// The index behind its last entry.
    pub fn end(&self) -> u64 {
        self.first + u64::from(self.seam.is_some()) + self.leaves.len() as u64
    }

    /// The leaf hash of every entry, in order.
    pub fn hashes(&self) -> impl Iterator<Item = Digest> {
        self.seam.iter().map(|entry| leaf_hash(entry)).chain(self.leaves.iter().map(|(_, leaf)| *leaf))
    }

    /// Index and row of each entry that has one.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &RowKey)> {
        (self.first + u64::from(self.seam.is_some())..).zip(self.leaves.iter().map(|(key, _)| key))
    }
}
