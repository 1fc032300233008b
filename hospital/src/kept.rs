//! Kept work: what a person typed and has not sent yet. One file each (0600, in a folder of 0700), bound to its author;
//! outlives reload, sign-out and restart, ends when it is sent, thrown away, or left alone for the configured days.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Characters of all fields of one piece of work; the largest document has a tenth.
const MOST: usize = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    pub id: String,
    /// Who typed it, and the only one who sees it.
    pub user: String,
    pub about: About,
    /// As the form names them.
    pub fields: BTreeMap<String, String>,
    pub stage: Stage,
    /// What of the house's record did not go along with a drafting.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// Unix seconds of the last change.
    pub saved_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "what")]
pub enum About {
    /// A document to be made.
    New { patient: String, kind: String },
    /// Corrections of a revision.
    Document { document: String, revision: u64, patient: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Stage {
    Typing,
    /// Sent; the answer is awaited.
    Drafting,
    Failed {
        slug: String,
        words: String,
    },
    Done {
        document: String,
    },
}

impl Work {
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub fn patient(&self) -> &str {
        match &self.about {
            About::New { patient, .. } | About::Document { patient, .. } => patient,
        }
    }
}

/// The place of one person's corrections of one document.
pub fn place(user: &str, document: &str) -> String {
    hex::encode(&Sha256::digest(format!("{user}\0{document}"))[..16])
}

#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error("too much text")]
    TooMuch,
    #[error("the folder of kept work cannot be written")]
    Io(#[from] std::io::Error),
}

pub struct Kept {
    folder: PathBuf,
    /// Two tabs of one person must not tear a file.
    writing: Mutex<()>,
}

impl Kept {
    pub fn open(state: &Path) -> std::io::Result<Self> {
        let folder = state.join("kept");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Self { folder, writing: Mutex::default() })
    }

    pub fn put(&self, work: &Work) -> Result<(), KeptError> {
        if work.fields.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>() > MOST {
            return Err(KeptError::TooMuch);
        }
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        write_whole(&self.file(&work.id), &serde_json::to_vec(work).expect("plain text serialises"))?;
        Ok(())
    }

    /// None for anybody else's.
    pub fn get(&self, user: &str, id: &str) -> Option<Work> {
        let plain = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let work: Work = serde_json::from_slice(&fs::read(plain.then(|| self.file(id))?).ok()?).ok()?;
        (work.user == user).then_some(work)
    }

    /// Newest first.
    pub fn of(&self, user: &str) -> Vec<Work> {
        let mut all: Vec<Work> = self.all().filter(|w| w.user == user).collect();
        all.sort_by_key(|w| std::cmp::Reverse(w.saved_at));
        all
    }

    pub fn remove(&self, id: &str) {
        _ = fs::remove_file(self.file(id));
    }

    /// Throws away what nobody has touched since.
    pub fn sweep(&self, before: u64) -> usize {
        let old: Vec<Work> = self.all().filter(|w| w.saved_at < before).collect();
        for work in &old {
            self.remove(&work.id);
        }
        old.len()
    }

    fn all(&self) -> impl Iterator<Item = Work> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files
            .filter(|f| f.path().extension().is_some_and(|e| e == "json"))
            .filter_map(|f| serde_json::from_slice(&fs::read(f.path()).ok()?).ok())
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// Beside the file, then renamed, so that a kill leaves the old or the new.
pub fn write_whole(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{About, Kept, Stage, Work, place};

    fn work(id: &str, user: &str, saved_at: u64) -> Work {
        Work {
            id: id.into(),
            user: user.into(),
            about: About::Document { document: "d".into(), revision: 1, patient: "1".into() },
            fields: BTreeMap::from([("s:S1".to_owned(), "直した文。".to_owned())]),
            stage: Stage::Typing,
            remarks: Vec::new(),
            saved_at,
        }
    }

    #[test]
    fn work_is_its_authors_alone_and_outlives_the_process() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Kept::open(folder.path()).expect("a store");
        let id = place("sato", "d");
        kept.put(&work(&id, "sato", 10)).expect("kept");
        drop(kept);
        let kept = Kept::open(folder.path()).expect("a store");
        assert_eq!(kept.get("sato", &id).map(|w| w.field("s:S1").to_owned()), Some("直した文。".to_owned()));
        assert_eq!(kept.get("tanaka", &id), None);
        assert!(kept.get("sato", "../kept/x").is_none() && kept.of("tanaka").is_empty());
        let mode =
            std::fs::metadata(folder.path().join(format!("kept/{id}.json"))).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn only_old_work_is_thrown_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Kept::open(folder.path()).expect("a store");
        kept.put(&work("old", "sato", 10)).expect("kept");
        kept.put(&work("new", "sato", 20)).expect("kept");
        assert_eq!(kept.sweep(20), 1);
        assert!(kept.get("sato", "old").is_none() && kept.get("sato", "new").is_some());
    }
}
