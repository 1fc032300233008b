//! What must hold when a schedule is over: from the bucket alone, then against the table.

use std::collections::{BTreeMap, BTreeSet};

use fude::audit::checkpoint::{Checkpoint, origin};
use fude::audit::merkle::{Frontier, leaf_hash};
use fude::audit::tiles::{Tile, TileKind, WIDTH, all_tiles, decode_bundle};
use fude::audit::{LogEntry, LogName, RowKey, layout};

use crate::signer::note;
use crate::world::{HOSPITAL, Violation, World};

/// The first condition that does not hold. Of a damaged table not all can be asked.
pub fn check(world: &World, damaged: bool) -> Result<(), Violation> {
    let mut logs = BTreeMap::new();
    let mut log = LogName::first(HOSPITAL);
    while let Some(entries) = sound_log(world, &log)? {
        let next = log.next();
        logs.insert(log, entries);
        log = next;
    }
    let rows: usize = logs.values().flatten().filter(|entry| !is_seam(entry)).count();
    let different: BTreeSet<_> = logs.values().flatten().collect();
    if different.len() != logs.values().map(Vec::len).sum::<usize>() {
        return Err(Violation::Twice);
    }
    seams(&logs)?;
    let place = |key: &RowKey| Some((world.rows.in_log.get(key)?, world.rows.events.get(key)?.log_index?));
    let mut places = BTreeMap::new();
    for (key, row) in &world.rows.events {
        let Some(at) = place(key) else {
            if damaged {
                continue;
            }
            return Err(Violation::Lost);
        };
        if places.insert(at, key).is_some() {
            return Err(Violation::Lost);
        }
        match logs.get(at.0).and_then(|entries| entries.get(at.1 as usize)) {
            Some(entry) if row.entry().ok().as_ref() == Some(entry) => {}
            None if damaged => {}
            _ => return Err(Violation::Lost),
        }
        let before = key.predecessor().filter(|key| world.rows.events.contains_key(key));
        if before.is_some_and(|before| place(&before).is_none_or(|before| before > at)) {
            return Err(Violation::Order);
        }
    }
    let heads: BTreeMap<_, _> = world.rows.heads().map(|(log, head)| (log, (head.size(), head.published))).collect();
    let sizes: BTreeMap<_, _> = logs.iter().map(|(log, all)| (log, (all.len() as u64, all.len() as u64))).collect();
    // What is closed last is opened by the next event
    if damaged || (heads == sizes && world.rows.events.len() == rows) { Ok(()) } else { Err(Violation::Unfinished) }
}

fn is_seam(entry: &[u8]) -> bool {
    matches!(LogEntry::parse(entry), Ok(LogEntry::Opening(_) | LogEntry::Closing(_)))
}

/// Every log but the newest ends with a closing, and what follows begins with its last checkpoint.
fn seams(logs: &BTreeMap<LogName, Vec<Vec<u8>>>) -> Result<(), Violation> {
    for (log, entries) in logs {
        let last = entries.len().saturating_sub(1);
        let within = |at| (at == 0 && !log.is_first()) || at == last;
        if entries.iter().enumerate().any(|(at, entry)| is_seam(entry) && !within(at)) {
            return Err(Violation::Seam);
        }
        let Some(before) = log.previous().and_then(|log| logs.get(&log)) else { continue };
        let closing = before.last().and_then(|entry| LogEntry::parse(entry).ok());
        let opening = entries.first().and_then(|entry| LogEntry::parse(entry).ok());
        let (Some(LogEntry::Closing(closing)), Some(LogEntry::Opening(opening))) = (closing, opening) else {
            return Err(Violation::Seam);
        };
        let ended = Checkpoint::claimed(opening.checkpoint.as_bytes()).map_err(|_| Violation::Seam)?;
        if closing.next != log.as_str() || ended.size != before.len() as u64 {
            return Err(Violation::Seam);
        }
    }
    Ok(())
}

/// The entries of a log's newest checkpoint, of which every other one is a prefix; None where it has not begun.
fn sound_log(world: &World, log: &LogName) -> Result<Option<Vec<Vec<u8>>>, Violation> {
    let mut notes = BTreeMap::new();
    for (key, bytes) in &world.checkpoints {
        if notes.insert(key, bytes).is_some_and(|other| other != bytes) {
            return Err(Violation::Fork);
        }
    }
    let sizes: Vec<u64> = notes.keys().filter_map(|key| layout::parse_checkpoint_key(log.as_str(), key)).collect();
    let Some(&size) = sizes.last() else {
        return Ok(None);
    };
    let object = |key: String| world.objects.get(&key).ok_or(Violation::TreeIncomplete);

    let mut entries: Vec<Vec<u8>> = Vec::new();
    for tile in all_tiles(size) {
        let bytes = object(layout::tile_key(log.as_str(), &tile))?;
        if tile.kind() == TileKind::Entries {
            let bundle = decode_bundle(bytes).map_err(|_| Violation::TreeIncomplete)?;
            entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
        }
    }

    let mut frontier = Frontier::empty();
    for size in sizes {
        let first = frontier.size();
        let added = entries.get(first as usize..size as usize).ok_or(Violation::TreeIncomplete)?;
        for entry in added {
            frontier.push(leaf_hash(entry));
        }
        // One checkpoint a commit, so each has its batch
        let batch = object(layout::batch_key(log.as_str(), first, size - 1))?;
        if !decode_bundle(batch).is_ok_and(|batch| batch.iter().eq(added)) {
            return Err(Violation::Fork);
        }
        let bundle = Tile::new(TileKind::Entries, size / WIDTH, size % WIDTH);
        if let Some(bundle) = bundle
            && !decode_bundle(object(layout::tile_key(log.as_str(), &bundle))?)
                .is_ok_and(|bundle| bundle.iter().eq(&entries[(size - size % WIDTH) as usize..size as usize]))
        {
            return Err(Violation::Fork);
        }
        let expected = note(&Checkpoint { origin: origin(log.as_str()), size, root: frontier.root() });
        if expected.ok().map(String::into_bytes).as_ref() != Some(object(layout::checkpoint_key(log.as_str(), size))?) {
            return Err(Violation::Fork);
        }
    }
    Ok(Some(entries))
}
