//! What the copy knows of each key: the records of `infra/local/s3`, which `fude-verify` reads, with one member more.
//!
//! `vanished` is the moment of the run that first did not find a version in the source any more.

use std::collections::BTreeMap;
use std::fmt;

use fude::audit::UtcMillis;
use serde::{Deserialize, Serialize};

/// The format that is written.
const FORMAT: u32 = 1;

/// All versions of one key, newest last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub format: u32,
    pub key: String,
    pub versions: Vec<Version>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    #[serde(rename = "versionId")]
    pub id: String,
    pub last_modified: UtcMillis,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete_marker: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanished: Option<UtcMillis>,
    /// Absent in a delete marker.
    #[serde(flatten)]
    pub content: Option<Content>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Path of the bytes below the bucket's folder.
    pub file: String,
    pub size: u64,
    /// Hex, of the bytes as they came.
    pub sha256: String,
    /// As the source lists it, without quotes.
    pub etag: String,
    /// What the source keeps beside the object: algorithm to base64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checksums: BTreeMap<String, String>,
    #[serde(rename = "contentType", default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Lock>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Encryption {
    pub algorithm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_key: Option<bool>,
}

/// Weaker first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    Governance,
    Compliance,
}

/// Object Lock of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    pub mode: Mode,
    pub retain_until: UtcMillis,
}

impl Record {
    pub fn empty(key: &str) -> Self {
        Self { format: FORMAT, key: key.to_owned(), versions: Vec::new() }
    }

    /// None where the bytes are no record that this code understands.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(bytes).ok()?;
        let sound = record.format == FORMAT && record.versions.iter().all(|v| v.delete_marker == v.content.is_none());
        sound.then_some(record)
    }

    /// Where the bytes of a further version lie: the plain name for the first, as `fude-verify` expects.
    pub fn file_of(&self, id: &str) -> String {
        let plain = self.versions.iter().filter_map(|v| v.content.as_ref()).any(|content| content.file == self.key);
        if plain { format!("{}@{id}", self.key) } else { self.key.clone() }
    }
}

impl Version {
    pub fn lock(&self) -> Option<Lock> {
        self.content.as_ref()?.retention
    }

    /// Whether nobody may have removed or replaced it yet.
    pub fn is_locked(&self, now: UtcMillis) -> bool {
        self.lock().is_some_and(|lock| lock.holds(now))
    }
}

impl Lock {
    pub fn holds(&self, now: UtcMillis) -> bool {
        self.retain_until > now
    }

    /// Whether it keeps at least what the other keeps.
    pub fn covers(&self, other: &Self) -> bool {
        self.mode >= other.mode && self.retain_until >= other.retain_until
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            Mode::Governance => "governance",
            Mode::Compliance => "compliance",
        };
        write!(f, "{mode} until {}", self.retain_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_local_cloud_reads_back_and_other_formats_do_not() {
        let text = r#"{"format":1,"key":"a/b","versions":[{"versionId":"v1","lastModified":"2026-11-22T00:00:00.000Z",
            "file":"a/b","size":2,"sha256":"00","etag":"e","retention":{"mode":"COMPLIANCE",
            "retainUntil":"2036-11-22T00:00:00.000Z"}},
            {"versionId":"v2","lastModified":"2026-11-23T00:00:00.000Z","deleteMarker":true}]}"#;
        let record = Record::parse(text.as_bytes()).unwrap();
        assert_eq!(record.versions[0].lock().unwrap().mode, Mode::Compliance);
        assert_eq!(record.versions[1].content, None);
        assert_eq!(Record::parse(&serde_json::to_vec(&record).unwrap()), Some(record));
        assert_eq!(Record::parse(text.replace("\"format\":1", "\"format\":2").as_bytes()), None);
        assert_eq!(Record::parse(text.replace(",\"deleteMarker\":true", "").as_bytes()), None);
    }

    #[test]
    fn only_the_first_version_has_the_plain_name() {
        let mut record = Record::empty("a/b");
        assert_eq!(record.file_of("v1"), "a/b");
        let text = r#"{"versionId":"v1","lastModified":"2026-11-22T00:00:00.000Z","file":"a/b","size":0,"sha256":"","etag":""}"#;
        record.versions.push(serde_json::from_str(text).unwrap());
        assert_eq!(record.file_of("v2"), "a/b@v2");
    }

    #[test]
    fn a_lock_covers_what_is_neither_stronger_nor_longer() {
        let lock = |mode, year: u32| Lock {
            mode,
            retain_until: UtcMillis::parse(&format!("{year}-01-01T00:00:00.000Z")).unwrap(),
        };
        let held = lock(Mode::Governance, 2030);
        assert!(held.covers(&held) && lock(Mode::Compliance, 2031).covers(&held));
        assert!(!lock(Mode::Governance, 2029).covers(&held));
        assert!(!held.covers(&lock(Mode::Compliance, 2030)));
        assert!(held.holds(lock(Mode::Governance, 2029).retain_until) && !held.holds(held.retain_until));
    }
}
