//! The checkpoints of one log: the newest that holds, the history below it, and what others say (pins, the pointer).

use std::io;

use fude::audit::checkpoint::{Checkpoint, CheckpointError, LogKey};
use fude::audit::layout;
use fude::audit::tiles::{Tile, TileKind, WIDTH};
use fude::integrity::Digest;

use crate::finding::{Code, Finding, Sink};
use crate::store::Bucket;

/// One log and the key that must have signed it.
#[derive(Debug)]
pub struct Log<'a> {
    pub bucket: &'a Bucket,
    pub name: &'a str,
    pub key: &'a LogKey,
}

/// A checkpoint that somebody kept outside the house.
#[derive(Debug, Clone)]
pub struct Pin {
    /// The file.
    pub name: String,
    pub note: Vec<u8>,
    /// What it says, whoever signed it: the person who pins it vouches for it.
    pub claimed: Checkpoint,
}

/// A root that the tree must have had at some size.
#[derive(Debug)]
pub struct Claim {
    pub size: u64,
    pub root: Digest,
    pub object: String,
    /// What to call it when the tree has another root there.
    pub code: Code,
}

/// What is below the newest checkpoint that holds.
#[derive(Debug)]
pub struct History {
    pub newest: Checkpoint,
    /// Of all listed checkpoints up to the newest, ascending.
    pub sizes: Vec<u64>,
    /// Ascending by size.
    pub claims: Vec<Claim>,
}

/// The size of every checkpoint of a log, ascending, whether it holds or not.
pub fn sizes(bucket: &Bucket, log: &str) -> io::Result<Vec<u64>> {
    let prefix = layout::checkpoint_prefix(log);
    let mut sizes = Vec::new();
    bucket.each_name(&prefix, |name| {
        sizes.extend(layout::parse_checkpoint_key(log, &format!("{prefix}{name}")));
    })?;
    sizes.sort_unstable();
    sizes.dedup();
    Ok(sizes)
}

