//! Sections in the template's order: code-rendered, checked narrative, author's statements, what is missing,
//! what must be mentioned; then evidence, flags and questions.

use std::collections::{BTreeMap, HashSet};

use super::questions::questions;
use super::{Prepared, extract, withhold};
use crate::compose::{self, Line};
use crate::document::{
    Document, Dropped, Empty, Evidence, Flag, FlagState, Generation, Mode, Question, SCHEMA, Section, SectionOrigin,
    Sentence, SentenceKind,
};
use crate::facts::{Detail, Fact, Facts, Kind, Source};
use crate::grounding::{Grounded, Passed};
use crate::template::{self, From};

pub(super) struct Builder<'b> {
    pub(super) prepared: &'b Prepared,
    pub(super) sections: Vec<Section>,
    flags: Vec<Flag>,
    /// What a rule of `must_not_mention` took out of the model's sentences.
    pub(super) dropped: Vec<Dropped>,
    /// Lines of the record that such a rule took out.
    pub(super) withheld: usize,
    next: usize,
}

pub(super) fn document(prepared: &Prepared, grounded: Option<&Grounded>, generation: Generation) -> Document {
    let extractive = generation.mode == Mode::Extractive;
    let mut b =
        Builder { prepared, sections: Vec::new(), flags: Vec::new(), dropped: Vec::new(), withheld: 0, next: 0 };
    let (opening, closing) = prepared.template.connectives.towards(&prepared.destination.kind);
    let owners = if extractive { extract::owners(&prepared.facts, &prepared.template) } else { extract::Owners::new() };
    b.connective("opening", &with_patient(opening, &prepared.patient.name));
    for section in &prepared.template.sections {
        if b.after_death(&section.code) {
            let line = Line::missing("該当なし（死亡退院）", Empty::NotApplicable);
            let sentence = b.sentence(line, SentenceKind::Missing);
            b.push(section, SectionOrigin::Record, vec![sentence]);
            continue;
        }
        match section.from {
            From::Code => b.code(section),
            From::Author => b.author(section),
            From::Model if extractive => b.extract(section, &owners),
            From::Model => b.model(section, grounded),
        }
    }
    b.statements();
    b.must_mention();
    b.must_not_mention();
    b.connective("closing", &with_patient(closing, &prepared.patient.name));
    let mut coverage = prepared.facts.coverage.clone();
    withhold::count(&mut coverage, b.withheld);
    let mut dropped = grounded.map(|g| g.dropped.clone()).unwrap_or_default();
    dropped.append(&mut b.dropped);
    let questions = questions(&prepared.facts, grounded, prepared);
    let evidence = evidence(&prepared.facts, &b.sections, &questions);
    Document {
        schema: SCHEMA.to_owned(),
        document_id: prepared.document_id.clone(),
        revision: 1,
        document_type: prepared.template.id.clone(),
        title: prepared.template.title.clone(),
        patient: prepared.patient.clone(),
        destination: prepared.destination.clone(),
        resources: prepared.shelf.resources(&prepared.facts, &evidence),
        evidence,
        sections: b.sections,
        flags: b.flags,
        dropped,
        questions,
        warnings: prepared.warnings.clone(),
        coverage,
        generation,
    }
}

