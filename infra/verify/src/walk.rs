//! The walk over a log, leaf by leaf: batches against bundles and tiles, the tree against every checkpoint.
//!
//! Each entry of a full bundle is stored three times (batch, bundle, tile of hashes); two that agree tell which one is
//! damaged. Beyond the last full bundle only the batch is evidence; if it does not lead to the signed root, the helpers
//! are asked, and believed only if they do.

use std::io;

use fude::audit::checkpoint::Checkpoint;
use fude::audit::layout;
use fude::audit::tiles::{Tile, TileKind, WIDTH, encode_hashes};
use fude::integrity::Digest;

use crate::batches::{Batches, entries_in};
use crate::copies::Copies;
use crate::finding::{Code, Finding, Sink};
use crate::history::{History, Log};
use crate::quick::Window;
use crate::tree::{FullTile, Tree};

/// Takes each entry, in order: index, bytes, leaf hash. The bytes are those that the tree holds.
pub trait Reader {
    fn entry(&mut self, index: u64, bytes: &[u8], leaf: Digest, sink: &mut dyn Sink);
    /// The entry that leads to the root is lost; its hash alone is left.
    fn lost(&mut self, index: u64, leaf: Digest);
}

/// For who wants to know of the tree alone.
pub struct Unread;

impl Reader for Unread {
    fn entry(&mut self, _: u64, _: &[u8], _: Digest, _: &mut dyn Sink) {}
    fn lost(&mut self, _: u64, _: Digest) {}
}

pub struct Walk<'a> {
    log: &'a Log<'a>,
    history: &'a History,
    batches: &'a mut Batches,
    tree: Tree,
    /// Sizes of the checkpoints that are compared.
    checkpoints: &'a [u64],
    claim: usize,
    /// Where the tree alone is looked at.
    quick: Option<Window>,
    waiting: Vec<Waiting>,
}

/// A checkpoint that was read, and the root that the tree had at its size. Signatures are checked many at a time.
struct Waiting {
    size: u64,
    root: Digest,
    note: Vec<u8>,
}

/// So many signatures at once; more would gain little.
const TOGETHER: usize = 64;

impl<'a> Walk<'a> {
    /// Looks at every copy and every checkpoint.
    pub fn new(log: &'a Log<'a>, history: &'a History, batches: &'a mut Batches) -> Self {
        let (tree, checkpoints) = (Tree::default(), history.sizes.as_slice());
        Self { log, history, batches, tree, checkpoints, claim: 0, quick: None, waiting: Vec::new() }
    }

    /// Looks at bundles, tiles, the newest checkpoint and what is claimed; at batches only where those differ.
    pub fn of_tree(log: &'a Log<'a>, history: &'a History, batches: &'a mut Batches) -> Self {
        let checkpoints = std::slice::from_ref(&history.newest.size);
        Self { checkpoints, quick: Some(Window::default()), ..Self::new(log, history, batches) }
    }

    /// Walks to the newest checkpoint. False where it had to stop.
    pub fn run(mut self, reader: &mut dyn Reader, sink: &mut dyn Sink) -> io::Result<bool> {
        let size = self.history.newest.size;
        self.compare_roots(sink)?;
        while self.tree.size() < size {
            let first = self.tree.size();
            let width = WIDTH.min(size - first);
            if width == WIDTH && self.pass(sink)? {
                sink.progress(self.log.name, self.tree.size(), size);
                continue;
            }
            if self.quick.is_some() {
                self.batches.skip(first);
            }
            self.batches.load(self.log, self.history, first, first + width, sink)?;
            let copies = Copies::read(self.log, self.batches, first, width, sink)?;
            let leaves = if width == WIDTH { copies.settle_each() } else { self.settle_tail(&copies) };
            let Some(leaves) = leaves else {
                self.check_waiting(sink);
                sink.unreadable(&format!("{}: entries from {first} on are lost", self.log.name));
                return Ok(false);
            };
            self.blame(first, width == WIDTH, &copies, &leaves, sink);
            for (index, leaf) in (first..).zip(leaves) {
                self.read(index, first, leaf, &copies, reader, sink);
                self.grow(leaf, sink)?;
            }
            sink.progress(self.log.name, self.tree.size(), size);
        }
        self.check_waiting(sink);
        Ok(true)
    }

    fn grow(&mut self, leaf: Digest, sink: &mut dyn Sink) -> io::Result<()> {
        for full in self.tree.push(leaf) {
            self.compare_tile(full, sink)?;
        }
        self.compare_roots(sink)
    }

    /// Takes the next 256 entries over from bundle and tile, where those are enough.
    fn pass(&mut self, sink: &mut dyn Sink) -> io::Result<bool> {
        let first = self.tree.size();
        let Some(mut window) = self.quick.take() else {
            return Ok(false);
        };
        let agree = window.load(self.log, first)?;
        if agree {
            window.leaves.iter().try_for_each(|leaf| self.grow(*leaf, sink))?;
        }
        self.quick = Some(window);
        Ok(agree)
    }

    /// The copy that leads to the signed root; where none does, the batches as far as they are there.
    fn settle_tail(&self, copies: &Copies) -> Option<Vec<Digest>> {
        let whole = |copy: &[Option<Digest>]| copy.iter().copied().collect::<Option<Vec<_>>>();
        let candidates: Vec<_> =
            [&copies.batch, &copies.bundle, &copies.tile].into_iter().filter_map(|copy| whole(copy)).collect();
        let leads = |leaves: &Vec<Digest>| {
            let mut tree = self.tree.clone();
            for leaf in leaves {
                tree.push(*leaf);
            }
            tree.root() == self.history.newest.root
        };
        candidates.iter().find(|leaves| leads(leaves)).or(candidates.first()).cloned()
    }

