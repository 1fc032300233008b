//! Why nothing is shown, and what the caller is told. The only place here that names statuses.

use fude::audit::DocumentRef;
use fude::integrity::Digest;
use fude::problem::{Problem, Slug};
use fude_aws::caller::CallerError;
use fude_aws::hospital::AdmissionError;
use fude_aws::state::{State, StateError};
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
    #[error("the body is not JSON")]
    NotJson,
    #[error("there is nothing at this path")]
    NoSuchPath,
    /// Holds the methods that are allowed there.
    #[error("this path takes {0}")]
    MethodNotAllowed(&'static str),
    /// None at all, another hospital's, one that the role may not see, or nothing to read yet: all look the same.
    #[error("there is no such document, or no such revision of it")]
    NotFound,
    #[error("the role may not read the content of this document")]
    Role,
    #[error("the document is sealed")]
    Sealed,
    #[error("the draft was never finalised and has expired")]
    Expired,
    #[error("the content is given as application/json, text/plain, text/html and application/fhir+json")]
    NotAcceptable,
    /// The caller is not told what differs; the log and the audit event are.
    #[error("what is stored is not what was stored; nothing of it is shown")]
    Broken(#[from] Broken),
    #[error("the log does not hold this document yet: ask again")]
    NotLoggedYet,
    #[error("the store did not answer")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn store(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store(error.into())
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

impl From<StateError> for Error {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Unreadable => Self::Broken(Broken::State),
            other => Self::store(other),
        }
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let slug = match error {
            Error::Caller(CallerError::TokenRefused) => Slug::TokenRefused,
            Error::Caller(CallerError::RoleNotPermitted) | Error::Role | Error::Sealed => Slug::RoleNotPermitted,
            Error::Caller(CallerError::CertificateUnknown) | Error::Admission(AdmissionError::CertificateUnknown) => {
                Slug::CertificateUnknown
            }
            Error::Admission(AdmissionError::Mismatch) => Slug::CertificateTokenMismatch,
            Error::Admission(AdmissionError::Revoked) => Slug::CertificateRevoked,
            Error::Malformed(_) => Slug::MalformedRequest,
            Error::NotJson => Slug::UnsupportedMediaType,
            Error::NoSuchPath | Error::NotFound => Slug::NotFound,
            Error::MethodNotAllowed(_) => Slug::MethodNotAllowed,
            Error::Expired => Slug::DraftExpired,
            Error::NotAcceptable => Slug::NotAcceptable,
            Error::Broken(_) => Slug::IntegrityFailure,
            Error::Admission(AdmissionError::Store(_)) | Error::Store(_) | Error::NotLoggedYet => {
                Slug::StoreUnavailable
            }
        };
        Self::new(slug, error.to_string())
    }
}

/// An error, and what the audit log may say it was about.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    pub document: Option<Box<DocumentRef>>,
    pub patient_tag: Option<Digest>,
}

impl Refusal {
    pub fn of_document(error: impl Into<Error>, state: &State) -> Self {
        Self {
            error: error.into(),
            document: Some(Box::new(state.reference())),
            patient_tag: Digest::parse(&state.patient_tag).ok(),
        }
    }
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self { error: error.into(), document: None, patient_tag: None }
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, Error};
    use fude::problem::Problem;
    use fude_aws::state::StateError;

    #[test]
    fn an_unreadable_row_is_an_integrity_failure_and_a_silent_table_is_none() {
        let status = |e: StateError| Problem::from(&Error::from(e)).slug.status();
        assert_eq!((status(StateError::Unreadable), status(StateError::Store("cut off".into()))), (500, 503));
    }

    #[test]
    fn the_caller_is_not_told_what_differs() {
        let told = |broken| Problem::from(&Error::Broken(broken)).detail;
        assert_eq!(told(Broken::Patient), told(Broken::ContentHash));
    }
}
