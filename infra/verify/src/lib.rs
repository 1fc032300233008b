//! The auditor's program: does what is stored match what was signed? It reads objects alone and trusts nobody but the
//! holder of the public key, who cannot unsay what a pinned checkpoint says.
//!
//! In the order of reading: `history` (checkpoints), `walk` over `batches` and tiles with a `tree`, `events` (chains),
//! `locks`, `documents`, and `harmless` for all that is no evidence. `finding` has the names of faults, `store` the
//! layout on the disk. The rules themselves (hashes, canonical JSON, signed notes, proofs) are those of the crate
//! `fude`; `tests/verify/verify.py` says the same without it.
//!
//! Leaves out: reading a bucket of S3 itself. Sync it into a folder, or read the state of a local cloud.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod batches;
mod documents;
mod events;
mod finding;
mod harmless;
mod history;
mod locks;
mod proved;
mod rendered;
mod store;
mod tree;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

use fude::audit::checkpoint::{Checkpoint, CheckpointError, LogKey, origin};
use fude::audit::merkle::leaf_hash;
use fude::audit::{LogEntry, RetentionMode, is_hospital_id};

use batches::{Batches, entry_at, key_of};
use documents::Stored;
use events::{Documents, Events};
pub use finding::{Code, Finding, Harmless, Report, Sink};
use history::Log;
pub use history::Pin;
pub use proved::check_proof;
pub use rendered::{render, render_entries};
use store::Bucket;
use walk::Walk;

/// Where to read, and by which key.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with `s3/` and `s3-meta/`.
    pub state: PathBuf,
    pub documents: String,
    pub audit: String,
    pub key: [u8; 32],
    /// One alone, or all.
    pub hospital: Option<String>,
    pub pins: Vec<Pin>,
    pub demands: Demands,
}

/// What the auditor asks for beyond what the objects say of themselves.
#[derive(Debug, Clone)]
pub struct Demands {
    /// The clock: milliseconds since 1970.
    pub now_ms: i64,
    /// At least so long every object of the log was locked.
    pub log_days: Option<u32>,
    pub mode: Option<RetentionMode>,
    /// Whether every event is read: form, chains, documents.
    pub strict: bool,
}

impl Pin {
    /// Reads a checkpoint that somebody kept.
    pub fn read(path: &Path) -> io::Result<Result<Self, CheckpointError>> {
        let note = std::fs::read(path)?;
        let claimed = Checkpoint::claimed(&note);
        Ok(claimed.map(|claimed| Self { name: path.display().to_string(), note, claimed }))
    }
}

/// Checks every log and every document; an error is one of reading.
pub fn verify(options: &Options, sink: &mut dyn Sink) -> io::Result<()> {
    let audit = Bucket::of_state(&options.state, &options.audit);
    let houses = houses(&audit, options, sink)?;
    let mut documents = Documents::default();
    let mut whole = !houses.is_empty();
    let mut keys = Vec::new();
    for house in &houses {
        match LogKey::new(&origin(house), &options.key) {
            Ok(key) => keys.push(key),
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidInput, error)),
        }
    }
    for (number, (house, key)) in houses.iter().zip(&keys).enumerate() {
        let log = Log { bucket: &audit, hospital: house, key };
        whole &= verify_log(&log, number as u16, options, &mut documents, sink)?;
    }
    if houses.is_empty() {
        sink.unreadable(&format!("{}: no log", options.audit));
    }
    for pin in options.pins.iter().filter(|pin| !houses.iter().any(|house| origin(house) == pin.claimed.origin)) {
        if options.hospital.is_none() {
            let (object, expected) = (pin.name.clone(), format!("the log {}", pin.claimed.origin));
            sink.finding(Finding { code: Code::ERollback, object, index: None, expected, found: "none".to_owned() });
        }
    }
    if !options.demands.strict {
        sink.note("events were not read: neither their chains nor the documents are checked");
    } else if whole {
        verify_documents(&audit, &houses, &keys, options, &mut documents, sink)?;
    } else {
        sink.note("documents are not checked, since not every log could be read");
    }
    Ok(())
}

/// The hospitals whose logs are read, in order. What is no log is named.
fn houses(audit: &Bucket, options: &Options, sink: &mut dyn Sink) -> io::Result<Vec<String>> {
    let mut houses = Vec::new();
    for name in audit.names("")? {
        match name.strip_suffix('/').filter(|name| is_hospital_id(name)) {
            Some(house) if options.hospital.as_deref().is_none_or(|only| only == house) => {
                houses.push(house.to_owned());
            }
            Some(_) => {}
            None => harmless::leftovers(audit, &name, sink)?,
        }
    }
    Ok(houses)
}

/// False where not every entry could be read.
fn verify_log(
    log: &Log<'_>,
    house: u16,
    options: &Options,
    documents: &mut Documents,
    sink: &mut dyn Sink,
) -> io::Result<bool> {
    let Some(history) = log.history(&options.pins, sink)? else {
        return Ok(false);
    };
    let mut batches = Batches::list(log)?;
    let listed = batches.listed();
    let object_of =
        |index| log.bucket.path_of(&key_of(&listed, log.hospital, index).unwrap_or_else(|| log.hospital.to_owned()));
    let strict = options.demands.strict;
    let mut events = Events::new(log.hospital, house, strict, documents, &object_of);
    let whole = Walk::new(log, &history, &mut batches).run(&mut events, sink)?;
    for (one, other) in events.repeated() {
        let (one, other) = (u64::from(one), u64::from(other));
        let (first, second) = (entry_at(log, &listed, one)?, entry_at(log, &listed, other)?);
        if first.is_some() && first == second {
            let expected = format!("an event that is not entry {one}");
            let found = first.map(|entry| leaf_hash(&entry).to_string()).unwrap_or_default();
            let (code, object) = (Code::EDuplicateEvent, object_of(other));
            sink.finding(Finding { code, object, index: Some(other), expected, found });
        }
    }
    locks::check(log, &history, &listed, &options.demands, sink)?;
    harmless::name(log, &history, sink)?;
    let (size, root) = (history.newest.size, history.newest.root);
    sink.note(&format!("{}: {size} entries, {} checkpoints, root {root}", log.hospital, history.sizes.len()));
    Ok(whole)
}

fn verify_documents(
    audit: &Bucket,
    houses: &[String],
    keys: &[LogKey],
    options: &Options,
    documents: &mut Documents,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let bucket = Bucket::of_state(&options.state, &options.documents);
    let demands = &options.demands;
    let stored = Stored { bucket: &bucket, demands, houses, all_houses: options.hospital.is_none() };
    stored.check(documents, sink)?;
    for standing in stored.gone(documents) {
        let house = usize::from(standing.house);
        let log = Log { bucket: audit, hospital: &houses[house], key: &keys[house] };
        let listed = Batches::list(&log)?.listed();
        let entry = entry_at(&log, &listed, u64::from(standing.index))?;
        let link = entry.and_then(|entry| LogEntry::parse(&entry).ok()?.link());
        let id = link.map_or_else(|| "?".to_owned(), |(id, _)| id);
        stored.tell_gone(&id, standing, sink);
    }
    sink.note(&format!("{}: {} documents", options.documents, documents.all().len()));
    Ok(())
}
