//! What to write, decided without writing: order, root, rows of the transaction, objects.

use std::collections::{BTreeMap, BTreeSet};

use fude::audit::edge::TileObject;
use fude::audit::merkle::{Frontier, leaf_hash};
use fude::audit::tiles::encode_bundle;
pub use fude::audit::{Head, Sequence};
use fude::audit::{LogEntry, LogOpening, RowKey, RowOwner, UtcMillis, layout};

use crate::error::Error;

/// Events of one commit. A DynamoDB transaction takes 100 actions: these, the head and one
/// sequence row for all of them make 92.
pub const MOST_EVENTS: usize = 90;

/// An event row as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: RowKey,
    pub event: Option<Vec<u8>>,
    pub event_sha256: Option<String>,
    pub recorded_at: String,
    pub log_index: Option<u64>,
}

impl Row {
    /// The bytes that the log holds for this row, its event or the note that it is malformed.
    pub fn entry(&self) -> Result<Vec<u8>, Error> {
        let entry = LogEntry::of_row(&self.key, self.event.as_deref(), self.event_sha256.as_deref());
        if let LogEntry::Malformed(row) = &entry {
            tracing::error!(row.pk, row.sk, row.why = ?row.why, "a malformed event row is logged as such");
        }
        Ok(entry.canonical_bytes()?)
    }
}

/// What a sweep finds in the sparse index.
#[derive(Debug, Default)]
pub struct Pending {
    /// Events without an index. A hospital without keys has only something to finish.
    pub by_hospital: BTreeMap<String, Vec<RowKey>>,
    /// When the first of these events was recorded.
    pub oldest: Option<UtcMillis>,
}

/// Everything of one transaction.
#[derive(Debug)]
pub struct Commit {
    /// None where the log begins.
    pub before: Option<Head>,
    pub after: Head,
    pub sequence: Sequence,
    pub entries: Vec<Vec<u8>>,
}

/// An object of the audit bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    pub bytes: Vec<u8>,
    /// Evidence gets retention; what can be rebuilt does not.
    pub locked: bool,
}

/// What has to be read before the events at hand may be logged: the event before each of them,
/// as long as it is unknown and the one after it has no index.
pub fn missing_predecessors(known: &BTreeMap<RowKey, Option<Row>>) -> BTreeSet<RowKey> {
    known
        .values()
        .flatten()
        .filter(|row| row.log_index.is_none())
        .filter_map(|row| row.key.predecessor())
        .filter(|key| !known.contains_key(key))
        .collect()
}

/// The events to log next: by time, but those of one document in their own order, at most 90.
pub fn next_batch(rows: impl IntoIterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.into_iter().filter(|row| row.log_index.is_none()).collect();
    rows.sort_by(|a, b| (&a.recorded_at, &a.key).cmp(&(&b.recorded_at, &b.key)));
    // A document's places stay where its times put them; its events take them in sequence
    let places: Vec<(String, RowOwner)> =
        rows.iter().map(|row| (row.key.hospital().to_owned(), row.key.owner().clone())).collect();
    let mut queues = BTreeMap::<(String, RowOwner), BTreeMap<u64, Row>>::new();
    for row in rows {
        let owner = (row.key.hospital().to_owned(), row.key.owner().clone());
        queues.entry(owner).or_default().insert(row.key.sequence(), row);
    }
    places.iter().filter_map(|owner| Some(queues.get_mut(owner)?.pop_first()?.1)).take(MOST_EVENTS).collect()
}

/// The transaction that appends these rows.
pub fn commit(before: Option<Head>, rows: &[Row]) -> Result<Commit, Error> {
    let head = before.clone().unwrap_or_else(Head::empty);
    let mut frontier = head.frontier.clone();
    let first = frontier.size();
    let mut leaves = Vec::with_capacity(rows.len());
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let entry = row.entry()?;
        let leaf = leaf_hash(&entry);
        frontier.push(leaf);
        leaves.push((row.key.clone(), leaf));
        entries.push(entry);
    }
    let after = Head { frontier, published: first, ..head };
    Ok(Commit { before, after, sequence: Sequence { first, seam: None, leaves }, entries })
}

/// The transaction that begins a log after a change of key.
pub fn opening(opening: LogOpening, key_id: &str) -> Result<Commit, Error> {
    let entry = LogEntry::Opening(opening).canonical_bytes()?;
    let mut frontier = Frontier::empty();
    frontier.push(leaf_hash(&entry));
    let after = Head { frontier, published: 0, key_id: Some(key_id.to_owned()), next_key_id: None };
    let sequence = Sequence { first: 0, seam: Some(entry.clone()), leaves: Vec::new() };
    Ok(Commit { before: None, after, sequence, entries: vec![entry] })
}

/// The objects of one commit, evidence first: batch, full tiles and bundles, then partial ones.
pub fn objects(log: &str, first: u64, entries: &[Vec<u8>], mut tiles: Vec<TileObject>) -> Result<Vec<Object>, Error> {
    let last = first + entries.len() as u64 - 1;
    let batch = Object { key: layout::batch_key(log, first, last), bytes: encode_bundle(entries)?, locked: true };
    tiles.sort_by_key(|object| !object.tile.is_full());
    let tiles = tiles.into_iter().map(|object| Object {
        key: layout::tile_key(log, &object.tile),
        locked: object.tile.is_full(),
        bytes: object.bytes,
    });
    Ok(std::iter::once(batch).chain(tiles).collect())
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
