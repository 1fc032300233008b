//! The auditor's program: does what is stored match what was signed? It reads objects alone and trusts nobody but the
//! holder of the public key, who cannot unsay what a pinned checkpoint says.
//!
//! In the order of reading: `logs` (which there are, by which key), `history` (checkpoints), `walk` over `batches` and tiles with a `tree`, `events` (chains),
//! `locks`, `documents`, and `harmless` for all that is no evidence. `figures` counts what a sound log says, `finding` has the names of faults, `store` the
//! layout on the disk. The rules themselves (hashes, canonical JSON, signed notes, proofs) are those of the crate
//! `fude`; `tests/verify/verify.py` says the same without it.
//!
//! Leaves out: reading a bucket of S3 itself. `fude-admin mirror --verify` copies one and checks the copy.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod batches;
mod copies;
mod documents;
mod events;
mod figures;
mod finding;
mod harmless;
mod history;
mod locks;
mod logs;
mod print;
mod proved;
mod quick;
mod rendered;
mod store;
mod tree;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

use fude::audit::checkpoint::{Checkpoint, CheckpointError};
use fude::audit::merkle::leaf_hash;
use fude::audit::{AuditEvent, LogClosing, LogEntry, RetentionMode};

use batches::{Batches, entry_at, key_of};
use documents::Stored;
use events::{Alone, Documents, Events};
pub use figures::{Counted, Figures, Period, PeriodError, figures};
pub use finding::{Code, Finding, Harmless, Report, Sink};
pub use history::Pin;
use logs::Known;
pub use print::Printed;
pub use proved::check_proof;
pub use rendered::{render, render_entries};
use store::Bucket;
use walk::{Unread, Walk};

/// An Ed25519 public key.
pub type Key = [u8; 32];

/// Where to read, and by which key.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with `s3/` and `s3-meta/`.
    pub state: PathBuf,
    pub documents: String,
    pub audit: String,
    /// Of the log; one is enough, even where it was changed.
    pub keys: Vec<Key>,
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
    /// Whether everything is read. Else the tree alone is: bundles and tiles against the newest checkpoint and the pins.
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
    read_verified(options, sink, &mut |_| ())
}

/// The same, and hands over each event below the newest checkpoint, in the order of its log. What they say is to be
/// believed only if the sink heard of no fault in the end.
fn read_verified(options: &Options, sink: &mut dyn Sink, each: &mut dyn FnMut(&AuditEvent)) -> io::Result<()> {
    let audit = Bucket::of_state(&options.state, &options.audit);
    let logs = logs::known(&audit, options, sink)?;
    let (mut documents, mut alone) = (Documents::default(), Alone::default());
    let mut whole = !logs.is_empty();
    for (number, known) in logs.iter().enumerate() {
        let pins: Vec<_> = options.pins.iter().chain(&known.end).cloned().collect();
        let mut reading =
            Reading { audit: &audit, options, pins, documents: &mut documents, alone: &mut alone, each: &mut *each };
        let next = logs.get(number + 1).filter(|next| next.name.hospital() == known.name.hospital());
        whole &= reading.log(known, number as u16, next, sink)?;
    }
    repeated(&audit, &logs, &mut alone, sink)?;
    if logs.is_empty() {
        sink.unreadable(&format!("{}: no log", options.audit));
    }
    for pin in options.pins.iter().filter(|pin| !logs.iter().any(|known| known.key.name() == pin.claimed.origin)) {
        if options.hospital.is_none() {
            let (object, expected) = (pin.name.clone(), format!("the log {}", pin.claimed.origin));
            sink.finding(Finding { code: Code::ERollback, object, index: None, expected, found: "none".to_owned() });
        }
    }
    if !options.demands.strict {
        sink.note("the tree alone: batches, older checkpoints, locks, events and documents were not looked at");
    } else if whole {
        verify_documents(&audit, &logs, options, &mut documents, sink)?;
    } else {
        sink.note("documents are not checked, since not every log could be read");
    }
    Ok(())
}

/// What the reading of one log needs of those before it.
struct Reading<'a> {
    audit: &'a Bucket,
    options: &'a Options,
    pins: Vec<Pin>,
    documents: &'a mut Documents,
    alone: &'a mut Alone,
    each: &'a mut dyn FnMut(&AuditEvent),
}