impl Builder<'_> {
    fn sentence(&mut self, line: Line, kind: SentenceKind) -> Sentence {
        self.next += 1;
        Sentence {
            id: format!("S{}", self.next),
            text: line.text,
            kind: if line.empty.is_some() { SentenceKind::Missing } else { kind },
            evidence: line.evidence,
            empty: line.empty,
        }
    }

    fn push(&mut self, section: &template::Section, origin: SectionOrigin, sentences: Vec<Sentence>) {
        self.sections.push(Section { code: section.code.clone(), title: section.title.clone(), origin, sentences });
    }

    /// Greeting and closing of a letter: connectives without figures, a section of their own.
    fn connective(&mut self, code: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let sentence =
            self.sentence(Line { text: text.to_owned(), evidence: Vec::new(), empty: None }, SentenceKind::Connective);
        self.sections.push(Section {
            code: code.to_owned(),
            title: String::new(),
            origin: SectionOrigin::Record,
            sentences: vec![sentence],
        });
    }

    fn code(&mut self, section: &template::Section) {
        let context = compose::Context::new(&self.prepared.facts, &self.prepared.template);
        let lines = compose::render(&section.render, &context);
        if lines.is_empty() && !section.required {
            return;
        }
        let lines = if lines.is_empty() { vec![Line::empty(Empty::ToConfirm)] } else { lines };
        let sentences = lines.into_iter().map(|line| self.sentence(line, SentenceKind::Fact)).collect();
        self.push(section, SectionOrigin::Record, sentences);
    }

    fn author(&mut self, section: &template::Section) {
        let prepared = self.prepared;
        let stated = stated(&prepared.facts, &section.code);
        let sentences: Vec<Sentence> =
            stated.into_iter().map(|f| self.sentence(compose::line(f), SentenceKind::Entered)).collect();
        if sentences.is_empty() {
            if section.required {
                let missing = self.sentence(Line::empty(Empty::ToConfirm), SentenceKind::Missing);
                self.push(section, SectionOrigin::Person, vec![missing]);
            }
            return;
        }
        self.check_choice(section, &sentences);
        self.push(section, SectionOrigin::Person, sentences);
    }

    fn model(&mut self, section: &template::Section, grounded: Option<&Grounded>) {
        let passed: &[Passed] = grounded
            .and_then(|g| g.sections.iter().find(|(code, _)| *code == section.code))
            .map(|(_, passed)| passed.as_slice())
            .unwrap_or_default();
        let mut sentences = Vec::new();
        for p in passed {
            let line = Line { text: p.text.clone(), evidence: p.facts.clone(), empty: None };
            let sentence = self.sentence(line, SentenceKind::Fact);
            for (reason, message) in &p.flags {
                self.flag(&sentence.id, reason, message);
            }
            sentences.push(sentence);
        }
        self.fill(section, sentences);
    }

    /// Facts only: the material of the section, word for word.
    fn extract(&mut self, section: &template::Section, owners: &extract::Owners) {
        let earlier = self.sections.iter().filter(|s| s.origin == SectionOrigin::Model);
        let told: HashSet<&str> =
            earlier.flat_map(|s| &s.sentences).flat_map(|s| &s.evidence).map(String::as_str).collect();
        let lines = extract::lines(&self.prepared.facts, &self.prepared.template, section, owners, &told);
        let sentences = lines.into_iter().map(|line| self.sentence(line, SentenceKind::Fact)).collect();
        self.fill(section, sentences);
    }

    /// What an author's section says that is none of its choices.
    fn check_choice(&mut self, section: &template::Section, sentences: &[Sentence]) {
        let chosen = |s: &&Sentence| !section.choices.is_empty() && !section.choices.iter().any(|c| s.text.trim() == c);
        let wrong: Vec<String> = sentences.iter().filter(chosen).map(|s| s.id.clone()).collect();
        for id in wrong {
            self.flag(&id, "not-a-choice", &format!("次のいずれかで記載すること：{}", section.choices.join("、")));
        }
    }

    /// A section that a rule emptied says that a person must fill it.
    pub(super) fn gap(&mut self) -> Sentence {
        self.sentence(Line::empty(Empty::ToConfirm), SentenceKind::Missing)
    }

    /// Check 9: a required section is never silently empty.
    fn fill(&mut self, section: &template::Section, mut sentences: Vec<Sentence>) {
        if sentences.is_empty() {
            if !section.required {
                return;
            }
            sentences.push(self.sentence(Line::empty(Empty::ToConfirm), SentenceKind::Missing));
        }
        self.push(section, SectionOrigin::Model, sentences);
    }

    /// A section that has nothing to say of somebody who died (drugs and follow-up).
    pub(super) fn after_death(&self, code: &str) -> bool {
        let died = self.prepared.facts.stay.as_ref().is_some_and(|s| s.died);
        died && self.prepared.template.section(code).is_some_and(|s| s.not_after_death)
    }

    pub(super) fn flag(&mut self, sentence: &str, reason: &str, message: &str) {
        let id = format!("W{}", self.flags.len() + 1);
        self.flags.push(Flag {
            id,
            sentence: sentence.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            state: FlagState::Open,
        });
    }

    pub(super) fn cited(&self, id: &str) -> bool {
        self.sections.iter().flat_map(|s| &s.sentences).any(|s| s.evidence.iter().any(|e| e == id))
    }

    /// What the author stated for a section of the model stands in it, whether or not the model used it.
    fn statements(&mut self) {
        let prepared = self.prepared;
        for fact in prepared.facts.of(Kind::Statement) {
            let Detail::Statement { section } = &fact.detail else { continue };
            if !self.cited(&fact.id) {
                let id = self.append(section, compose::line(fact), SentenceKind::Entered);
                if prepared.template.section(section).is_some_and(|s| s.from == From::Code) {
                    let message = "記録から転記した章に作成者の記載が加わっている。記録と食い違わないか確認すること。";
                    self.flag(&id, "entered-beside-record", message);
                }
            }
        }
    }

    /// Adds a line to a section, which is made where it was left out, in its place.
    pub(super) fn append(&mut self, code: &str, line: Line, kind: SentenceKind) -> String {
        let sentence = self.sentence(line, kind);
        let id = sentence.id.clone();
        if let Some(section) = self.sections.iter_mut().find(|s| s.code == code) {
            section.sentences.retain(|s| s.kind != SentenceKind::Missing || s.empty != Some(Empty::ToConfirm));
            section.sentences.push(sentence);
            return id;
        }
        let Some(template) = self.prepared.template.section(code) else { return id };
        let order = |c: &str| self.prepared.template.sections.iter().position(|s| s.code == c);
        let at = self.sections.iter().position(|s| order(&s.code) > order(code)).unwrap_or(self.sections.len());
        let origin = if kind == SentenceKind::Entered { SectionOrigin::Person } else { SectionOrigin::Record };
        self.sections.insert(
            at,
            Section { code: code.to_owned(), title: template.title.clone(), origin, sentences: vec![sentence] },
        );
        id
    }
}

