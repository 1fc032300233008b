//! The copy on the disk: `s3/<bucket>/` has the bytes, `s3-meta/<bucket>/` a record a key, `mirror.json` the source.
//!
//! Every file arrives in `.incoming`, is synced and moved into place, bytes before the record that names them. A crash
//! leaves at most bytes that no record names, which the next run writes again.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::Stop;
use super::record::{Content, Record};

/// One of the two buckets of evidence; its folder has this name whatever the bucket is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    Documents,
    Audit,
}

impl Bucket {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Audit => "audit",
        }
    }
}

/// Of what the folder is a copy, so that a second source never gets mixed into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub documents: String,
    pub audit: String,
}

pub struct Folder {
    root: PathBuf,
    temporary: AtomicU64,
    /// Held as long as the run lasts.
    _lock: File,
}

/// What lies at the place of a record.
pub enum Kept {
    Nothing,
    Record(Record),
    /// Bytes that are no record.
    Damaged,
}

impl Folder {
    /// Makes the folder, or opens the copy that it holds of the same source, and clears what a killed run left.
    pub fn open(root: &Path, origin: &Origin) -> Result<Self, Stop> {
        let at = |path: &Path, error| Stop::Disk(path.to_owned(), error);
        fs::create_dir_all(root).map_err(|e| at(root, e))?;
        let file = root.join("mirror.json");
        match fs::read(&file) {
            Ok(bytes) => {
                let kept: Origin = serde_json::from_slice(&bytes).map_err(|e| at(&file, e.into()))?;
                if kept != *origin {
                    return Err(Stop::OtherSource(root.to_owned(), kept.documents, kept.audit));
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let strange = fs::read_dir(root).map_err(|e| at(root, e))?.flatten().any(|entry| {
                    let name = entry.file_name();
                    name != ".lock" && name != ".incoming"
                });
                if strange {
                    return Err(Stop::NoCopy(root.to_owned()));
                }
            }
            Err(error) => return Err(at(&file, error)),
        }
        let path = root.join(".lock");
        let lock = File::create(&path).map_err(|e| at(&path, e))?;
        if lock.try_lock().is_err() {
            return Err(Stop::Busy(root.to_owned()));
        }
        let incoming = root.join(".incoming");
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&incoming, error)),
            _ => fs::create_dir(&incoming).map_err(|e| at(&incoming, e))?,
        }
        let folder = Self { root: root.to_owned(), temporary: AtomicU64::new(0), _lock: lock };
        folder.replace(&file, &serde_json::to_vec(origin).expect("two texts"))?;
        for bucket in [Bucket::Documents, Bucket::Audit] {
            for tree in [folder.bytes(bucket), folder.records(bucket)] {
                fs::create_dir_all(&tree).map_err(|e| at(&tree, e))?;
            }
        }
        Ok(folder)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    fn bytes(&self, bucket: Bucket) -> PathBuf {
        self.root.join("s3").join(bucket.name())
    }

    fn records(&self, bucket: Bucket) -> PathBuf {
        self.root.join("s3-meta").join(bucket.name())
    }

    /// Where an object's bytes lie.
    pub fn path_of(&self, bucket: Bucket, file: &str) -> PathBuf {
        self.bytes(bucket).join(file)
    }

    pub fn record(&self, bucket: Bucket, key: &str) -> Result<Kept, Stop> {
        let path = self.record_path(bucket, key);
        match fs::read(&path) {
            Ok(bytes) => Ok(Record::parse(&bytes).map_or(Kept::Damaged, Kept::Record)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Kept::Nothing),
            Err(error) => Err(Stop::Disk(path, error)),
        }
    }

    pub fn write_record(&self, bucket: Bucket, record: &Record) -> Result<(), Stop> {
        let bytes = serde_json::to_vec(record).expect("a record is plain data");
        self.replace(&self.record_path(bucket, &record.key), &bytes)
    }

    fn record_path(&self, bucket: Bucket, key: &str) -> PathBuf {
        self.records(bucket).join(format!("{key}.json"))
    }

    /// Whether the bytes of a recorded version are there, by their length.
    pub fn holds(&self, bucket: Bucket, content: &Content) -> bool {
        fs::metadata(self.path_of(bucket, &content.file)).is_ok_and(|file| file.len() == content.size)
    }

    /// A name for what is still arriving.
    pub fn incoming(&self) -> PathBuf {
        self.root.join(".incoming").join(self.temporary.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Moves what has arrived, and is synced, to its place.
    pub fn take_in(from: &Path, to: &Path) -> Result<(), Stop> {
        let moved = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(from, to));
        moved.map_err(|error| Stop::Disk(to.to_owned(), error))
    }

    /// Writes a whole file: after a crash it is the old one or the new one.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), Stop> {
        let temporary = self.incoming();
        let written = File::create(&temporary).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(|error| Stop::Disk(temporary.clone(), error))?;
        Self::take_in(&temporary, path)
    }

    /// Names in a folder of records, in the order of keys: of a key, or (ending in `/`) of a folder.
    pub fn names(&self, bucket: Bucket, folder: &str) -> Result<Vec<String>, Stop> {
        let path = self.records(bucket).join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Stop::Disk(path, error)),
        };
        let named = |entry: io::Result<fs::DirEntry>| -> io::Result<Option<String>> {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
            let is_folder = entry.file_type()?.is_dir();
            Ok(if is_folder { Some(format!("{name}/")) } else { name.strip_suffix(".json").map(str::to_owned) })
        };
        let names: io::Result<Vec<_>> = entries.filter_map(|entry| named(entry).transpose()).collect();
        let mut names = names.map_err(|error| Stop::Disk(path, error))?;
        // A folder sorts as its keys do: by its name and the slash
        names.sort_unstable();
        Ok(names)
    }

    /// Every key of a bucket below a folder, in the order of their bytes, as S3 lists them.
    pub fn walk<'f>(&'f self, bucket: Bucket, folder: &str, wanted: &'f Wanted) -> Result<Walk<'f>, Stop> {
        let mut walk = Walk { folder: self, bucket, wanted, open: Vec::new() };
        walk.enter(folder.to_owned())?;
        Ok(walk)
    }
}

