//! The proof of one document, `fude/proof/1`: its events, each with the path to the root of a signed checkpoint.
//!
//! The body of `GET /documents/{id}/proof`, checked without anything else at hand. It shows that these events stand in
//! the log, unaltered, without a gap from the first; it cannot show that none came after the last. A key that comes
//! with a proof is only as good as the file it came in.

use serde::{Deserialize, Serialize};

use super::chain::{Chain, ChainError};
use super::checkpoint::{Checkpoint, CheckpointError, LogKey, origin};
use super::entry::LogEntry;
use super::merkle::{leaf_hash, verify_inclusion};
use crate::integrity::Digest;

/// The sent format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProofSchema {
    #[default]
    #[serde(rename = "fude/proof/1")]
    V1,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proof {
    #[serde(default)]
    pub schema: ProofSchema,
    pub hospital: String,
    pub document_id: String,
    /// The signed note.
    pub checkpoint: String,
    /// Of the log: 64 hex characters.
    pub public_key: String,
    /// By index. Changes of state from the first; readings may stand among them.
    pub events: Vec<ProvedEvent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvedEvent {
    /// In the log, from 0.
    pub index: u64,
    /// The canonical JSON of the entry, exactly as it was hashed.
    pub event: String,
    /// RFC 6962, 2.1.1, at the size of the checkpoint.
    pub proof: Vec<Digest>,
}

/// What a sound proof says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    pub checkpoint: Checkpoint,
    pub entries: Vec<LogEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    #[error("there is no event of the document")]
    Empty,
    #[error("entry {index} is not in canonical form")]
    NotCanonical { index: u64 },
    #[error("entry {index} is of another hospital or document")]
    OtherDocument { index: u64 },
    #[error("entry {index} does not follow the one before it by index")]
    OutOfOrder { index: u64 },
    #[error("entry {index} does not lead to the root of the checkpoint")]
    NotIncluded { index: u64 },
    #[error("entry {index}: {why}")]
    Chain { index: u64, why: ChainError },
}

impl Proof {
    /// The key that came along, under the name of the log.
    pub fn own_key(&self) -> Result<LogKey, CheckpointError> {
        let mut key = [0; 32];
        hex::decode_to_slice(&self.public_key, &mut key).map_err(|_| CheckpointError::NotAKey)?;
        LogKey::new(&origin(&self.hospital), &key)
    }

    /// Checks everything: signature, paths, form, and the chain of the document.
    pub fn check(&self, key: &LogKey) -> Result<Proved, ProofError> {
        if key.name() != origin(&self.hospital) {
            return Err(CheckpointError::OtherOrigin.into());
        }
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        let mut chain = Chain::default();
        let mut entries = Vec::with_capacity(self.events.len());
        let mut after = None;
        for ProvedEvent { index, event, proof } in &self.events {
            let (index, bytes) = (*index, event.as_bytes());
            verify_inclusion(leaf_hash(bytes), index, checkpoint.size, proof, &checkpoint.root)
                .map_err(|_| ProofError::NotIncluded { index })?;
            if after.is_some_and(|after| index <= after) {
                return Err(ProofError::OutOfOrder { index });
            }
            after = Some(index);
            let entry = LogEntry::parse(bytes).map_err(|_| ProofError::NotCanonical { index })?;
            self.follow(&mut chain, &entry, bytes, index)?;
            entries.push(entry);
        }
        if chain.sequence() == 0 { Err(ProofError::Empty) } else { Ok(Proved { checkpoint, entries }) }
    }

    fn follow(&self, chain: &mut Chain, entry: &LogEntry, bytes: &[u8], index: u64) -> Result<(), ProofError> {
        let of_this = |id: &str| id == self.document_id && entry.hospital() == self.hospital;
        let followed = match (entry, entry.link()) {
            (LogEntry::Event(event), Some((id, _))) if of_this(&id) => chain.follow(event, Digest::of(bytes)),
            (LogEntry::Malformed(_), Some((id, sequence))) if of_this(&id) => chain.pass_malformed(sequence),
            (LogEntry::Event(event), None) if event.document.as_ref().is_some_and(|d| of_this(&d.id)) => Ok(()),
            _ => return Err(ProofError::OtherDocument { index }),
        };
        followed.map_err(|why| ProofError::Chain { index, why })
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
