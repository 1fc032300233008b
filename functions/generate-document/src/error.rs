//! Why there is no draft, and what the caller is told. The only place here that names statuses.

use fude::problem::{Problem, Slug};
use fude::record::RecordError;
use fude_aws::caller::CallerError;
use fude_aws::hospital::AdmissionError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// What is wrong, without patient data.
    #[error("{0}")]
    Malformed(String),
    #[error("the body is not JSON")]
    NotJson,
    #[error("the role may not draft this kind of document")]
    Role,
    #[error("a clerk types for a physician: onBehalfOf must name one of this hospital by user name")]
    NoPhysician,
    #[error("there is no such document type")]
    UnknownDocumentType,
    #[error("this kind of document does not go to this type of addressee")]
    Addressee,
    #[error("the data source is not registered")]
    UnknownDataSource,
    #[error("no record is staged")]
    RecordNotFound,
    #[error("the document named by basedOn does not exist")]
    NoSuchDocument,
    #[error("the record is too large")]
    RecordTooLarge,
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("the model is busy")]
    ModelThrottled(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the model gave no usable answer: {0}")]
    ModelUnavailable(&'static str, #[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    #[error("the store did not answer")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn store(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store(error.into())
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let slug = match error {
            Error::Caller(CallerError::TokenRefused) => Slug::TokenRefused,
            Error::Caller(CallerError::RoleNotPermitted) | Error::Role => Slug::RoleNotPermitted,
            Error::Caller(CallerError::CertificateUnknown) | Error::Admission(AdmissionError::CertificateUnknown) => {
                Slug::CertificateUnknown
            }
            Error::Admission(AdmissionError::Mismatch) => Slug::CertificateTokenMismatch,
            Error::Admission(AdmissionError::Revoked) => Slug::CertificateRevoked,
            Error::Malformed(_) | Error::NoPhysician => Slug::MalformedRequest,
            Error::NotJson => Slug::UnsupportedMediaType,
            Error::UnknownDocumentType => Slug::UnknownDocumentType,
            Error::Addressee => Slug::AddresseeNotAllowed,
            Error::UnknownDataSource => Slug::UnknownDataSource,
            Error::RecordNotFound => Slug::RecordNotFound,
            Error::NoSuchDocument => Slug::NotFound,
            Error::RecordTooLarge => Slug::RecordTooLarge,
            Error::Record(e) => return (*e).into(),
            Error::KeyReused => Slug::IdempotencyKeyReused,
            Error::ModelThrottled(_) => Slug::ModelThrottled,
            Error::ModelUnavailable(..) => Slug::ModelUnavailable,
            Error::Admission(AdmissionError::Store(_)) | Error::Store(_) => Slug::StoreUnavailable,
        };
        let detail = match error {
            Error::ModelThrottled(_)
            | Error::ModelUnavailable(..)
            | Error::Store(_)
            | Error::Admission(AdmissionError::Store(_)) => {
                format!("{error}. Nothing was lost: ask again with the same idempotency key.")
            }
            _ => error.to_string(),
        };
        Self::new(slug, detail)
    }
}
