//! The Merkle tree of RFC 6962: hashes, the frontier that grows it, proofs and their checks.
//!
//! Leaves out where hashes are stored (`tiles`) and who vouches for a root (`checkpoint`).

mod proof;

use serde::{Deserialize, Serialize};

use crate::integrity::Digest;

pub use proof::{
    consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof, verify_consistency, verify_inclusion,
};

/// A perfect subtree: the leaves `index << level` up to `(index + 1) << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    pub level: u8,
    pub index: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    #[error("the tree has no such leaf or size")]
    OutOfRange,
    #[error("the hash of node {}/{} is not at hand", .0.level, .0.index)]
    NodeMissing(Node),
    #[error("the frontier does not have the number of hashes of its size")]
    NotAFrontier,
    #[error("the proof does not lead to the root")]
    ProofFails,
}

/// The hash of one entry: SHA-256 of 0x00 and its bytes.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::of_parts(&[&[0], entry])
}

/// The hash over two subtrees: SHA-256 of 0x01 and both hashes.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root of the tree without leaves.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

/// The roots of the perfect subtrees that make up a tree, largest first: all one needs to grow it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredFrontier", into = "StoredFrontier")]
pub struct Frontier {
    size: u64,
    hashes: Vec<Digest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFrontier {
    size: u64,
    hashes: Vec<Digest>,
}

impl TryFrom<StoredFrontier> for Frontier {
    type Error = MerkleError;

    fn try_from(stored: StoredFrontier) -> Result<Self, MerkleError> {
        Self::from_parts(stored.size, stored.hashes)
    }
}

impl From<Frontier> for StoredFrontier {
    fn from(frontier: Frontier) -> Self {
        Self { size: frontier.size, hashes: frontier.hashes }
    }
}

impl Frontier {
    /// A tree without leaves.
    pub const fn empty() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// Reads a stored frontier; it has one hash for each bit set in the size.
    pub fn from_parts(size: u64, hashes: Vec<Digest>) -> Result<Self, MerkleError> {
        if size.count_ones() as usize == hashes.len() {
            Ok(Self { size, hashes })
        } else {
            Err(MerkleError::NotAFrontier)
        }
    }

    pub const fn size(&self) -> u64 {
        self.size
    }

    pub fn hashes(&self) -> &[Digest] {
        &self.hashes
    }

    /// Appends one leaf, given by its hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.hashes.pop().expect("one hash for each bit of the size");
            hash = node_hash(&left, &hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Digest {
        fold(&self.hashes, None).unwrap_or_else(empty_root)
    }
}

/// Hashes subtrees, largest first, together from the right; `right` is what follows them.
pub(super) fn fold(hashes: &[Digest], right: Option<Digest>) -> Option<Digest> {
    hashes.iter().rev().fold(right, |right, left| Some(right.map_or(*left, |right| node_hash(left, &right))))
}

/// The root over these leaf hashes.
pub fn root_of(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::empty();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}
