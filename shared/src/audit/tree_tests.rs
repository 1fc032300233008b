//! The tree against published roots and two independent implementations, `ct-merkle` and
//! `tlog_tiles`: roots, proofs, tiles, paths.

use std::collections::BTreeMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use tlog_tiles::tlog;

use super::edge::{Edge, EdgeError};
use super::merkle::{
    Frontier, Node, consistency_nodes, consistency_proof, empty_root, inclusion_nodes,
    inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
};
use super::tiles::{
    Tile, TileKind, all_tiles, decode_bundle, encode_bundle, new_tiles, node_in_tile, partial_tiles,
};
use crate::integrity::Digest;

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn entries(from: u64, to: u64) -> Vec<Vec<u8>> {
    (from..to).map(entry).collect()
}

/// What `tlog_tiles` stores.
#[derive(Default)]
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes
            .iter()
            .map(|index| self.0[*index as usize])
            .collect())
    }
}

impl Stored {
    fn up_to(size: u64) -> Self {
        let mut stored = Self::default();
        for index in 0..size {
            let more = tlog::stored_hashes(index, &entry(index), &stored).unwrap();
            stored.0.extend(more);
        }
        stored
    }

    fn hash_of(&self, node: Node) -> Option<Digest> {
        let index = tlog::stored_hash_index(node.level, node.index) as usize;
        self.0.get(index).map(|hash| Digest::from_bytes(hash.0))
    }

    fn root(&self, size: u64) -> Digest {
        Digest::from_bytes(tlog::tree_hash(size, self).unwrap().0)
    }
}

fn bytes_of(proof: &[Digest]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn theirs(proof: Vec<tlog::Hash>) -> Vec<Digest> {
    proof
        .into_iter()
        .map(|hash| Digest::from_bytes(hash.0))
        .collect()
}

#[test]
fn roots_are_those_of_the_certificate_transparency_vectors() {
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
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
    assert_eq!(
        frontier.root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
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
        assert_eq!(
            frontier.root().as_bytes().as_slice(),
            other.root().as_bytes().as_slice(),
            "{size}"
        );
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
            assert_eq!(
                proof,
                theirs(tlog::prove_record(size, index, &stored).unwrap())
            );
            assert_eq!(
                bytes_of(&proof),
                other.prove_inclusion(index as usize).as_bytes()
            );
            assert_eq!(
                verify_inclusion(leaf_hash(&entry(index)), index, size, &proof, &root),
                Ok(())
            );
        }
        for old in 1..=size {
            let proof = consistency_proof(old, size, |node| stored.hash_of(node)).unwrap();
            assert_eq!(
                proof,
                theirs(tlog::prove_tree(size, old, &stored).unwrap()),
                "{old} {size}"
            );
            assert_eq!(
                bytes_of(&proof),
                other.prove_consistency((size - old) as usize).as_bytes()
            );
            assert_eq!(
                verify_consistency(old, &stored.root(old), size, &root, &proof),
                Ok(())
            );
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
        assert!(
            verify_inclusion(
                leaf,
                index,
                37,
                &[proof.as_slice(), &[other]].concat(),
                &root
            )
            .is_err()
        );
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
        assert!(
            verify_consistency(
                old,
                &old_root,
                37,
                &root,
                &[proof.as_slice(), &[other]].concat()
            )
            .is_err()
        );
        for place in 0..proof.len() {
            let mut altered = proof.clone();
            altered[place] = other;
            assert!(
                verify_consistency(old, &old_root, 37, &root, &altered).is_err(),
                "{old}"
            );
        }
    }
    assert!(verify_consistency(38, &root, 37, &root, &[]).is_err());
    assert!(verify_consistency(37, &other, 37, &root, &[]).is_err());
    assert!(verify_consistency(0, &empty_root(), 37, &root, &[]).is_ok());
    assert!(verify_consistency(0, &other, 37, &root, &[]).is_err());
}

/// A store of tiles, filled by growing.
#[derive(Default)]
struct Shelf {
    edge: Edge,
    tiles: BTreeMap<Tile, Vec<u8>>,
}

impl Shelf {
    fn grow_to(&mut self, size: u64) -> Vec<Tile> {
        let objects = self.edge.grow(&entries(self.edge.size(), size)).unwrap();
        let tiles = objects.iter().map(|object| object.tile).collect();
        for object in objects {
            assert!(
                self.tiles.insert(object.tile, object.bytes).is_none(),
                "{}",
                object.tile.path()
            );
        }
        tiles
    }
}

/// Sorted, since the order of writing within one growth does not matter.
fn sorted(mut tiles: Vec<Tile>) -> Vec<Tile> {
    tiles.sort();
    tiles
}

#[test]
fn tiles_of_70000_entries_are_those_of_the_specification() {
    let stored = Stored::up_to(70_000);
    let mut shelf = Shelf::default();
    let mut size = 0;
    // Steps as uneven as commits are, over every kind of border
    for step in [
        0, 1, 1, 89, 90, 74, 1, 256, 255, 2, 4_000, 60_766, 1, 1, 4_000, 463,
    ]
    .into_iter()
    .cycle()
    {
        let next = (size + step).min(70_000);
        let written = shelf.grow_to(next);
        assert_eq!(
            sorted(written),
            sorted(new_tiles(size, next)),
            "{size} to {next}"
        );
        assert_eq!(shelf.edge.root(), stored.root(next));
        let read = Edge::read(next, |tile| shelf.tiles.get(tile).map(Vec::as_slice)).unwrap();
        assert_eq!(read.root(), shelf.edge.root());
        size = next;
        if size == 70_000 {
            break;
        }
    }
    let count = |kind, full| {
        all_tiles(70_000)
            .filter(|tile| tile.kind() == kind && tile.is_full() == full)
            .count()
    };
    assert_eq!(count(TileKind::Hashes { level: 0 }, true), 273);
    assert_eq!(count(TileKind::Hashes { level: 1 }, true), 1);
    let partial: Vec<_> = partial_tiles(70_000).iter().map(Tile::path).collect();
    assert_eq!(
        partial,
        [
            "tile/entries/273.p/112",
            "tile/0/273.p/112",
            "tile/1/001.p/17",
            "tile/2/000.p/1"
        ]
    );
    for tile in all_tiles(70_000) {
        let bytes = &shelf.tiles[&tile];
        match tile.kind() {
            TileKind::Entries => {
                let first = tile.index() * 256;
                assert_eq!(
                    decode_bundle(bytes).unwrap(),
                    entries(first, first + tile.width() as u64)
                );
            }
            TileKind::Hashes { level } => {
                let other =
                    tlog_tiles::Tile::new(8, level, tile.index(), tile.width() as u32, false);
                assert_eq!(bytes, &other.read_data(&stored).unwrap(), "{}", tile.path());
            }
        }
    }
}

#[test]
fn proofs_come_out_of_tiles_alone() {
    let stored = Stored::up_to(70_000);
    let mut shelf = Shelf::default();
    shelf.grow_to(70_000);
    let hash_of = |node| node_in_tile(node, shelf.tiles.get(&Tile::of_node(node, 70_000)?)?);
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999] {
        for node in inclusion_nodes(index, 70_000).unwrap() {
            assert_eq!(hash_of(node), stored.hash_of(node), "{node:?}");
        }
        let proof = inclusion_proof(index, 70_000, hash_of).unwrap();
        assert_eq!(
            verify_inclusion(
                leaf_hash(&entry(index)),
                index,
                70_000,
                &proof,
                &stored.root(70_000)
            ),
            Ok(())
        );
        let bundle = &shelf.tiles[&Tile::of_entry(index, 70_000).unwrap()];
        assert_eq!(
            decode_bundle(bundle).unwrap()[(index % 256) as usize],
            entry(index)
        );
    }
    for old in [1, 255, 256, 257, 65_535, 65_536, 69_999] {
        assert!(
            consistency_nodes(old, 70_000)
                .unwrap()
                .into_iter()
                .all(|node| hash_of(node).is_some())
        );
        let proof = consistency_proof(old, 70_000, hash_of).unwrap();
        let roots = (stored.root(old), stored.root(70_000));
        assert_eq!(
            verify_consistency(old, &roots.0, 70_000, &roots.1, &proof),
            Ok(())
        );
    }
}

