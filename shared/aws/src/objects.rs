//! Documents in S3: create-only puts with SHA-256 checksums, reads with their bytes as they are.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectLockRetention, ObjectLockRetentionMode};
use fude::audit::{Retention, RetentionMode};
use fude::integrity::Digest;

/// A bucket, with the operations that the functions use and no others.
#[derive(Clone, Debug)]
pub struct Objects {
    s3: aws_sdk_s3::Client,
    bucket: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("no such object")]
    Missing,
    /// Larger than the reader allows.
    #[error("the object is larger than {0} bytes")]
    TooLarge(u64),
    /// An object of that key holds other bytes; a key that holds a hash makes this an integrity failure.
    #[error("another object has that key")]
    Conflict,
    #[error("the store did not answer")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Objects {
    /// The bytes are checked by their manifest's hash, so the SDK's own checksum check is left out:
    /// it would turn an altered object into a broken connection.
    pub fn new(config: &aws_types::SdkConfig, bucket: &str) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(config)
            .response_checksum_validation(aws_sdk_s3::config::ResponseChecksumValidation::WhenRequired)
            .build();
        Self { s3: aws_sdk_s3::Client::from_conf(s3), bucket: bucket.to_owned() }
    }

    /// Another bucket through the same client, which costs a cold start something to build.
    pub fn beside(&self, bucket: &str) -> Self {
        Self { s3: self.s3.clone(), bucket: bucket.to_owned() }
    }

    /// Puts an object whose key holds its hash. One that is already there is success if its bytes are equal.
    ///
    /// A crash after this leaves an object that no committed state names: harmless, expired with `draft/`.
    pub async fn create(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let hash = Digest::of(&bytes);
        let sent = self
            .s3
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .if_none_match("*")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(hash.base64())
            .body(ByteStream::from(bytes))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(e) if matches!(e.code(), Some("PreconditionFailed" | "ConditionalRequestConflict")) => {
                let there = self.read(key, u64::MAX).await?;
                if Digest::of(&there) == hash { Ok(()) } else { Err(ObjectError::Conflict) }
            }
            Err(e) => Err(ObjectError::Store(e.into())),
        }
    }

    /// Locks an object until then; a lock that is longer stays as it is.
    ///
    /// Object Lock only ever extends: a second call with the same moment changes nothing, one with an earlier moment is
    /// refused in compliance mode and in governance mode without the right to bypass it.
    pub async fn lock(&self, key: &str, retention: &Retention) -> Result<(), ObjectError> {
        let until = DateTime::from_millis(retention.until.unix_ms());
        let there = self.s3.get_object_retention().bucket(&self.bucket).key(key).send().await;
        match there {
            Ok(there) => {
                let longer = there.retention.and_then(|r| r.retain_until_date).is_some_and(|have| have >= until);
                if longer {
                    return Ok(());
                }
            }
            Err(e) if matches!(e.code(), Some("NoSuchObjectLockConfiguration")) => {}
            Err(e) if matches!(e.code(), Some("NoSuchKey")) => return Err(ObjectError::Missing),
            Err(e) => return Err(ObjectError::Store(e.into())),
        }
        let mode = match retention.mode {
            RetentionMode::Governance => ObjectLockRetentionMode::Governance,
            RetentionMode::Compliance => ObjectLockRetentionMode::Compliance,
        };
        let retention = ObjectLockRetention::builder().mode(mode).retain_until_date(until).build();
        let sent = self.s3.put_object_retention().bucket(&self.bucket).key(key).retention(retention).send().await;
        sent.map(|_| ()).map_err(|e| ObjectError::Store(e.into()))
    }

    /// All bytes of an object, at most so many.
    pub async fn read(&self, key: &str, at_most: u64) -> Result<Vec<u8>, ObjectError> {
        let answer = self.s3.get_object().bucket(&self.bucket).key(key).send().await;
        let object = match answer {
            Ok(object) => object,
            Err(e) if matches!(e.code(), Some("NoSuchKey" | "NotFound")) => return Err(ObjectError::Missing),
            Err(e) => return Err(ObjectError::Store(e.into())),
        };
        if object.content_length().is_some_and(|l| u64::try_from(l).is_ok_and(|l| l > at_most)) {
            return Err(ObjectError::TooLarge(at_most));
        }
        let bytes = object.body.collect().await.map_err(|e| ObjectError::Store(e.into()))?;
        // Their own `to_vec` goes byte by byte: a fifth of what fetching a document costs
        Ok(bytes.into_bytes().into())
    }
}
