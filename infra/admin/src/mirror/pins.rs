//! What to keep outside of the house: the newest checkpoint of each log, as `fude-verify --pin` takes it.

use fude::audit::checkpoint::{Checkpoint, LogKey};
use fude::audit::layout;

use super::Stop;
use super::folder::{Bucket, Folder};
use super::logged::newest;

/// One line a log.
pub fn lines(folder: &Folder, keys: &[[u8; 32]]) -> Result<Vec<String>, Stop> {
    let mut lines = Vec::new();
    for name in folder.names(Bucket::Audit, "")? {
        let Some(log) = name.strip_suffix('/') else { continue };
        let Some(size) = newest(folder, log)? else {
            lines.push(format!("{log}: no checkpoint yet"));
            continue;
        };
        let path = folder.path_of(Bucket::Audit, &layout::checkpoint_key(log, size));
        let note = std::fs::read(&path).map_err(|error| Stop::Disk(path.clone(), error))?;
        let said = match Checkpoint::claimed(&note) {
            Ok(checkpoint) => {
                let (Checkpoint { origin, size, root }, signed) = (&checkpoint, signature(&note, &checkpoint, keys));
                format!("{origin}, {size} entries, root {root}, {signed}")
            }
            Err(error) => error.to_string(),
        };
        lines.push(format!("--pin {}  ({said})", path.display()));
    }
    Ok(lines)
}

fn signature(note: &[u8], checkpoint: &Checkpoint, keys: &[[u8; 32]]) -> &'static str {
    let signs =
        |key: &[u8; 32]| LogKey::new(&checkpoint.origin, key).is_ok_and(|key| Checkpoint::open(note, &key).is_ok());
    match keys {
        [] => "signature not checked: no --key",
        keys if keys.iter().any(signs) => "signed by the log's key",
        _ => "NOT signed by the key given",
    }
}
