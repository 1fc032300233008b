//! What must hold when a schedule is over: from the bucket alone, then against the table.

use std::collections::{BTreeMap, BTreeSet};

use fude::audit::checkpoint::{Checkpoint, origin};
use fude::audit::layout;
use fude::audit::merkle::{Frontier, leaf_hash};
use fude::audit::tiles::{Tile, TileKind, WIDTH, all_tiles, decode_bundle};

use crate::signer::note;
use crate::world::{HOSPITAL, Violation, World};

/// The first condition that does not hold. Of a damaged table not all can be asked.
pub fn check(world: &World, damaged: bool) -> Result<(), Violation> {
    let entries = sound_log(world)?;
    let mut indexes = BTreeMap::new();
    for (key, row) in &world.rows.events {
        let Some(index) = row.log_index else {
            if damaged {
                continue;
            }
            return Err(Violation::Lost);
        };
        if indexes.insert(index, key).is_some() {
            return Err(Violation::Lost);
        }
        match entries.get(index as usize) {
            Some(entry) if row.entry().ok().as_ref() == Some(entry) => {}
            None if damaged => {}
            _ => return Err(Violation::Lost),
        }
        let before = key.predecessor().and_then(|key| world.rows.events.get(&key));
        if before.is_some_and(|before| before.log_index.is_none_or(|before| before > index)) {
            return Err(Violation::Order);
        }
    }
    let head = world.rows.head.as_ref().map_or((0, 0), |head| (head.size(), head.published));
    let all = entries.len() as u64;
    if damaged || (head == (all, all) && world.rows.events.len() == entries.len()) {
        Ok(())
    } else {
        Err(Violation::Unfinished)
    }
}

/// The entries of the newest checkpoint, of which every other one is a prefix.
fn sound_log(world: &World) -> Result<Vec<Vec<u8>>, Violation> {
    let mut notes = BTreeMap::new();
    for (key, bytes) in &world.checkpoints {
        if notes.insert(key, bytes).is_some_and(|other| other != bytes) {
            return Err(Violation::Fork);
        }
    }
    let sizes: Vec<u64> = notes.keys().filter_map(|key| layout::parse_checkpoint_key(HOSPITAL, key)).collect();
    let Some(&size) = sizes.last() else {
        return Ok(Vec::new());
    };
    let object = |key: String| world.objects.get(&key).ok_or(Violation::TreeIncomplete);

    let mut entries: Vec<Vec<u8>> = Vec::new();
    for tile in all_tiles(size) {
        let bytes = object(layout::tile_key(HOSPITAL, &tile))?;
        if tile.kind() == TileKind::Entries {
            let bundle = decode_bundle(bytes).map_err(|_| Violation::TreeIncomplete)?;
            entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
        }
    }
    if entries.iter().collect::<BTreeSet<_>>().len() != entries.len() {
        return Err(Violation::Twice);
    }

    let mut frontier = Frontier::empty();
    for size in sizes {
        let first = frontier.size();
        let added = entries.get(first as usize..size as usize).ok_or(Violation::TreeIncomplete)?;
        for entry in added {
            frontier.push(leaf_hash(entry));
        }
        // One checkpoint a commit, so each has its batch
        let batch = object(layout::batch_key(HOSPITAL, first, size - 1))?;
        if !decode_bundle(batch).is_ok_and(|batch| batch.iter().eq(added)) {
            return Err(Violation::Fork);
        }
        let bundle = Tile::new(TileKind::Entries, size / WIDTH, size % WIDTH);
        if let Some(bundle) = bundle
            && !decode_bundle(object(layout::tile_key(HOSPITAL, &bundle))?)
                .is_ok_and(|bundle| bundle.iter().eq(&entries[(size - size % WIDTH) as usize..size as usize]))
        {
            return Err(Violation::Fork);
        }
        let expected = note(&Checkpoint { origin: origin(HOSPITAL), size, root: frontier.root() });
        if expected.ok().map(String::into_bytes).as_ref() != Some(object(layout::checkpoint_key(HOSPITAL, size))?) {
            return Err(Violation::Fork);
        }
    }
    Ok(entries)
}
