//! Store results as S3 answers.

use std::path::Path;

use s3s::dto::{
    Checksum, CommonPrefix, DeleteMarkerEntry, EncodingType, GetObjectOutput, HeadObjectOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass, PutObjectOutput,
};

use crate::listing::{self, Entry, Query};
use crate::record::Content;
use crate::refused::Refused;
use crate::request;
use crate::terms::Found;

/// The most entries that a page has.
const PAGE: i32 = 1000;

/// The checksums of a version.
pub(super) fn checksum(content: &Content) -> Checksum {
    let sum = |algorithm: &str| content.checksums.get(algorithm).cloned();
    Checksum {
        checksum_crc32: sum("crc32"),
        checksum_crc32c: sum("crc32c"),
        checksum_crc64nvme: sum("crc64nvme"),
        checksum_sha1: sum("sha1"),
        checksum_sha256: sum("sha256"),
        checksum_type: None,
    }
}

/// The answer to a put.
pub(super) fn put(found: Found) -> PutObjectOutput {
    let sums = checksum(&found.content);
    let (server_side_encryption, ssekms_key_id, bucket_key_enabled) =
        request::encryption_headers(found.content.encryption.as_ref());
    PutObjectOutput {
        e_tag: Some(request::etag(&found.content.etag)),
        version_id: found.id,
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        server_side_encryption,
        ssekms_key_id,
        bucket_key_enabled,
        ..PutObjectOutput::default()
    }
}

/// The answer to a get, without body and length.
pub(super) fn get(found: Found, sums: Checksum) -> GetObjectOutput {
    let head = head(found, sums);
    GetObjectOutput {
        accept_ranges: head.accept_ranges,
        e_tag: head.e_tag,
        last_modified: head.last_modified,
        version_id: head.version_id,
        content_type: head.content_type,
        metadata: head.metadata,
        checksum_crc32: head.checksum_crc32,
        checksum_crc32c: head.checksum_crc32c,
        checksum_crc64nvme: head.checksum_crc64nvme,
        checksum_sha1: head.checksum_sha1,
        checksum_sha256: head.checksum_sha256,
        object_lock_mode: head.object_lock_mode,
        object_lock_retain_until_date: head.object_lock_retain_until_date,
        server_side_encryption: head.server_side_encryption,
        ssekms_key_id: head.ssekms_key_id,
        bucket_key_enabled: head.bucket_key_enabled,
        ..GetObjectOutput::default()
    }
}

/// The answer to a head, without length.
pub(super) fn head(found: Found, sums: Checksum) -> HeadObjectOutput {
    let content = found.content;
    let (object_lock_mode, object_lock_retain_until_date) = request::lock_headers(content.retention.as_ref());
    let (server_side_encryption, ssekms_key_id, bucket_key_enabled) =
        request::encryption_headers(content.encryption.as_ref());
    HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        e_tag: Some(request::etag(&content.etag)),
        last_modified: Some(found.version.last_modified),
        version_id: found.id,
        content_type: Some(content.media_type.unwrap_or_else(|| "binary/octet-stream".to_owned())),
        metadata: (!content.metadata.is_empty()).then(|| content.metadata.into_iter().collect()),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        object_lock_mode,
        object_lock_retain_until_date,
        server_side_encryption,
        ssekms_key_id,
        bucket_key_enabled,
        ..HeadObjectOutput::default()
    }
}

/// Current objects.
pub(super) fn objects(meta: &Path, input: ListObjectsV2Input) -> Result<ListObjectsV2Output, Refused> {
    let coded = Coding::of(input.encoding_type.as_ref());
    let limit = limit(input.max_keys)?;
    let token = input.continuation_token.as_deref().map(resumed).transpose()?;
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: token.or_else(|| input.start_after.clone()),
        limit,
        ..Query::default()
    };
    let page = listing::list(meta, &query)?;
    let next = page.entries.last().filter(|_| page.truncated).map(|entry| hex::encode(entry.name()));
    let mut output = ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix.map(|prefix| coded.text(&prefix)),
        delimiter: input.delimiter.map(|delimiter| coded.text(&delimiter)),
        start_after: input.start_after.map(|after| coded.text(&after)),
        encoding_type: input.encoding_type,
        max_keys: i32::try_from(limit).ok(),
        key_count: i32::try_from(page.entries.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.truncated),
        next_continuation_token: next,
        ..ListObjectsV2Output::default()
    };
    for entry in page.entries {
        match entry {
            Entry::CommonPrefix(prefix) => {
                output.common_prefixes.get_or_insert_default().push(CommonPrefix { prefix: Some(coded.text(&prefix)) });
            }
            Entry::Version { key, version, .. } => {
                let Some(content) = version.content else {
                    continue;
                };
                output.contents.get_or_insert_default().push(Object {
                    key: Some(coded.text(&key)),
                    e_tag: Some(request::etag(&content.etag)),
                    last_modified: Some(version.last_modified),
                    size: i64::try_from(content.size).ok(),
                    storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                    ..Object::default()
                });
            }
        }
    }
    Ok(output)
}

