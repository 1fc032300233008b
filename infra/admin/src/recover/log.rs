//! The published log beyond a head: checkpoint, batches, and the proof that they belong together.
//!
//! Contract: what is returned leads from the head's root to the root that the log's key signed.

use fude::audit::checkpoint::{Checkpoint, LogKey};
use fude::audit::merkle::leaf_hash;
use fude::audit::tiles::decode_bundle;
use fude::audit::{Head, LogName, layout};
use fude::integrity::Digest;
use fude_aws::objects::ObjectError;

use super::Stop;
use crate::place::Place;

/// Far above 90 entries of 64 kB.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;
const CHECKPOINT_BYTES: u64 = 64 * 1024;

/// One commit of the log: indexes inclusive, and the hash of its bytes when they were proved.
pub struct Batch {
    pub first: u64,
    pub last: u64,
    key: String,
    sha256: Digest,
}

impl Batch {
    /// The entries; other bytes than those that were proved are refused.
    pub async fn read(&self, place: &Place) -> Result<Vec<Vec<u8>>, Stop> {
        let bytes = get(place, &self.key, BATCH_BYTES).await?.ok_or_else(|| Stop::Batch(self.key.clone()))?;
        if Digest::of(&bytes) != self.sha256 {
            return Err(Stop::Batch(self.key.clone()));
        }
        let entries = decode_bundle(&bytes).map_err(|_| Stop::Batch(self.key.clone()))?;
        Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
    }
}

/// What the table lacks.
pub struct Published {
    pub batches: Vec<Batch>,
    /// The head as it will be. One commit more than the checkpoint, where a crash left its batch and no checkpoint:
    /// the writers publish that, for their bytes would conflict with any other.
    pub after: Head,
}

impl Published {
    /// `head` is the table's, `key` what signs this log.
    pub async fn read(place: &Place, log: &LogName, key: &LogKey, head: &Head) -> Result<Self, Stop> {
        let mut published = Self { batches: Vec::new(), after: head.clone() };
        let Some(checkpoint) = newest(place, log, key).await? else { return Ok(published) };
        let mut frontier = head.frontier.clone();
        if checkpoint.size < frontier.size() {
            // The table is ahead, as between any commit and its publication
            return Ok(published);
        }
        let mut proved = frontier.size() == checkpoint.size;
        for key in list(place, &layout::batch_prefix(log.as_str()), &format!("{:012}", head.size())).await? {
            if frontier.size() > checkpoint.size {
                break;
            }
            let (first, last) = layout::parse_batch_key(log.as_str(), &key).ok_or_else(|| Stop::Batch(key.clone()))?;
            let bytes = get(place, &key, BATCH_BYTES).await?.ok_or_else(|| Stop::Batch(key.clone()))?;
            let entries = decode_bundle(&bytes).map_err(|_| Stop::Batch(key.clone()))?;
            if first != frontier.size() || last - first + 1 != entries.len() as u64 {
                return Err(Stop::Batch(key));
            }
            for entry in entries {
                frontier.push(leaf_hash(entry));
            }
            if frontier.size() == checkpoint.size {
                proved = frontier.root() == checkpoint.root;
                if !proved {
                    return Err(Stop::Root(checkpoint.size));
                }
            }
            published.batches.push(Batch { first, last, key, sha256: Digest::of(&bytes) });
        }
        if head.size() == checkpoint.size && head.frontier.root() != checkpoint.root {
            return Err(Stop::Root(checkpoint.size));
        }
        if !proved {
            return Err(Stop::Root(checkpoint.size));
        }
        let size = checkpoint.size;
        if !published.batches.is_empty() {
            published.after = Head { frontier, published: size, ..head.clone() };
        }
        Ok(published)
    }
}

/// The newest checkpoint of the history, its signature checked.
async fn newest(place: &Place, log: &LogName, log_key: &LogKey) -> Result<Option<Checkpoint>, Stop> {
    let Some(key) = list(place, &layout::checkpoint_prefix(log.as_str()), "").await?.pop() else { return Ok(None) };
    let wrong = || Stop::Checkpoint(key.clone());
    let note = get(place, &key, CHECKPOINT_BYTES).await?.ok_or_else(wrong)?;
    let checkpoint = Checkpoint::open(&note, log_key).map_err(|_| wrong())?;
    let fits = layout::parse_checkpoint_key(log.as_str(), &key) == Some(checkpoint.size);
    if fits { Ok(Some(checkpoint)) } else { Err(wrong()) }
}

/// Whether the bucket holds a checkpoint of the log beyond that size: then the table is behind.
pub async fn is_beyond(place: &Place, log: &LogName, size: u64) -> Result<bool, Stop> {
    let newest = list(place, &layout::checkpoint_prefix(log.as_str()), "").await?.pop();
    Ok(newest.and_then(|key| layout::parse_checkpoint_key(log.as_str(), &key)).is_some_and(|newest| newest > size))
}

/// All logs, by hospital, oldest first.
pub async fn logs(place: &Place) -> Result<Vec<LogName>, Stop> {
    let mut pages = place.s3.list_objects_v2().bucket(&place.audit_bucket).delimiter("/").into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Stop::unavailable("S3 ListObjectsV2", &error))?;
        let prefixes = page.common_prefixes().iter().filter_map(|p| p.prefix()?.strip_suffix('/'));
        found.extend(prefixes.filter_map(LogName::parse));
    }
    found.sort();
    Ok(found)
}

/// Keys below a prefix that sort behind it and `after`.
async fn list(place: &Place, prefix: &str, after: &str) -> Result<Vec<String>, Stop> {
    let mut pages = place
        .s3
        .list_objects_v2()
        .bucket(&place.audit_bucket)
        .prefix(prefix)
        .start_after(format!("{prefix}{after}"))
        .into_paginator()
        .send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Stop::unavailable("S3 ListObjectsV2", &error))?;
        keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
    }
    Ok(keys)
}

async fn get(place: &Place, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, Stop> {
    match place.audit.read(key, at_most).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ObjectError::Missing | ObjectError::TooLarge(_)) => Ok(None),
        Err(error) => Err(Stop::unavailable("S3 GetObject", &error)),
    }
}
