//! Where a log lies in the audit bucket: the key of every object, below the log's name (`LogName`).
//!
//! `checkpoint` is where `tlog-tiles` wants the newest one; the history is `checkpoints/`, so that
//! no key is a folder of another.

use super::tiles::Tile;

/// The entries of one commit, locked; indexes inclusive, from 0.
pub fn batch_key(log: &str, first: u64, last: u64) -> String {
    format!("{}{first:012}-{last:012}", batch_prefix(log))
}

/// Below it, keys sort by index.
pub fn batch_prefix(log: &str) -> String {
    format!("{log}/batch/")
}

/// A tile or entry bundle.
pub fn tile_key(log: &str, tile: &Tile) -> String {
    format!("{log}/{}", tile.path())
}

/// One signed checkpoint, locked, for ever.
pub fn checkpoint_key(log: &str, size: u64) -> String {
    format!("{}{size:020}", checkpoint_prefix(log))
}

/// Below it, keys sort by size.
pub fn checkpoint_prefix(log: &str) -> String {
    format!("{log}/checkpoints/")
}

/// The newest checkpoint; a helper, never evidence.
pub fn newest_checkpoint_key(log: &str) -> String {
    format!("{log}/checkpoint")
}

/// Reads the indexes of a batch out of its key.
pub fn parse_batch_key(log: &str, key: &str) -> Option<(u64, u64)> {
    let (first, last) = key.strip_prefix(&batch_prefix(log))?.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (batch_key(log, first, last) == key && first <= last).then_some((first, last))
}

/// Reads the size of a checkpoint out of its key.
pub fn parse_checkpoint_key(log: &str, key: &str) -> Option<u64> {
    let size = key.strip_prefix(&checkpoint_prefix(log))?.parse().ok()?;
    (checkpoint_key(log, size) == key).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_number_and_read_back() {
        assert!(batch_key("h", 9, 10) < batch_key("h", 11, 100));
        assert!(checkpoint_key("h", 9) < checkpoint_key("h", 10));
        assert_eq!(parse_batch_key("h", &batch_key("h", 9, 10)), Some((9, 10)));
        assert_eq!(parse_checkpoint_key("h", &checkpoint_key("h", 7)), Some(7));
        assert_eq!(parse_checkpoint_key("h", "h/checkpoints/7"), None);
        assert_eq!(parse_checkpoint_key("g", &checkpoint_key("h", 7)), None);
        assert_eq!(parse_batch_key("h", &batch_key("h", 10, 9)), None);
    }
}
