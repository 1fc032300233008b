//! One commit of the log into event rows, first readings and its sequence row.

use std::collections::{BTreeMap, BTreeSet};

use fude::audit::merkle::leaf_hash;
use fude::audit::{Action, LogClosing, LogEntry, LogName, Outcome, RowKey, RowOwner, Sequence};
use fude::integrity::Digest;
use fude_aws::state::reading_key;

use super::Stop;
use super::table::{Change, EventRow, Table};

/// How often rows may move under this before somebody else must be at work.
const MOST_RACES: u32 = 5;

/// What was done, or would be.
#[derive(Default)]
pub struct Tally {
    pub put: usize,
    /// Rows that were there and waited for their index.
    pub numbered: usize,
    /// Rows that contradicted the log, by their former key.
    pub displaced: Vec<String>,
    /// Documents whose chain the log continues.
    pub documents: BTreeSet<String>,
    /// The entry that closed the log.
    pub closing: Option<LogClosing>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.put += other.put;
        self.numbered += other.numbered;
        self.displaced.extend(other.displaced);
        self.documents.extend(other.documents);
        self.closing = other.closing.or_else(|| self.closing.take());
    }
}

/// An entry with the row that it belongs to.
struct Placed {
    key: RowKey,
    leaf: Digest,
    entry: LogEntry,
    bytes: Vec<u8>,
}

/// Writes the rows of one commit in one transaction; rows in their way are moved aside before.
pub async fn batch(
    table: &Table<'_>,
    log: &LogName,
    first: u64,
    entries: &[Vec<u8>],
    waiting: &mut BTreeMap<Digest, RowKey>,
    apply: bool,
) -> Result<Tally, Stop> {
    let named = table.sequence(log, first).await?;
    let mut tally = Tally::default();
    let seam = seam(log, first, entries)?;
    let (seams, of_rows) = entries.split_at(usize::from(seam.is_some()));
    if let Some(LogEntry::Closing(closing)) = seam {
        tally.closing = Some(closing);
    }
    let begin = first + seams.len() as u64;
    let placed = place(log.hospital(), begin, of_rows, named.as_ref(), waiting)?;
    let leaves = placed.iter().map(|p| (p.key.clone(), p.leaf)).collect();
    let sequence = Sequence { first, seam: seams.first().cloned(), leaves };
    let keys: Vec<RowKey> = placed.iter().map(|p| p.key.clone()).collect();
    for placed in &placed {
        if let RowOwner::Document(id) = placed.key.owner() {
            tally.documents.insert(id.clone());
        }
        if apply && let Some((key, at)) = first_reading(log.hospital(), &placed.entry) {
            table.put_reading(key, at).await?;
        }
    }
    for _ in 0..MOST_RACES {
        let mut rows = table.rows(&keys).await?;
        let mut changes = Vec::new();
        let mut moved = false;
        (tally.put, tally.numbered) = (0, 0);
        for (index, placed) in (begin..).zip(&placed) {
            match rows.remove(&placed.key) {
                Some(row) if !agrees(&row, placed, (log, index)) => {
                    let name = format!("{} {}", placed.key.pk(), placed.key.sk());
                    if !tally.displaced.contains(&name) {
                        tally.displaced.push(name);
                    }
                    moved |= apply && !table.displace(&row).await?;
                    changes.push(put(placed, index));
                    tally.put += 1;
                }
                Some(row) if is_at(&row, (log, index)) => {}
                Some(_) => {
                    changes.push(Change::Number { key: placed.key.clone(), index });
                    tally.numbered += 1;
                }
                None => {
                    changes.push(put(placed, index));
                    tally.put += 1;
                }
            }
        }
        let done = changes.is_empty() && named.as_ref() == Some(&sequence);
        if !apply || done || (!moved && table.commit(log, &sequence, changes).await?) {
            return Ok(tally);
        }
    }
    Err(Stop::Contended(format!("LOG#{log} SEQ#{first:012}")))
}

