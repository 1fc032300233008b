//! The Merkle tree of RFC 6962: hashes, the frontier that grows it, proofs and their checks.
//!
//! Leaves out where hashes are stored (`tiles`) and who vouches for a root (`checkpoint`).
//! Verification follows RFC 9162, 2.1.3.2 and 2.1.4.2, which hash the same tree.

use serde::{Deserialize, Serialize};

use crate::integrity::Digest;

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
        Self {
            size: frontier.size,
            hashes: frontier.hashes,
        }
    }
}

impl Frontier {
    /// A tree without leaves.
    pub const fn empty() -> Self {
        Self {
            size: 0,
            hashes: Vec::new(),
        }
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
            let left = self
                .hashes
                .pop()
                .expect("one hash for each bit of the size");
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
    hashes.iter().rev().fold(right, |right, left| {
        Some(right.map_or(*left, |right| node_hash(left, &right)))
    })
}

/// The root over these leaf hashes.
pub fn root_of(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::empty();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// Half-open range of leaves whose start is a multiple of the power of two above its length.
type Range = (u64, u64);

/// The largest power of two below `size`, which is at least 2.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// RFC 6962, 2.1.1, as ranges, nearest first.
fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range>, MerkleError> {
    if index >= size {
        return Err(MerkleError::OutOfRange);
    }
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// RFC 6962, 2.1.2, as ranges, nearest first.
fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range>, MerkleError> {
    if old > new {
        return Err(MerkleError::OutOfRange);
    }
    let mut ranges = Vec::new();
    if old == 0 || old == new {
        return Ok(ranges);
    }
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    // The verifier knows the old root: a subtree that begins at 0 need not be sent
    if start > 0 {
        ranges.push((start, end));
    }
    ranges.reverse();
    Ok(ranges)
}

/// The perfect subtrees of a range, largest first.
fn nodes((mut start, end): Range) -> Vec<Node> {
    let mut nodes = Vec::new();
    while start < end {
        let level = (end - start).ilog2() as u8;
        nodes.push(Node {
            level,
            index: start >> level,
        });
        start += 1 << level;
    }
    nodes
}

/// The nodes that `inclusion_proof` asks for.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Node>, MerkleError> {
    Ok(inclusion_ranges(index, size)?
        .into_iter()
        .flat_map(nodes)
        .collect())
}

/// The nodes that `consistency_proof` asks for.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Vec<Node>, MerkleError> {
    Ok(consistency_ranges(old, new)?
        .into_iter()
        .flat_map(nodes)
        .collect())
}

/// The audit path of a leaf in the tree of `size` leaves.
pub fn inclusion_proof(
    index: u64,
    size: u64,
    hash_of: impl Fn(Node) -> Option<Digest>,
) -> Result<Vec<Digest>, MerkleError> {
    hash_ranges(inclusion_ranges(index, size)?, hash_of)
}

/// The proof that the tree of `new` leaves begins with the tree of `old` leaves.
pub fn consistency_proof(
    old: u64,
    new: u64,
    hash_of: impl Fn(Node) -> Option<Digest>,
) -> Result<Vec<Digest>, MerkleError> {
    hash_ranges(consistency_ranges(old, new)?, hash_of)
}

fn hash_ranges(
    ranges: Vec<Range>,
    hash_of: impl Fn(Node) -> Option<Digest>,
) -> Result<Vec<Digest>, MerkleError> {
    ranges
        .into_iter()
        .map(|range| {
            let hashes = nodes(range)
                .into_iter()
                .map(|node| hash_of(node).ok_or(MerkleError::NodeMissing(node)))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(fold(&hashes, None).expect("a range is never empty"))
        })
        .collect()
}

/// Checks that a leaf stands at `index` in the tree of `size` leaves with that root.
pub fn verify_inclusion(
    leaf: Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), MerkleError> {
    if index >= size {
        return Err(MerkleError::OutOfRange);
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(MerkleError::ProofFails);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            skip_lone_levels(&mut place, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(MerkleError::ProofFails)
    }
}

/// Checks that the tree of `new` leaves begins with the tree of `old` leaves.
pub fn verify_consistency(
    old: u64,
    old_root: &Digest,
    new: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), MerkleError> {
    if old > new {
        return Err(MerkleError::OutOfRange);
    }
    if old == 0 || old == new {
        let holds = proof.is_empty()
            && if old == 0 {
                *old_root == empty_root()
            } else {
                old_root == new_root
            };
        return if holds {
            Ok(())
        } else {
            Err(MerkleError::ProofFails)
        };
    }
    let (first, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(MerkleError::ProofFails)?
    };
    let (mut place, mut last) = (old - 1, new - 1);
    let shift = place.trailing_ones();
    place >>= shift;
    last >>= shift;
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(MerkleError::ProofFails);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_lone_levels(&mut place, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && old_hash == *old_root && new_hash == *new_root {
        Ok(())
    } else {
        Err(MerkleError::ProofFails)
    }
}

/// A last subtree without a sibling moves up unhashed.
fn skip_lone_levels(place: &mut u64, last: &mut u64) {
    while *place & 1 == 0 && *place != 0 {
        *place >>= 1;
        *last >>= 1;
    }
}