/// All versions and delete markers, the newest of a key first.
pub(super) fn versions(meta: &Path, input: ListObjectVersionsInput) -> Result<ListObjectVersionsOutput, Refused> {
    let coded = Coding::of(input.encoding_type.as_ref());
    let limit = limit(input.max_keys)?;
    if input.version_id_marker.is_some() && input.key_marker.is_none() {
        return Err(Refused::Argument("a version-id marker cannot be given without a key marker"));
    }
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: input.key_marker.clone(),
        after_version: input.version_id_marker.clone(),
        limit,
        versions: true,
    };
    let page = listing::list(meta, &query)?;
    let last = page.entries.last().filter(|_| page.truncated);
    let mut output = ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: input.prefix.map(|prefix| coded.text(&prefix)),
        delimiter: input.delimiter.map(|delimiter| coded.text(&delimiter)),
        encoding_type: input.encoding_type,
        key_marker: input.key_marker.map(|marker| coded.text(&marker)),
        version_id_marker: input.version_id_marker,
        max_keys: i32::try_from(limit).ok(),
        is_truncated: Some(page.truncated),
        next_key_marker: last.map(|entry| coded.text(entry.name())),
        next_version_id_marker: last.and_then(|entry| match entry {
            Entry::Version { version, .. } => Some(version.id.clone()),
            Entry::CommonPrefix(_) => None,
        }),
        ..ListObjectVersionsOutput::default()
    };
    for entry in page.entries {
        match entry {
            Entry::CommonPrefix(prefix) => {
                output.common_prefixes.get_or_insert_default().push(CommonPrefix { prefix: Some(coded.text(&prefix)) });
            }
            Entry::Version { key, version, newest } => match version.content {
                None => output.delete_markers.get_or_insert_default().push(DeleteMarkerEntry {
                    key: Some(coded.text(&key)),
                    version_id: Some(version.id),
                    is_latest: Some(newest),
                    last_modified: Some(version.last_modified),
                    ..DeleteMarkerEntry::default()
                }),
                Some(content) => output.versions.get_or_insert_default().push(ObjectVersion {
                    key: Some(coded.text(&key)),
                    version_id: Some(version.id),
                    is_latest: Some(newest),
                    last_modified: Some(version.last_modified),
                    e_tag: Some(request::etag(&content.etag)),
                    size: i64::try_from(content.size).ok(),
                    storage_class: Some(ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD)),
                    ..ObjectVersion::default()
                }),
            },
        }
    }
    Ok(output)
}

fn limit(max_keys: Option<i32>) -> Result<usize, Refused> {
    usize::try_from(max_keys.unwrap_or(PAGE).min(PAGE)).map_err(|_| Refused::Argument("max-keys is negative"))
}

fn resumed(token: &str) -> Result<String, Refused> {
    let bytes = hex::decode(token).map_err(|_| Refused::Argument("unknown continuation token"))?;
    String::from_utf8(bytes).map_err(|_| Refused::Argument("unknown continuation token"))
}

/// How keys are written: as they are, or percent-encoded where the client asked for it.
#[derive(Clone, Copy)]
struct Coding {
    percent: bool,
}

impl Coding {
    fn of(asked: Option<&EncodingType>) -> Self {
        Self { percent: asked.is_some_and(|asked| asked.as_str() == EncodingType::URL) }
    }

    fn text(self, plain: &str) -> String {
        if !self.percent {
            return plain.to_owned();
        }
        let mut text = String::with_capacity(plain.len());
        for byte in plain.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~/*".contains(&byte) {
                text.push(byte.into());
            } else {
                text.push('%');
                text.push_str(&hex::encode_upper([byte]));
            }
        }
        text
    }
}
