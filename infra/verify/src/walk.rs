//! The walk over a log, leaf by leaf: batches against bundles and tiles, the tree against every checkpoint.
//!
//! Each entry of a full bundle is stored three times (batch, bundle, tile of hashes); two that agree tell which one is
//! damaged. Beyond the last full bundle only the batch is evidence; if it does not lead to the signed root, the helpers
//! are asked, and believed only if they do.

use std::io;

use fude::audit::checkpoint::Checkpoint;
use fude::audit::layout;
use fude::audit::merkle::leaf_hash;
use fude::audit::tiles::{Tile, TileKind, WIDTH, encode_hashes};
use fude::integrity::Digest;

use crate::batches::{Batches, counted, entries_in};
use crate::finding::{Code, Finding, Sink};
use crate::history::{History, Log};
use crate::tree::{FullTile, Tree};

/// Takes each entry, in order: index, bytes, leaf hash. The bytes are those that the tree holds.
pub trait Reader {
    fn entry(&mut self, index: u64, bytes: &[u8], leaf: Digest, sink: &mut dyn Sink);
    /// The entry that leads to the root is lost; its hash alone is left.
    fn lost(&mut self, index: u64, leaf: Digest);
}

pub struct Walk<'a> {
    log: &'a Log<'a>,
    history: &'a History,
    batches: &'a mut Batches,
    tree: Tree,
    checkpoint: usize,
    claim: usize,
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

/// The hashes of up to 256 entries, as each copy gives them.
struct Copies {
    batch: Vec<Option<Digest>>,
    bundle: Vec<Option<Digest>>,
    tile: Vec<Option<Digest>>,
    bundle_bytes: Vec<u8>,
}

impl<'a> Walk<'a> {
    pub fn new(log: &'a Log<'a>, history: &'a History, batches: &'a mut Batches) -> Self {
        Self { log, history, batches, tree: Tree::default(), checkpoint: 0, claim: 0, waiting: Vec::new() }
    }

    /// Walks to the newest checkpoint. False where it had to stop.
    pub fn run(mut self, reader: &mut dyn Reader, sink: &mut dyn Sink) -> io::Result<bool> {
        let size = self.history.newest.size;
        self.compare_roots(sink)?;
        while self.tree.size() < size {
            let first = self.tree.size();
            let width = WIDTH.min(size - first);
            self.batches.load(self.log, self.history, first, first + width, sink)?;
            let copies = self.copies(first, width, sink)?;
            let leaves = if width == WIDTH { settle_each(&copies) } else { self.settle_tail(&copies) };
            let Some(leaves) = leaves else {
                self.check_waiting(sink);
                sink.unreadable(&format!("{}: entries from {first} on are lost", self.log.name));
                return Ok(false);
            };
            self.blame(first, width == WIDTH, &copies, &leaves, sink);
            for (index, leaf) in (first..).zip(leaves) {
                self.read(index, first, leaf, &copies, reader, sink);
                for full in self.tree.push(leaf) {
                    self.compare_tile(full, sink)?;
                }
                self.compare_roots(sink)?;
            }
            sink.progress(self.log.name, self.tree.size(), size);
        }
        self.check_waiting(sink);
        Ok(true)
    }

    fn copies(&self, first: u64, width: u64, sink: &mut dyn Sink) -> io::Result<Copies> {
        let full = width == WIDTH;
        let mut stored = |kind, missing: Code| -> io::Result<Option<Vec<u8>>> {
            let Some(tile) = Tile::new(kind, first / WIDTH, width) else {
                return Ok(None);
            };
            let key = layout::tile_key(self.log.name, &tile);
            let bytes = self.log.bucket.read(&key)?;
            if full && bytes.is_none() {
                let (object, found) = (self.log.bucket.path_of(&key), "nothing".to_owned());
                let expected = format!("{width} of them");
                sink.finding(Finding { code: missing, object, index: Some(first), expected, found });
            }
            Ok(bytes)
        };
        let bundle_bytes = stored(TileKind::Entries, Code::EBundleMissing)?;
        let tile_bytes = stored(TileKind::Hashes { level: 0 }, Code::ETileMissing)?;
        let width = width as usize;

        let (bundle_there, tile_there) = (bundle_bytes.is_some(), tile_bytes.is_some());
        let (bundle_bytes, tile_bytes) = (bundle_bytes.unwrap_or_default(), tile_bytes.unwrap_or_default());
        let entries = entries_in(&bundle_bytes);
        let sound = entries.as_ref().is_some_and(|entries| entries.len() == width);
        if full && !sound && bundle_there {
            let (expected, found) = (format!("{width} entries"), counted(entries.as_deref()));
            let object = self.path(TileKind::Entries, first);
            sink.finding(Finding { code: Code::EBundleLength, object, index: Some(first), expected, found });
        }
        let entries = entries.filter(|_| sound).unwrap_or_default();
        let (hashes, rest) = tile_bytes.as_chunks::<32>();
        let sound = hashes.len() == width && rest.is_empty();
        if full && !sound && tile_there {
            let (expected, found) = (format!("{} bytes", width * 32), format!("{} bytes", tile_bytes.len()));
            let object = self.path(TileKind::Hashes { level: 0 }, first);
            sink.finding(Finding { code: Code::ETileHash, object, index: Some(first), expected, found });
        }
        let tile = (0..width).map(|at| sound.then(|| Digest::from_bytes(hashes[at]))).collect();
        let mut batch = Vec::with_capacity(width);
        let mut bundle = Vec::with_capacity(width);
        for at in 0..width {
            let ours = self.batches.entry(first + at as u64);
            let theirs = entries.get(at).map(|range| &bundle_bytes[range.clone()]);
            let hash = ours.map(leaf_hash);
            batch.push(hash);
            bundle.push(if ours.is_some() && ours == theirs { hash } else { theirs.map(leaf_hash) });
        }
        Ok(Copies { batch, bundle, tile, bundle_bytes })
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
                tell(Code::ELeafHash, self.path(TileKind::Entries, first), found);
                bundle_told = true;
            }
            if let Some(found) = copies.tile[at].filter(|hash| hash != leaf && !tile_told) {
                tell(Code::ETileHash, self.path(TileKind::Hashes { level: 0 }, first), found);
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
        if self.history.sizes.get(self.checkpoint) == Some(&size) {
            self.checkpoint += 1;
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

    fn path(&self, kind: TileKind, first: u64) -> String {
        let tile = Tile::new(kind, first / WIDTH, WIDTH).map(|tile| layout::tile_key(self.log.name, &tile));
        self.log.bucket.path_of(&tile.unwrap_or_default())
    }
}

/// By majority, entry by entry; where all differ, the batch.
fn settle_each(copies: &Copies) -> Option<Vec<Digest>> {
    let copies = copies.batch.iter().zip(&copies.bundle).zip(&copies.tile);
    copies
        .map(|((batch, bundle), tile)| match (batch, bundle, tile) {
            (_, Some(bundle), Some(tile)) if bundle == tile => Some(*bundle),
            (batch, bundle, tile) => batch.or(*bundle).or(*tile),
        })
        .collect()
}
