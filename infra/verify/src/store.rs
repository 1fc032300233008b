//! Reading a bucket as the local cloud keeps it: bytes below `s3/<bucket>/`, versions and locks below `s3-meta/<bucket>/`.
//!
//! Nothing is written, and no description of an object is believed where its bytes can be hashed. The layout is that of
//! `infra/local/s3`.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use fude::audit::{RetentionMode, UtcMillis};
use serde::{Deserialize, Deserializer};

/// One bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    name: String,
    root: PathBuf,
    meta: PathBuf,
}

/// What is recorded of one key, oldest version first.
#[derive(Debug, Default, Deserialize)]
pub struct Record {
    pub versions: Vec<Version>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    #[serde(deserialize_with = "milliseconds")]
    pub last_modified: i64,
    #[serde(default)]
    pub delete_marker: bool,
    /// Path of the bytes below the bucket; none of a delete marker.
    pub file: Option<String>,
    pub retention: Option<Lock>,
}

/// Object Lock of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    #[serde(deserialize_with = "mode")]
    pub mode: RetentionMode,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "milliseconds")]
    pub retain_until: i64,
}

impl Record {
    /// The one version of an object that is written once; None where it has none, several or a delete marker.
    pub fn only(&self) -> Option<&Version> {
        match self.versions.as_slice() {
            [version] if !version.delete_marker => Some(version),
            _ => None,
        }
    }

    /// Whether reading the key without a version id finds nothing.
    pub fn is_deleted(&self) -> bool {
        self.versions.last().is_some_and(|version| version.delete_marker)
    }

    pub fn lock(&self) -> Option<&Lock> {
        self.versions.iter().find_map(|version| version.retention.as_ref())
    }
}

impl Bucket {
    pub fn of_state(state: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), root: state.join("s3").join(name), meta: state.join("s3-meta").join(name) }
    }

    /// How an object is called in a report.
    pub fn path_of(&self, key: &str) -> String {
        format!("{}/{key}", self.name)
    }

    /// The bytes of the first version, which has the plain name.
    pub fn read(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        absent(whole(&self.root.join(key)))
    }

    /// The same, into a buffer that is used again. False where there is nothing.
    pub fn read_into(&self, key: &str, buffer: &mut Buffer) -> io::Result<bool> {
        Ok(absent(buffer.fill(&self.root.join(key)))?.is_some())
    }

    /// Whether there are bytes.
    pub fn holds(&self, key: &str) -> bool {
        self.root.join(key).is_file()
    }

    /// Versions and locks; None where the key is not recorded.
    pub fn record(&self, key: &str) -> io::Result<Option<Record>> {
        let bytes = absent(whole(&self.meta.join(format!("{key}.json"))))?;
        Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }

    /// Calls with every name in a folder, of a key or (ending in `/`) of a folder, from bytes and records; most of them
    /// come twice, and in no order. A version beside the first has `@` in its name.
    pub fn each_name(&self, folder: &str, mut each: impl FnMut(&str)) -> io::Result<()> {
        for (tree, recorded) in [(&self.root, false), (&self.meta, true)] {
            let Some(entries) = absent(fs::read_dir(tree.join(folder)))? else {
                continue;
            };
            for entry in entries {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                if entry.file_type()?.is_dir() {
                    each(&format!("{name}/"));
                } else if !recorded {
                    each(&name);
                } else if let Some(name) = name.strip_suffix(".json") {
                    each(name);
                }
            }
        }
        Ok(())
    }

    /// The same, in order, each once.
    pub fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        self.each_name(folder, |name| names.push(name.to_owned()))?;
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Every key below a folder, in order; `folder` ends in `/`.
    pub fn keys_below(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut keys = Vec::new();
        self.each_below(folder, &mut |key| keys.push(key.to_owned()))?;
        keys.sort_unstable();
        Ok(keys)
    }

    /// Calls with every key below a folder, one folder in memory at a time.
    pub fn each_below(&self, folder: &str, each: &mut dyn FnMut(&str)) -> io::Result<()> {
        for name in self.names(folder)? {
            let below = format!("{folder}{name}");
            if below.ends_with('/') {
                self.each_below(&below, each)?;
            } else {
                each(&below);
            }
        }
        Ok(())
    }
}

fn whole(path: &Path) -> io::Result<Vec<u8>> {
    thread_local!(static SCRATCH: RefCell<Buffer> = const { RefCell::new(Buffer::new()) });
    SCRATCH.with_borrow_mut(|scratch| scratch.fill(path).map(|()| scratch.bytes().to_vec()))
}

/// Room for one file after another.
#[derive(Debug, Default)]
pub struct Buffer {
    room: Vec<u8>,
    filled: usize,
}

impl Buffer {
    const fn new() -> Self {
        Self { room: Vec::new(), filled: 0 }
    }

    /// What was read last.
    pub fn bytes(&self) -> &[u8] {
        &self.room[..self.filled]
    }

    /// Reads without asking for the length first: of the many small files of a log, that is one system call in five.
    fn fill(&mut self, path: &Path) -> io::Result<()> {
        const ROOM: usize = 1 << 17;
        let mut file = File::open(path)?;
        self.filled = 0;
        loop {
            if self.filled == self.room.len() {
                self.room.resize(ROOM.max(2 * self.filled), 0);
            }
            match file.read(&mut self.room[self.filled..]) {
                Ok(0) => return Ok(()),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(UtcMillis::deserialize(deserializer)?.unix_ms())
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RetentionMode, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "GOVERNANCE" => Ok(RetentionMode::Governance),
        "COMPLIANCE" => Ok(RetentionMode::Compliance),
        _ => Err(serde::de::Error::custom("unknown Object Lock mode")),
    }
}