/// The entry before those of rows, if the commit begins with one.
fn seam(log: &LogName, first: u64, entries: &[Vec<u8>]) -> Result<Option<LogEntry>, Stop> {
    let Some(Ok(entry)) = entries.first().map(|bytes| LogEntry::parse(bytes)) else { return Ok(None) };
    log.admits(first, &entry).map_err(|_| Stop::Entry(first))?;
    Ok(matches!(entry, LogEntry::Opening(_) | LogEntry::Closing(_)).then_some(entry))
}

/// Which row each entry belongs to.
fn place(
    hospital: &str,
    first: u64,
    entries: &[Vec<u8>],
    named: Option<&Sequence>,
    waiting: &mut BTreeMap<Digest, RowKey>,
) -> Result<Vec<Placed>, Stop> {
    let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    // A run before this one named the rows
    let named = named.filter(|n| n.leaves.iter().map(|(_, leaf)| leaf).eq(&leaves));
    let mut placed = Vec::with_capacity(entries.len());
    for (at, (bytes, leaf)) in entries.iter().zip(leaves).enumerate() {
        let wrong = || Stop::Entry(first + at as u64);
        let entry = LogEntry::parse(bytes).map_err(|_| wrong())?;
        let key = match (&entry, named) {
            (LogEntry::Event(_) | LogEntry::Malformed(_), Some(named)) => named.leaves[at].0.clone(),
            (LogEntry::Malformed(row), None) => RowKey::parse(&row.pk, &row.sk).map_err(|_| wrong())?,
            (LogEntry::Event(event), None) if event.changes_document() => event.document_row().ok_or_else(wrong)?,
            (LogEntry::Opening(_) | LogEntry::Closing(_), _) => return Err(wrong()),
            (LogEntry::Event(_), None) => match waiting.remove(&Digest::of(bytes)) {
                Some(key) => key,
                // Any name will do that is the same the next time
                None => RowKey::of_access(hospital, &leaf.to_string()).map_err(|_| wrong())?,
            },
        };
        if key.hospital() != hospital || entry.hospital() != hospital {
            return Err(wrong());
        }
        placed.push(Placed { key, leaf, entry, bytes: bytes.clone() });
    }
    Ok(placed)
}

fn is_at(row: &EventRow, (log, index): (&LogName, u64)) -> bool {
    row.logged.as_ref().is_some_and(|(name, at)| name == log && *at == index)
}

/// Whether the log holds what a writer would have logged for that row.
fn agrees(row: &EventRow, placed: &Placed, at: (&LogName, u64)) -> bool {
    if matches!(placed.entry, LogEntry::Malformed(_)) && is_at(row, at) {
        // Put back by a run before this one, without what made it malformed
        return true;
    }
    let stated = fude_aws::attributes::text(&row.item, "eventSha256");
    let logged = LogEntry::of_row(&row.key, row.event.as_deref(), stated).canonical_bytes();
    logged.is_ok_and(|bytes| bytes == placed.bytes)
}

fn put(placed: &Placed, index: u64) -> Change {
    let (event, recorded_at) = match &placed.entry {
        LogEntry::Event(event) => (Some(placed.bytes.clone()), Some(event.at.to_string())),
        // What made the row malformed is not in the log
        _ => (None, None),
    };
    Change::Put { key: placed.key.clone(), event, recorded_at, index }
}

/// The row that a reading of a document's text leaves: a finalisation tells how long after it came.
fn first_reading(hospital: &str, entry: &LogEntry) -> Option<((String, String), String)> {
    let LogEntry::Event(event) = entry else { return None };
    let document = event.document.as_ref()?;
    let read = event.action == Action::DocumentRead && event.outcome == Outcome::Success;
    read.then(|| (reading_key(hospital, &document.id, document.revision, &event.agent.id), event.at.to_string()))
}
