//! The quick look: what a full bundle holds against what its tile says, and nothing beside.
//!
//! Two copies that agree and lead to the signed root are proof enough that neither was altered. Where they differ, the
//! batches must say which one was.

use std::io;

use fude::audit::layout;
use fude::audit::merkle::leaf_hash;
use fude::audit::tiles::{Tile, TileKind, WIDTH};
use fude::integrity::Digest;

use crate::history::Log;
use crate::store::Buffer;

/// The 256 entries of a bundle, in buffers that are used again.
#[derive(Debug, Default)]
pub struct Window {
    bundle: Buffer,
    tile: Buffer,
    pub leaves: Vec<Digest>,
}

impl Window {
    /// Whether the bundle and the tile from that entry on are there and say the same.
    pub fn load(&mut self, log: &Log<'_>, first: u64) -> io::Result<bool> {
        let read = |kind, buffer: &mut Buffer| match Tile::new(kind, first / WIDTH, WIDTH) {
            Some(tile) => log.bucket.read_into(&layout::tile_key(log.name, &tile), buffer),
            None => Ok(false),
        };
        let there = read(TileKind::Entries, &mut self.bundle)? && read(TileKind::Hashes { level: 0 }, &mut self.tile)?;
        Ok(there && self.hash().is_some() && self.agree())
    }

    /// None where the lengths do not lead to the end of the bundle.
    fn hash(&mut self) -> Option<()> {
        self.leaves.clear();
        let mut rest = self.bundle.bytes();
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            self.leaves.push(leaf_hash(entry));
            rest = after;
        }
        rest.is_empty().then_some(())
    }

    fn agree(&self) -> bool {
        let (hashes, rest) = self.tile.bytes().as_chunks::<32>();
        let same = || self.leaves.iter().zip(hashes).all(|(leaf, hash)| leaf.as_bytes() == hash);
        rest.is_empty() && self.leaves.len() as u64 == WIDTH && hashes.len() == self.leaves.len() && same()
    }
}
