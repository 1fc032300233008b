//! What lies in the audit bucket and is no evidence: helpers that can be built again, and leftovers.

use std::collections::BTreeSet;
use std::io;

use fude::audit::layout;
use fude::audit::tiles::{Tile, TileKind, WIDTH, partial_tiles};

use crate::finding::{Harmless, Sink};
use crate::history::{History, Log};
use crate::store::Bucket;

/// Names everything of one log that `walk` and `locks` do not look at.
pub fn name(log: &Log<'_>, history: &History, sink: &mut dyn Sink) -> io::Result<()> {
    let size = history.newest.size;
    let folder = format!("{}/", log.name);
    let pointer = layout::newest_checkpoint_key(log.name);
    for name in log.bucket.names(&folder)? {
        let key = format!("{folder}{name}");
        match name.as_str() {
            "batch/" => strange(log, &key, sink, &|key| {
                layout::parse_batch_key(log.name, key).is_some_and(|(first, _)| first < size)
            })?,
            // A newer one than the newest that holds was told by name
            "checkpoints/" => {
                strange(log, &key, sink, &|key| layout::parse_checkpoint_key(log.name, key).is_some())?;
            }
            "tile/" => log.bucket.each_below(&key, &mut |key| {
                if let Some(kind) = of_tile(&key[folder.len()..], size) {
                    sink.harmless(kind, &log.bucket.path_of(key));
                }
            })?,
            name if name == "checkpoint" || name.starts_with("checkpoint@") => {
                sink.harmless(Harmless::Rebuildable, &log.bucket.path_of(&key));
            }
            _ => leftovers(log.bucket, &key, sink)?,
        }
    }
    missing(log, &pointer, sink);
    for size in &history.sizes {
        for tile in partial_tiles(*size) {
            missing(log, &layout::tile_key(log.name, &tile), sink);
        }
    }
    Ok(())
}

/// All below a key that belongs to no log.
pub fn leftovers(bucket: &Bucket, key: &str, sink: &mut dyn Sink) -> io::Result<()> {
    if !key.ends_with('/') {
        sink.harmless(Harmless::Leftover, &bucket.path_of(key));
        return Ok(());
    }
    bucket.each_below(key, &mut |key| sink.harmless(Harmless::Leftover, &bucket.path_of(key)))
}

/// Of the many names in a flat folder, those that are not known.
fn strange(log: &Log<'_>, folder: &str, sink: &mut dyn Sink, known: &dyn Fn(&str) -> bool) -> io::Result<()> {
    let mut unknown = BTreeSet::new();
    log.bucket.each_name(folder, |name| {
        let key = format!("{folder}{name}");
        if !known(&key) {
            unknown.insert(key);
        }
    })?;
    unknown.iter().try_for_each(|key| leftovers(log.bucket, key, sink))
}

/// None for a tile that is evidence.
fn of_tile(path: &str, size: u64) -> Option<Harmless> {
    let Ok(tile) = Tile::parse(path) else {
        // A further version of a partial tile is as harmless as the first
        let of_partial = path.split_once('@').and_then(|(path, _)| Tile::parse(path).ok());
        let partial = of_partial.is_some_and(|tile| !tile.is_full());
        return Some(if partial { Harmless::Rebuildable } else { Harmless::Leftover });
    };
    let below = match tile.kind() {
        TileKind::Entries => 0,
        TileKind::Hashes { level } => u32::from(level) * 8,
    };
    let full_tiles = size.checked_shr(below).unwrap_or(0) / WIDTH;
    match (tile.is_full(), tile.index() < full_tiles) {
        (true, true) => None,
        (true, false) => Some(Harmless::Leftover),
        (false, _) => Some(Harmless::Rebuildable),
    }
}

/// A helper that was written once and is gone.
fn missing(log: &Log<'_>, key: &str, sink: &mut dyn Sink) {
    if !log.bucket.holds(key) && log.bucket.record(key).ok().flatten().is_none() {
        sink.harmless(Harmless::Rebuildable, &log.bucket.path_of(key));
    }
}
