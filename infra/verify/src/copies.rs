//! The three copies of a full bundle's entries, and which of them to believe.

use std::io;

use fude::audit::layout;
use fude::audit::merkle::leaf_hash;
use fude::audit::tiles::{Tile, TileKind, WIDTH};
use fude::integrity::Digest;

use crate::batches::{Batches, counted, entries_in};
use crate::finding::{Code, Finding, Sink};
use crate::history::Log;

/// The hashes of up to 256 entries, as each copy gives them.
pub struct Copies {
    pub batch: Vec<Option<Digest>>,
    pub bundle: Vec<Option<Digest>>,
    pub tile: Vec<Option<Digest>>,
    pub bundle_bytes: Vec<u8>,
}

impl Copies {
    /// Reads the entries from a tile's first on, as far as they are stored.
    pub fn read(log: &Log<'_>, batches: &Batches, first: u64, width: u64, sink: &mut dyn Sink) -> io::Result<Self> {
        let full = width == WIDTH;
        let mut stored = |kind, missing: Code| -> io::Result<Option<Vec<u8>>> {
            let Some(tile) = Tile::new(kind, first / WIDTH, width) else {
                return Ok(None);
            };
            let key = layout::tile_key(log.name, &tile);
            let bytes = log.bucket.read(&key)?;
            if full && bytes.is_none() {
                let (object, found) = (log.bucket.path_of(&key), "nothing".to_owned());
                let expected = format!("{width} of them");
                sink.finding(Finding { code: missing, object, index: Some(first), expected, found });
            }
            Ok(bytes)
        };
        let bundle_bytes = stored(TileKind::Entries, Code::EBundleMissing)?;
        let tile_bytes = stored(TileKind::Hashes { level: 0 }, Code::ETileMissing)?;
        let width = width as usize;

        let (bundle_there, tile_there) = (bundle_bytes.is_some(), tile_bytes.is_some());
        let (bundle_bytes, tile_bytes) = (bundle_bytes.unwrap_or_default(), tile_bytes.unwrap_or_default());
        let entries = entries_in(&bundle_bytes);
        let sound = entries.as_ref().is_some_and(|entries| entries.len() == width);
        if full && !sound && bundle_there {
            let (expected, found) = (format!("{width} entries"), counted(entries.as_deref()));
            let object = log.path_of_tile(TileKind::Entries, first);
            sink.finding(Finding { code: Code::EBundleLength, object, index: Some(first), expected, found });
        }
        let entries = entries.filter(|_| sound).unwrap_or_default();
        let (hashes, rest) = tile_bytes.as_chunks::<32>();
        let sound = hashes.len() == width && rest.is_empty();
        if full && !sound && tile_there {
            let (expected, found) = (format!("{} bytes", width * 32), format!("{} bytes", tile_bytes.len()));
            let object = log.path_of_tile(TileKind::Hashes { level: 0 }, first);
            sink.finding(Finding { code: Code::ETileHash, object, index: Some(first), expected, found });
        }
        let tile = (0..width).map(|at| sound.then(|| Digest::from_bytes(hashes[at]))).collect();
        let mut batch = Vec::with_capacity(width);
        let mut bundle = Vec::with_capacity(width);
        for at in 0..width {
            let ours = batches.entry(first + at as u64);
            let theirs = entries.get(at).map(|range| &bundle_bytes[range.clone()]);
            let hash = ours.map(leaf_hash);
            batch.push(hash);
            bundle.push(if ours.is_some() && ours == theirs { hash } else { theirs.map(leaf_hash) });
        }
        Ok(Self { batch, bundle, tile, bundle_bytes })
    }

    /// By majority, entry by entry; where all differ, the batch.
    pub fn settle_each(&self) -> Option<Vec<Digest>> {
        let copies = self.batch.iter().zip(&self.bundle).zip(&self.tile);
        copies
            .map(|((batch, bundle), tile)| match (batch, bundle, tile) {
                (_, Some(bundle), Some(tile)) if bundle == tile => Some(*bundle),
                (batch, bundle, tile) => batch.or(*bundle).or(*tile),
            })
            .collect()
    }
}
