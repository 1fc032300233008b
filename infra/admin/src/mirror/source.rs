//! The buckets in S3: versions in the order of keys, bytes with their description, locks. Reads only.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ChecksumMode, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use aws_types::SdkConfig;
use fude::audit::UtcMillis;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::Stop;
use super::folder::{Bucket, Origin};
use super::record::{Content, Encryption, Lock, Mode};

/// Tries of one object; what breaks off more often is left to the next run.
const TRIES: u32 = 3;

/// A version or a delete marker, as a listing has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub id: String,
    pub modified: UtcMillis,
    pub newest: bool,
    /// Size and ETag; none of a delete marker.
    pub object: Option<(u64, String)>,
}

/// Why an object could not be had.
pub enum Missed {
    /// Removed since it was listed.
    Gone,
    Unread(String),
    Stop(Stop),
}

impl From<Stop> for Missed {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

pub struct Source {
    s3: Client,
    names: Origin,
    /// Whether it was seen that locks may be read: without the permission S3 leaves them out of a get without a word.
    tells_locks: [AtomicBool; 2],
}

impl Source {
    /// What is altered in the source is copied and told of, so the SDK must not refuse it.
    pub fn new(sdk: &SdkConfig, names: Origin) -> Self {
        let config = aws_sdk_s3::config::Builder::from(sdk)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Self { s3: Client::from_conf(config), names, tells_locks: Default::default() }
    }

    fn name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Documents => &self.names.documents,
            Bucket::Audit => &self.names.audit,
        }
    }

    /// First segments of keys (`hospital-a/`), from versions of any age.
    pub async fn folders(&self, bucket: Bucket) -> Result<Vec<String>, Stop> {
        let (mut folders, mut marker) = (Vec::new(), None);
        loop {
            let request = self.s3.list_object_versions().bucket(self.name(bucket)).delimiter("/");
            let page = request.set_key_marker(marker).send().await;
            let page = page.map_err(|e| Stop::unavailable("S3 ListObjectVersions", &e))?;
            folders.extend(page.common_prefixes().iter().filter_map(|p| p.prefix().map(str::to_owned)));
            marker = page.next_key_marker().filter(|_| page.is_truncated() == Some(true)).map(str::to_owned);
            if marker.is_none() {
                return Ok(folders);
            }
        }
    }

    pub fn list(&self, bucket: Bucket, prefix: &str) -> Listing<'_> {
        Listing { source: self, bucket, prefix: prefix.to_owned(), ready: VecDeque::new(), marker: None, ended: false }
    }

    /// Writes a version's bytes to a new file and says what S3 keeps beside them. `file` is the path to record.
    pub async fn fetch(
        &self,
        bucket: Bucket,
        key: &str,
        listed: &Listed,
        to: &Path,
        file: String,
    ) -> Result<Content, Missed> {
        let (mut tries, mut sums) = (1, None);
        loop {
            match self.try_fetch(bucket, key, listed, to, &file, &mut sums).await {
                Err(Missed::Unread(_)) if tries < TRIES => tries += 1,
                fetched => return fetched,
            }
        }
    }

    /// Where checksums are asked for, the SDK breaks off when they do not hold. So they are asked for once, and kept.
    async fn try_fetch(
        &self,
        bucket: Bucket,
        key: &str,
        listed: &Listed,
        to: &Path,
        file: &str,
        sums: &mut Option<BTreeMap<String, String>>,
    ) -> Result<Content, Missed> {
        let request = self.s3.get_object().bucket(self.name(bucket)).key(key).version_id(&listed.id);
        let mode = sums.is_none().then_some(ChecksumMode::Enabled);
        let answer = request.set_checksum_mode(mode).send().await;
        let mut object = answer.map_err(|error| missed("S3 GetObject", error))?;
        let sums = sums.get_or_insert_with(|| checksums(&object)).clone();
        let disk = |error| Missed::Stop(Stop::Disk(to.to_owned(), error));
        let mut out = tokio::fs::File::create(to).await.map_err(disk)?;
        let (mut sha256, mut size) = (Sha256::new(), 0);
        while let Some(bytes) = object.body.next().await {
            let bytes = bytes.map_err(|error| Missed::Unread(format!("it broke off: {error}")))?;
            sha256.update(&bytes);
            size += bytes.len() as u64;
            out.write_all(&bytes).await.map_err(disk)?;
        }
        out.flush().await.map_err(disk)?;
        out.sync_all().await.map_err(disk)?;
        let retention = match lock_of_get(&object)? {
            None if !self.tells_locks[bucket as usize].load(Ordering::Relaxed) => {
                let lock = self.lock(bucket, key, &listed.id).await?;
                self.tells_locks[bucket as usize].store(true, Ordering::Relaxed);
                lock
            }
            lock => lock,
        };
        Ok(Content {
            file: file.to_owned(),
            size,
            sha256: hex::encode(sha256.finalize()),
            etag: listed.object.as_ref().map(|(_, etag)| etag.clone()).unwrap_or_default(),
            checksums: sums,
            media_type: object.content_type.clone(),
            metadata: object.metadata.clone().unwrap_or_default().into_iter().collect(),
            encryption: object.server_side_encryption.as_ref().map(|algorithm| Encryption {
                algorithm: algorithm.as_str().to_owned(),
                key_id: object.ssekms_key_id.clone(),
                bucket_key: object.bucket_key_enabled,
            }),
            retention,
        })
    }

    /// The lock of a version as it is now.
    pub async fn lock(&self, bucket: Bucket, key: &str, id: &str) -> Result<Option<Lock>, Missed> {
        let request = self.s3.get_object_retention().bucket(self.name(bucket)).key(key).version_id(id);
        match request.send().await {
            Ok(answer) => {
                let lock = answer.retention.unwrap_or_else(|| ObjectLockRetention::builder().build());
                read_lock(lock.mode.as_ref().map(ObjectLockRetentionMode::as_str), lock.retain_until_date.as_ref())
            }
            // No lock, or a bucket without locks
            Err(e) if matches!(e.code(), Some("NoSuchObjectLockConfiguration" | "InvalidRequest")) => Ok(None),
            Err(error) => Err(missed("S3 GetObjectRetention", error)),
        }
    }
}

