//! The JSON that is kept for each key, and how it reaches the disk. The format is described in the crate's documentation.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Write as _};
use std::path::Path;
use std::{fs, io};

use s3s::dto::Timestamp;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::retention::Retention;

/// The format that this code writes and reads.
const FORMAT: u32 = 1;

/// The id that an object of an unversioned bucket has.
pub(crate) const NULL_VERSION: &str = "null";

/// All versions of one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    pub key: String,
    /// Newest last.
    pub versions: Vec<Version>,
}

/// One version: an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    #[serde(rename = "versionId")]
    pub id: String,
    pub last_modified: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete_marker: bool,
    /// Absent in a delete marker.
    #[serde(flatten)]
    pub content: Option<Content>,
}

/// What an object version holds besides its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    /// Path of the bytes below the bucket's folder.
    pub file: String,
    pub size: u64,
    /// Hex, computed while the body arrived.
    pub sha256: String,
    pub etag: String,
    /// The checksums that the client sent, all of them verified: algorithm to base64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checksums: BTreeMap<String, String>,
    #[serde(rename = "contentType", default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
}

/// The encryption headers of a put. They are echoed; the file is not encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Encryption {
    pub algorithm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_key: Option<bool>,
}

impl Record {
    /// A key without a version.
    pub fn empty(key: &Key) -> Self {
        Self { format: FORMAT, key: key.as_str().to_owned(), versions: Vec::new() }
    }

    /// The newest version, which may be a delete marker.
    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The newest version if it is an object.
    pub fn current(&self) -> Option<(&Version, &Content)> {
        let newest = self.newest()?;
        Some((newest, newest.content.as_ref()?))
    }

    /// Reads a key's file; `None` where there is none.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let record: Self = serde_json::from_slice(&bytes)?;
        let sound = record.format == FORMAT && record.versions.iter().all(|v| v.delete_marker == v.content.is_none());
        if sound { Ok(Some(record)) } else { Err(Error::new(ErrorKind::InvalidData, "unknown or damaged metadata")) }
    }

    /// Replaces a key's file, durably and at once: a crash leaves the old or the new one.
    pub fn write(&self, path: &Path, temporary: &Path) -> io::Result<()> {
        let mut file = fs::File::create(temporary)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(temporary, path)
    }
}