/// Which keys, and (ending in `/`) which folders of keys, are looked at.
pub type Wanted = dyn Fn(&str) -> bool + Send + Sync;

/// The keys of the copy, one folder of each level in memory.
pub struct Walk<'f> {
    folder: &'f Folder,
    bucket: Bucket,
    wanted: &'f Wanted,
    open: Vec<(String, std::vec::IntoIter<String>)>,
}

impl Walk<'_> {
    fn enter(&mut self, folder: String) -> Result<(), Stop> {
        let names = self.folder.names(self.bucket, &folder)?;
        self.open.push((folder, names.into_iter()));
        Ok(())
    }

    pub fn next_key(&mut self) -> Result<Option<String>, Stop> {
        while let Some((folder, names)) = self.open.last_mut() {
            let Some(name) = names.next() else {
                self.open.pop();
                continue;
            };
            let path = format!("{folder}{name}");
            if !(self.wanted)(&path) {
                continue;
            }
            if !path.ends_with('/') {
                return Ok(Some(path));
            }
            self.enter(path)?;
        }
        Ok(None)
    }
}

/// Whether a key is also a sound path below a folder, so that nothing is ever written beside the copy.
pub fn is_path(key: &str) -> bool {
    key.len() <= 1024
        && !key.contains('@')
        && !key.contains(char::is_control)
        && key.split('/').all(|part| !matches!(part, "" | "." | "..") && part.len() <= 200)
}

/// Whether a version's id can be part of a file name.
pub fn is_version_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 50 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+=".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { documents: "d".to_owned(), audit: "a".to_owned() }
    }

    #[test]
    fn keys_come_in_the_order_in_which_s3_lists_them() {
        let folder = tempfile::tempdir().unwrap();
        let copy = Folder::open(&folder.path().join("copy"), &origin()).unwrap();
        let mut keys = ["h/batch/2", "h/batch/1", "h/checkpoint", "h/checkpoints/1", "h-a/x", "h.2/x", "h0", "a"];
        for key in keys {
            copy.write_record(Bucket::Audit, &Record::empty(key)).unwrap();
        }
        let walked = |from: &str, wanted: &Wanted| {
            let mut walk = copy.walk(Bucket::Audit, from, wanted).unwrap();
            std::iter::from_fn(move || walk.next_key().unwrap()).collect::<Vec<_>>()
        };
        keys.sort_unstable();
        assert_eq!(walked("", &|_| true), keys);
        assert_eq!(walked("h/", &|path| path.starts_with("h/checkpoint")), ["h/checkpoint", "h/checkpoints/1"]);
        assert_eq!(walked("none/", &|_| true), Vec::<String>::new());
    }

    #[test]
    fn a_folder_holds_one_copy_of_one_source_and_one_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy");
        let copy = Folder::open(&path, &origin()).unwrap();
        assert!(matches!(Folder::open(&path, &origin()), Err(Stop::Busy(_))));
        drop(copy);
        fs::write(path.join(".incoming/7"), "half of an object").unwrap();
        drop(Folder::open(&path, &origin()).unwrap());
        assert_eq!(fs::read_dir(path.join(".incoming")).unwrap().count(), 0);
        let other = Origin { audit: "b".to_owned(), ..origin() };
        assert!(matches!(Folder::open(&path, &other), Err(Stop::OtherSource(..))));
        fs::remove_file(path.join("mirror.json")).unwrap();
        assert!(matches!(Folder::open(&path, &origin()), Err(Stop::NoCopy(_))), "no folder of somebody else's");
    }

    #[test]
    fn keys_and_ids_that_would_leave_the_folder_are_told_apart() {
        assert!(is_path("final/01/1/ab") && is_path("h.2/checkpoints/00000000000000000007"));
        for key in ["", "/a", "a//b", "../a", "a/..", "a@b", "a\nb"] {
            assert!(!is_path(key), "{key:?}");
        }
        assert!(is_version_id("null") && is_version_id("3HL4kqtJvjVBH40Nrjfkd.a_b-c"));
        assert!(!is_version_id("") && !is_version_id("../x") && !is_version_id("a/b"));
    }
}