    /// Names every evidence that says something else; helpers are none.
    fn blame(&self, first: u64, full: bool, copies: &Copies, leaves: &[Digest], sink: &mut dyn Sink) {
        let mut last_batch = None;
        let (mut bundle_told, mut tile_told) = (!full, !full);
        for (at, leaf) in leaves.iter().enumerate() {
            let index = first + at as u64;
            let mut tell = |code, object, found: Digest| {
                let (expected, found) = (leaf.to_string(), found.to_string());
                sink.finding(Finding { code, object, index: Some(index), expected, found });
            };
            if let Some(found) = copies.batch[at].filter(|hash| hash != leaf) {
                let key = self.batches.key_of(self.log.name, index);
                if key != last_batch {
                    tell(Code::ELeafHash, self.log.bucket.path_of(key.as_deref().unwrap_or_default()), found);
                    last_batch = key;
                }
            }
            if let Some(found) = copies.bundle[at].filter(|hash| hash != leaf && !bundle_told) {
                tell(Code::ELeafHash, self.log.path_of_tile(TileKind::Entries, first), found);
                bundle_told = true;
            }
            if let Some(found) = copies.tile[at].filter(|hash| hash != leaf && !tile_told) {
                tell(Code::ETileHash, self.log.path_of_tile(TileKind::Hashes { level: 0 }, first), found);
                tile_told = true;
            }
        }
    }

    fn read(
        &self,
        index: u64,
        first: u64,
        leaf: Digest,
        copies: &Copies,
        reader: &mut dyn Reader,
        sink: &mut dyn Sink,
    ) {
        let at = (index - first) as usize;
        if copies.batch[at] == Some(leaf)
            && let Some(bytes) = self.batches.entry(index)
        {
            reader.entry(index, bytes, leaf, sink);
        } else if copies.bundle[at] == Some(leaf)
            && let Some(range) = entries_in(&copies.bundle_bytes).as_ref().and_then(|entries| entries.get(at))
        {
            reader.entry(index, &copies.bundle_bytes[range.clone()], leaf, sink);
        } else {
            reader.lost(index, leaf);
        }
    }

    /// Full tiles above the lowest, which `blame` has seen.
    fn compare_tile(&self, full: FullTile, sink: &mut dyn Sink) -> io::Result<()> {
        if full.level == 0 {
            return Ok(());
        }
        let Some(tile) = Tile::new(TileKind::Hashes { level: full.level }, full.index, WIDTH) else {
            return Ok(());
        };
        let key = layout::tile_key(self.log.name, &tile);
        let ours = encode_hashes(&full.hashes);
        let (code, found) = match self.log.bucket.read(&key)? {
            Some(theirs) if theirs == ours => return Ok(()),
            Some(theirs) => (Code::ETileHash, Digest::of(&theirs).to_string()),
            None => (Code::ETileMissing, "nothing".to_owned()),
        };
        let index = Some((full.index * WIDTH) << (8 * u32::from(full.level)));
        let expected = format!("the tile whose SHA-256 is {}", Digest::of(&ours));
        sink.finding(Finding { code, object: self.log.bucket.path_of(&key), index, expected, found });
        Ok(())
    }

    /// Every checkpoint and every claim of the size that the tree has now.
    fn compare_roots(&mut self, sink: &mut dyn Sink) -> io::Result<()> {
        let size = self.tree.size();
        if let Some((next, later)) = self.checkpoints.split_first()
            && *next == size
        {
            self.checkpoints = later;
            let root = self.tree.root();
            if size == self.history.newest.size {
                self.compare_root(size, root, &self.history.newest, sink);
            } else if let Some(note) = self.log.note(size, Code::EInconsistentCheckpoint, sink)? {
                self.waiting.push(Waiting { size, root, note });
                if self.waiting.len() == TOGETHER {
                    self.check_waiting(sink);
                }
            }
        }
        while let Some(claim) = self.history.claims.get(self.claim).filter(|claim| claim.size <= size) {
            self.claim += 1;
            let root = self.tree.root();
            if claim.root != root {
                let (object, expected) = (claim.object.clone(), claim.root.to_string());
                let found = root.to_string();
                sink.finding(Finding { code: claim.code, object, index: Some(size), expected, found });
            }
        }
        Ok(())
    }

    fn check_waiting(&mut self, sink: &mut dyn Sink) {
        let waiting = std::mem::take(&mut self.waiting);
        let notes: Vec<_> = waiting.iter().map(|checkpoint| checkpoint.note.as_slice()).collect();
        for (Waiting { size, root, .. }, opened) in waiting.iter().zip(Checkpoint::open_all(&notes, self.log.key)) {
            if let Some(checkpoint) = self.log.told(*size, opened, sink) {
                self.compare_root(*size, *root, &checkpoint, sink);
            }
        }
    }

    fn compare_root(&self, size: u64, root: Digest, checkpoint: &Checkpoint, sink: &mut dyn Sink) {
        if checkpoint.root == root {
            return;
        }
        let newest = size == self.history.newest.size;
        let code = if newest { Code::ERoot } else { Code::EInconsistentCheckpoint };
        let (object, expected) = (self.log.path_of_checkpoint(size), checkpoint.root.to_string());
        let last = size.checked_sub(1).and_then(|index| self.batches.key_of(self.log.name, index));
        let batch = last.map(|key| format!(" (last batch: {})", self.log.bucket.path_of(&key)));
        let found = format!("{root}{}", batch.unwrap_or_default());
        sink.finding(Finding { code, object, index: Some(size), expected, found });
    }
}
