//! Why nothing was done, and what the caller is told. The only place here that names statuses.

use fude::lifecycle::{AnswersError, Refusal, RevisionError};
use fude::problem::{Problem, Slug};
use fude_aws::caller::CallerError;
use fude_aws::hospital::AdmissionError;
use fude_aws::state::StateError;
use fude_aws::stored::{Broken, ReadError};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// What is wrong, without patient data.
    #[error("{0}")]
    Malformed(String),
    #[error(transparent)]
    Revision(#[from] RevisionError),
    #[error(transparent)]
    Answers(#[from] AnswersError),
    #[error("the body is not JSON")]
    NotJson,
    #[error("there is nothing at this path")]
    NoSuchPath,
    #[error("this path takes POST")]
    MethodNotAllowed,
    /// None at all, or another hospital's: both look the same.
    #[error("there is no such document")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("sealing takes two persons: this one asked for it already")]
    SameSealer,
    #[error("the history of this document is full: withdraw it and draft anew")]
    HistoryFull,
    #[error("a clerk types for a physician: onBehalfOf must name one of this hospital by user name")]
    NoPhysician,
    #[error("finalising takes a sign-in not older than 15 minutes: sign in again with the second factor")]
    SignInTooOld,
    #[error("the header If-Match with the version that was read is needed")]
    PreconditionRequired,
    #[error("the document was changed since it was read: read it again; what you sent was not applied")]
    Stale,
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Codes of sections.
    #[error("something is left to fill in section {}", .0.join(", "))]
    Incomplete(Vec<String>),
    #[error("the draft was never finalised and has expired")]
    Expired,
    #[error("there is no template of this document's kind any more")]
    NoTemplate,
    /// The caller is not told what differs; the log and the audit event are.
    #[error("what is stored is not what was stored; nothing was done")]
    Broken(#[from] Broken),
    #[error("the store did not answer")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn store(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store(error.into())
    }
}

impl From<StateError> for Error {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Unreadable => Self::Broken(Broken::State),
            StateError::Conflict => Self::Stale,
            other @ StateError::Store(_) => Self::store(other),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Broken(broken) => Self::Broken(broken),
            ReadError::Store(e) => Self::store(e),
        }
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let slug = match error {
            Error::Caller(CallerError::TokenRefused) => Slug::TokenRefused,
            Error::Caller(CallerError::RoleNotPermitted) | Error::Refused(Refusal::Role) => Slug::RoleNotPermitted,
            Error::Caller(CallerError::CertificateUnknown) | Error::Admission(AdmissionError::CertificateUnknown) => {
                Slug::CertificateUnknown
            }
            Error::Admission(AdmissionError::Mismatch) => Slug::CertificateTokenMismatch,
            Error::Admission(AdmissionError::Revoked) => Slug::CertificateRevoked,
            Error::Malformed(_) | Error::Revision(_) | Error::NoPhysician | Error::Answers(AnswersError::Unknown) => {
                Slug::MalformedRequest
            }
            Error::Answers(AnswersError::Open(_)) => Slug::FlagsOpen,
            Error::NotJson => Slug::UnsupportedMediaType,
            Error::NoSuchPath | Error::NotFound => Slug::NotFound,
            Error::MethodNotAllowed => Slug::MethodNotAllowed,
            Error::Refused(Refusal::State) | Error::SameSealer | Error::HistoryFull => Slug::StateNotAllowed,
            Error::SignInTooOld => Slug::SignInTooOld,
            Error::PreconditionRequired => Slug::PreconditionRequired,
            Error::Stale => Slug::PreconditionFailed,
            Error::KeyReused => Slug::IdempotencyKeyReused,
            Error::Incomplete(_) => Slug::Incomplete,
            Error::Expired => Slug::DraftExpired,
            Error::NoTemplate => Slug::UnknownDocumentType,
            Error::Broken(_) => Slug::IntegrityFailure,
            Error::Admission(AdmissionError::Store(_)) | Error::Store(_) => Slug::StoreUnavailable,
        };
        let detail = match error {
            Error::Store(_) | Error::Admission(AdmissionError::Store(_)) => {
                format!("{error}. Nothing was lost: ask again with the same idempotency key.")
            }
            _ => error.to_string(),
        };
        Self::new(slug, detail)
    }
}
