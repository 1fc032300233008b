//! The layout of C2SP `tlog-tiles`: paths, widths, tile and entry bundle bytes.
//!
//! Leaves out which prefix the paths hang from and how the right edge grows (`edge`).

use super::merkle::{Node, root_of};
use crate::integrity::Digest;

/// Hashes of a full tile, entries of a full bundle.
pub const WIDTH: u64 = 256;
const HEIGHT: u8 = 8;
/// The layout allows 64 levels; eight hold every u64.
const LEVELS: u8 = 8;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Log entries, as a bundle.
    Entries,
    /// Hashes of subtrees of 256^level leaves.
    Hashes { level: u8 },
}

/// One tile or entry bundle, full or partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    /// 1 to 256.
    width: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    #[error("not the path of a tile")]
    NotAPath,
    #[error("the tile does not have the length of its width")]
    Length,
    #[error("an entry is longer than 65535 bytes")]
    EntryTooLong,
}

impl Tile {
    /// None where the width is not 1 to 256 or the level above 63.
    pub fn new(kind: TileKind, index: u64, width: u64) -> Option<Self> {
        let sound = (1..=WIDTH).contains(&width) && !matches!(kind, TileKind::Hashes { level } if level > 63);
        sound.then_some(Self { kind, index, width: width as u16 })
    }

    /// The tile that holds `node`, as wide as it is in the tree of `size` leaves.
    pub fn of_node(node: Node, size: u64) -> Option<Self> {
        let level = node.level / HEIGHT;
        let within = node.level % HEIGHT;
        if level >= LEVELS {
            return None;
        }
        let index = (node.index << within) / WIDTH;
        Self::of_size(TileKind::Hashes { level }, index, size)
    }

    /// The bundle that holds that entry, as wide as it is in the tree of `size` leaves.
    pub fn of_entry(index: u64, size: u64) -> Option<Self> {
        Self::of_size(TileKind::Entries, index / WIDTH, size)
    }

    fn of_size(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let rest = count(kind, size).checked_sub(index.checked_mul(WIDTH)?)?;
        Self::new(kind, index, rest.min(WIDTH))
    }

    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    pub const fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries.
    pub const fn width(&self) -> usize {
        self.width as usize
    }

    /// Full tiles never change and are evidence; partial ones can be rebuilt.
    pub const fn is_full(&self) -> bool {
        self.width as u64 == WIDTH
    }

    /// E.g. `tile/0/x001/234`, `tile/entries/000.p/17`.
    pub fn path(&self) -> String {
        let level = match self.kind {
            TileKind::Entries => "entries".to_owned(),
            TileKind::Hashes { level } => level.to_string(),
        };
        let mut groups = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups = format!("x{:03}/{groups}", rest % 1000);
            rest /= 1000;
        }
        let width = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{level}/{groups}{width}")
    }

    /// Reads a path back; only the one spelling that `path` writes is accepted.
    pub fn parse(path: &str) -> Result<Self, TileError> {
        Self::read(path).filter(|tile| tile.path() == path).ok_or(TileError::NotAPath)
    }

    fn read(path: &str) -> Option<Self> {
        let (level, groups) = path.strip_prefix("tile/")?.split_once('/')?;
        let kind = match level {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes { level: level.parse().ok()? },
        };
        let (groups, width) = match groups.split_once(".p/") {
            Some((groups, width)) => (groups, width.parse().ok().filter(|width| *width < WIDTH)?),
            None => (groups, WIDTH),
        };
        let mut index: u64 = 0;
        for group in groups.split('/') {
            let group: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(group)?;
        }
        Self::new(kind, index, width)
    }
}

/// How many hashes or entries of that kind the tree of `size` leaves has.
fn count(kind: TileKind, size: u64) -> u64 {
    match kind {
        TileKind::Entries => size,
        TileKind::Hashes { level } if level >= LEVELS => 0,
        TileKind::Hashes { level } => size >> (u32::from(level) * u32::from(HEIGHT)),
    }
}

/// Entries, then every level, bottom first.
fn kinds() -> impl Iterator<Item = TileKind> {
    std::iter::once(TileKind::Entries).chain((0..LEVELS).map(|level| TileKind::Hashes { level }))
}

/// What to write when a tree grows: every new full tile, and the new partial one of each kind.
pub fn new_tiles(from: u64, to: u64) -> Vec<Tile> {
    kinds()
        .filter(|kind| count(*kind, from) < count(*kind, to))
        .flat_map(|kind| {
            (count(kind, from) / WIDTH..count(kind, to).div_ceil(WIDTH))
                .filter_map(move |index| Tile::of_size(kind, index, to))
        })
        .collect()
}

/// The partial tiles of a tree: what one needs to go on writing.
pub fn partial_tiles(size: u64) -> Vec<Tile> {
    kinds()
        .filter_map(|kind| {
            let count = count(kind, size);
            Tile::new(kind, count / WIDTH, count % WIDTH)
        })
        .collect()
}

/// Every tile of a tree: what a verifier reads. Lazy, since there are many.
pub fn all_tiles(size: u64) -> impl Iterator<Item = Tile> {
    kinds().flat_map(move |kind| {
        (0..count(kind, size).div_ceil(WIDTH)).filter_map(move |index| Tile::of_size(kind, index, size))
    })
}

/// The bytes of a tile of hashes.
pub fn encode_hashes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Reads a tile of hashes that must be exactly that wide.
pub fn decode_hashes(bytes: &[u8], width: usize) -> Result<Vec<Digest>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() && hashes.len() == width {
        Ok(hashes.iter().map(|hash| Digest::from_bytes(*hash)).collect())
    } else {
        Err(TileError::Length)
    }
}

/// The bytes of an entry bundle (and of a batch): each entry after its length, u16 big-endian.
pub fn encode_bundle<B: AsRef<[u8]>>(entries: &[B]) -> Result<Vec<u8>, TileError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle to its last byte; appended or missing bytes are an error.
pub fn decode_bundle(mut bytes: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(TileError::Length)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(TileError::Length)?;
        entries.push(entry);
        bytes = rest;
    }
    Ok(entries)
}

/// The hash of `node` out of the bytes of its tile; None where the tile does not reach so far.
pub fn node_in_tile(node: Node, tile: &[u8]) -> Option<Digest> {
    let (hashes, _) = tile.as_chunks::<32>();
    let wide = 1_usize << (node.level % HEIGHT);
    let start = usize::try_from((node.index << (node.level % HEIGHT)) % WIDTH).ok()?;
    let hashes: Vec<_> = hashes.get(start..start + wide)?.iter().map(|hash| Digest::from_bytes(*hash)).collect();
    Some(root_of(&hashes))
}
