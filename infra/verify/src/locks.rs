//! Versions and locks of a log's evidence: batches, checkpoints, full bundles and full tiles.
//!
//! The writer locks each for the same term, counted from its put. So one that is shorter than most was shortened,
//! whatever the term may be; how long it should be, only the auditor can say (`--log-retention-days`, `--mode`).

use std::io;

use fude::audit::checkpoint::Checkpoint;
use fude::audit::tiles::{Tile, all_tiles};
use fude::audit::{RetentionMode, layout};

use crate::Demands;
use crate::events::seconds;
use crate::finding::{Code, Finding, Sink};
use crate::history::{History, Log};
use crate::store::Record;

/// Between the writer's clock, by which it locks, and the bucket's, by which an object is dated; in seconds.
const CLOCKS: i64 = 60;

/// For how long an object was locked when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Term {
    seconds: u32,
    compliance: bool,
}

/// Checks every object of evidence, in two passes over their records: what most have, then who has less.
pub fn check(
    log: &Log<'_>,
    history: &History,
    batches: &[(u64, u64)],
    demands: &Demands,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let mut terms = Vec::new();
    each_evidence(log, history, batches, &mut |key| {
        let record = match log.bucket.record(key) {
            Ok(record) => record.unwrap_or_default(),
            Err(_) => {
                sink.unreadable(&format!("the record of {}", log.bucket.path_of(key)));
                return Ok(());
            }
        };
        if record.only().is_none() && !record.versions.is_empty() {
            several(log, key, &record, sink)?;
        }
        match term_of(&record) {
            Some(term) => terms.push(term),
            None if log.bucket.holds(key) => tell(log, key, "a lock".to_owned(), "none".to_owned(), sink),
            None => {}
        }
        Ok(())
    })?;
    let Some(least) = demanded(&terms, demands) else {
        return Ok(());
    };
    let short = |term: &Term| {
        i64::from(term.seconds) + CLOCKS < i64::from(least.seconds) || (least.compliance && !term.compliance)
    };
    if !terms.iter().any(short) {
        return Ok(());
    }
    each_evidence(log, history, batches, &mut |key| {
        let term = log.bucket.record(key).ok().flatten().as_ref().and_then(term_of);
        if let Some(term) = term.filter(short) {
            tell(log, key, in_words(least), in_words(term), sink);
        }
        Ok(())
    })
}

/// What most have, or more where the auditor demands it.
fn demanded(terms: &[Term], demands: &Demands) -> Option<Term> {
    let compliance = terms.iter().filter(|term| term.compliance).count() * 2 >= terms.len();
    let mut seconds: Vec<_> = terms.iter().map(|term| term.seconds).collect();
    seconds.sort_unstable();
    // The upper middle: of two that differ, the shorter is the outlier
    let usual = *seconds.get(seconds.len() / 2)?;
    Some(Term {
        seconds: usual.max(demands.log_days.map_or(0, |days| days.saturating_mul(86_400))),
        compliance: compliance || demands.mode == Some(RetentionMode::Compliance),
    })
}

fn term_of(record: &Record) -> Option<Term> {
    let version = record.versions.iter().find(|version| !version.delete_marker)?;
    let lock = version.retention?;
    let seconds = seconds(lock.retain_until - version.last_modified);
    Some(Term { seconds, compliance: lock.mode == RetentionMode::Compliance })
}

fn in_words(term: Term) -> String {
    let mode = if term.compliance { "compliance" } else { "governance" };
    format!("{} s of {mode}", term.seconds)
}

fn tell(log: &Log<'_>, key: &str, expected: String, found: String, sink: &mut dyn Sink) {
    let object = log.bucket.path_of(key);
    sink.finding(Finding { code: Code::ERetention, object, index: None, expected, found });
}

/// Several versions of what is written once; of a checkpoint they may be a fork under one name.
fn several(log: &Log<'_>, key: &str, record: &Record, sink: &mut dyn Sink) -> io::Result<()> {
    let object = log.bucket.path_of(key);
    let markers = record.versions.iter().filter(|version| version.delete_marker).count();
    let found = format!("{} versions and {markers} delete markers", record.versions.len() - markers);
    let expected = "one version".to_owned();
    sink.finding(Finding { code: Code::EVersionHistory, object: object.clone(), index: None, expected, found });
    let mut first: Option<Checkpoint> = None;
    for file in record.versions.iter().filter_map(|version| version.file.as_deref()) {
        let note = log.bucket.read(file)?.unwrap_or_default();
        let Ok(checkpoint) = Checkpoint::open(&note, log.key) else {
            continue;
        };
        match &first {
            Some(first) if first.size == checkpoint.size && first.root != checkpoint.root => {
                let (expected, found) = (first.root.to_string(), checkpoint.root.to_string());
                let index = Some(first.size);
                sink.finding(Finding { code: Code::EForkSameSize, object: object.clone(), index, expected, found });
            }
            Some(_) => {}
            None => first = Some(checkpoint),
        }
    }
    Ok(())
}

fn each_evidence(
    log: &Log<'_>,
    history: &History,
    batches: &[(u64, u64)],
    each: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let size = history.newest.size;
    for (first, last) in batches.iter().filter(|(first, _)| *first < size) {
        each(&layout::batch_key(log.name, *first, *last))?;
    }
    for size in &history.sizes {
        each(&layout::checkpoint_key(log.name, *size))?;
    }
    for tile in all_tiles(size).filter(Tile::is_full) {
        each(&layout::tile_key(log.name, &tile))?;
    }
    Ok(())
}
