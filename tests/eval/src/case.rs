//! Cases: a patient, a kind and an addressee, and beside them what the document must and must not say.
//! One TOML file each, below `cases/<kind>/`; the patients themselves are those of the local cloud.

use std::path::{Path, PathBuf};

use fude::compose::Sender;
use fude::document::Destination;
use fude::drafting::{Order, Prepared, prepare};
use fude::facts::Statement;
use fude::record::{Asked, RecordError};
use fude::template::Template;
use fude_records::PatientRecord;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("{path}: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("there is no patient {0}")]
    NoPatient(String),
    #[error("there is no kind of document {0}")]
    NoKind(String),
    #[error("the record is refused: {0}")]
    Refused(#[from] RecordError),
}

/// Words that must, or must not, stand in the delivered text. Any one of several will do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub text: OneOrMore,
    #[serde(default)]
    pub why: String,
    /// Of a forbidden text: not even in evidence, questions or dropped sentences (what is held back).
    #[serde(default)]
    pub everywhere: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub fn any(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StatementSource {
    pub section: String,
    pub text: String,
}

/// A staged patient.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatientKey {
    pub hospital: String,
    pub id: String,
}

impl PatientKey {
    /// From `hospital-a/20481937`.
    pub fn parse(reference: &str) -> Result<Self, CaseError> {
        let (hospital, id) = reference.split_once('/').ok_or_else(|| CaseError::NoPatient(reference.to_owned()))?;
        Ok(Self { hospital: hospital.to_owned(), id: id.to_owned() })
    }

    pub fn patient(&self) -> Result<PatientRecord, CaseError> {
        let missing = || CaseError::NoPatient(format!("{}/{}", self.hospital, self.id));
        fude_records::patients(&self.hospital).into_iter().find(|p| p.number == self.id).ok_or_else(missing)
    }
}

/// One file below `cases/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Case {
    /// `referral-letter/osteoarthritis`, from the file's place.
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub kind: String,
    #[serde(default)]
    pub title: String,
    pub patient: PatientKey,
    pub destination: Destination,
    #[serde(default)]
    pub statements: Vec<StatementSource>,
    pub encounter_id: Option<String>,
    pub main_diagnosis: Option<String>,
    #[serde(default)]
    pub required: Vec<Expected>,
    #[serde(default)]
    pub forbidden: Vec<Expected>,
    /// What the answer must name as held back, no more and no less.
    #[serde(default)]
    pub held_back: Vec<fude::document::HeldBack>,
    /// Words that some question must hold.
    #[serde(default)]
    pub questions: Vec<String>,
}

impl Case {
    pub fn prepare(&self) -> Result<Prepared, CaseError> {
        let patient = self.patient.patient()?;
        let statements: Vec<Statement> =
            self.statements.iter().map(|s| Statement { section: s.section.clone(), text: s.text.clone() }).collect();
        self.with_record(&record(&patient), patient.number, &sender(&self.patient.hospital), &statements)
    }

    /// With a record of its own instead of the local cloud's.
    pub fn with_record(
        &self,
        record: &RawValue,
        number: &str,
        sender: &Sender,
        statements: &[Statement],
    ) -> Result<Prepared, CaseError> {
        let (template, hash) = Template::find(&self.kind).ok_or_else(|| CaseError::NoKind(self.kind.clone()))?;
        let order = Order {
            document_id: "0123456789abcdef0123456789abcdef",
            asked: Asked { patient_id: number, ..Asked::default() },
            destination: &self.destination,
            encounter_id: self.encounter_id.as_deref(),
            main_diagnosis: self.main_diagnosis.as_deref(),
            statements,
            author: "sato",
            sender,
            remark: None,
            nonce: NONCE,
        };
        Ok(prepare(template, hash, record, &order)?)
    }
}

/// The same for every run, so that a recorded reply is found again by its prompt.
pub const NONCE: &str = "8f3a91c2d4e5f607";

pub fn record(patient: &PatientRecord) -> Box<RawValue> {
    raw(patient.bundle())
}

pub fn raw(bundle: Vec<u8>) -> Box<RawValue> {
    let text = String::from_utf8(bundle).expect("a bundle is UTF-8");
    RawValue::from_string(text).expect("a bundle is JSON")
}

/// The sending hospital as its registration would have it.
pub fn sender(hospital: &str) -> Sender {
    let Some(institution) = fude_records::institution(hospital) else { return Sender::default() };
    Sender {
        name: institution.name,
        institution_number: institution.number,
        address: format!("〒{} {}", institution.postal, institution.address),
        telephone: institution.phone,
    }
}

/// All cases below a folder, by kind and name.
pub fn load(folder: &Path) -> Result<Vec<Case>, CaseError> {
    let mut cases = Vec::new();
    for kind in list(folder)?.into_iter().filter(|p| p.is_dir()) {
        for path in list(&kind)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
            let mut case: Case = read(&path)?;
            case.kind = stem(&kind);
            case.name = format!("{}/{}", case.kind, stem(&path));
            cases.push(case);
        }
    }
    Ok(cases)
}

/// The entries of a folder in order.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let unreadable = |e: std::io::Error| CaseError::Unreadable { path: folder.to_owned(), reason: e.to_string() };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

pub fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, CaseError> {
    let unreadable = |reason: String| CaseError::Unreadable { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    toml::from_str(&text).map_err(|e| unreadable(e.to_string()))
}

pub fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Case {
    /// A patient and a kind, with an addressee that the kind knows and nothing else.
    pub fn plain(patient: PatientKey, kind: &str) -> Self {
        let types = Template::find(kind).map(|(t, _)| t.addressee.types).unwrap_or_default();
        Self {
            name: format!("{kind}/{}", patient.id),
            kind: kind.to_owned(),
            title: String::new(),
            patient,
            destination: Destination {
                kind: types.first().cloned().unwrap_or_default(),
                institution: Some("みなと診療所".to_owned()),
                ..Destination::default()
            },
            statements: Vec::new(),
            encounter_id: None,
            main_diagnosis: None,
            required: Vec::new(),
            forbidden: Vec::new(),
            held_back: Vec::new(),
            questions: Vec::new(),
        }
    }
}
