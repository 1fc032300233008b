//! What the entries say: the form of each, the chain of each document, and where each document stands in the end.
//!
//! Per document some 120 bytes are kept, whatever its history: hashes that its objects are compared with later.

use std::collections::HashMap;

use fude::audit::chain::{Chain, ChainError};
use fude::audit::{Action, AuditEvent, LogClosing, LogEntry, LogName, Outcome, RetentionMode};
use fude::integrity::Digest;

use crate::finding::{Code, Finding, Sink};
use crate::walk::Reader;

/// Seconds since 1970, enough until 2106.
pub type Seconds = u32;

/// Where one document stands, as far as its events tell.
#[derive(Debug, Clone)]
pub struct Standing {
    last: Option<Digest>,
    /// Of the newest revision; None before the first draft.
    pub manifest: Option<Digest>,
    /// Over revision, manifest and content of every change of them, in order.
    pub trail: Trail,
    sequence: u32,
    /// Of the last event, in the log.
    pub index: u32,
    pub revision: u32,
    /// How many manifests the events named.
    pub manifests: u32,
    /// How many of them led to the last finalisation.
    pub finals: u32,
    /// When a draft that nobody finalises may go; 0 where no event said.
    pub expires: Seconds,
    pub finalised_at: Seconds,
    /// All that is final is locked until then at least.
    pub locked_until: Seconds,
    pub compliance: bool,
    /// The number of that event's log, in the order in which logs are read.
    pub log: u16,
    /// Whether its objects were looked at.
    pub seen: bool,
}

/// A running hash, cut to 128 bits: it compares what two honest readings of the same objects give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trail([u8; 16]);

impl Trail {
    #[must_use]
    pub fn and(self, revision: u32, manifest: &Digest, content: Option<&Digest>) -> Self {
        let content = content.map_or([0; 32], |content| *content.as_bytes());
        let parts: [&[u8]; 4] = [&self.0, &revision.to_be_bytes(), manifest.as_bytes(), &content];
        Self(first_half(&Digest::of_parts(&parts)))
    }
}

fn first_half(hash: &Digest) -> [u8; 16] {
    let (half, _) = hash.as_bytes().split_at(16);
    half.try_into().unwrap_or_default()
}

/// Every document of every log that was read.
#[derive(Debug, Default)]
pub struct Documents {
    places: HashMap<[u8; 16], u32>,
    standings: Vec<Standing>,
}

impl Documents {
    pub fn of(&mut self, id: &str) -> Option<&mut Standing> {
        let place = *self.places.get(&first_half(&Digest::of(id.as_bytes())))?;
        self.standings.get_mut(place as usize)
    }

    fn begin(&mut self, id: &str, log: u16) -> &mut Standing {
        let next = self.standings.len() as u32;
        let place = *self.places.entry(first_half(&Digest::of(id.as_bytes()))).or_insert(next);
        if place == next {
            if self.standings.len() == self.standings.capacity() {
                // In steps, since doubling would take half as much again as is needed
                self.standings.reserve_exact(1 << 14);
            }
            self.standings.push(Standing::new(log));
        }
        &mut self.standings[place as usize]
    }

    pub fn all(&self) -> &[Standing] {
        &self.standings
    }
}

impl Standing {
    fn new(log: u16) -> Self {
        Self {
            last: None,
            manifest: None,
            trail: Trail::default(),
            sequence: 0,
            index: 0,
            revision: 0,
            manifests: 0,
            finals: 0,
            expires: 0,
            finalised_at: 0,
            locked_until: 0,
            compliance: false,
            log,
            seen: false,
        }
    }

    /// Takes over what an event says about the document.
    fn take(&mut self, event: &AuditEvent) {
        let Some(document) = &event.document else { return };
        if let Some(manifest) = document.manifest_sha256
            && (self.manifest, self.revision) != (Some(manifest), document.revision)
        {
            self.trail = self.trail.and(document.revision, &manifest, document.content_sha256.as_ref());
            (self.manifest, self.revision) = (Some(manifest), document.revision);
            self.manifests += 1;
        }
        if let Some(expires) = document.expires_at {
            self.expires = seconds(expires.unix_ms());
        }
        if event.action == Action::DocumentFinalised && event.outcome == Outcome::Success {
            self.finals = self.manifests;
            self.finalised_at = seconds(event.at.unix_ms());
        }
        if let Some(retention) = event.retention.as_ref().filter(|_| event.outcome == Outcome::Success) {
            self.locked_until = seconds(retention.until.unix_ms());
            self.compliance = retention.mode == RetentionMode::Compliance;
        }
    }
}

