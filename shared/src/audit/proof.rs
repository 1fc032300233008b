//! The proof of one document, `fude/proof/1`: its events, each with the path to the root of a signed checkpoint.
//!
//! The body of `GET /documents/{id}/proof`, checked without anything else at hand. It shows that these events stand in
//! the log, unaltered, without a gap from the first; it cannot show that none came after the last. A key that comes
//! with a proof is only as good as the file it came in.

use serde::{Deserialize, Serialize};

use super::chain::{Chain, ChainError};
use super::checkpoint::{Checkpoint, CheckpointError, LogKey, origin};
use super::entry::LogEntry;
use super::log_name::LogName;
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
    /// The logs that the log followed when its key was changed, newest first, back to the first with an event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierLog>,
}

/// A log whose key was changed. The next vouches for its key and its last checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EarlierLog {
    /// The first entry of the log after this one, with its path there.
    pub opening: ProvedEvent,
    /// As in the newest, at the last checkpoint of this log.
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
        self.key(&key)
    }

    /// A key that the reader trusts, under the name of the log; of the hospital's first, which then does not fit, where
    /// the checkpoint is of no log of that hospital.
    pub fn key(&self, key: &[u8; 32]) -> Result<LogKey, CheckpointError> {
        let log = self.log().unwrap_or_else(|_| LogName::first(&self.hospital));
        LogKey::new(&origin(log.as_str()), key)
    }

    /// The hospital's log that the checkpoint is of, by its own word.
    fn log(&self) -> Result<LogName, CheckpointError> {
        let claimed = Checkpoint::claimed(self.checkpoint.as_bytes())?;
        let log = claimed.origin.strip_prefix(&origin("")).and_then(LogName::parse);
        log.filter(|log| log.hospital() == self.hospital).ok_or(CheckpointError::OtherOrigin)
    }

    /// Checks everything: signature, paths, form, and the chain of the document.
    pub fn check(&self, key: &LogKey) -> Result<Proved, ProofError> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        let mut log = self.log()?;
        let mut logs = vec![(checkpoint.clone(), &self.events)];
        let mut at = checkpoint.clone();
        for EarlierLog { opening, events } in &self.earlier {
            let Some(previous) = log.previous() else {
                return Err(CheckpointError::OtherOrigin.into());
            };
            at = opened(&previous, opening, &at)?;
            logs.push((at.clone(), events));
            log = previous;
        }
        let mut chain = Chain::default();
        let mut entries = Vec::new();
        for (checkpoint, events) in logs.iter().rev() {
            let mut after = None;
            for event in *events {
                let index = event.index;
                event.leads_to(checkpoint)?;
                if after.is_some_and(|after| index <= after) {
                    return Err(ProofError::OutOfOrder { index });
                }
                after = Some(index);
                let bytes = event.event.as_bytes();
                let entry = LogEntry::parse(bytes).map_err(|_| ProofError::NotCanonical { index })?;
                self.follow(&mut chain, &entry, bytes, index)?;
                entries.push(entry);
            }
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

impl ProvedEvent {
    fn leads_to(&self, checkpoint: &Checkpoint) -> Result<(), ProofError> {
        let (index, leaf) = (self.index, leaf_hash(self.event.as_bytes()));
        let led = verify_inclusion(leaf, index, checkpoint.size, &self.proof, &checkpoint.root);
        led.map_err(|_| ProofError::NotIncluded { index })
    }
}

/// The last checkpoint of a log, out of the entry that opens the next one, which leads to `next`.
fn opened(log: &LogName, opening: &ProvedEvent, next: &Checkpoint) -> Result<Checkpoint, ProofError> {
    let index = opening.index;
    opening.leads_to(next)?;
    match LogEntry::parse(opening.event.as_bytes()) {
        Ok(entry @ LogEntry::Opening(_)) if entry.hospital() != log.hospital() => {
            Err(ProofError::OtherDocument { index })
        }
        Ok(LogEntry::Opening(opening)) if index == 0 && opening.previous == log.as_str() => Ok(opening.last()?),
        _ => Err(ProofError::NotCanonical { index }),
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
