//! Copies of a state folder. The stack that wrote it is stopped, so the files are at rest.

use std::fs;
use std::io;
use std::path::Path;

/// The table's own file, and what SQLite may leave beside it.
const TABLE_FILE: &str = "dynamodb.sqlite";
const BESIDE: [&str; 2] = ["dynamodb.sqlite-wal", "dynamodb.sqlite-shm"];
/// How far the stream was handed over: of no use to another table.
const POSITION: &str = "stream-position.json";

/// A folder with everything in it; `to` must not exist.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    tree(from, to).map_err(|e| format!("{} cannot be copied to {}: {e}", from.display(), to.display()))
}

fn tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The table as the backup holds it, everything else as it is.
pub fn table_from(backup: &Path, live: &Path) -> Result<(), String> {
    for stale in BESIDE.into_iter().chain([POSITION]) {
        match fs::remove_file(live.join(stale)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(format!("{stale}: {e}")),
            _ => {}
        }
    }
    for file in [TABLE_FILE].into_iter().chain(BESIDE) {
        let from = backup.join(file);
        if from.exists() {
            fs::copy(&from, live.join(file)).map_err(|e| format!("{file}: {e}"))?;
        }
    }
    Ok(())
}