/// A refusal concerns every object and ends the run; all else may concern this one alone.
fn missed<E, R>(operation: &'static str, error: SdkError<E, R>) -> Missed
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match error.code() {
        Some("NoSuchKey" | "NoSuchVersion" | "MethodNotAllowed") => Missed::Gone,
        Some("AccessDenied") => Missed::Stop(Stop::unavailable(operation, &error)),
        _ => Missed::Unread(Stop::unavailable(operation, &error).to_string()),
    }
}

fn lock_of_get(object: &GetObjectOutput) -> Result<Option<Lock>, Missed> {
    read_lock(
        object.object_lock_mode.as_ref().map(ObjectLockMode::as_str),
        object.object_lock_retain_until_date.as_ref(),
    )
}

fn read_lock(mode: Option<&str>, until: Option<&DateTime>) -> Result<Option<Lock>, Missed> {
    let mode = match mode {
        None => return Ok(None),
        Some("GOVERNANCE") => Mode::Governance,
        Some("COMPLIANCE") => Mode::Compliance,
        Some(_) => return Err(Missed::Unread("its lock has an unknown mode".to_owned())),
    };
    let retain_until = until.and_then(moment);
    let retain_until = retain_until.ok_or_else(|| Missed::Unread("its lock has no end".to_owned()))?;
    Ok(Some(Lock { mode, retain_until }))
}

fn moment(at: &DateTime) -> Option<UtcMillis> {
    UtcMillis::from_unix_ms(at.to_millis().ok()?).ok()
}

fn checksums(object: &GetObjectOutput) -> BTreeMap<String, String> {
    let all = [
        ("crc32", &object.checksum_crc32),
        ("crc32c", &object.checksum_crc32_c),
        ("crc64nvme", &object.checksum_crc64_nvme),
        ("sha1", &object.checksum_sha1),
        ("sha256", &object.checksum_sha256),
    ];
    all.into_iter().filter_map(|(name, sum)| Some((name.to_owned(), sum.clone()?))).collect()
}

