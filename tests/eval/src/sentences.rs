//! The public set: sentences about invented patients, true ones and ones with a planted error.
//! A true one must pass every check; an erroneous one must be dropped or flagged. See `sentences/README.md`.

use std::path::Path;

use fude::document::Document;
use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::drafting::{Outcome, Prepared};
use fude::facts::Fact;
use fude::grounding::{CHECKS, Check, Grounded};
use fude::text::nfkc;
use fude_records::source::Source;
use serde::{Deserialize, Serialize};

use crate::case::{self, Case, CaseError, PatientKey};

/// One file of the set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    #[serde(skip)]
    pub name: String,
    pub title: String,
    /// `hospital-a/20481937`
    pub patient: String,
    pub kind: String,
    #[serde(rename = "sentence")]
    pub sentences: Vec<Labelled>,
    /// A patient of this file alone, written as those of the local cloud are.
    record: Option<Box<Source>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    pub text: String,
    /// For each fact to cite, words that only it says.
    pub cites: Vec<String>,
    /// What kind of error is planted; absent where the sentence is true.
    pub error: Option<ErrorKind>,
    /// Rests on what code derived (hospital day, length of stay, trend of a series).
    #[serde(default)]
    pub derived: bool,
    /// Section of the kind; its first narrative one where absent.
    pub section: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    Number,
    Unit,
    Date,
    Citation,
    Drug,
    Disease,
    Side,
    Negation,
    Status,
    Cause,
    Trend,
    Plan,
    Condition,
    Dose,
    Person,
}

impl ErrorKind {
    /// Figures, citations, drugs and sides are exact; the others are matters of language.
    pub fn exact(self) -> bool {
        matches!(
            self,
            Self::Number | Self::Unit | Self::Date | Self::Citation | Self::Drug | Self::Disease | Self::Side
        )
    }
}

/// What became of one sentence.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    pub set: String,
    pub text: String,
    pub cited: Vec<String>,
    pub error: Option<ErrorKind>,
    pub derived: bool,
    /// Slug of the check that dropped it.
    pub dropped: Option<String>,
    pub flags: Vec<String>,
}

impl Judged {
    pub fn noticed(&self) -> bool {
        self.dropped.is_some() || !self.flags.is_empty()
    }
}

pub fn load(folder: &Path) -> Result<Vec<Set>, CaseError> {
    let files = case::list(folder)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "toml"));
    files
        .map(|path| {
            let mut set: Set = case::read(&path)?;
            set.name = case::stem(&path);
            Ok(set)
        })
        .collect()
}

impl Set {
    /// Each sentence as a draft of its own, so that none hides another.
    pub fn judge(&self, checks: &[Check]) -> Result<Vec<Judged>, CaseError> {
        let prepared = self.prepare()?;
        self.sentences.iter().map(|s| self.one(&prepared, s, checks)).collect()
    }

    pub fn prepare(&self) -> Result<Prepared, CaseError> {
        let key = PatientKey::parse(&self.patient)?;
        let (record, number) = (case::raw(self.bundle()?), key.id.clone());
        let sender = case::sender(&key.hospital);
        Case::plain(key, &self.kind).with_record(&record, &number, &sender, &[])
    }

    /// The patient's record as FHIR JSON.
    pub fn bundle(&self) -> Result<Vec<u8>, CaseError> {
        let key = PatientKey::parse(&self.patient)?;
        let Some(source) = &self.record else { return Ok(key.patient()?.bundle()) };
        fude_records::bundle(&key.hospital, source).ok_or_else(|| CaseError::NoPatient(self.patient.clone()))
    }

    fn one(&self, prepared: &Prepared, labelled: &Labelled, checks: &[Check]) -> Result<Judged, CaseError> {
        let cited = labelled
            .cites
            .iter()
            .map(|words| fact(prepared, words).map(|f| f.id.clone()).ok_or_else(|| self.unknown(words)))
            .collect::<Result<Vec<_>, _>>()?;
        let code =
            labelled.section.clone().or_else(|| prepared.template.model_sections().next().map(|s| s.code.clone()));
        let sentence =
            ReplySentence { text: prepared.masked(&labelled.text), facts: cited.clone(), kind: ReplyKind::Fact };
        let section = ReplySection { code: code.unwrap_or_default(), sentences: vec![sentence] };
        let grounded = prepared.check(&Reply { sections: vec![section], questions: Vec::new() }, checks);
        Ok(Judged {
            set: self.name.clone(),
            text: labelled.text.clone(),
            cited: cited.iter().filter_map(|id| prepared.facts.get(id)).map(Fact::text).collect(),
            error: labelled.error,
            derived: labelled.derived,
            dropped: grounded.dropped.first().map(|d| d.reason.clone()),
            flags: flags(&grounded),
        })
    }

    fn unknown(&self, words: &str) -> CaseError {
        CaseError::Unreadable { path: self.name.clone().into(), reason: format!("no offered fact says 「{words}」") }
    }
}

fn flags(grounded: &Grounded) -> Vec<String> {
    let passed = grounded.sections.iter().flat_map(|(_, list)| list);
    passed.flat_map(|p| &p.flags).map(|(slug, _)| (*slug).to_owned()).collect()
}

/// The first offered fact that says all the words.
pub fn fact<'p>(prepared: &'p Prepared, words: &str) -> Option<&'p Fact> {
    let words: Vec<String> = nfkc(words).split_whitespace().map(str::to_owned).collect();
    prepared.facts.offered().find(|f| {
        let text = nfkc(&f.text());
        words.iter().all(|w| text.contains(w.as_str()))
    })
}

/// All checks, or all but one.
pub fn checks(without: Option<&str>) -> Vec<Check> {
    without.map_or_else(|| CHECKS.to_vec(), fude::grounding::without)
}

/// The document of an outcome, whichever it is.
pub fn document(outcome: Outcome) -> Document {
    let (Outcome::Drafted(document) | Outcome::Extractive(document)) = outcome;
    *document
}
