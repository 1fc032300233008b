//! Facts: the record as the smallest things that a sentence can rest on.
//!
//! Four origins: `F` from a resource, `N` a sentence of a note, `D` derived by code, `A` stated by the
//! author of the request. Ids live for one request. What may not go out is taken away here, before
//! anything else sees it.

mod background;
mod changes;
mod choose;
mod derived;
mod held_back;
mod kind;
mod medication;
mod notes;
mod plain;
mod results;
mod scope;

use crate::calendar::Day;
use crate::document::{Coverage, Evidence, HeldBack, LeftOut};
use crate::record::ClinicalRecord;
use crate::template::Template;

pub(crate) use derived::leading_number;
pub(crate) use held_back::mentions;
pub use kind::Kind;
pub use medication::{Category, Change, MedicationDetail, drug_stem, ingredient};
pub use results::ResultDetail;
pub use scope::Stay;

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
    Medication(medication::MedicationDetail),
    Result(results::ResultDetail),
    Stay(Stay),
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
}

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
}

impl Fact {
    pub fn new(kind: Kind, date: Option<Day>, name: &str, fields: Vec<String>, source: Source) -> Self {
        Self {
            id: String::new(),
            kind,
            date,
            name: name.to_owned(),
            fields: fields.into_iter().filter(|f| !f.trim().is_empty()).collect(),
            source,
            detail: Detail::None,
            offered: false,
        }
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

    /// Date, name, value, unit and condition, as in the prompt line but with names.
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = self.date.map(Day::iso).into_iter().collect();
        // A statement's first field is its section, which is no part of what was said.
        let skip = usize::from(self.kind == Kind::Statement);
        parts.extend(self.fields.iter().skip(skip).cloned());
        parts.join(" ")
    }

    pub fn evidence(&self) -> Evidence {
        let mut evidence = Evidence { text: self.text(), ..Evidence::default() };
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

/// What the author alone knows, as the request brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub section: String,
    pub text: String,
}

/// What the request says about choosing.
#[derive(Clone, Debug, Default)]
pub struct Request<'q> {
    pub encounter_id: Option<&'q str>,
    pub main_diagnosis: Option<&'q str>,
    pub addressee: &'q str,
    pub statements: &'q [Statement],
    /// User name of the author.
    pub author: &'q str,
    /// Lines of the sending hospital, from its registration.
    pub sender: &'q [&'q str],
    /// The addressee's line, from the request.
    pub addressee_line: &'q str,
}

/// All facts of one request, in a stable order.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub list: Vec<Fact>,
    pub stay: Option<Stay>,
    pub coverage: Coverage,
    /// Set where the request named an encounter that the record does not hold, or nothing could be chosen.
    pub encounter_unknown: bool,
    /// The request names a main diagnosis that the record does not hold.
    pub main_unknown: bool,
    /// Names of held-back diagnoses, folded; no delivered sentence may hold one.
    pub undisclosed: Vec<String>,
}

impl Facts {
    pub fn get(&self, id: &str) -> Option<&Fact> {
        self.list.iter().find(|f| f.id == id)
    }

    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Fact> {
        self.list.iter().filter(move |f| f.kind == kind)
    }

    pub fn offered(&self) -> impl Iterator<Item = &Fact> {
        self.list.iter().filter(|f| f.offered)
    }
}

/// Counts what was left out, by rule.
#[derive(Default)]
pub(crate) struct Tally(Vec<LeftOut>);

impl Tally {
    pub(crate) fn count(&mut self, rule: &str, by: usize) {
        if by == 0 {
            return;
        }
        match self.0.iter_mut().find(|l| l.rule == rule) {
            Some(l) => l.count += by,
            None => self.0.push(LeftOut { rule: rule.to_owned(), count: by }),
        }
    }
}

/// At most so many facts are offered to the model.
pub const OFFERED_AT_MOST: usize = 120;

/// Turns a record into facts for one kind of document and addressee.
pub fn build(record: &ClinicalRecord, template: &Template, request: &Request) -> Facts {
    let scope = scope::choose(record, template, request.encounter_id);
    let mut tally = Tally::default();
    let held = held_back::HeldBack::of(record, request.addressee);

    let mut list = vec![background::patient(record)];
    list.extend(scope.facts());
    list.extend(background::death(record));
    list.extend(background::conditions(record, &scope, request.main_diagnosis, &mut tally));
    list.extend(background::allergies(record, &mut tally));
    list.extend(medication::facts(record, &scope, &mut tally));
    list.extend(results::facts(record, &scope, &mut tally));
    list.extend(background::procedures(record, &scope, &mut tally));
    list.extend(plain::facts(record, &scope, &mut tally));
    number(&mut list, "F");
    let mut all = list;
    let notes = notes::facts(record, &scope, &mut tally);
    all.extend(notes);

    let before = all.len();
    all.retain(|f| !held.forbids(f));
    for fact in &mut all {
        held.redact(fact);
    }
    let withheld = before - all.len();

    let derived = derived::facts(&all, &scope);
    all.extend(derived);
    all.extend(statements(request));
    choose::offer(&mut all, template, &mut tally);

    Facts {
        coverage: Coverage {
            offered: all.iter().filter(|f| f.offered).count(),
            left_out: tally.0,
            held_back: held.report(withheld),
        },
        stay: scope.stay,
        encounter_unknown: scope.unknown,
        main_unknown: request.main_diagnosis.is_some()
            && !all.iter().any(|f| matches!(&f.detail, Detail::Condition(c) if c.chosen)),
        undisclosed: held.names,
        list: all,
    }
}

fn number(facts: &mut [Fact], prefix: &str) {
    for (i, fact) in facts.iter_mut().enumerate() {
        fact.id = format!("{prefix}{:02}", i + 1);
    }
}

fn statements(request: &Request) -> Vec<Fact> {
    let mut facts: Vec<Fact> = request
        .statements
        .iter()
        .map(|s| {
            let source = Source::Statement { by: request.author.to_owned() };
            let fields = vec![s.section.clone(), s.text.clone()];
            Fact::new(Kind::Statement, None, "", fields, source).with(Detail::Statement { section: s.section.clone() })
        })
        .collect();
    let letterhead = |name: &str, text: &str, by: &str| {
        let source = Source::Statement { by: by.to_owned() };
        Fact::new(Kind::Letterhead, None, name, vec![text.to_owned()], source)
    };
    let lines = request.sender.iter().filter(|l| !l.is_empty());
    facts.extend(lines.map(|line| letterhead("sender", line, "registration")));
    if !request.addressee_line.is_empty() {
        facts.push(letterhead("addressee", request.addressee_line, request.author));
    }
    number(&mut facts, "A");
    facts
}

pub(crate) fn held(reason: &str, count: usize) -> HeldBack {
    HeldBack { reason: reason.to_owned(), count }
}
