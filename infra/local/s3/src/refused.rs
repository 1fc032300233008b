//! Every reason for which a request is refused, and the S3 error that each becomes: the only place that names error codes.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use s3s::{S3Error, S3ErrorCode};

/// Why a request was not carried out. Nothing was stored or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The bucket is not one of those configured.
    #[error("the bucket does not exist")]
    NoSuchBucket,
    /// No object, or (with the marker's version id) a delete marker over it.
    #[error("the key does not exist")]
    NoSuchKey { delete_marker: Option<String> },
    /// No version of that id.
    #[error("the version does not exist")]
    NoSuchVersion,
    /// The version asked for is a delete marker.
    #[error("the version is a delete marker")]
    IsDeleteMarker,
    /// The key cannot be a path.
    #[error("the key has an empty, '.' or '..' segment, an '@', a control character, or is too long")]
    Key,
    /// The key is a folder of other keys, or the other way round.
    #[error("one key cannot be both an object and a folder of objects here")]
    KeyIsFolder,
    /// A condition (`If-Match`, `If-None-Match`) does not hold.
    #[error("at least one of the conditions does not hold")]
    PreconditionFailed,
    /// The client's copy is current.
    #[error("not modified")]
    NotModified,
    /// The body differs from a checksum that came with it.
    #[error("the {0} given does not match the body")]
    BadDigest(String),
    /// A checksum is no base64 of the right length.
    #[error("the {0} given is not valid")]
    InvalidDigest(String),
    /// The body ended early, or its framing or trailers are malformed.
    #[error("the body could not be read to its end: {0}")]
    Body(String),
    /// The body differs from the hash in `x-amz-content-sha256`.
    #[error("the x-amz-content-sha256 given does not match the body")]
    PayloadHash,
    /// A framed body came without its length.
    #[error("an aws-chunked body needs x-amz-decoded-content-length")]
    NoLength,
    /// The body is longer than this server reads.
    #[error("the body is too large for this server")]
    TooLarge,
    /// The version is under retention, or the change would weaken a retention.
    #[error("the object version is protected by Object Lock")]
    Locked,
    /// A lock was asked for in a bucket without Object Lock.
    #[error("the bucket has no Object Lock")]
    NoObjectLock,
    /// The version has no retention.
    #[error("the object version has no retention")]
    NoRetention,
    /// A locked put came without any checksum.
    #[error("a put with Object Lock headers needs Content-MD5 or a checksum")]
    LockWithoutChecksum,
    /// A parameter has no meaning.
    #[error("{0}")]
    Argument(&'static str),
    /// The byte range lies outside of the object.
    #[error("the range is not satisfiable")]
    Range,
    /// A header or value that this server does not implement.
    #[error("{0} is not implemented")]
    NotImplemented(String),
    /// The disk failed, or a metadata file cannot be read.
    #[error("storage failed")]
    Storage(#[from] std::io::Error),
}

impl From<Refused> for S3Error {
    fn from(refused: Refused) -> Self {
        use S3ErrorCode as Code;
        let code = match &refused {
            Refused::NoSuchBucket => Code::NoSuchBucket,
            Refused::NoSuchKey { .. } => Code::NoSuchKey,
            Refused::NoSuchVersion => Code::NoSuchVersion,
            Refused::IsDeleteMarker => Code::MethodNotAllowed,
            Refused::Key | Refused::KeyIsFolder | Refused::Argument(_) => Code::InvalidArgument,
            Refused::PreconditionFailed => Code::PreconditionFailed,
            Refused::NotModified => Code::NotModified,
            Refused::BadDigest(_) => Code::BadDigest,
            Refused::InvalidDigest(_) => Code::InvalidDigest,
            Refused::Body(_) => Code::IncompleteBody,
            Refused::PayloadHash => Code::Custom("XAmzContentSHA256Mismatch".into()),
            Refused::NoLength => Code::MissingContentLength,
            Refused::TooLarge => Code::EntityTooLarge,
            Refused::Locked => Code::AccessDenied,
            Refused::NoObjectLock | Refused::LockWithoutChecksum => Code::InvalidRequest,
            Refused::NoRetention => Code::NoSuchObjectLockConfiguration,
            Refused::Range => Code::InvalidRange,
            Refused::NotImplemented(_) => Code::NotImplemented,
            Refused::Storage(_) => Code::InternalError,
        };
        let mut error = S3Error::with_message(code, refused.to_string());
        match refused {
            Refused::NoSuchKey { delete_marker: Some(version) } => error.set_headers(marker_headers(Some(&version))),
            Refused::IsDeleteMarker => error.set_headers(marker_headers(None)),
            Refused::PayloadHash => error.set_status_code(StatusCode::BAD_REQUEST),
            Refused::Storage(cause) => error.set_source(Box::new(cause)),
            _ => {}
        }
        error
    }
}

fn marker_headers(version: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // These replace the headers that an error has by itself
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    headers.insert(HeaderName::from_static("x-amz-delete-marker"), HeaderValue::from_static("true"));
    if let Some(version) = version.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(HeaderName::from_static("x-amz-version-id"), version);
    }
    headers
}
