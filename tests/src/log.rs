//! An auditor's view of one hospital's log: what the audit bucket holds, checked from the ground.

use std::time::{Duration, Instant};

use fude::audit::checkpoint::{Checkpoint, LogKey, origin};
use fude::audit::merkle::{self, Node};
use fude::audit::tiles::{self, Tile, TileKind};
use fude::audit::{AuditEvent, LogEntry, layout};
use fude::integrity::Digest;

use crate::stack::Stack;

/// A log below one verified checkpoint.
pub struct Log {
    pub hospital: String,
    pub checkpoint: Checkpoint,
    /// Bytes of every entry below the checkpoint.
    pub entries: Vec<Vec<u8>>,
}

impl Log {
    /// Reads the newest checkpoint and everything below it; panics where anything does not fit.
    pub fn read(stack: &Stack, hospital: &str) -> Self {
        let newest =
            stack.keys("audit", &layout::checkpoint_prefix(hospital)).pop().expect("the main job left a checkpoint");
        let checkpoint = open(stack, hospital, &newest);
        let mut entries = Vec::new();
        for key in stack.keys("audit", &layout::batch_prefix(hospital)) {
            let (first, last) = layout::parse_batch_key(hospital, &key).expect("the key of a batch");
            let bytes = stack.object("audit", &key);
            let batch = tiles::decode_bundle(&bytes).expect("a batch is a bundle");
            assert_eq!(
                (first, last + 1),
                (entries.len() as u64, (entries.len() + batch.len()) as u64),
                "batches touch: {key}"
            );
            entries.extend(batch.into_iter().map(<[u8]>::to_vec));
        }
        let size = usize::try_from(checkpoint.size).expect("a small log");
        assert!(entries.len() >= size, "the checkpoint covers {size} of {}", entries.len());
        entries.truncate(size);
        let log = Self { hospital: hospital.to_owned(), checkpoint, entries };
        assert_eq!(merkle::root_of(&log.leaves()), log.checkpoint.root, "the entries give the root");
        log
    }

    /// Waits until the log satisfies `enough`.
    #[track_caller]
    pub fn wait(stack: &Stack, hospital: &str, what: &str, enough: impl Fn(&Self) -> bool) -> Self {
        let began = Instant::now();
        loop {
            let log = Self::read(stack, hospital);
            if enough(&log) {
                return log;
            }
            assert!(began.elapsed() < Duration::from_secs(90), "the log of {} entries lacks {what}", log.entries.len());
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    pub fn leaves(&self) -> Vec<Digest> {
        self.entries.iter().map(|e| merkle::leaf_hash(e)).collect()
    }

    pub fn events(&self) -> impl Iterator<Item = AuditEvent> {
        self.entries.iter().map(|e| match LogEntry::parse(e).expect("an entry of the log") {
            LogEntry::Event(event) => *event,
            other => panic!("no event in the log: {other:?}"),
        })
    }

    /// Events of one document that are changes or readings of it, as `action` names in order.
    pub fn actions_of(&self, id: &str) -> Vec<&'static str> {
        self.events().filter(|e| e.document.as_ref().is_some_and(|d| d.id == id)).map(|e| e.action.name()).collect()
    }

    /// Hash of a subtree, from the leaves.
    pub fn node(&self, node: Node) -> Option<Digest> {
        let (first, width) = (node.index << node.level, 1_u64 << node.level);
        let leaves = self.leaves();
        let range = usize::try_from(first).ok()?..usize::try_from(first + width).ok()?;
        leaves.get(range).map(merkle::root_of)
    }

    /// Every tile of the tree against the entries.
    pub fn check_tiles(&self, stack: &Stack) {
        let leaves = self.leaves();
        for tile in tiles::all_tiles(self.checkpoint.size) {
            let bytes = stack.object("audit", &layout::tile_key(&self.hospital, &tile));
            let first = usize::try_from(tile.index() * tiles::WIDTH).expect("a small log");
            match tile.kind() {
                TileKind::Entries => {
                    let bundle = tiles::decode_bundle(&bytes).expect("a bundle");
                    assert_eq!(bundle, self.entries[first..first + tile.width()], "{}", Tile::path(&tile));
                }
                TileKind::Hashes { level: 0 } => {
                    let hashes = tiles::decode_hashes(&bytes, tile.width()).expect("a tile");
                    assert_eq!(hashes, leaves[first..first + tile.width()], "{}", tile.path());
                }
                TileKind::Hashes { level } => {
                    let hashes = tiles::decode_hashes(&bytes, tile.width()).expect("a tile");
                    for (index, hash) in (tile.index() * tiles::WIDTH..).zip(hashes) {
                        assert_eq!(Some(hash), self.node(Node { level: level * 8, index }), "{}", tile.path());
                    }
                }
            }
        }
    }
}

/// A checkpoint whose signature holds.
pub fn open(stack: &Stack, hospital: &str, key: &str) -> Checkpoint {
    let mut public = [0; 32];
    hex::decode_to_slice(stack.text("logPublicKey"), &mut public).expect("32 bytes in hex");
    let log_key = LogKey::new(&origin(hospital), &public).expect("the log's key");
    Checkpoint::open(&stack.object("audit", key), &log_key).expect("the checkpoint is signed")
}
