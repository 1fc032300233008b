//! Inclusion and consistency: which subtrees prove it, and checking what they prove.
//!
//! Verification follows RFC 9162, 2.1.3.2 and 2.1.4.2, which hash the same tree as RFC 6962.

use super::{MerkleError, Node, empty_root, fold, node_hash};
use crate::integrity::Digest;

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
        nodes.push(Node { level, index: start >> level });
        start += 1 << level;
    }
    nodes
}

/// The nodes that `inclusion_proof` asks for.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Node>, MerkleError> {
    Ok(inclusion_ranges(index, size)?.into_iter().flat_map(nodes).collect())
}

/// The nodes that `consistency_proof` asks for.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Vec<Node>, MerkleError> {
    Ok(consistency_ranges(old, new)?.into_iter().flat_map(nodes).collect())
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

fn hash_ranges(ranges: Vec<Range>, hash_of: impl Fn(Node) -> Option<Digest>) -> Result<Vec<Digest>, MerkleError> {
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
    if last == 0 && hash == *root { Ok(()) } else { Err(MerkleError::ProofFails) }
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
        let holds = proof.is_empty() && if old == 0 { *old_root == empty_root() } else { old_root == new_root };
        return if holds { Ok(()) } else { Err(MerkleError::ProofFails) };
    }
    let (first, rest) =
        if old.is_power_of_two() { (old_root, proof) } else { proof.split_first().ok_or(MerkleError::ProofFails)? };
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
    if last == 0 && old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(MerkleError::ProofFails) }
}

/// A last subtree without a sibling moves up unhashed.
fn skip_lone_levels(place: &mut u64, last: &mut u64) {
    while *place & 1 == 0 && *place != 0 {
        *place >>= 1;
        *last >>= 1;
    }
}
