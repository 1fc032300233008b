//! Tiles, paths and the growing edge against `tlog_tiles` and the specification's own example.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::edge::{Edge, EdgeError};
use super::merkle::{
    Node, consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof, leaf_hash, verify_consistency,
    verify_inclusion,
};
use super::tiles::{Tile, TileKind, all_tiles, decode_bundle, encode_bundle, new_tiles, node_in_tile, partial_tiles};
use super::tree_tests::{Stored, entry};

fn entries(from: u64, to: u64) -> Vec<Vec<u8>> {
    (from..to).map(entry).collect()
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
            assert!(self.tiles.insert(object.tile, object.bytes).is_none(), "{}", object.tile.path());
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
    for step in [0, 1, 1, 89, 90, 74, 1, 256, 255, 2, 4_000, 60_766, 1, 1, 4_000, 463].into_iter().cycle() {
        let next = (size + step).min(70_000);
        let written = shelf.grow_to(next);
        assert_eq!(sorted(written), sorted(new_tiles(size, next)), "{size} to {next}");
        assert_eq!(shelf.edge.root(), stored.root(next));
        let read = Edge::read(next, |tile| shelf.tiles.get(tile).map(Vec::as_slice)).unwrap();
        assert_eq!(read.root(), shelf.edge.root());
        size = next;
        if size == 70_000 {
            break;
        }
    }
    let count = |kind, full| all_tiles(70_000).filter(|tile| tile.kind() == kind && tile.is_full() == full).count();
    assert_eq!(count(TileKind::Hashes { level: 0 }, true), 273);
    assert_eq!(count(TileKind::Hashes { level: 1 }, true), 1);
    let partial: Vec<_> = partial_tiles(70_000).iter().map(Tile::path).collect();
    assert_eq!(partial, ["tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    for tile in all_tiles(70_000) {
        let bytes = &shelf.tiles[&tile];
        match tile.kind() {
            TileKind::Entries => {
                let first = tile.index() * 256;
                assert_eq!(decode_bundle(bytes).unwrap(), entries(first, first + tile.width() as u64));
            }
            TileKind::Hashes { level } => {
                let other = tlog_tiles::Tile::new(8, level, tile.index(), tile.width() as u32, false);
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
        assert_eq!(verify_inclusion(leaf_hash(&entry(index)), index, 70_000, &proof, &stored.root(70_000)), Ok(()));
        let bundle = &shelf.tiles[&Tile::of_entry(index, 70_000).unwrap()];
        assert_eq!(decode_bundle(bundle).unwrap()[(index % 256) as usize], entry(index));
    }
    for old in [1, 255, 256, 257, 65_535, 65_536, 69_999] {
        assert!(consistency_nodes(old, 70_000).unwrap().into_iter().all(|node| hash_of(node).is_some()));
        let proof = consistency_proof(old, 70_000, hash_of).unwrap();
        let roots = (stored.root(old), stored.root(70_000));
        assert_eq!(verify_consistency(old, &roots.0, 70_000, &roots.1, &proof), Ok(()));
    }
}

#[test]
fn damaged_edge_is_noticed() {
    let mut shelf = Shelf::default();
    shelf.grow_to(600);
    for tile in partial_tiles(600) {
        let mut tiles = shelf.tiles.clone();
        tiles.remove(&tile);
        let read = |tiles: &BTreeMap<Tile, Vec<u8>>| Edge::read(600, |tile| tiles.get(tile).map(Vec::as_slice));
        assert_eq!(read(&tiles), Err(EdgeError::Missing(tile)));
        for place in [0, 5, 37] {
            let mut bytes = shelf.tiles[&tile].clone();
            bytes[place] ^= 1;
            tiles.insert(tile, bytes);
            assert!(read(&tiles).map_or(true, |edge| edge.root() != shelf.edge.root()), "{}", tile.path());
        }
    }
    let stored = Stored::up_to(600);
    let upper = (0..2).map(|index| stored.hash_of(Node { level: 8, index }).unwrap()).collect();
    let rebuilt = Edge::rebuild(600, entries(512, 600), vec![upper]);
    assert_eq!(rebuilt, shelf.edge);
}

#[test]
fn bundle_reads_back_to_its_last_byte() {
    let stored = encode_bundle(&[b"ab".to_vec(), Vec::new(), vec![7; 65_535]]).unwrap();
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
