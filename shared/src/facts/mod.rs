//! Facts: the record as the smallest things that a sentence can rest on.
//!
//! Four origins: `F` from a resource, `N` a sentence of a note, `D` derived by code, `A` stated by the
//! author of the request. Ids live for one request. What may not go out is taken away here, before
//! anything else sees it.

mod background;
mod changes;
mod choose;
pub(crate) mod contradictions;
mod cues;
mod derived;
mod disagreement;
mod dosage;
mod drug_names;
mod fact;
mod held_back;
mod index;
mod kind;
mod medication;
mod notes;
mod outside;
mod pending;
mod plain;
mod reasons;
mod results;
mod scope;
mod strangers;
#[cfg(test)]
pub(crate) mod testing;

use crate::document::{Coverage, HeldBack, LeftOut};
use crate::record::ClinicalRecord;
use crate::template::Template;

pub use contradictions::Contradiction;
pub(crate) use cues::Cue;
use cues::Cues;
pub(crate) use derived::leading_number;
pub use drug_names::{Route, drug_stem};
pub(crate) use fact::EARLIER;
pub use fact::{ConditionDetail, Detail, Fact, Source};
pub(crate) use held_back::mentions;
use index::Index;
pub use kind::Kind;
pub use medication::{Category, Change, MedicationDetail};
pub use results::ResultDetail;
pub use scope::Stay;
pub use strangers::Stranger;

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
    /// Position of each id in the list, where the list is as it was built.
    pub(crate) index: Index,
    /// What the record says twice, differently.
    pub contradictions: Vec<Contradiction>,
    /// Notes that seem to speak of somebody else.
    pub strangers: Vec<Stranger>,
}

impl Facts {
    pub fn get(&self, id: &str) -> Option<&Fact> {
        self.list.get(self.position(id)?)
    }

    /// Where in the list a fact stands.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        let indexed = self.index.get(id).filter(|at| self.list.get(*at).is_some_and(|f| f.id == id));
        indexed.or_else(|| self.list.iter().position(|f| f.id == id && self.index.is_empty()))
    }

    /// Facts that are known later than the others; their ids are new.
    pub(crate) fn add(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            self.index.insert(&fact.id, self.list.len());
            self.list.push(fact);
        }
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

/// Room for what is derived and stated.
const FURTHER: usize = 128;

/// Turns a record into facts for one kind of document and addressee.
pub fn build(record: &ClinicalRecord, template: &Template, request: &Request) -> Facts {
    let mut held = held_back::HeldBack::of(record, request.addressee);
    let mut scope = scope::choose(record, template, request.encounter_id, &held);
    let mut tally = Tally::default();
    for (rule, count) in &record.left_out {
        tally.count(rule, *count);
    }

    let mut parts = vec![
        vec![background::patient(record)],
        scope.facts(),
        background::death(record).into_iter().collect(),
        background::conditions(record, &scope, request.main_diagnosis, &mut tally),
        background::allergies(record, &mut tally),
        medication::facts(record, &scope, &mut tally),
        results::facts(record, &scope, &mut tally),
        background::procedures(record, &scope, &mut tally),
        plain::facts(record, &scope, &mut tally),
    ];
    let numbered = parts.iter().map(Vec::len).sum();
    parts.push(notes::facts(record, &scope, &mut tally));
    // Thousands of a large record, moved once.
    let mut all: Vec<Fact> = Vec::with_capacity(parts.iter().map(Vec::len).sum::<usize>() + FURTHER);
    for part in parts {
        all.extend(part);
    }
    number(&mut all[..numbered], "F");

    held.take_out(&mut all);
    scope.stay = all.iter().find_map(|f| match &f.detail {
        Detail::Stay(stay) => Some((**stay).clone()),
        _ => None,
    });

    let derived = derived::facts(&mut all, &scope, &held);
    all.extend(derived);
    all.extend(statements(request));
    choose::offer(&mut all, template, &mut tally);

    Facts {
        coverage: Coverage {
            offered: all.iter().filter(|f| f.offered).count(),
            left_out: tally.0,
            held_back: held.report(),
        },
        stay: scope.stay,
        encounter_unknown: scope.unknown,
        main_unknown: request.main_diagnosis.is_some()
            && !all.iter().any(|f| matches!(&f.detail, Detail::Condition(c) if c.chosen)),
        undisclosed: held.names,
        index: Index::of(&all),
        contradictions: contradictions::search(&all),
        strangers: strangers::search(record, &all),
        list: all,
    }
}

fn number(facts: &mut [Fact], prefix: &str) {
    for (i, fact) in facts.iter_mut().enumerate() {
        fact.id = numbered(prefix, i + 1);
    }
}

/// `F07`, `F120`: a hundred and more need no zero. Without the formatter, as there are thousands.
fn numbered(prefix: &str, number: usize) -> String {
    let mut out = String::with_capacity(prefix.len() + 12);
    out.push_str(prefix);
    if number < 10 {
        out.push('0');
    }
    digits(number, &mut out);
    out
}

fn digits(number: usize, out: &mut String) {
    if number >= 10 {
        digits(number / 10, out);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
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
