//! The chain of one document: its changes of state, counted from 1, each naming the hash of the one before.
//!
//! Readings, searches and refusals name a document too, but stand alone. Leaves out where the events come from: the
//! whole log (`fude-verify`) or a proof (`proof`).

use super::entry::LogEntry;
use super::event::{Action, AuditEvent, Outcome};
use super::row::{RowKey, RowOwner};
use crate::integrity::Digest;

/// How far a chain has been followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// Of the last event; 0 before the first.
    sequence: u64,
    /// Of the last event; None before the first, and after a row that was logged as malformed.
    last: Option<Digest>,
}

/// Why an event does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("event {found} of the document stands in the log twice")]
    Duplicate { found: u64 },
    #[error("event {expected} of the document is missing before event {found}")]
    Gap { expected: u64, found: u64 },
    #[error("the event names another predecessor than the event before it")]
    OtherPredecessor { expected: Option<Digest>, found: Option<Digest> },
}

impl AuditEvent {
    /// Whether the event is a link of its document's chain. What stands alone has sequence 1 and no predecessor.
    pub fn changes_document(&self) -> bool {
        let linked = self.sequence > 1 || self.previous.is_some();
        self.document.is_some() && (linked || (self.action.changes_document() && self.outcome != Outcome::Refused))
    }
}

impl Action {
    /// Whether it brings a document into its next state, or records that it left the house.
    pub const fn changes_document(self) -> bool {
        match self {
            Self::DraftRequested
            | Self::DocumentDrafted
            | Self::DraftingFailed
            | Self::DocumentRevised
            | Self::DocumentFinalised
            | Self::AmendmentBegun
            | Self::DocumentWithdrawn
            | Self::SealingRequested
            | Self::DocumentSealed
            | Self::DocumentIssued
            | Self::DocumentReissued
            | Self::RetentionExtended => true,
            Self::DocumentRead
            | Self::MetadataRead
            | Self::ProofRead
            | Self::ChangesRead
            | Self::Search
            | Self::RequestRefused
            | Self::IntegrityFailure => false,
        }
    }
}

impl LogEntry {
    /// Document and sequence, if the entry is a link of a chain; a malformed row keeps its place.
    pub fn link(&self) -> Option<(String, u64)> {
        match self {
            Self::Event(event) if event.changes_document() => {
                event.document.as_ref().map(|document| (document.id.clone(), event.sequence))
            }
            Self::Event(_) | Self::Opening(_) | Self::Closing(_) => None,
            Self::Malformed(row) => match RowKey::parse(&row.pk, &row.sk) {
                Ok(key) => match key.owner() {
                    RowOwner::Document(id) => Some((id.clone(), key.sequence())),
                    RowOwner::Access(_) => None,
                },
                Err(_) => None,
            },
        }
    }
}

impl Chain {
    /// A chain that was followed up to here.
    pub const fn resume(sequence: u64, last: Option<Digest>) -> Self {
        Self { sequence, last }
    }

    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    pub const fn last(&self) -> Option<Digest> {
        self.last
    }

    /// Follows the chain by one event. After an error the chain goes on from that event, so that one fault is told
    /// once; a duplicate leaves it where it was.
    pub fn follow(&mut self, event: &AuditEvent, hash: Digest) -> Result<(), ChainError> {
        let before = self.clone();
        self.step(event.sequence, Some(hash))?;
        // What the malformed row before it was hashed to is not known
        let known = before.last.is_some() || before.sequence == 0;
        if known && event.previous != before.last {
            return Err(ChainError::OtherPredecessor { expected: before.last, found: event.previous });
        }
        Ok(())
    }

    /// Passes a row that was logged as malformed.
    pub fn pass_malformed(&mut self, sequence: u64) -> Result<(), ChainError> {
        self.step(sequence, None)
    }

    fn step(&mut self, found: u64, last: Option<Digest>) -> Result<(), ChainError> {
        let expected = self.sequence + 1;
        if found < expected {
            return Err(ChainError::Duplicate { found });
        }
        *self = Self { sequence: found, last };
        if found == expected { Ok(()) } else { Err(ChainError::Gap { expected, found }) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::tests::event;
    use super::*;

    fn nth(sequence: u64, previous: Option<Digest>) -> (AuditEvent, Digest) {
        let event = AuditEvent { previous, sequence, ..event() };
        let hash = event.hash().unwrap();
        (event, hash)
    }

    #[test]
    fn linked_events_follow_one_another() {
        let mut chain = Chain::default();
        let (first, hash) = nth(1, None);
        assert_eq!(chain.follow(&first, hash), Ok(()));
        let (second, next) = nth(2, Some(hash));
        assert_eq!(chain.follow(&second, next), Ok(()));
        assert_eq!((chain.sequence(), chain.last()), (2, Some(next)));
    }

    #[test]
    fn gap_duplicate_and_other_predecessor_are_told_apart() {
        let (first, hash) = nth(1, None);
        let mut chain = Chain::default();
        chain.follow(&first, hash).unwrap();
        assert_eq!(chain.clone().follow(&first, hash), Err(ChainError::Duplicate { found: 1 }));
        let (third, next) = nth(3, Some(hash));
        assert_eq!(chain.clone().follow(&third, next), Err(ChainError::Gap { expected: 2, found: 3 }));
        for previous in [None, Some(next)] {
            let (second, next) = nth(2, previous);
            let error = ChainError::OtherPredecessor { expected: Some(hash), found: previous };
            assert_eq!(chain.clone().follow(&second, next), Err(error));
        }
        let (orphan, next) = nth(1, Some(hash));
        let error = ChainError::OtherPredecessor { expected: None, found: Some(hash) };
        assert_eq!(Chain::default().follow(&orphan, next), Err(error));
    }

    #[test]
    fn malformed_row_keeps_its_place() {
        let (first, hash) = nth(1, None);
        let mut chain = Chain::default();
        chain.follow(&first, hash).unwrap();
        chain.pass_malformed(2).unwrap();
        let (third, next) = nth(3, Some(Digest::of(b"what the row held")));
        assert_eq!(chain.follow(&third, next), Ok(()));
        assert_eq!(chain.pass_malformed(3), Err(ChainError::Duplicate { found: 3 }));
    }

    #[test]
    fn readings_and_refusals_are_no_links() {
        let alone = AuditEvent { sequence: 1, previous: None, ..event() };
        assert!(AuditEvent { action: Action::DraftRequested, ..alone.clone() }.changes_document());
        for (action, outcome) in [
            (Action::DocumentRead, Outcome::Success),
            (Action::Search, Outcome::Success),
            (Action::RequestRefused, Outcome::Refused),
            (Action::DocumentFinalised, Outcome::Refused),
        ] {
            assert!(!AuditEvent { action, outcome, ..alone.clone() }.changes_document(), "{action:?}");
        }
        assert!(!AuditEvent { document: None, ..event() }.changes_document());
    }
}
