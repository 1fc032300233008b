//! The right edge of a tree in tiles: everything that has to be read before it can grow.
//!
//! Pure: it is filled from partial tiles, takes entries, and gives back the objects to write.

use super::merkle::{Frontier, empty_root, fold, leaf_hash, root_of};
use super::tiles::{
    Tile, TileError, TileKind, WIDTH, decode_bundle, decode_hashes, encode_bundle, encode_hashes, partial_tiles,
};
use crate::integrity::Digest;

/// The partial tiles of a tree, from the entries upwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    entries: Vec<Vec<u8>>,
    /// By level, `size >> 8 * level` modulo 256 hashes each.
    levels: Vec<Vec<Digest>>,
}

/// A tile and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileObject {
    pub tile: Tile,
    pub bytes: Vec<u8>,
}

/// Why an edge cannot be used. Partial tiles are no evidence: rebuild them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    #[error("{} is missing", .0.path())]
    Missing(Tile),
    #[error("{} is damaged", .0.path())]
    Damaged(Tile),
}

impl Edge {
    /// The edge of the tree without leaves.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads the edge of a tree from its partial tiles (`partial_tiles` names them).
    ///
    /// Entries must match their leaf hashes. Compare `root` with a trusted one before growing.
    pub fn read<'a>(size: u64, bytes_of: impl Fn(&Tile) -> Option<&'a [u8]>) -> Result<Self, EdgeError> {
        let mut edge = Self { size, entries: Vec::new(), levels: Vec::new() };
        for tile in partial_tiles(size) {
            let bytes = bytes_of(&tile).ok_or(EdgeError::Missing(tile))?;
            let damaged = |_: TileError| EdgeError::Damaged(tile);
            match tile.kind() {
                TileKind::Entries => {
                    edge.entries = decode_bundle(bytes).map_err(damaged)?.into_iter().map(<[u8]>::to_vec).collect();
                }
                TileKind::Hashes { level } => {
                    *edge.level(level) = decode_hashes(bytes, tile.width()).map_err(damaged)?;
                    let leaves = edge.entries.iter().map(|entry| leaf_hash(entry));
                    if level == 0 && !leaves.eq(edge.levels[0].iter().copied()) {
                        return Err(EdgeError::Damaged(tile));
                    }
                }
            }
        }
        Ok(edge)
    }

    /// Builds the edge anew: the entries of the partial bundle, and for each level from 1 up the
    /// roots of the full tiles below its partial tile, in order.
    pub fn rebuild(size: u64, entries: Vec<Vec<u8>>, upper: Vec<Vec<Digest>>) -> Self {
        let leaves = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let levels = std::iter::once(leaves).chain(upper).collect();
        Self { size, entries, levels }
    }

    fn level(&mut self, level: u8) -> &mut Vec<Digest> {
        let level = usize::from(level);
        if self.levels.len() <= level {
            self.levels.resize(level + 1, Vec::new());
        }
        &mut self.levels[level]
    }

    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the whole tree, as far as this edge tells.
    pub fn root(&self) -> Digest {
        let root = self.levels.iter().fold(None, |right, hashes| {
            let mut frontier = Frontier::empty();
            for hash in hashes {
                frontier.push(*hash);
            }
            fold(frontier.hashes(), right)
        });
        root.unwrap_or_else(empty_root)
    }

    /// Appends entries and returns what to write for the new size: each tile that became full,
    /// then the partial ones that changed.
    pub fn grow<B: AsRef<[u8]>>(&mut self, entries: &[B]) -> Result<Vec<TileObject>, TileError> {
        let mut objects = Vec::new();
        let before = self.size;
        for entry in entries {
            self.entries.push(entry.as_ref().to_vec());
            self.level(0).push(leaf_hash(entry.as_ref()));
            self.size += 1;
            if self.size.is_multiple_of(WIDTH) {
                self.close_full(&mut objects)?;
            }
        }
        for tile in partial_tiles(self.size) {
            let bytes = match tile.kind() {
                TileKind::Entries => encode_bundle(&self.entries)?,
                TileKind::Hashes { level } if self.size >> (8 * level) == before >> (8 * level) => {
                    continue;
                }
                TileKind::Hashes { level } => encode_hashes(&self.levels[usize::from(level)]),
            };
            if self.size > before {
                objects.push(TileObject { tile, bytes });
            }
        }
        Ok(objects)
    }

    /// Takes every full tile off the edge; its root becomes a hash one level up.
    fn close_full(&mut self, objects: &mut Vec<TileObject>) -> Result<(), TileError> {
        let bytes = encode_bundle(&std::mem::take(&mut self.entries))?;
        objects.extend(full(TileKind::Entries, self.size / WIDTH - 1, bytes));
        for level in 0_u8.. {
            if self.level(level).len() < WIDTH as usize {
                break;
            }
            let hashes = std::mem::take(self.level(level));
            let index = (self.size >> (8 * (u32::from(level) + 1))) - 1;
            objects.extend(full(TileKind::Hashes { level }, index, encode_hashes(&hashes)));
            self.level(level + 1).push(root_of(&hashes));
        }
        Ok(())
    }
}

fn full(kind: TileKind, index: u64, bytes: Vec<u8>) -> Option<TileObject> {
    Tile::new(kind, index, WIDTH).map(|tile| TileObject { tile, bytes })
}
