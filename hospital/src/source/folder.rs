//! A folder of FHIR bundles, one file a patient: what a hospital exports by itself. A file counts for every number that a
//! Patient in it bears, and for its own name.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

use super::{Bundle, Reason, Record, SourceError, Warning};

/// What a staged record may have (20 MiB) is the most that any part of Fude reads.
const LARGEST_FILE: u64 = 20 << 20;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Holds `*.json`; folders below it are not read.
    pub folder: PathBuf,
    /// Identifier system of patient numbers; without it an identifier's value alone counts.
    #[serde(default)]
    pub identifier_system: Option<String>,
}

/// An open folder, with an index that follows its changes.
pub struct Folder {
    root: PathBuf,
    system: Option<String>,
    index: Mutex<Index>,
}

/// What tells that a file is still the one that was read.
type Stamp = (u64, Option<SystemTime>);

#[derive(Default)]
struct Index {
    /// Numbers in each file, with what the file was when it was read.
    files: BTreeMap<PathBuf, (Stamp, Vec<String>)>,
}

impl Folder {
    pub fn open(settings: &Settings) -> Result<Self, SourceError> {
        let real = settings.folder.canonicalize().ok().filter(|f| f.is_dir());
        let root = real
            .ok_or_else(|| SourceError::Unusable(format!("the folder {} cannot be read", settings.folder.display())))?;
        Ok(Self { root, system: settings.identifier_system.clone(), index: Mutex::default() })
    }

    pub fn record(&self, number: &str) -> Result<Record, SourceError> {
        let path = self.file(number)?;
        let bytes = fs::read(&path).map_err(|e| SourceError::Unavailable(format!("a file: {}", e.kind())))?;
        let (bundle, unreadable) =
            Bundle::read(&bytes).ok_or_else(|| SourceError::Unusable("a file is no FHIR Bundle".to_owned()))?;
        let warnings = unreadable.iter().map(|i| Warning::new(format!("entry {i}"), Reason::EntryUnreadable));
        Ok(Record { bundle, warnings: warnings.collect() })
    }

    /// The one file of a number.
    fn file(&self, number: &str) -> Result<PathBuf, SourceError> {
        if number.is_empty() {
            return Err(SourceError::NotFound);
        }
        let mut index = self.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.refresh(&mut index)?;
        let mut found = index.files.iter().filter(|(_, (_, numbers))| numbers.iter().any(|n| n == number));
        match (found.next(), found.next()) {
            (Some((path, _)), None) => Ok(path.clone()),
            (None, _) => Err(SourceError::NotFound),
            (Some(_), Some(_)) => Err(SourceError::Ambiguous),
        }
    }

    /// Reads what is new or changed, forgets what is gone.
    fn refresh(&self, index: &mut Index) -> Result<(), SourceError> {
        let unreadable = |e: std::io::Error| SourceError::Unavailable(format!("the folder: {}", e.kind()));
        let mut known = BTreeMap::new();
        for entry in fs::read_dir(&self.root).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            // A link may not lead out of the folder.
            let Some(real) = path.canonicalize().ok().filter(|r| r.starts_with(&self.root)) else { continue };
            let Ok(meta) = fs::metadata(&real) else { continue };
            if !meta.is_file() || meta.len() > LARGEST_FILE {
                continue;
            }
            let stamp = (meta.len(), meta.modified().ok());
            let entry = match index.files.remove(&real) {
                Some(old) if old.0 == stamp => old,
                _ => (stamp, self.numbers(&real)),
            };
            known.insert(real, entry);
        }
        index.files = known;
        Ok(())
    }

    /// The file's name, and each number that a Patient in it bears.
    fn numbers(&self, path: &PathBuf) -> Vec<String> {
        let mut out: Vec<String> = path.file_stem().and_then(|s| s.to_str()).map(str::to_owned).into_iter().collect();
        let bundle = fs::read(path).ok().and_then(|bytes| Bundle::read(&bytes));
        for entry in bundle.iter().flat_map(|(b, _)| &b.entries).filter(|e| e.kind == "Patient") {
            let patient: Value = serde_json::from_str(entry.resource.get()).unwrap_or_default();
            for identifier in patient["identifier"].as_array().into_iter().flatten() {
                let system = identifier["system"].as_str();
                if self.system.is_none() || system == self.system.as_deref() {
                    out.extend(identifier["value"].as_str().map(str::to_owned));
                }
            }
        }
        out.sort();
        out.dedup();
        out
    }
}
