//! Reading the right edge of a tree: from partial tiles, or, where those are damaged, from the
//! locked batches and full tiles.

use std::collections::BTreeMap;

use fude::audit::edge::Edge;
use fude::audit::merkle::{leaf_hash, root_of};
use fude::audit::tiles::{Tile, TileKind, WIDTH, decode_bundle, decode_hashes, partial_tiles};
use fude::audit::{LogName, layout};
use fude::integrity::Digest;

use crate::error::Error;
use crate::writer::Writer;

impl Writer {
    /// None where a partial tile is missing or does not fit the others.
    pub async fn stored_edge(&self, log: &LogName, size: u64) -> Result<Option<Edge>, Error> {
        let mut tiles = BTreeMap::new();
        for tile in partial_tiles(size) {
            if let Some(bytes) = self.bucket.get(&layout::tile_key(log.as_str(), &tile)).await? {
                tiles.insert(tile, bytes);
            }
        }
        Ok(Edge::read(size, |tile| tiles.get(tile).map(Vec::as_slice)).ok())
    }

    /// The same from evidence alone. What is wrong there stops the log.
    pub async fn rebuilt_edge(&self, log: &LogName, size: u64) -> Result<Edge, Error> {
        let entries = self.last_entries(log, size).await?;
        let mut upper = Vec::new();
        for level in 1_u8..8 {
            let end = size >> (8 * u32::from(level));
            if end == 0 {
                break;
            }
            let mut hashes = Vec::new();
            for index in end - end % WIDTH..end {
                hashes.push(self.full_tile_root(log, level - 1, index).await?);
            }
            upper.push(hashes);
        }
        Ok(Edge::rebuild(size, entries, upper))
    }

    /// The entries of the partial bundle, out of the batches.
    async fn last_entries(&self, log: &LogName, size: u64) -> Result<Vec<Vec<u8>>, Error> {
        let from = size - size % WIDTH;
        let mut entries = Vec::new();
        for sequence in self.table.sequences(log, from, size).await? {
            let key = layout::batch_key(log.as_str(), sequence.first, sequence.end() - 1);
            let batch = self.bucket.get(&key).await?.ok_or_else(|| Error::Conflict(key.clone()))?;
            let batch = decode_bundle(&batch).map_err(|_| Error::Conflict(key.clone()))?;
            let leaves = batch.iter().map(|entry| leaf_hash(entry));
            if !leaves.eq(sequence.hashes()) {
                return Err(Error::Conflict(key));
            }
            let before = from.saturating_sub(sequence.first) as usize;
            entries.extend(batch.into_iter().skip(before).map(<[u8]>::to_vec));
        }
        Ok(entries)
    }

    async fn full_tile_root(&self, log: &LogName, level: u8, index: u64) -> Result<Digest, Error> {
        let tile = Tile::new(TileKind::Hashes { level }, index, WIDTH).ok_or(Error::Root { size: index })?;
        let key = layout::tile_key(log.as_str(), &tile);
        let bytes = self.bucket.get(&key).await?.ok_or_else(|| Error::Conflict(key.clone()))?;
        let hashes = decode_hashes(&bytes, tile.width()).map_err(|_| Error::Conflict(key))?;
        Ok(root_of(&hashes))
    }
}
