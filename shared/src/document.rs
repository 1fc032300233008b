//! The delivered document, `fude/document/1`: what `application/json` holds, byte for byte.
//! All members are always there, empty where nothing is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fhir::Resource;
use crate::record::Warning;

pub const SCHEMA: &str = "fude/document/1";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    pub schema: String,
    pub document_id: String,
    pub revision: u32,
    pub document_type: String,
    pub title: String,
    pub patient: Patient,
    pub destination: Destination,
    pub sections: Vec<Section>,
    pub evidence: BTreeMap<String, Evidence>,
    /// Narrow FHIR resources by the `resource` that evidence names; drafts of before have none.
    #[serde(default)]
    pub resources: BTreeMap<String, Resource>,
    pub flags: Vec<Flag>,
    pub dropped: Vec<Dropped>,
    pub questions: Vec<Question>,
    pub warnings: Vec<Warning>,
    pub coverage: Coverage,
    pub generation: Generation,
}

impl Document {
    pub fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.sections.iter().flat_map(|s| &s.sentences)
    }

    /// As it is stored.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a document is plain data")
    }

    pub fn open_flags(&self) -> usize {
        self.flags.iter().filter(|f| f.state == FlagState::Open).count()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    pub id: String,
    pub name: String,
    pub kana: String,
    /// FHIR date; empty where the record has none.
    pub birth_date: String,
    pub gender: String,
}

/// Who the document is for, as the request named them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Destination {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub institution: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
}

/// Who wrote a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionOrigin {
    Model,
    Record,
    Person,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    pub code: String,
    pub title: String,
    pub origin: SectionOrigin,
    pub sentences: Vec<Sentence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SentenceKind {
    /// Rests on evidence.
    Fact,
    /// From the template; carries no figures.
    Connective,
    /// Nothing to say, or something that a person must fill; see `empty`.
    Missing,
    /// Written by a person.
    Entered,
}

/// The five kinds of empty. FHIR emptyReason `nilknown`, `notasked`, `unavailable`; the others are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Empty {
    #[serde(rename = "nilknown")]
    NilKnown,
    #[serde(rename = "notasked")]
    NotAsked,
    Unavailable,
    NotApplicable,
    ToConfirm,
}

impl Empty {
    pub fn text(self) -> &'static str {
        match self {
            Self::NilKnown => "特になし",
            Self::NotAsked => "取得せず",
            Self::Unavailable => "不明",
            Self::NotApplicable => "該当なし",
            Self::ToConfirm => "【記載なし：要確認】",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    pub id: String,
    pub text: String,
    pub kind: SentenceKind,
    pub evidence: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
}

/// What a fact says and where it stands: `resource` and `path` for F and N, `from` for D, `by` for A.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlagState {
    Open,
    Answered,
}

/// Something that a person decides before finalising.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    pub id: String,
    /// Sentence that the flag is about; empty where it is about something missing.
    pub sentence: String,
    pub reason: String,
    pub message: String,
    pub state: FlagState,
}

/// A sentence that the model wrote and a check refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    pub section: String,
    pub text: String,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub text: String,
    pub evidence: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Facts that the model was offered.
    pub offered: usize,
    pub left_out: Vec<LeftOut>,
    pub held_back: Vec<HeldBack>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub rule: String,
    pub count: usize,
}

/// Facts that must not go to this addressee; the document never says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    pub reason: String,
    pub count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Model,
    Extractive,
}

/// How the draft came about; `model_id` and `prompt_sha256` are null without a model call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Generation {
    pub mode: Mode,
    pub model_id: Option<String>,
    pub template: String,
    pub prompt_sha256: Option<String>,
    pub record_sha256: String,
}
