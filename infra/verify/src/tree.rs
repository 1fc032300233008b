//! The Merkle tree as it grows, leaf by leaf, in the shape of the tiles: 256 hashes a tile, its root one hash above.

use fude::audit::merkle::{Frontier, empty_root, node_hash};
use fude::audit::tiles::WIDTH;
use fude::integrity::Digest;

/// All that a tree of any size needs in memory: less than 256 hashes a level.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    size: u64,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Default)]
struct Level {
    hashes: Vec<Digest>,
    /// Over the same hashes.
    frontier: Frontier,
}

/// A tile that became full.
#[derive(Debug)]
pub struct FullTile {
    pub level: u8,
    pub index: u64,
    pub hashes: Vec<Digest>,
}

impl Tree {
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and returns the tiles that it made full, lowest first.
    pub fn push(&mut self, leaf: Digest) -> Vec<FullTile> {
        self.size += 1;
        let mut full = Vec::new();
        let mut hash = leaf;
        for level in 0_u8.. {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Level::default());
            }
            let here = &mut self.levels[usize::from(level)];
            here.hashes.push(hash);
            here.frontier.push(hash);
            if here.hashes.len() < WIDTH as usize {
                break;
            }
            hash = here.frontier.root();
            let Level { hashes, .. } = std::mem::take(here);
            full.push(FullTile { level, index: (self.size >> (8 * (u32::from(level) + 1))) - 1, hashes });
        }
        full
    }

    /// The root over all leaves.
    pub fn root(&self) -> Digest {
        let subtrees = self.levels.iter().flat_map(|level| level.frontier.hashes().iter().rev());
        subtrees.copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}

#[cfg(test)]
mod tests {
    use fude::audit::merkle::leaf_hash;

    use super::*;

    #[test]
    fn roots_are_those_of_the_plain_frontier() {
        let (mut tree, mut plain) = (Tree::default(), Frontier::empty());
        assert_eq!(tree.root(), plain.root());
        let mut full = Vec::new();
        for index in 0..70_000_u32 {
            let leaf = leaf_hash(&index.to_be_bytes());
            full.extend(tree.push(leaf).into_iter().map(|tile| (tile.level, tile.index, tile.hashes.len())));
            plain.push(leaf);
            assert!(index % 37 > 0 || tree.root() == plain.root(), "{index}");
        }
        assert_eq!(tree.size(), 70_000);
        assert_eq!(full.iter().filter(|(level, ..)| *level == 0).count(), 70_000 / 256);
        assert_eq!(full.iter().filter(|(level, ..)| *level == 1).collect::<Vec<_>>(), [&(1, 0, 256)]);
        assert!(full.contains(&(0, 272, 256)));
    }
}
