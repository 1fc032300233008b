//! The entries as they were committed, batch after batch.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::rc::Rc;

use fude::audit::layout;

use crate::finding::{Code, Finding, Sink};
use crate::history::{History, Log};
use crate::store::Bucket;

/// A cursor over the batches of a log; holds those in use.
#[derive(Debug)]
pub struct Batches {
    /// First and last index of each, ascending.
    listed: Rc<[(u64, u64)]>,
    next: usize,
    /// Entries below this index were loaded, or told to be missing.
    covered: u64,
    loaded: VecDeque<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    first: u64,
    last: u64,
    bytes: Vec<u8>,
    /// Of each entry; empty where the batch is damaged.
    entries: Vec<Range<usize>>,
}

/// Where the entries of a bundle or batch stand; None where the lengths do not lead to its end.
pub fn entries_in(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut entries = Vec::with_capacity(256);
    let mut place = 0;
    while place < bytes.len() {
        let length = bytes.get(place..place + 2)?;
        let start = place + 2;
        place = start + usize::from(u16::from_be_bytes([length[0], length[1]]));
        bytes.get(start..place)?;
        entries.push(start..place);
    }
    Some(entries)
}

impl Batches {
    pub fn list(bucket: &Bucket, log: &str) -> io::Result<Self> {
        let prefix = layout::batch_prefix(log);
        let mut listed = Vec::new();
        bucket.each_name(&prefix, |name| {
            listed.extend(layout::parse_batch_key(log, &format!("{prefix}{name}")));
        })?;
        listed.sort_unstable();
        listed.dedup();
        Ok(Self { listed: listed.into(), next: 0, covered: 0, loaded: VecDeque::new() })
    }

    /// First and last index of every batch.
    pub fn listed(&self) -> Rc<[(u64, u64)]> {
        Rc::clone(&self.listed)
    }

    /// The key of the batch with that entry, as far as one is listed.
    pub fn key_of(&self, log: &str, index: u64) -> Option<String> {
        key_of(&self.listed, log, index)
    }

    /// Passes over what ends before an entry, unread.
    pub fn skip(&mut self, to: u64) {
        if to > self.covered {
            self.next = self.listed.partition_point(|(_, last)| *last < to);
            self.covered = self.listed.get(self.next).map_or(to, |(first, _)| to.min(*first));
        }
    }

    /// Loads what holds the entries `from..to` and forgets what is before.
    pub fn load(
        &mut self,
        log: &Log<'_>,
        history: &History,
        from: u64,
        to: u64,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        while self.loaded.front().is_some_and(|batch| batch.last < from) {
            self.loaded.pop_front();
        }
        while self.covered < to {
            let (first, last) = match self.listed.get(self.next) {
                Some((first, last)) if *first <= self.covered => {
                    self.next += 1;
                    (*first, *last)
                }
                following => {
                    let until = following.map_or(history.newest.size, |(first, _)| *first);
                    // A commit ends where a checkpoint stands
                    let after = history.sizes.partition_point(|size| *size <= self.covered);
                    (self.covered, history.sizes.get(after).map_or(until, |size| until.min(*size)) - 1)
                }
            };
            self.load_one(log, history, first, last, sink)?;
        }
        Ok(())
    }

    fn load_one(
        &mut self,
        log: &Log<'_>,
        history: &History,
        first: u64,
        last: u64,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let key = layout::batch_key(log.name, first, last);
        let mut tell = |code, expected: String, found: String| {
            let object = log.bucket.path_of(&key);
            sink.finding(Finding { code, object, index: Some(first), expected, found });
        };
        let expected = last + 1 - first;
        if first < self.covered {
            tell(Code::EBundleLength, format!("a batch from {}", self.covered), format!("one from {first}"));
        } else {
            match log.bucket.read(&key)? {
                None => tell(Code::EBundleMissing, format!("{expected} entries"), "nothing".to_owned()),
                Some(bytes) => match entries_in(&bytes) {
                    Some(entries) if entries.len() as u64 == expected => {
                        self.loaded.push_back(Loaded { first, last, bytes, entries });
                    }
                    entries => tell(Code::EBundleLength, format!("{expected} entries"), counted(entries.as_deref())),
                },
            }
        }
        self.covered = self.covered.max(last + 1);
        if last + 1 < history.newest.size && history.sizes.binary_search(&(last + 1)).is_err() {
            sink.finding(Finding {
                code: Code::EInconsistentCheckpoint,
                object: log.path_of_checkpoint(last + 1),
                index: Some(last + 1),
                expected: format!("the signed checkpoint of {} entries", last + 1),
                found: "nothing".to_owned(),
            });
        }
        Ok(())
    }

    /// The bytes of an entry that is loaded.
    pub fn entry(&self, index: u64) -> Option<&[u8]> {
        let after = self.loaded.partition_point(|batch| batch.first <= index);
        let batch = self.loaded.get(after.checked_sub(1)?)?;
        let range = batch.entries.get(usize::try_from(index - batch.first).ok()?)?;
        batch.bytes.get(range.clone())
    }
}

/// The key of the batch with that entry.
pub fn key_of(listed: &[(u64, u64)], log: &str, index: u64) -> Option<String> {
    let after = listed.partition_point(|(first, _)| *first <= index);
    let (first, last) = *listed[..after].last()?;
    (index <= last).then(|| layout::batch_key(log, first, last))
}

/// Reads one entry anew.
pub fn entry_at(bucket: &Bucket, log: &str, listed: &[(u64, u64)], index: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(key) = key_of(listed, log, index) else {
        return Ok(None);
    };
    let first = layout::parse_batch_key(log, &key).map_or(index, |(first, _)| first);
    let bytes = bucket.read(&key)?.unwrap_or_default();
    let entries = entries_in(&bytes).unwrap_or_default();
    Ok(entries.get((index - first) as usize).map(|range| bytes[range.clone()].to_vec()))
}

/// In words, for a report.
pub fn counted(entries: Option<&[Range<usize>]>) -> String {
    entries.map_or_else(|| "lengths that do not lead to the end".to_owned(), |found| format!("{} entries", found.len()))
}
