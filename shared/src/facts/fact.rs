//! One fact: its words, where it stands, and what code needs to know of it beyond them.

use super::cues::{Cue, Cues};
use super::kind::Kind;
use super::medication::{Change, MedicationDetail};
use super::results::ResultDetail;
use super::scope::Stay;
use crate::calendar::Day;
use crate::document::Evidence;

/// Where a fact stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Record { resource: String, path: String },
    Derived { from: Vec<String> },
    Statement { by: String },
}

/// What code needs to know of a fact beyond its words.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Detail {
    #[default]
    None,
    Condition(ConditionDetail),
    Allergy {
        /// Stated that there is none.
        none: bool,
    },
    /// Boxed like the stay: facts are moved and sorted by the thousand, and most are neither.
    Medication(Box<MedicationDetail>),
    Result(ResultDetail),
    Stay(Box<Stay>),
    Change(Change),
    /// A note's title and, where it has one, its section code.
    Note {
        title: String,
        code: Option<String>,
    },
    /// Section that an author's statement belongs to.
    Statement {
        section: String,
    },
    /// How a derived fact was computed, in words.
    Formula(&'static str),
}

/// Title of sentences from a document that tells another course than this one.
pub(crate) const EARLIER: &str = "過去の文書";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConditionDetail {
    pub suspected: bool,
    pub claim: bool,
    pub past: bool,
    pub main: bool,
    /// Named as main diagnosis by the request.
    pub chosen: bool,
    pub admission: bool,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub id: String,
    pub kind: Kind,
    pub date: Option<Day>,
    /// Name of the drug, test, disease or procedure; empty for free text.
    pub name: String,
    /// What stands after the date: name, value, unit, condition.
    pub fields: Vec<String>,
    pub source: Source,
    pub detail: Detail,
    pub offered: bool,
    cues: Cues,
}

impl Fact {
    pub fn new(kind: Kind, date: Option<Day>, name: &str, fields: Vec<String>, source: Source) -> Self {
        let sentence = matches!(kind, Kind::Note | Kind::Report | Kind::Exam);
        let cues = || fields.iter().map(|f| Cues::of(f)).reduce(Cues::and);
        let cues = if sentence { cues().unwrap_or_default() } else { Cues::ANY };
        Self::telling(cues, kind, date, name, fields, source)
    }

    /// The same with cues that are known.
    pub(super) fn telling(
        cues: Cues,
        kind: Kind,
        date: Option<Day>,
        name: &str,
        mut fields: Vec<String>,
        source: Source,
    ) -> Self {
        fields.retain(|f| !is_blank(f));
        let (id, name) = (String::new(), name.to_owned());
        Self { id, kind, date, name, fields, source, detail: Detail::None, offered: false, cues }
    }

    /// Whether a word that a search wants may stand among the fields. Of what is no sentence nobody has looked.
    pub(crate) fn may_tell(&self, cue: Cue) -> bool {
        self.cues.holds(cue)
    }

    pub fn with(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// The kind as the prompt says it; what became of a drug is context, no material of a section.
    pub fn word(&self) -> &'static str {
        match self.detail {
            Detail::Change(_) => "change",
            _ => self.kind.word(),
        }
    }

    /// Whether it comes from a summary or letter of an earlier time, which tells another course than this one.
    pub fn is_earlier(&self) -> bool {
        matches!(&self.detail, Detail::Note { title, .. } if title == EARLIER)
    }

    /// Date, name, value, unit and condition, as in the prompt line but with names.
    pub fn text(&self) -> String {
        // A statement's first field is its section, which is no part of what was said.
        let said = self.fields.get(usize::from(self.kind == Kind::Statement)..).unwrap_or_default();
        let mut out = self.date.map(Day::iso).unwrap_or_default();
        out.reserve(said.iter().map(|f| f.len() + 1).sum());
        for (n, field) in said.iter().enumerate() {
            if n > 0 || self.date.is_some() {
                out.push(' ');
            }
            out.push_str(field);
        }
        out
    }

    pub fn evidence(&self) -> Evidence {
        let mut evidence = Evidence { text: self.text(), ..Evidence::default() };
        match (&self.detail, &self.source) {
            (Detail::Formula(formula), _) => evidence.text.push_str(&format!("（{formula}）")),
            (Detail::Change(_), _) => evidence.text.push_str("（1日量は規格×1回量×1日回数を比較、転記しない）"),
            _ => {}
        }
        match &self.source {
            Source::Record { resource, path } => {
                evidence.resource = Some(resource.clone());
                evidence.path = Some(path.clone());
            }
            Source::Derived { from } => evidence.from = Some(from.clone()),
            Source::Statement { by } => evidence.by = Some(by.clone()),
        }
        evidence
    }
}

/// Nothing but white space.
fn is_blank(field: &str) -> bool {
    field.chars().all(char::is_whitespace)
}