pub fn seconds(ms: i64) -> Seconds {
    Seconds::try_from(ms / 1000).unwrap_or(if ms < 0 { 0 } else { Seconds::MAX })
}

/// Entries that no chain covers: a quarter of the leaf hash, the log by its number, the index.
#[derive(Debug, Default)]
pub struct Alone(Vec<(u64, u16, u32)>);

impl Alone {
    /// Pairs of places, log and index, whose entries seem to be the same.
    pub fn repeated(&mut self) -> Vec<[(u16, u32); 2]> {
        self.0.sort_unstable();
        let same = self.0.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        same.map(|pair| [(pair[0].1, pair[0].2), (pair[1].1, pair[1].2)]).collect()
    }
}

/// Reads the entries of one log.
pub struct Events<'a> {
    pub log: &'a LogName,
    /// Its number, in the order in which logs are read.
    pub number: u16,
    pub documents: &'a mut Documents,
    pub alone: &'a mut Alone,
    /// The entry that closed the log.
    pub closed: Option<LogClosing>,
    /// Names the object that holds an entry.
    pub object_of: &'a dyn Fn(u64) -> String,
    /// Takes each event.
    pub each: &'a mut dyn FnMut(&AuditEvent),
}

impl Reader for Events<'_> {
    fn entry(&mut self, index: u64, bytes: &[u8], leaf: Digest, sink: &mut dyn Sink) {
        let mut tell = |code, expected: String, found: String| {
            let object = (self.object_of)(index);
            sink.finding(Finding { code, object, index: Some(index), expected, found });
        };
        let entry = match LogEntry::parse(bytes) {
            Ok(entry) if entry.hospital() == self.log.hospital() => entry,
            Ok(entry) => {
                let (expected, found) = (self.log.hospital(), entry.hospital());
                tell(Code::ENotCanonical, format!("an event of {expected}"), format!("one of {found}"));
                self.remember(index, leaf);
                return;
            }
            Err(error) => {
                tell(Code::ENotCanonical, "the canonical form of an event".to_owned(), error.to_string());
                self.remember(index, leaf);
                return;
            }
        };
        if self.closed.is_some() {
            tell(Code::ENotCanonical, "nothing behind the end of the log".to_owned(), "an entry".to_owned());
        }
        if let Err(expected) = self.log.admits(index, &entry) {
            tell(Code::ENotCanonical, expected.to_owned(), "another entry".to_owned());
        }
        if let LogEntry::Malformed(row) = &entry {
            tell(Code::ENotCanonical, "an event".to_owned(), format!("the note that {} was none", row.pk));
        }
        if let LogEntry::Event(event) = &entry {
            (self.each)(event);
        }
        let Some((id, sequence)) = entry.link() else {
            self.remember(index, leaf);
            if let LogEntry::Closing(closing) = entry {
                self.closed = Some(closing);
            }
            return;
        };
        let standing = self.documents.begin(&id, self.number);
        let mut chain = Chain::resume(u64::from(standing.sequence), standing.last);
        let followed = match &entry {
            LogEntry::Event(event) => chain.follow(event, Digest::of(bytes)),
            _ => chain.pass_malformed(sequence),
        };
        let duplicate = matches!(followed, Err(ChainError::Duplicate { .. }));
        match followed {
            Ok(()) => {}
            Err(ChainError::Duplicate { found }) => {
                tell(
                    Code::EDuplicateEvent,
                    format!("event {} of {id}", chain.sequence() + 1),
                    format!("event {found}"),
                );
            }
            Err(ChainError::Gap { expected, found }) => {
                tell(Code::EDocSeqGap, format!("event {expected} of {id}"), format!("event {found}"));
            }
            Err(ChainError::OtherPredecessor { expected, found }) => {
                tell(Code::EDocChain, predecessor(expected), predecessor(found));
            }
        }
        if duplicate {
            return;
        }
        standing.sequence = u32::try_from(chain.sequence()).unwrap_or(u32::MAX);
        standing.last = chain.last();
        (standing.log, standing.index) = (self.number, u32::try_from(index).unwrap_or(u32::MAX));
        if let LogEntry::Event(event) = &entry {
            standing.take(event);
        }
    }

    fn lost(&mut self, index: u64, leaf: Digest) {
        self.remember(index, leaf);
    }
}

impl Events<'_> {
    fn remember(&mut self, index: u64, leaf: Digest) {
        if let Some((quarter, _)) = leaf.as_bytes().split_first_chunk::<8>() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            self.alone.0.push((u64::from_ne_bytes(*quarter), self.number, index));
        }
    }
}

fn predecessor(hash: Option<Digest>) -> String {
    hash.map_or_else(|| "no predecessor".to_owned(), |hash| format!("the predecessor {hash}"))
}
