//! What the log holds: an event as it was written, the note that a row was none, or the seam to another log.

use serde::{Deserialize, Serialize};

use super::event::AuditEvent;
use super::row::{RowKey, RowOwner};
use super::succession::{LogClosing, LogOpening};
use crate::integrity::Digest;
use crate::integrity::canonical::{self, CanonicalError};

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEntry {
    Event(Box<AuditEvent>),
    Malformed(MalformedRow),
    /// First of a log that follows another.
    Opening(LogOpening),
    /// Last of a log that another follows.
    Closing(LogClosing),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum MalformedSchema {
    #[default]
    #[serde(rename = "fude/malformed-row/1")]
    V1,
}

/// Stands in the log for a row that is no event, so that it is neither dropped nor trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MalformedRow {
    schema: MalformedSchema,
    pub hospital: String,
    pub pk: String,
    pub sk: String,
    pub why: MalformedWhy,
    /// Over the bytes of the row's `event`; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MalformedWhy {
    /// No bytes.
    EventMissing,
    /// More bytes than an entry bundle can hold.
    TooLarge,
    /// Not the canonical bytes of an event.
    NotCanonical,
    /// `eventSha256` is not the hash of the bytes.
    HashDiffers,
    /// The event names another hospital, document or sequence than the row's key.
    KeyDiffers,
}

impl LogEntry {
    /// What to log for a row: its event exactly as stored, or why it is none.
    ///
    /// `event` and `stated_sha256` are the attributes `event` and `eventSha256`.
    pub fn of_row(key: &RowKey, event: Option<&[u8]>, stated_sha256: Option<&str>) -> Self {
        let sha256 = event.map(Digest::of);
        match Self::check(key, event, stated_sha256.and_then(|hex| Digest::parse(hex).ok())) {
            Ok(event) => Self::Event(Box::new(event)),
            Err(why) => Self::Malformed(MalformedRow {
                schema: MalformedSchema::V1,
                hospital: key.hospital().to_owned(),
                pk: key.pk(),
                sk: key.sk(),
                why,
                sha256,
            }),
        }
    }

    fn check(key: &RowKey, bytes: Option<&[u8]>, stated: Option<Digest>) -> Result<AuditEvent, MalformedWhy> {
        let bytes = bytes.ok_or(MalformedWhy::EventMissing)?;
        if bytes.len() > usize::from(u16::MAX) {
            return Err(MalformedWhy::TooLarge);
        }
        let event = AuditEvent::parse(bytes).map_err(|_| MalformedWhy::NotCanonical)?;
        if stated != Some(Digest::of(bytes)) {
            return Err(MalformedWhy::HashDiffers);
        }
        let same_owner = match key.owner() {
            RowOwner::Document(id) => event.document.as_ref().is_some_and(|document| document.id == *id),
            RowOwner::Access(_) => event.previous.is_none(),
        };
        if event.hospital == key.hospital() && event.sequence == key.sequence() && same_owner {
            Ok(event)
        } else {
            Err(MalformedWhy::KeyDiffers)
        }
    }

    /// The bytes of the entry: those of the leaf, and of the entry bundle.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        match self {
            Self::Event(event) => event.canonical_bytes(),
            Self::Malformed(row) => canonical::to_vec(row),
            Self::Opening(opening) => canonical::to_vec(opening),
            Self::Closing(closing) => canonical::to_vec(closing),
        }
    }

    /// Reads an entry back from the log, strictly.
    pub fn parse(bytes: &[u8]) -> Result<Self, CanonicalError> {
        match AuditEvent::parse(bytes) {
            Ok(event) => Ok(Self::Event(Box::new(event))),
            Err(error) => canonical::parse(bytes)
                .map(Self::Malformed)
                .or_else(|_| canonical::parse(bytes).map(Self::Opening))
                .or_else(|_| canonical::parse(bytes).map(Self::Closing))
                .map_err(|_| error),
        }
    }

    pub fn hospital(&self) -> &str {
        match self {
            Self::Event(event) => &event.hospital,
            Self::Malformed(row) => &row.hospital,
            Self::Opening(opening) => &opening.hospital,
            Self::Closing(closing) => &closing.hospital,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::tests::event;
    use super::*;

    fn why(key: &RowKey, event: Option<&[u8]>, stated: Option<&str>) -> Option<MalformedWhy> {
        match LogEntry::of_row(key, event, stated) {
            LogEntry::Malformed(row) => Some(row.why),
            _ => None,
        }
    }

    #[test]
    fn sound_row_is_logged_byte_for_byte() {
        let key = event().document_row().unwrap();
        let bytes = event().canonical_bytes().unwrap();
        let entry = LogEntry::of_row(&key, Some(&bytes), Some(&Digest::of(&bytes).to_string()));
        assert_eq!(entry.canonical_bytes().unwrap(), bytes);
        assert_eq!(LogEntry::parse(&bytes), Ok(entry));
    }

    #[test]
    fn malformed_row_is_logged_with_its_hash() {
        let key = event().document_row().unwrap();
        let entry = LogEntry::of_row(&key, Some(b"damaged"), None);
        let LogEntry::Malformed(row) = &entry else { panic!("logged as an event") };
        assert_eq!(row.sha256, Some(Digest::of(b"damaged")));
        assert_eq!(LogEntry::parse(&entry.canonical_bytes().unwrap()), Ok(entry.clone()));
    }

    #[test]
    fn every_kind_of_damage_has_its_name() {
        let key = event().document_row().unwrap();
        let bytes = event().canonical_bytes().unwrap();
        let hash = Digest::of(&bytes).to_string();
        assert_eq!(why(&key, Some(&bytes), Some(&hash)), None);
        assert_eq!(why(&key, None, Some(&hash)), Some(MalformedWhy::EventMissing));
        assert_eq!(why(&key, Some(&vec![b' '; 65_536]), None), Some(MalformedWhy::TooLarge));
        assert_eq!(why(&key, Some(&bytes[1..]), Some(&hash)), Some(MalformedWhy::NotCanonical));
        assert_eq!(why(&key, Some(&bytes), None), Some(MalformedWhy::HashDiffers));
        for other in [
            RowKey::of_document("hospital-a", "5d0c", 1).unwrap(),
            RowKey::of_document("hospital-b", "5d0c", 2).unwrap(),
            RowKey::of_document("hospital-a", "5d0d", 2).unwrap(),
            RowKey::of_access("hospital-a", "5d0c").unwrap(),
        ] {
            assert_eq!(why(&other, Some(&bytes), Some(&hash)), Some(MalformedWhy::KeyDiffers), "{other:?}");
        }
    }
}
