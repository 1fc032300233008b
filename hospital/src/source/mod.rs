//! Where a patient's record comes from, read-only: a FHIR R4 server, a folder of bundles, SS-MIX2 standardised storage.
//! Everything here blocks; a server calls it from a thread of its own. What leaves the house is cut down by [`select`].

mod bundle;
pub mod fhir_server;
pub mod folder;
pub mod person;
pub mod select;
pub mod ssmix2;
mod warning;

use serde::Deserialize;

pub use bundle::{Bundle, Entry};
pub use person::{Person, Stay};
pub use warning::{Reason, Warning};

/// Why there is no record. No variant carries patient data.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nobody of this number.
    #[error("the source holds no patient of this number")]
    NotFound,
    /// Two records claim the number; which is right is not for a program to say.
    #[error("more than one record of the source bears this patient number")]
    Ambiguous,
    /// A mix-up in the source: something in the record is about somebody else.
    #[error("the source's record is not of this patient alone")]
    OtherPatient,
    /// The source does not answer, or asks to wait for longer than a drafting may take.
    #[error("the source does not answer: {0}")]
    Unavailable(String),
    /// The source answers what nobody can use; a person has to look at its settings.
    #[error("the source cannot be used: {0}")]
    Unusable(String),
    /// What the document needs does not fit, even without all that may be left out.
    #[error("the record takes {bytes} bytes where {limit} are allowed, after all that may be left out")]
    TooLarge { bytes: usize, limit: usize },
}

/// A patient's record as the source has it, before anything is left out.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub bundle: Bundle,
    pub warnings: Vec<Warning>,
}

/// How a source is configured; `kind` names which it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Settings {
    FhirServer(fhir_server::Settings),
    Folder(folder::Settings),
    Ssmix2(ssmix2::Settings),
}

/// A source that is open.
pub enum Source {
    FhirServer(fhir_server::FhirServer),
    Folder(folder::Folder),
    Ssmix2(ssmix2::Storage),
}

impl Source {
    /// Refuses settings that cannot work, by name.
    pub fn open(settings: &Settings) -> Result<Self, SourceError> {
        Ok(match settings {
            Settings::FhirServer(s) => Self::FhirServer(fhir_server::FhirServer::open(s)?),
            Settings::Folder(s) => Self::Folder(folder::Folder::open(s)?),
            Settings::Ssmix2(s) => Self::Ssmix2(ssmix2::Storage::open(s)?),
        })
    }

    /// Who bears a number, with his or her stays and visits, for a person to compare and choose.
    pub fn person(&self, number: &str) -> Result<Person, SourceError> {
        match self {
            Self::FhirServer(server) => server.person(number),
            Self::Folder(folder) => Ok(Person::of(&folder.record(number)?.bundle, number)),
            Self::Ssmix2(storage) => storage.person(number),
        }
    }

    /// Everything that the source holds of a patient and Fude can read.
    pub fn record(&self, number: &str) -> Result<Record, SourceError> {
        match self {
            Self::FhirServer(server) => server.record(number),
            Self::Folder(folder) => folder.record(number),
            Self::Ssmix2(storage) => storage.record(number),
        }
    }
}