/// What the author stated for a section.
fn stated<'f>(facts: &'f Facts, code: &str) -> Vec<&'f Fact> {
    let of_section = |f: &&Fact| matches!(&f.detail, Detail::Statement { section } if section == code);
    facts.of(Kind::Statement).filter(of_section).collect()
}

/// A connective with the patient's name; without a name, 患者様.
fn with_patient(text: &str, name: &str) -> String {
    let name = name.trim().trim_end_matches(['様', ' ', '　']);
    text.replace("{patient}", &format!("{}様", if name.is_empty() { "患者" } else { name }))
}

/// What sentences and questions cite, and what derived facts were computed from.
fn evidence(facts: &Facts, sections: &[Section], questions: &[Question]) -> BTreeMap<String, Evidence> {
    let mut out = BTreeMap::new();
    let cited = sections.iter().flat_map(|s| &s.sentences).flat_map(|s| &s.evidence);
    let mut wanted: Vec<String> = cited.chain(questions.iter().flat_map(|q| &q.evidence)).cloned().collect();
    while let Some(id) = wanted.pop() {
        let Some(fact) = facts.get(&id).filter(|_| !out.contains_key(&id)) else { continue };
        if let Source::Derived { from } = &fact.source {
            wanted.extend(from.iter().cloned());
        }
        out.insert(id, fact.evidence());
    }
    out
}
