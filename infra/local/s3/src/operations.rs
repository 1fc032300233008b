//! The operations as S3 names them: requests in, store calls, answers out. An operation that is not here is refused by the
//! trait's defaults, which name it.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use s3s::dto::{
    Checksum, ChecksumMode, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
    DeleteObjectOutput, GetObjectInput, GetObjectOutput, GetObjectRetentionInput, GetObjectRetentionOutput,
    HeadObjectInput, HeadObjectOutput, ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsV2Input,
    ListObjectsV2Output, MetadataDirective, ObjectLockRetention, ObjectLockRetentionMode, PutObjectInput,
    PutObjectOutput, PutObjectRetentionInput, PutObjectRetentionOutput, StreamingBlob,
};
use s3s::{Body, S3, S3Request, S3Response, S3Result};
use time::OffsetDateTime;

use crate::record::Content;
use crate::refused::Refused;
use crate::request;
use crate::retention::Retention;
use crate::store::Store;
use crate::terms::Description;
use crate::upload::{self, Announced};

mod answers;

/// The S3 trait over a store.
pub(crate) struct Operations {
    store: Arc<Store>,
}

impl Operations {
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Runs `work` where it may block. Once begun it runs to its end, even if the client goes away.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let store = Arc::clone(&self.store);
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(result) => result,
            Err(error) => Err(Refused::Storage(std::io::Error::other(error))),
        }
    }
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        request::implemented(&req.headers)?;
        let input = req.input;
        let now = OffsetDateTime::now_utc();
        let place = self.store.place(&input.bucket, &input.key)?;
        let condition = request::condition(input.if_none_match.as_ref(), input.if_match.as_ref())?;
        let retention = request::lock(input.object_lock_mode.as_ref(), input.object_lock_retain_until_date, now)?;
        let length = input.content_length.and_then(|length| u64::try_from(length).ok());
        let announced = Announced::read(&req.headers, length)?;
        if retention.is_some() && !place.rules.object_lock {
            return Err(Refused::NoObjectLock.into());
        }
        if retention.is_some() && !announced.any() {
            return Err(Refused::LockWithoutChecksum.into());
        }
        let description = Description {
            media_type: input.content_type,
            metadata: request::metadata(input.metadata),
            encryption: request::encryption(
                input.server_side_encryption, input.ssekms_key_id, input.bucket_key_enabled,
            ),
            retention,
        };
        let upload = upload::receive(&self.store.incoming(), input.body, announced).await?;
        let found = self.blocking(move |store| store.put(&place, upload, description, &condition, now)).await?;
        Ok(S3Response::new(answers::put(found)))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        request::implemented(&req.headers)?;
        let input = req.input;
        if input.part_number.is_some() {
            return Err(Refused::NotImplemented("partNumber".to_owned()).into());
        }
        let place = self.store.place(&input.bucket, &input.key)?;
        let (found, total, range, bytes) = self
            .blocking(move |store| {
                let (found, mut file) = store.open_version(&place, input.version_id.as_deref())?;
                let etag = &found.content.etag;
                request::readable(etag, input.if_match.as_ref(), input.if_none_match.as_ref())?;
                let total = file.metadata()?.len();
                let range = bounds(input.range, total)?;
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(range.start))?;
                file.take(range.end - range.start).read_to_end(&mut bytes)?;
                Ok((found, total, range, bytes))
            })
            .await?;
        let partial = input.range.is_some();
        let sums = sums(&found.content, input.checksum_mode.as_ref(), partial);
        let mut output = answers::get(found, sums);
        output.content_length = i64::try_from(bytes.len()).ok();
        output.content_range = partial.then(|| content_range(&range, total));
        output.body = Some(StreamingBlob::from(Body::from(Bytes::from(bytes))));
        Ok(S3Response::new(output))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        request::implemented(&req.headers)?;
        let input = req.input;
        if input.part_number.is_some() || input.range.is_some() {
            return Err(Refused::NotImplemented("a part or range of a HeadObject".to_owned()).into());
        }
        let place = self.store.place(&input.bucket, &input.key)?;
        let (found, total) = self
            .blocking(move |store| {
                let (found, file) = store.open_version(&place, input.version_id.as_deref())?;
                let etag = &found.content.etag;
                request::readable(etag, input.if_match.as_ref(), input.if_none_match.as_ref())?;
                Ok((found, file.metadata()?.len()))
            })
            .await?;
        let sums = sums(&found.content, input.checksum_mode.as_ref(), false);
        let mut output = answers::head(found, sums);
        output.content_length = i64::try_from(total).ok();
        Ok(S3Response::new(output))
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        request::implemented(&req.headers)?;
        let input = req.input;
        let now = OffsetDateTime::now_utc();
        let CopySource::Bucket { bucket, key, version_id } = &input.copy_source else {
            return Err(Refused::NotImplemented("a copy source other than bucket/key".to_owned()).into());
        };
        let source = self.store.place(bucket, key)?;
        let source_version = version_id.as_deref().map(str::to_owned);
        let target = self.store.place(&input.bucket, &input.key)?;
        let none_match = request::etag_header(&req.headers, "if-none-match")?;
        let matches = request::etag_header(&req.headers, "if-match")?;
        let condition = request::condition(none_match.as_ref(), matches.as_ref())?;
        let retention = request::lock(input.object_lock_mode.as_ref(), input.object_lock_retain_until_date, now)?;
        let encryption =
            request::encryption(input.server_side_encryption, input.ssekms_key_id, input.bucket_key_enabled);
        let directive = input.metadata_directive.as_ref().map_or(MetadataDirective::COPY, MetadataDirective::as_str);
        let described =
            (directive == MetadataDirective::REPLACE).then(|| (input.content_type, request::metadata(input.metadata)));
        let algorithm = input.checksum_algorithm.map(|algorithm| algorithm.as_str().to_ascii_lowercase());
        let copy = move |store: &Store| {
            let (from, file) = store.open_version(&source, source_version.as_deref())?;
            request::readable(&from.content.etag, input.copy_source_if_match.as_ref(), None)?;
            let algorithms = algorithm.iter().chain(from.content.checksums.keys()).map(String::as_str);
            let upload = upload::duplicate(&store.incoming(), file, algorithms)?;
            let (media_type, metadata) = described.unwrap_or((from.content.media_type, from.content.metadata));
            let description = Description { media_type, metadata, encryption, retention };
            Ok((from.id, store.put(&target, upload, description, &condition, now)?))
        };
        let (source_id, found) = self.blocking(copy).await?;
        let sums = answers::checksum(&found.content);
        let put = answers::put(found);
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(CopyObjectResult {
                e_tag: put.e_tag,
                last_modified: Some(now.into()),
                checksum_crc32: sums.checksum_crc32,
                checksum_crc32c: sums.checksum_crc32c,
                checksum_crc64nvme: sums.checksum_crc64nvme,
                checksum_sha1: sums.checksum_sha1,
                checksum_sha256: sums.checksum_sha256,
                checksum_type: None,
            }),
            copy_source_version_id: source_id,
            version_id: put.version_id,
            server_side_encryption: put.server_side_encryption,
            ssekms_key_id: put.ssekms_key_id,
            bucket_key_enabled: put.bucket_key_enabled,
            ..CopyObjectOutput::default()
        }))
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        request::implemented(&req.headers)?;
        let input = req.input;
        if input.if_match.is_some() {
            return Err(Refused::NotImplemented("If-Match on a delete".to_owned()).into());
        }
        let now = OffsetDateTime::now_utc();
        let place = self.store.place(&input.bucket, &input.key)?;
        let bypass = input.bypass_governance_retention.unwrap_or(false);
        let (version_id, marker) = self
            .blocking(move |store| match input.version_id {
                Some(id) => store.delete_version(&place, &id, bypass, now).map(|marker| (Some(id), marker)),
                None => store.delete(&place, now).map(|id| (id.clone(), id.is_some())),
            })
            .await?;
        let output = DeleteObjectOutput { version_id, delete_marker: marker.then_some(true), request_charged: None };
        Ok(S3Response::new(output))
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let meta = self.store.metadata_of(&req.input.bucket)?;
        let output = self.blocking(move |_| answers::objects(&meta, req.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn list_object_versions(
        &self,
        req: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let meta = self.store.metadata_of(&req.input.bucket)?;
        let output = self.blocking(move |_| answers::versions(&meta, req.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn put_object_retention(
        &self,
        req: S3Request<PutObjectRetentionInput>,
    ) -> S3Result<S3Response<PutObjectRetentionOutput>> {
        let input = req.input;
        let now = OffsetDateTime::now_utc();
        let place = self.store.place(&input.bucket, &input.key)?;
        let (mode, until) = input.retention.map_or((None, None), |lock| (lock.mode, lock.retain_until_date));
        let wanted = Retention::parse(mode.as_ref().map(ObjectLockRetentionMode::as_str), until, now)?;
        let bypass = input.bypass_governance_retention.unwrap_or(false);
        self.blocking(move |store| store.retain(&place, input.version_id.as_deref(), wanted, bypass, now)).await?;
        Ok(S3Response::new(PutObjectRetentionOutput::default()))
    }

    async fn get_object_retention(
        &self,
        req: S3Request<GetObjectRetentionInput>,
    ) -> S3Result<S3Response<GetObjectRetentionOutput>> {
        let input = req.input;
        let place = self.store.place(&input.bucket, &input.key)?;
        if !place.rules.object_lock {
            return Err(Refused::NoObjectLock.into());
        }
        let found = self.blocking(move |store| store.find(&place, input.version_id.as_deref())).await?;
        let lock = found.content.retention.ok_or(Refused::NoRetention)?;
        let retention = ObjectLockRetention {
            mode: Some(ObjectLockRetentionMode::from_static(lock.mode.as_str())),
            retain_until_date: Some(lock.retain_until),
        };
        Ok(S3Response::new(GetObjectRetentionOutput { retention: Some(retention) }))
    }
}

fn bounds(range: Option<s3s::dto::Range>, total: u64) -> Result<Range<u64>, Refused> {
    range.map_or(Ok(0..total), |range| range.check(total).map_err(|_| Refused::Range))
}

fn content_range(range: &Range<u64>, total: u64) -> String {
    format!("bytes {}-{}/{total}", range.start, range.end.saturating_sub(1))
}

/// The stored checksums, where they were asked for and the answer is the whole object.
fn sums(content: &Content, mode: Option<&ChecksumMode>, partial: bool) -> Checksum {
    let asked = mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    if asked && !partial { answers::checksum(content) } else { Checksum::default() }
}
