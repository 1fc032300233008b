//! Which logs there are, and by which key each is read.
//!
//! A hospital's logs follow one another where the key changed: each ends by naming the next key, and begins with the
//! key and last checkpoint of the one before. So one trusted key leads to all of them, forwards and back.

use std::io;

use fude::audit::checkpoint::{Checkpoint, CheckpointError, LogKey, origin};
use fude::audit::tiles::{Tile, TileKind, WIDTH};
use fude::audit::{LogEntry, LogName, LogOpening, layout};

use crate::batches::{Batches, entries_in, entry_at, key_of};
use crate::finding::{Code, Finding, Sink};
use crate::harmless;
use crate::history::{Log, Pin, sizes};
use crate::store::Bucket;
use crate::{Key, Options};

/// A log and what is known of it before it is read.
pub struct Known {
    pub name: LogName,
    pub key: LogKey,
    /// Its last checkpoint, as the log that follows keeps it.
    pub end: Option<Pin>,
}

impl Known {
    pub fn log<'a>(&'a self, bucket: &'a Bucket) -> Log<'a> {
        Log { bucket, name: self.name.as_str(), key: &self.key }
    }
}

/// The logs that are read, by hospital, oldest first. What is no log is named.
pub fn names(audit: &Bucket, options: &Options, sink: &mut dyn Sink) -> io::Result<Vec<LogName>> {
    let mut names = Vec::new();
    for name in audit.names("")? {
        match name.strip_suffix('/').and_then(LogName::parse) {
            Some(log) if options.hospital.as_deref().is_none_or(|only| only == log.hospital()) => names.push(log),
            Some(_) => {}
            None => harmless::leftovers(audit, &name, sink)?,
        }
    }
    names.sort();
    Ok(names)
}

/// Finds the key of every log; a log that another follows but that is gone is told.
pub fn known(audit: &Bucket, options: &Options, sink: &mut dyn Sink) -> io::Result<Vec<Known>> {
    let mut known = Vec::new();
    for names in names(audit, options, sink)?.chunk_by(|one, next| one.hospital() == next.hospital()) {
        for (place, name) in names.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| &names[before]);
            if let Some(previous) = name.previous().filter(|previous| Some(previous) != before) {
                let (object, expected) = (audit.path_of(previous.as_str()), format!("the log that {name} follows"));
                sink.finding(Finding { code: Code::ERollback, object, index: None, expected, found: "none".into() });
            }
        }
        known.extend(keyed(audit, names, &options.keys)?);
    }
    Ok(known)
}

/// The logs of one hospital. Where nothing leads to a key, the first that was given is taken, and will not hold.
fn keyed(audit: &Bucket, names: &[LogName], given: &[Key]) -> io::Result<Vec<Known>> {
    let mut keys = Vec::new();
    for name in names {
        let candidates: Result<_, _> = given.iter().map(|key| LogKey::new(&origin(name.as_str()), key)).collect();
        keys.push(the_one_that_opens(audit, name, candidates.map_err(unusable)?)?);
    }
    let mut ends: Vec<Option<Pin>> = names.iter().map(|_| None).collect();
    // Back from the newest that a given key opens, then on from there
    let start = keys.iter().rposition(|(_, opens)| *opens).unwrap_or(names.len().saturating_sub(1));
    for place in (1..names.len()).rev() {
        let Some((opening, pin)) = opening(audit, &names[place], &names[place - 1])? else { continue };
        if place <= start
            && let Ok(key) = opening.key()
        {
            keys[place - 1] = (key, true);
        }
        ends[place - 1] = Some(pin);
    }
    for place in start + 1..names.len() {
        if let Some(key) = closing(audit, &names[place - 1], &names[place])? {
            keys[place] = (key, true);
        }
    }
    let all = names.iter().zip(keys).zip(ends);
    Ok(all.map(|((name, (key, _)), end)| Known { name: name.clone(), key, end }).collect())
}

fn unusable(error: CheckpointError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

/// The first key that opens the newest checkpoint, or the first, and whether it does.
fn the_one_that_opens(audit: &Bucket, name: &LogName, keys: Vec<LogKey>) -> io::Result<(LogKey, bool)> {
    for key in &keys {
        if opens(audit, name, key)? {
            return Ok((key.clone(), true));
        }
    }
    let first = keys.into_iter().next().ok_or_else(|| unusable(CheckpointError::NotAKey))?;
    Ok((first, false))
}

fn opens(audit: &Bucket, name: &LogName, key: &LogKey) -> io::Result<bool> {
    let Some(size) = sizes(audit, name.as_str())?.pop() else { return Ok(false) };
    let note = audit.read(&layout::checkpoint_key(name.as_str(), size))?.unwrap_or_default();
    Ok(Checkpoint::open(&note, key).is_ok())
}

/// How a log begins that follows another, as far as it is consistent in itself; whether the tree holds it, the walk
/// says. With it, the checkpoint that it keeps.
fn opening(audit: &Bucket, name: &LogName, previous: &LogName) -> io::Result<Option<(LogOpening, Pin)>> {
    for (bytes, object) in copies(audit, name, false)? {
        let Ok(LogEntry::Opening(opening)) = LogEntry::parse(&bytes) else { continue };
        if opening.previous == previous.as_str()
            && let Ok(claimed) = opening.last()
        {
            let pin = Pin { name: object, note: opening.checkpoint.clone().into_bytes(), claimed };
            return Ok(Some((opening, pin)));
        }
    }
    Ok(None)
}

/// The key of the next log, where the last entry of this one names it and it holds there.
fn closing(audit: &Bucket, name: &LogName, next: &LogName) -> io::Result<Option<LogKey>> {
    for (bytes, _) in copies(audit, name, true)? {
        let Ok(LogEntry::Closing(closing)) = LogEntry::parse(&bytes) else { continue };
        if closing.next == next.as_str()
            && let Ok(key) = closing.key()
            && opens(audit, next, &key)?
        {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// The first or last entry of a log out of its batch and out of its bundle, each with the object's path.
fn copies(audit: &Bucket, name: &LogName, last: bool) -> io::Result<Vec<(Vec<u8>, String)>> {
    let size = sizes(audit, name.as_str())?.pop().unwrap_or(1).max(1);
    let index = if last { size - 1 } else { 0 };
    let mut copies = Vec::new();
    let listed = Batches::list(audit, name.as_str())?.listed();
    if let Some(entry) = entry_at(audit, name.as_str(), &listed, index)? {
        let key = key_of(&listed, name.as_str(), index).unwrap_or_default();
        copies.push((entry, audit.path_of(&key)));
    }
    let first = index / WIDTH * WIDTH;
    if let Some(tile) = Tile::new(TileKind::Entries, index / WIDTH, WIDTH.min(size - first)) {
        let key = layout::tile_key(name.as_str(), &tile);
        let bytes = audit.read(&key)?.unwrap_or_default();
        let entries = entries_in(&bytes).unwrap_or_default();
        copies
            .extend(entries.get((index - first) as usize).map(|at| (bytes[at.clone()].to_vec(), audit.path_of(&key))));
    }
    Ok(copies)
}
