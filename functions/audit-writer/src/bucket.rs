//! The audit bucket: create-only puts with checksum and retention, and the one object that moves.
//!
//! Contract: a put that returns `Ok` is durable. Nothing here deletes.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectLockMode};
use fude::audit::checkpoint::{Checkpoint, LogKey};
use fude::audit::{LogName, layout};
use fude::integrity::Digest;

use crate::config::Config;
use crate::error::Error;
use crate::plan::Object;
use crate::writer::pause;

/// How often a put that met another of the same key is tried again.
const MOST_MEETINGS: u32 = 5;

pub struct Bucket {
    client: Client,
    name: String,
    mode: ObjectLockMode,
    retention: Duration,
}

/// What must be true of the key for a put to take place.
enum Condition {
    Absent,
    Unchanged(String),
}

/// How a conditional put ended.
enum Put {
    Done,
    ConditionFailed,
    MetAnother,
}

impl Bucket {
    /// What is read is compared with hashes of the log, so the SDK's own check is left out: it would turn a damaged
    /// helper, which is built anew, into a connection that breaks each time.
    pub fn new(sdk: &aws_types::SdkConfig, config: &Config) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(sdk)
            .response_checksum_validation(aws_sdk_s3::config::ResponseChecksumValidation::WhenRequired)
            .build();
        Self {
            client: Client::from_conf(s3),
            name: config.audit_bucket.clone(),
            mode: config.retention_mode.clone(),
            retention: config.retention,
        }
    }

    /// Writes an object that nobody may overwrite. Equal bytes that are there already are
    /// success; different ones stop the log.
    pub async fn put_once(&self, object: &Object) -> Result<(), Error> {
        for meeting in 0..MOST_MEETINGS {
            match self.put(&object.key, &object.bytes, Condition::Absent, object.locked).await? {
                Put::Done => return Ok(()),
                Put::ConditionFailed => match self.get(&object.key).await? {
                    Some(bytes) if bytes == object.bytes => return Ok(()),
                    Some(_) => return Err(Error::Conflict(object.key.clone())),
                    None => pause(meeting).await,
                },
                Put::MetAnother => pause(meeting).await,
            }
        }
        Err(Error::Contended)
    }

    /// Moves the newest-checkpoint pointer forward, never back.
    pub async fn point_to(&self, log: &LogName, note: &str, size: u64, key: &LogKey) -> Result<(), Error> {
        let pointer = layout::newest_checkpoint_key(log.as_str());
        for meeting in 0..MOST_MEETINGS {
            let condition = match self.get_tagged(&pointer).await? {
                Some((current, tag)) => match Checkpoint::open(&current, key) {
                    Ok(newest) if newest.size > size || current == note.as_bytes() => return Ok(()),
                    // Older, or damaged: it is a helper and is written anew
                    _ => Condition::Unchanged(tag),
                },
                None => Condition::Absent,
            };
            match self.put(&pointer, note.as_bytes(), condition, false).await? {
                Put::Done => return Ok(()),
                Put::ConditionFailed | Put::MetAnother => pause(meeting).await,
            }
        }
        Err(Error::Contended)
    }

    /// The smallest checkpoint beyond that size, if there is one.
    pub async fn checkpoint_beyond(&self, log: &LogName, size: u64) -> Result<Option<u64>, Error> {
        let answer = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(layout::checkpoint_prefix(log.as_str()))
            .start_after(layout::checkpoint_key(log.as_str(), size))
            .max_keys(1)
            .send()
            .await
            .map_err(|error| Error::unavailable("S3 ListObjectsV2", &error))?;
        let Some(key) = answer.contents().first().and_then(|object| object.key()) else {
            return Ok(None);
        };
        layout::parse_checkpoint_key(log.as_str(), key).map(Some).ok_or_else(|| Error::Conflict(key.to_owned()))
    }

    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get_tagged(key).await?.map(|(bytes, _)| bytes))
    }

    async fn get_tagged(&self, key: &str) -> Result<Option<(Vec<u8>, String)>, Error> {
        let answer = match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(Error::unavailable("S3 GetObject", &error)),
        };
        let tag = answer.e_tag.unwrap_or_default();
        let bytes = answer.body.collect().await.map_err(|error| Error::unavailable("S3 GetObject", &error))?;
        Ok(Some((bytes.into_bytes().into(), tag)))
    }

    async fn put(&self, key: &str, bytes: &[u8], condition: Condition, locked: bool) -> Result<Put, Error> {
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(Digest::of(bytes).base64())
            .body(ByteStream::from(bytes.to_vec()));
        let request = match condition {
            Condition::Absent => request.if_none_match("*"),
            Condition::Unchanged(tag) => request.if_match(tag),
        };
        let request = if locked {
            request
                .object_lock_mode(self.mode.clone())
                .object_lock_retain_until_date(DateTime::from(SystemTime::now() + self.retention))
        } else {
            request
        };
        match request.send().await {
            Ok(_) => Ok(Put::Done),
            Err(error) => match error.code() {
                Some("PreconditionFailed") => Ok(Put::ConditionFailed),
                Some("ConditionalRequestConflict" | "OperationAborted") => Ok(Put::MetAnother),
                _ => Err(Error::unavailable("S3 PutObject", &error)),
            },
        }
    }
}