/// The keys below a prefix with all their versions, oldest first; a page of the bucket in memory.
pub struct Listing<'s> {
    source: &'s Source,
    bucket: Bucket,
    prefix: String,
    /// Versions of the last key may go on with the next page.
    ready: VecDeque<(String, Vec<Listed>)>,
    marker: Option<(String, Option<String>)>,
    ended: bool,
}

impl Listing<'_> {
    pub async fn next_key(&mut self) -> Result<Option<(String, Vec<Listed>)>, Stop> {
        while self.ready.len() < 2 && !self.ended {
            self.next_page().await?;
        }
        Ok(self.ready.pop_front().map(|(key, mut versions)| {
            in_order(&mut versions);
            (key, versions)
        }))
    }

    async fn next_page(&mut self) -> Result<(), Stop> {
        let (key, version) = self.marker.take().unzip();
        let request = self.source.s3.list_object_versions().bucket(self.source.name(self.bucket)).prefix(&self.prefix);
        let page = request.set_key_marker(key).set_version_id_marker(version.flatten()).send().await;
        let page = page.map_err(|e| Stop::unavailable("S3 ListObjectVersions", &e))?;
        let mut keys: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
        for v in page.versions() {
            let etag = v.e_tag().unwrap_or_default().trim_matches('"').to_owned();
            let object = Some((v.size().and_then(|size| size.try_into().ok()).unwrap_or(0), etag));
            let (key, listed) =
                read(v.key(), v.version_id(), v.last_modified(), v.is_latest(), object).ok_or(Stop::Listing)?;
            keys.entry(key).or_default().push(listed);
        }
        for m in page.delete_markers() {
            let (key, listed) =
                read(m.key(), m.version_id(), m.last_modified(), m.is_latest(), None).ok_or(Stop::Listing)?;
            keys.entry(key).or_default().push(listed);
        }
        for (key, versions) in keys {
            match self.ready.back_mut() {
                Some((last, more)) if *last == key => more.extend(versions),
                _ => self.ready.push_back((key, versions)),
            }
        }
        match page.next_key_marker().filter(|_| page.is_truncated() == Some(true)) {
            Some(key) => self.marker = Some((key.to_owned(), page.next_version_id_marker().map(str::to_owned))),
            None => self.ended = true,
        }
        Ok(())
    }
}

fn read(
    key: Option<&str>,
    id: Option<&str>,
    modified: Option<&DateTime>,
    newest: Option<bool>,
    object: Option<(u64, String)>,
) -> Option<(String, Listed)> {
    let modified = moment(modified?)?;
    // A bucket that never had versions names none
    let id = id.unwrap_or("null").to_owned();
    Some((key?.to_owned(), Listed { id, modified, newest: newest.unwrap_or(false), object }))
}

/// Oldest first. Versions are listed newest first, markers beside them, and S3 counts in seconds.
fn in_order(versions: &mut [Listed]) {
    versions.reverse();
    versions.sort_by_key(|version| (version.modified, version.newest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_oldest_first_and_the_newest_last_within_one_second() {
        let at = |second: u32| UtcMillis::parse(&format!("2026-11-22T00:00:{second:02}.000Z")).unwrap();
        let listed = |id: &str, second, newest, object| Listed {
            id: id.to_owned(),
            modified: at(second),
            newest,
            object: Some((1, String::new())).filter(|_| object),
        };
        // As in an answer: versions newest first, then markers
        let mut versions = vec![
            listed("v4", 9, false, true),
            listed("v3", 7, false, true),
            listed("v2", 7, false, true),
            listed("v1", 1, false, true),
            listed("marker", 9, true, false),
        ];
        in_order(&mut versions);
        let ids: Vec<_> = versions.iter().map(|v| v.id.as_str()).collect();
        assert_eq!(ids, ["v1", "v2", "v3", "v4", "marker"]);
    }

    #[test]
    fn half_a_lock_is_not_taken_for_none() {
        let until = DateTime::from_secs(2_000_000_000);
        assert!(matches!(read_lock(None, None), Ok(None)));
        assert!(matches!(read_lock(Some("GOVERNANCE"), Some(&until)), Ok(Some(_))));
        assert!(read_lock(Some("COMPLIANCE"), None).is_err());
        assert!(read_lock(Some("LEGAL"), Some(&until)).is_err());
    }
}