#[test]
fn damaged_edge_is_noticed() {
    let mut shelf = Shelf::default();
    shelf.grow_to(600);
    for tile in partial_tiles(600) {
        let mut tiles = shelf.tiles.clone();
        tiles.remove(&tile);
        let read = |tiles: &BTreeMap<Tile, Vec<u8>>| {
            Edge::read(600, |tile| tiles.get(tile).map(Vec::as_slice))
        };
        assert_eq!(read(&tiles), Err(EdgeError::Missing(tile)));
        for place in [0, 5, 37] {
            let mut bytes = shelf.tiles[&tile].clone();
            bytes[place] ^= 1;
            tiles.insert(tile, bytes);
            assert!(
                read(&tiles).map_or(true, |edge| edge.root() != shelf.edge.root()),
                "{}",
                tile.path()
            );
        }
    }
    let rebuilt = Edge::rebuild(
        600,
        entries(512, 600),
        vec![
            (0..2)
                .map(|index| {
                    Digest::from_bytes(
                        *Stored::up_to(600)
                            .hash_of(Node { level: 8, index })
                            .unwrap()
                            .as_bytes(),
                    )
                })
                .collect(),
        ],
    );
    assert_eq!(rebuilt, shelf.edge);
}

#[test]
fn bundle_reads_back_to_its_last_byte() {
    let stored = encode_bundle(&[b"ab".as_slice(), b"", &[7; 65_535]]).unwrap();
    assert_eq!(stored[..6], [0, 2, b'a', b'b', 0, 0]);
    assert_eq!(decode_bundle(&stored).unwrap().len(), 3);
    assert!(decode_bundle(&stored[..stored.len() - 1]).is_err());
    assert!(decode_bundle(&[&stored[..], &[0]].concat()).is_err());
    assert!(encode_bundle(&[vec![0; 65_536]]).is_err());
}

#[test]
fn path_has_one_spelling() {
    let tile = Tile::new(TileKind::Hashes { level: 0 }, 1_234_067, 256).unwrap();
    assert_eq!(tile.path(), "tile/0/x001/x234/067");
    for wrong in [
        "tile/0/67",
        "tile/00/067",
        "tile/0/x000/067",
        "tile/0/067.p/256",
        "tile/0/067.p/0",
        "tile/0/067.p/01",
        "tile/64/067",
        "tile/0/x067",
        "tile/0/001/067",
        "tile/0/067/",
        "tile/entries/067.p/",
        "0/067",
        "tile/0/+67",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(Tile::parse(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn paths_and_widths_equal_tlog_tiles(from in 0_u64..1 << 40, more in 0_u64..2000) {
        let ours: Vec<_> = new_tiles(from, from + more)
            .into_iter()
            .filter(|tile| tile.kind() != TileKind::Entries)
            .map(|tile| tile.path())
            .collect();
        let theirs: Vec<_> = tlog_tiles::Tile::new_tiles(8, from, from + more)
            .into_iter()
            .map(|tile| tile.path().replacen("tile/8/", "tile/", 1))
            .collect();
        prop_assert_eq!(&ours, &theirs);
        for path in ours {
            prop_assert_eq!(Tile::parse(&path).unwrap().path(), path);
        }
    }
}