impl Reading<'_> {
    /// False where not every entry could be read.
    fn log(&mut self, known: &Known, number: u16, next: Option<&Known>, sink: &mut dyn Sink) -> io::Result<bool> {
        let log = known.log(self.audit);
        let Some(history) = log.history(&self.pins, sink)? else {
            return Ok(false);
        };
        let mut batches = Batches::list(self.audit, log.name)?;
        let (size, root) = (history.newest.size, history.newest.root);
        let read = format!("{}: {size} entries, {} checkpoints, root {root}", log.name, history.sizes.len());
        if !self.options.demands.strict {
            let whole = Walk::of_tree(&log, &history, &mut batches).run(&mut Unread, sink)?;
            sink.note(&read);
            return Ok(whole);
        }
        let listed = batches.listed();
        let object_of = |index| object_of(self.audit, &listed, known, index);
        let demands = &self.options.demands;
        let mut events = Events {
            log: &known.name,
            number,
            documents: self.documents,
            alone: self.alone,
            closed: None,
            object_of: &object_of,
            each: &mut *self.each,
        };
        let whole = Walk::new(&log, &history, &mut batches).run(&mut events, sink)?;
        let closed = events.closed;
        if whole {
            let last = log.path_of_checkpoint(history.newest.size);
            seam(known, closed.as_ref(), next, last, sink);
        }
        locks::check(&log, &history, &listed, demands, sink)?;
        harmless::name(&log, &history, sink)?;
        sink.note(&read);
        Ok(whole)
    }
}

/// Whether a log ends as the one after it says, and the one after it is there.
fn seam(known: &Known, closed: Option<&LogClosing>, next: Option<&Known>, object: String, sink: &mut dyn Sink) {
    match (closed, next) {
        (None, None) => {}
        (Some(closing), None) => {
            sink.unreadable(&format!(
                "the log {}, which {} says goes on for it: not begun, or gone",
                closing.next, known.name
            ));
        }
        (closed, Some(next)) => {
            let named = closed.map(|closing| closing.next_key.clone());
            let key = hex::encode(next.key.public_key());
            if named.as_ref() != Some(&key) {
                let expected = format!("a last entry that names the key {key} of {}", next.name);
                let found = named.map_or_else(|| "none".to_owned(), |named| format!("the key {named}"));
                sink.finding(Finding { code: Code::ESignature, object, index: None, expected, found });
            }
        }
    }
}

/// Entries that stand in the logs twice and belong to no chain.
fn repeated(audit: &Bucket, logs: &[Known], alone: &mut Alone, sink: &mut dyn Sink) -> io::Result<()> {
    for places in alone.repeated() {
        let mut read = Vec::new();
        for (number, index) in places {
            let (known, index) = (&logs[usize::from(number)], u64::from(index));
            let listed = Batches::list(audit, known.name.as_str())?.listed();
            let entry = entry_at(audit, known.name.as_str(), &listed, index)?;
            read.push((entry, object_of(audit, &listed, known, index), index));
        }
        if let [(Some(one), _, at), (Some(other), object, index)] = &read[..]
            && one == other
        {
            let (code, expected) = (Code::EDuplicateEvent, format!("an event that is not entry {at}"));
            let found = leaf_hash(other).to_string();
            sink.finding(Finding { code, object: object.clone(), index: Some(*index), expected, found });
        }
    }
    Ok(())
}

/// The path of the batch with an entry; of the log where none is listed.
fn object_of(audit: &Bucket, listed: &[(u64, u64)], known: &Known, index: u64) -> String {
    let log = known.name.as_str();
    audit.path_of(&key_of(listed, log, index).unwrap_or_else(|| log.to_owned()))
}

fn verify_documents(
    audit: &Bucket,
    logs: &[Known],
    options: &Options,
    documents: &mut Documents,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let bucket = Bucket::of_state(&options.state, &options.documents);
    let demands = &options.demands;
    let houses: Vec<_> = logs.iter().map(|known| known.name.hospital().to_owned()).collect();
    let stored = Stored { bucket: &bucket, demands, houses: &houses, all_houses: options.hospital.is_none() };
    stored.check(documents, sink)?;
    for standing in stored.gone(documents) {
        let log = logs[usize::from(standing.log)].name.as_str();
        let listed = Batches::list(audit, log)?.listed();
        let entry = entry_at(audit, log, &listed, u64::from(standing.index))?;
        let link = entry.and_then(|entry| LogEntry::parse(&entry).ok()?.link());
        let id = link.map_or_else(|| "?".to_owned(), |(id, _)| id);
        stored.tell_gone(&id, standing, sink);
    }
    sink.note(&format!("{}: {} documents", options.documents, documents.all().len()));
    Ok(())
}
