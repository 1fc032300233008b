//! SS-MIX2 standardised storage as a JP Core bundle (SS-MIX2 標準化ストレージ仕様書 Ver.1.2; HL7 v2.5 as JAHIS データ交換規約
//! uses it). Words and figures are those of the messages; nothing is computed. What has no place becomes a [`Warning`].
//! The mapping follows JAMI's SS-MIX2-to-FHIR ConceptMaps where they say something.

mod administration;
mod allergy;
mod codes;
mod condition;
mod dates;
mod decode;
mod dosage;
mod encounter;
mod exams;
mod hl7;
mod injection;
mod layout;
mod making;
mod medication;
mod observation;
mod patient;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Person, Reason, Record, SourceError, Warning};
use hl7::Message;
use layout::Stored;
use making::Making;

/// More than any message of one order; a file that is larger is none.
const LARGEST_FILE: u64 = 16 << 20;

/// Where the storage is and what only the hospital knows of its codes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Root folders, one a volume (標準化ストレージ may be spread over several).
    pub roots: Vec<PathBuf>,
    /// Width to which the hospital pads patient numbers with zeros; without it they are taken as they are.
    #[serde(default)]
    pub pad_width: Option<usize>,
    /// FHIR identifier system of patient numbers, where the data source is registered with one.
    #[serde(default)]
    pub identifier_system: Option<String>,
    /// 診療科コード to name, for those that no message names.
    #[serde(default)]
    pub departments: BTreeMap<String, String>,
    /// 病棟コード to name.
    #[serde(default)]
    pub wards: BTreeMap<String, String>,
    /// 退院時転帰 (PV1-36) to words: `"01" = "軽快"`.
    #[serde(default)]
    pub dispositions: BTreeMap<String, String>,
}

/// An open storage.
pub struct Storage {
    settings: Settings,
    roots: Vec<PathBuf>,
}

/// A message with its place.
struct Filed {
    stored: Stored,
    message: Message,
}

impl Storage {
    pub fn open(settings: &Settings) -> Result<Self, SourceError> {
        if settings.roots.is_empty() {
            return Err(SourceError::Unusable("roots names no folder".to_owned()));
        }
        let roots: Result<Vec<PathBuf>, SourceError> = settings.roots.iter().map(|root| real_folder(root)).collect();
        Ok(Self { settings: settings.clone(), roots: roots? })
    }

    pub fn person(&self, number: &str) -> Result<Person, SourceError> {
        Ok(Person::of(&self.record(number)?.bundle, &self.number(number)))
    }

    /// Everything that the storage holds of a patient.
    pub fn record(&self, number: &str) -> Result<Record, SourceError> {
        let number = self.number(number);
        let mut warnings = Vec::new();
        let stored = layout::files(&self.roots, &number, &mut warnings)?.ok_or(SourceError::NotFound)?;
        let files: Vec<Filed> = stored.into_iter().filter_map(|s| self.open_file(s, &number, &mut warnings)).collect();
        let mut making = Making::new(&self.settings, &number, warnings);
        patient::make(&mut making, &files);
        // Stays first: everything else belongs to one.
        encounter::find(&mut making, &files);
        let conditions = condition::make(&mut making, &files);
        encounter::make(&mut making, &conditions);
        allergy::make(&mut making, &files);
        medication::make(&mut making, &files);
        injection::make(&mut making, &files);
        administration::make(&mut making, &files);
        observation::make(&mut making, &files);
        exams::make(&mut making, &files);
        making.other_kinds(&files);
        Ok(making.finish())
    }

    /// The number as the storage's folders have it.
    fn number(&self, number: &str) -> String {
        let width = self.settings.pad_width.unwrap_or_default();
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if digits { format!("{number:0>width$}") } else { number.to_owned() }
    }

    fn open_file(&self, stored: Stored, number: &str, warnings: &mut Vec<Warning>) -> Option<Filed> {
        let mut refuse = |reason| {
            warnings.push(Warning::new(stored.place(), reason));
            None
        };
        match fs::metadata(&stored.path) {
            Ok(meta) if meta.len() > LARGEST_FILE => return refuse(Reason::FileTooLarge),
            Ok(meta) if !meta.is_file() => return refuse(Reason::MisplacedFile),
            _ => {}
        }
        let Ok(bytes) = fs::read(&stored.path) else { return refuse(Reason::FileUnreadable) };
        let Ok(text) = decode::text(&bytes) else { return refuse(Reason::CharsetNotRead) };
        let Ok(message) = Message::parse(text.lines.iter().map(String::as_str)) else { return refuse(Reason::NotHl7) };
        // A file of another patient, or of two, would be a mix-up that no later check could see.
        let patients: Vec<_> = message.all("PID").collect();
        match patients[..] {
            [pid] => {
                let ids: Vec<String> = pid.field(3).repetitions().map(|r| r.component(1)).collect();
                if !ids.iter().any(|id| self.number(id) == number) {
                    return refuse(Reason::OtherPatient);
                }
            }
            [] => return refuse(Reason::OtherPatient),
            _ => return refuse(Reason::SeveralPatients),
        }
        if text.damaged > 0 {
            refuse(Reason::CharactersNotRead);
        }
        Some(Filed { stored, message })
    }
}

fn real_folder(root: &std::path::Path) -> Result<PathBuf, SourceError> {
    let real = root.canonicalize().ok().filter(|r| r.is_dir());
    real.ok_or_else(|| SourceError::Unusable(format!("the root {} is no folder that can be read", root.display())))
}
