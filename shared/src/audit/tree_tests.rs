//! The tree against published roots and two independent implementations, `ct-merkle` and
//! `tlog_tiles`: roots and proofs.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use tlog_tiles::tlog;

use super::merkle::{
    Frontier, Node, consistency_proof, empty_root, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
};
use crate::integrity::Digest;

pub fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// What `tlog_tiles` stores.
#[derive(Default)]
pub struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

impl Stored {
    pub fn up_to(size: u64) -> Self {
        let mut stored = Self::default();
        for index in 0..size {
            let more = tlog::stored_hashes(index, &entry(index), &stored).unwrap();
            stored.0.extend(more);
        }
        stored
    }

    pub fn hash_of(&self, node: Node) -> Option<Digest> {
        let index = tlog::stored_hash_index(node.level, node.index) as usize;
        self.0.get(index).map(|hash| Digest::from_bytes(hash.0))
    }

    pub fn root(&self, size: u64) -> Digest {
        Digest::from_bytes(tlog::tree_hash(size, self).unwrap().0)
    }
}

fn bytes_of(proof: &[Digest]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn theirs(proof: Vec<tlog::Hash>) -> Vec<Digest> {
    proof.into_iter().map(|hash| Digest::from_bytes(hash.0)).collect()
}

#[test]
fn roots_are_those_of_the_certificate_transparency_vectors() {
    let leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::empty();
    assert_eq!(frontier.root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (leaf, root) in leaves.iter().zip(roots) {
        frontier.push(leaf_hash(&hex::decode(leaf).unwrap()));
        assert_eq!(frontier.root().to_string(), root);
    }
}

#[test]
fn roots_up_to_2000_equal_two_other_implementations() {
    let stored = Stored::up_to(2000);
    let mut other = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    let mut frontier = Frontier::empty();
    for size in 1..=2000 {
        frontier.push(leaf_hash(&entry(size - 1)));
        other.push(entry(size - 1));
        assert_eq!(frontier.root(), stored.root(size), "{size}");
        assert_eq!(frontier.root().as_bytes().as_slice(), other.root().as_bytes().as_slice(), "{size}");
        let again = Frontier::from_parts(size, frontier.hashes().to_vec()).unwrap();
        assert_eq!(again, frontier);
        assert!(Frontier::from_parts(size, frontier.hashes()[1..].to_vec()).is_err());
    }
}

#[test]
fn proofs_up_to_300_equal_two_other_implementations() {
    let stored = Stored::up_to(300);
    let mut other = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    for size in 1..=300 {
        other.push(entry(size - 1));
        let root = stored.root(size);
        for index in 0..size {
            let proof = inclusion_proof(index, size, |node| stored.hash_of(node)).unwrap();
            assert_eq!(proof, theirs(tlog::prove_record(size, index, &stored).unwrap()));
            assert_eq!(bytes_of(&proof), other.prove_inclusion(index as usize).as_bytes());
            assert_eq!(verify_inclusion(leaf_hash(&entry(index)), index, size, &proof, &root), Ok(()));
        }
        for old in 1..=size {
            let proof = consistency_proof(old, size, |node| stored.hash_of(node)).unwrap();
            assert_eq!(proof, theirs(tlog::prove_tree(size, old, &stored).unwrap()), "{old} {size}");
            assert_eq!(bytes_of(&proof), other.prove_consistency((size - old) as usize).as_bytes());
            assert_eq!(verify_consistency(old, &stored.root(old), size, &root, &proof), Ok(()));
        }
    }
}

#[test]
fn altered_proofs_fail() {
    let stored = Stored::up_to(40);
    let root = stored.root(37);
    let other = Digest::of(b"other");
    for index in 0..37 {
        let proof = inclusion_proof(index, 37, |node| stored.hash_of(node)).unwrap();
        let leaf = leaf_hash(&entry(index));
        assert!(verify_inclusion(other, index, 37, &proof, &root).is_err());
        assert!(verify_inclusion(leaf, index, 37, &proof, &other).is_err());
        assert!(verify_inclusion(leaf, (index + 1) % 37, 37, &proof, &root).is_err());
        assert!(verify_inclusion(leaf, 37 + index, 37, &proof, &root).is_err());
        assert!(verify_inclusion(leaf, index, 37, &proof[1..], &root).is_err());
        assert!(verify_inclusion(leaf, index, 37, &[proof.as_slice(), &[other]].concat(), &root).is_err());
        for place in 0..proof.len() {
            let mut altered = proof.clone();
            altered[place] = other;
            assert!(verify_inclusion(leaf, index, 37, &altered, &root).is_err());
        }
    }
    for old in 1..37 {
        let proof = consistency_proof(old, 37, |node| stored.hash_of(node)).unwrap();
        let old_root = stored.root(old);
        assert!(verify_consistency(old, &other, 37, &root, &proof).is_err());
        assert!(verify_consistency(old, &old_root, 37, &other, &proof).is_err());
        assert!(verify_consistency(old + 1, &old_root, 37, &root, &proof).is_err());
        assert!(verify_consistency(old, &old_root, 37, &root, &proof[1..]).is_err());
        assert!(verify_consistency(old, &old_root, 37, &root, &[proof.as_slice(), &[other]].concat()).is_err());
        for place in 0..proof.len() {
            let mut altered = proof.clone();
            altered[place] = other;
            assert!(verify_consistency(old, &old_root, 37, &root, &altered).is_err(), "{old}");
        }
    }
    assert!(verify_consistency(38, &root, 37, &root, &[]).is_err());
    assert!(verify_consistency(37, &other, 37, &root, &[]).is_err());
    assert!(verify_consistency(0, &empty_root(), 37, &root, &[]).is_ok());
    assert!(verify_consistency(0, &other, 37, &root, &[]).is_err());
}
