//! What requests say, read into the store's own terms; and what is refused because it could not be kept.

use std::collections::{BTreeMap, HashMap};

use http::HeaderMap;
use s3s::dto::{ETag, ETagCondition, ObjectLockMode, ObjectLockRetainUntilDate, ServerSideEncryption, Timestamp};
use time::OffsetDateTime;

use crate::record::Encryption;
use crate::refused::Refused;
use crate::retention::Retention;
use crate::terms::Condition;

/// Headers whose meaning would be lost: better no object than one that is not what was asked for.
const NOT_KEPT: [&str; 19] = [
    "cache-control",
    "content-disposition",
    "content-language",
    "expires",
    "if-modified-since",
    "if-unmodified-since",
    "x-amz-acl",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-unmodified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
    "x-amz-object-lock-legal-hold",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

/// Refuses a request with a header that this server does not implement.
pub(crate) fn implemented(headers: &HeaderMap) -> Result<(), Refused> {
    if let Some(name) = NOT_KEPT.iter().find(|name| headers.contains_key(**name)) {
        return Err(Refused::NotImplemented((*name).to_owned()));
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The transfer form that SDKs name here is undone, and its name gone, by now
    if !text("content-encoding").is_empty() {
        return Err(Refused::NotImplemented("content-encoding".to_owned()));
    }
    if !matches!(text("x-amz-storage-class"), "" | "STANDARD") {
        return Err(Refused::NotImplemented("x-amz-storage-class".to_owned()));
    }
    Ok(())
}

/// What must hold for a put.
pub(crate) fn condition(
    none_match: Option<&ETagCondition>,
    matches: Option<&ETagCondition>,
) -> Result<Condition, Refused> {
    match (none_match, matches) {
        (None, None) => Ok(Condition::Always),
        (Some(ETagCondition::Any), None) => Ok(Condition::CreateOnly),
        (None, Some(ETagCondition::ETag(etag))) => Ok(Condition::Replace(etag.value().to_owned())),
        _ => Err(Refused::NotImplemented("this combination of If-Match and If-None-Match on a put".to_owned())),
    }
}

/// A header's ETag condition, for operations whose input does not carry it.
pub(crate) fn etag_header(headers: &HeaderMap, name: &str) -> Result<Option<ETagCondition>, Refused> {
    headers
        .get(name)
        .map(|value| ETagCondition::parse_http_header(value.as_bytes()))
        .transpose()
        .map_err(|_| Refused::Argument("unreadable ETag condition"))
}

/// Whether a read may go on under its conditions.
pub(crate) fn readable(
    etag: &str,
    matches: Option<&ETagCondition>,
    none_match: Option<&ETagCondition>,
) -> Result<(), Refused> {
    let names = |condition: &ETagCondition| condition.as_etag().is_none_or(|given| given.value() == etag);
    if matches.is_some_and(|condition| !names(condition)) {
        return Err(Refused::PreconditionFailed);
    }
    if none_match.is_some_and(names) {
        return Err(Refused::NotModified);
    }
    Ok(())
}

/// The lock that a put asks for.
pub(crate) fn lock(
    mode: Option<&ObjectLockMode>,
    until: Option<ObjectLockRetainUntilDate>,
    now: OffsetDateTime,
) -> Result<Option<Retention>, Refused> {
    Retention::parse(mode.map(ObjectLockMode::as_str), until, now)
}

/// The encryption that a put asks for.
pub(crate) fn encryption(
    algorithm: Option<ServerSideEncryption>,
    key_id: Option<String>,
    bucket_key: Option<bool>,
) -> Option<Encryption> {
    algorithm.map(|algorithm| Encryption { algorithm: algorithm.as_str().to_owned(), key_id, bucket_key })
}

/// User metadata in a stable order.
pub(crate) fn metadata(metadata: Option<HashMap<String, String>>) -> BTreeMap<String, String> {
    metadata.unwrap_or_default().into_iter().collect()
}

/// An ETag as it goes over the wire.
pub(crate) fn etag(value: &str) -> ETag {
    ETag::Strong(value.to_owned())
}

/// The lock's fields as headers.
pub(crate) fn lock_headers(lock: Option<&Retention>) -> (Option<ObjectLockMode>, Option<Timestamp>) {
    (lock.map(|lock| ObjectLockMode::from_static(lock.mode.as_str())), lock.map(|lock| lock.retain_until.clone()))
}

/// The encryption's fields as headers.
pub(crate) fn encryption_headers(
    encryption: Option<&Encryption>,
) -> (Option<ServerSideEncryption>, Option<String>, Option<bool>) {
    (
        encryption.map(|e| ServerSideEncryption::from(e.algorithm.clone())),
        encryption.and_then(|e| e.key_id.clone()),
        encryption.and_then(|e| e.bucket_key),
    )
}
