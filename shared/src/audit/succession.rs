//! Change of a log's key: the old log ends with an entry that names the new key, and the new log begins with one that
//! holds the old log's last checkpoint. So each key vouches for the other, and neither end can be moved unseen.

use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, CheckpointError, LogKey, origin};
use super::entry::LogEntry;
use super::head::{Head, Sequence};
use super::log_name::LogName;
use super::merkle::leaf_hash;
use crate::integrity::canonical::CanonicalError;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum ClosingSchema {
    #[default]
    #[serde(rename = "fude/log-closing/1")]
    V1,
}

/// The last entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogClosing {
    #[serde(default)]
    schema: ClosingSchema,
    pub hospital: String,
    /// The log that goes on.
    pub next: String,
    /// The public key that signs it: 64 hex characters.
    pub next_key: String,
    /// That key's id or ARN in the key service.
    pub next_key_id: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum OpeningSchema {
    #[default]
    #[serde(rename = "fude/log-opening/1")]
    V1,
}

/// The first entry of a log that follows another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogOpening {
    #[serde(default)]
    schema: OpeningSchema,
    pub hospital: String,
    /// The log that ended.
    pub previous: String,
    /// The public key that signed it: 64 hex characters.
    pub previous_key: String,
    /// Its last signed checkpoint.
    pub checkpoint: String,
}

impl LogClosing {
    pub fn new(log: &LogName, next_key: &[u8; 32], next_key_id: &str) -> Self {
        Self {
            schema: ClosingSchema::V1,
            hospital: log.hospital().to_owned(),
            next: log.next().to_string(),
            next_key: hex::encode(next_key),
            next_key_id: next_key_id.to_owned(),
        }
    }

    /// Closes a log that is published whole: the head after, and the commit that leads there. `key_id` is the log's own
    /// key, which its head names from now on, whatever the deployment names later.
    pub fn close(self, head: &Head, key_id: &str) -> Result<(Head, Sequence), CanonicalError> {
        let (key_id, next_key_id) = (Some(key_id.to_owned()), Some(self.next_key_id.clone()));
        let entry = LogEntry::Closing(self).canonical_bytes()?;
        let first = head.size();
        let mut after = Head { published: first, key_id, next_key_id, ..head.clone() };
        after.frontier.push(leaf_hash(&entry));
        Ok((after, Sequence { first, seam: Some(entry), leaves: Vec::new() }))
    }

    /// The key that signs the next log, as this entry says.
    pub fn key(&self) -> Result<LogKey, CheckpointError> {
        read_key(&self.next, &self.next_key)
    }
}

impl LogOpening {
    /// `log` is the one that ended, `checkpoint` the note of its last checkpoint.
    pub fn new(log: &LogName, key: &LogKey, checkpoint: &str) -> Self {
        Self {
            schema: OpeningSchema::V1,
            hospital: log.hospital().to_owned(),
            previous: log.to_string(),
            previous_key: hex::encode(key.public_key()),
            checkpoint: checkpoint.to_owned(),
        }
    }

    /// The key that signed the log before, as this entry says.
    pub fn key(&self) -> Result<LogKey, CheckpointError> {
        read_key(&self.previous, &self.previous_key)
    }

    /// The last checkpoint of the log before, its signature checked.
    pub fn last(&self) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::open(self.checkpoint.as_bytes(), &self.key()?)
    }
}

impl LogName {
    /// Whether an entry can stand at that index of the log; else what belongs there.
    pub fn admits(&self, index: u64, entry: &LogEntry) -> Result<(), &'static str> {
        match entry {
            LogEntry::Opening(opening) => {
                let follows = self.previous().is_some_and(|previous| previous.as_str() == opening.previous);
                let sound = index == 0 && follows && opening.last().is_ok();
                sound.then_some(()).ok_or("an event, or the last checkpoint of the log before it")
            }
            _ if index == 0 && !self.is_first() => Err("the entry that opens the log"),
            LogEntry::Closing(closing) if closing.next != self.next().as_str() || closing.key().is_err() => {
                Err("an event, or the name and key of the log that follows")
            }
            LogEntry::Closing(_) | LogEntry::Event(_) | LogEntry::Malformed(_) => Ok(()),
        }
    }
}

fn read_key(log: &str, text: &str) -> Result<LogKey, CheckpointError> {
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).map_err(|_| CheckpointError::NotAKey)?;
    LogKey::new(&origin(log), &key)
}

#[cfg(test)]
#[path = "succession_tests.rs"]
mod tests;