impl Log<'_> {
    pub fn path_of_checkpoint(&self, size: u64) -> String {
        self.bucket.path_of(&layout::checkpoint_key(self.name, size))
    }

    /// Of the tile or bundle with that entry.
    pub fn path_of_tile(&self, kind: TileKind, index: u64) -> String {
        let tile = Tile::new(kind, index / WIDTH, WIDTH).map(|tile| layout::tile_key(self.name, &tile));
        self.bucket.path_of(&tile.unwrap_or_default())
    }

    /// Finds the newest checkpoint that holds. None, and told, where there is none.
    pub fn history(&self, pins: &[Pin], sink: &mut dyn Sink) -> io::Result<Option<History>> {
        // The pointer first: a running log moves it after it wrote the checkpoint that is listed next
        let pointer_key = layout::newest_checkpoint_key(self.name);
        let pointer = self.bucket.read(&pointer_key)?.and_then(|note| Checkpoint::open(&note, self.key).ok());
        let mut sizes = sizes(self.bucket, self.name)?;
        let mut newest = None;
        while let (None, Some(size)) = (&newest, sizes.last()) {
            newest = self.open(*size, Code::ERollback, sink)?;
            if newest.is_none() {
                sizes.pop();
            }
        }
        let Some(newest) = newest else {
            sink.unreadable(&format!("{}: no checkpoint that holds", self.bucket.path_of(self.name)));
            return Ok(None);
        };
        let mut claims = Vec::new();
        for pin in pins.iter().filter(|pin| pin.claimed.origin == self.key.name()) {
            claims.extend(self.pinned(pin, &newest, sink));
        }
        if let Some(pointer) = pointer {
            claims.extend(self.pointed(pointer, self.bucket.path_of(&pointer_key), &newest, &sizes, sink));
        }
        claims.sort_by_key(|claim| claim.size);
        for pair in claims.windows(2) {
            let pins = pair[0].code == Code::EForkPin && pair[1].code == Code::EForkPin;
            if pins && pair[0].size == pair[1].size && pair[0].root != pair[1].root {
                let (expected, found) = (pair[0].root.to_string(), pair[1].root.to_string());
                let object = pair[1].object.clone();
                sink.finding(Finding { code: Code::EForkSameSize, object, index: None, expected, found });
            }
        }
        Ok(Some(History { newest, sizes, claims }))
    }

    /// Opens one checkpoint; what is wrong with it is told. `missing` is what its absence means.
    pub fn open(&self, size: u64, missing: Code, sink: &mut dyn Sink) -> io::Result<Option<Checkpoint>> {
        let note = self.note(size, missing, sink)?;
        Ok(note.and_then(|note| self.told(size, Checkpoint::open(&note, self.key), sink)))
    }

    /// The bytes of one checkpoint, whoever signed them.
    pub fn note(&self, size: u64, missing: Code, sink: &mut dyn Sink) -> io::Result<Option<Vec<u8>>> {
        let note = self.bucket.read(&layout::checkpoint_key(self.name, size))?;
        if note.is_none() {
            self.tell(size, missing, "nothing".to_owned(), sink);
        }
        Ok(note)
    }

    /// The checkpoint that was found where the one of `size` entries belongs; what is wrong with it is told.
    pub fn told(
        &self,
        size: u64,
        opened: Result<Checkpoint, CheckpointError>,
        sink: &mut dyn Sink,
    ) -> Option<Checkpoint> {
        let (code, found) = match opened {
            Ok(checkpoint) if checkpoint.size == size => return Some(checkpoint),
            Ok(other) => (Code::EInconsistentCheckpoint, format!("the one of {} entries", other.size)),
            Err(error) => (Code::ESignature, error.to_string()),
        };
        self.tell(size, code, found, sink);
        None
    }

    fn tell(&self, size: u64, code: Code, found: String, sink: &mut dyn Sink) {
        let expected = format!("the signed checkpoint of {size} entries");
        sink.finding(Finding { code, object: self.path_of_checkpoint(size), index: None, expected, found });
    }

    fn pinned(&self, pin: &Pin, newest: &Checkpoint, sink: &mut dyn Sink) -> Option<Claim> {
        if let Err(error) = Checkpoint::open(&pin.note, self.key) {
            sink.finding(Finding {
                code: Code::ESignature,
                object: pin.name.clone(),
                index: None,
                expected: format!("a checkpoint signed by {}", self.key.to_text()),
                found: error.to_string(),
            });
        }
        let Checkpoint { size, root, .. } = pin.claimed;
        if size > newest.size {
            sink.finding(Finding {
                code: Code::ERollback,
                object: self.path_of_checkpoint(newest.size),
                index: Some(newest.size),
                expected: format!("at least {size} entries, as in {}", pin.name),
                found: format!("{} entries", newest.size),
            });
            return None;
        }
        Some(Claim { size, root, object: pin.name.clone(), code: Code::EForkPin })
    }

    /// The pointer is no evidence, but a signature is: what it says must be true.
    fn pointed(
        &self,
        pointer: Checkpoint,
        object: String,
        newest: &Checkpoint,
        sizes: &[u64],
        sink: &mut dyn Sink,
    ) -> Option<Claim> {
        let Checkpoint { size, root, .. } = pointer;
        if size > newest.size {
            sink.finding(Finding {
                code: Code::ERollback,
                object: self.path_of_checkpoint(size),
                index: Some(newest.size),
                expected: format!("the checkpoint of {size} entries, which {object} is a copy of"),
                found: format!("{} entries", newest.size),
            });
            return None;
        }
        if sizes.binary_search(&size).is_err() {
            return Some(Claim { size, root, object, code: Code::EInconsistentCheckpoint });
        }
        // The one in the history is told of where the walk comes by
        let note = self.bucket.read(&layout::checkpoint_key(self.name, size)).ok().flatten().unwrap_or_default();
        if let Some(kept) = Checkpoint::open(&note, self.key).ok().filter(|kept| kept.size == size && kept.root != root)
        {
            let (expected, found) = (kept.root.to_string(), root.to_string());
            sink.finding(Finding { code: Code::EForkSameSize, object, index: Some(size), expected, found });
        }
        None
    }
}
