//! What the review template names, ready to print: Japanese words, dates, evidence beside each sentence.

use std::sync::LazyLock;

use serde::Serialize;

use super::{Printed, html::style_hash, must_be_filled, shown, words};
use crate::document::{Document, Evidence, Flag, Mode, Section, SectionOrigin, SentenceKind};

pub(super) const CSS: &str = include_str!("review.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| style_hash(CSS));

#[derive(Serialize)]
pub(super) struct View<'a> {
    css: &'static str,
    /// CSP source of the one style sheet.
    style_hash: &'static str,
    document: &'a Document,
    mark: Option<&'static str>,
    state: &'a str,
    extractive: bool,
    name: String,
    birth: String,
    gender: &'a str,
    addressee: &'a str,
    created: String,
    entered_by: Option<&'a str>,
    finalised_by: Option<&'a str>,
    finalised: Option<String>,
    to_fill: Vec<Gap<'a>>,
    flags: Vec<FlagView<'a>>,
    open_flags: usize,
    questions: Vec<QuestionView<'a>>,
    sections: Vec<SectionView<'a>>,
    /// Titles of sections without a sentence.
    without: Vec<&'a str>,
    dropped: Vec<DroppedView<'a>>,
    left_out: Vec<Count<'a>>,
    held_back: Vec<Count<'a>>,
    /// How many facts are held back from this addressee.
    held: usize,
    warnings: Vec<WarningView<'a>>,
}

/// A place that a person must fill.
#[derive(Serialize)]
struct Gap<'a> {
    sentence: &'a str,
    section: &'a str,
    text: String,
}

#[derive(Serialize)]
struct FlagView<'a> {
    id: &'a str,
    sentence: Option<&'a str>,
    section: Option<&'a str>,
    /// The sentence as it stands on the page.
    text: Option<String>,
    evidence: Vec<Passage<'a>>,
    reason: &'a str,
    message: &'a str,
    open: bool,
    answer: Option<&'a str>,
}

#[derive(Serialize)]
struct QuestionView<'a> {
    text: &'a str,
    evidence: Vec<Passage<'a>>,
}

#[derive(Serialize)]
struct SectionView<'a> {
    title: &'a str,
    /// `model`, `record` or `person`: the class that the style sheet knows.
    class: SectionOrigin,
    origin: &'static str,
    sentences: Vec<SentenceView<'a>>,
}

#[derive(Serialize)]
struct SentenceView<'a> {
    id: &'a str,
    text: String,
    kind: SentenceKind,
    /// Written by a person into a section that something else wrote.
    by_hand: bool,
    to_fill: bool,
    open_flag: bool,
    flags: Vec<FlagView<'a>>,
    evidence: Vec<Passage<'a>>,
    /// Cites what the sentence above cites.
    same: bool,
    /// Where something is to decide: the next such sentence.
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct Passage<'a> {
    id: &'a str,
    /// What the letter of the id says: 記録, 記載, 算出, 作成者.
    origin: &'static str,
    /// None where the document cites what it does not hold.
    evidence: Option<&'a Evidence>,
    from: Vec<Passage<'a>>,
}

#[derive(Serialize)]
struct DroppedView<'a> {
    section: &'a str,
    text: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Count<'a> {
    what: &'a str,
    count: usize,
}

#[derive(Serialize)]
struct WarningView<'a> {
    reason: &'a str,
    paths: Vec<&'a str>,
}

impl<'a> View<'a> {
    pub(super) fn of(printed: &'a Printed<'a>) -> Self {
        let document = printed.document;
        let flags: Vec<_> = document.flags.iter().map(|f| flag(printed, f)).collect();
        let (filled, without): (Vec<_>, Vec<_>) = document.sections.iter().partition(|s| !s.sentences.is_empty());
        Self {
            css: CSS,
            style_hash: &STYLE_HASH,
            document,
            mark: printed.mark(),
            state: words::state(printed.state),
            extractive: document.generation.mode == Mode::Extractive,
            name: printed.name(),
            birth: printed.birth(),
            gender: words::gender(&document.patient.gender),
            addressee: printed.addressee_line.trim(),
            created: printed.time(printed.created_at),
            entered_by: printed.entered_by,
            finalised_by: printed.finalised_by,
            finalised: printed.finalised_at.map(|at| printed.time(at)),
            to_fill: filled.iter().copied().flat_map(gaps).collect(),
            open_flags: flags.iter().filter(|f| f.open).count(),
            flags,
            questions: document
                .questions
                .iter()
                .map(|q| QuestionView { text: &q.text, evidence: passages(document, &q.evidence) })
                .collect(),
            sections: sections(printed, &filled),
            without: without.iter().map(|s| s.title.as_str()).filter(|t| !t.is_empty()).collect(),
            dropped: document
                .dropped
                .iter()
                .map(|d| DroppedView {
                    section: words::section(document, &d.section),
                    text: &d.text,
                    reason: words::reason_in_japanese(&d.reason),
                })
                .collect(),
            left_out: document
                .coverage
                .left_out
                .iter()
                .map(|l| Count { what: words::reason_in_japanese(&l.rule), count: l.count })
                .collect(),
            held_back: document
                .coverage
                .held_back
                .iter()
                .map(|h| Count { what: words::reason_in_japanese(&h.reason), count: h.count })
                .collect(),
            held: document.coverage.held_back.iter().map(|h| h.count).sum(),
            warnings: warnings(document),
        }
    }
}

/// From the last to the first, so that each place to decide knows the next.
fn sections<'a>(printed: &'a Printed<'a>, filled: &[&'a Section]) -> Vec<SectionView<'a>> {
    let mut views: Vec<_> = filled.iter().map(|s| section(printed, s)).collect();
    let mut next = None;
    for row in views.iter_mut().rev().flat_map(|s| s.sentences.iter_mut().rev()) {
        if row.to_fill || row.open_flag {
            row.next = next.replace(row.id);
        }
    }
    views
}

fn gaps(section: &Section) -> impl Iterator<Item = Gap<'_>> {
    let waiting = section.sentences.iter().filter(|s| must_be_filled(s));
    waiting.map(|s| Gap { sentence: &s.id, section: &section.title, text: shown(s).into_owned() })
}

fn flag<'a>(printed: &'a Printed<'a>, flag: &'a Flag) -> FlagView<'a> {
    let document = printed.document;
    let find = |s: &'a Section| Some((s, s.sentences.iter().find(|s| s.id == flag.sentence)?));
    let found = document.sections.iter().find_map(find);
    FlagView {
        id: &flag.id,
        sentence: found.map(|(_, sentence)| sentence.id.as_str()),
        section: found.map(|(section, _)| section.title.as_str()),
        text: found.map(|(_, sentence)| shown(sentence).into_owned()),
        evidence: found.map(|(_, sentence)| passages(document, &sentence.evidence)).unwrap_or_default(),
        reason: words::reason_in_japanese(&flag.reason),
        message: &flag.message,
        open: printed.is_open(flag),
        answer: printed.answer(flag).map(words::answer),
    }
}

fn section<'a>(printed: &'a Printed<'a>, section: &'a Section) -> SectionView<'a> {
    SectionView {
        title: &section.title,
        class: section.origin,
        origin: words::origin(section.origin),
        sentences: (0..section.sentences.len()).map(|i| sentence(printed, section, i)).collect(),
    }
}

fn sentence<'a>(printed: &'a Printed<'a>, section: &'a Section, i: usize) -> SentenceView<'a> {
    let sentence = &section.sentences[i];
    let above = i.checked_sub(1).map(|i| &section.sentences[i].evidence);
    let about = printed.document.flags.iter().filter(|f| f.sentence == sentence.id);
    let flags: Vec<_> = about.map(|f| flag(printed, f)).collect();
    SentenceView {
        id: &sentence.id,
        text: shown(sentence).into_owned(),
        kind: sentence.kind,
        by_hand: sentence.kind == SentenceKind::Entered && section.origin != SectionOrigin::Person,
        to_fill: must_be_filled(sentence),
        open_flag: flags.iter().any(|f| f.open),
        evidence: passages(printed.document, &sentence.evidence),
        flags,
        same: !sentence.evidence.is_empty() && above == Some(&sentence.evidence),
        next: None,
    }
}

/// What is cited, with what it was derived from: one level, since code derives from the record alone.
fn passages<'a>(document: &'a Document, ids: &'a [String]) -> Vec<Passage<'a>> {
    let passage = |id: &'a String| (id.as_str(), document.evidence.get(id));
    ids.iter()
        .map(passage)
        .map(|(id, evidence)| {
            let inputs = evidence.and_then(|e| e.from.as_deref()).unwrap_or_default().iter();
            let plain = |(id, evidence)| Passage { id, origin: words::evidence(id), evidence, from: Vec::new() };
            let from = inputs.map(passage).map(plain).collect();
            Passage { from, ..plain((id, evidence)) }
        })
        .collect()
}

/// Warnings of one reason together, in the order in which the reasons appear.
fn warnings(document: &Document) -> Vec<WarningView<'_>> {
    let mut views: Vec<WarningView> = Vec::new();
    for warning in &document.warnings {
        let reason = words::reason_in_japanese(&warning.reason);
        match views.iter_mut().find(|v| v.reason == reason) {
            Some(view) => view.paths.push(&warning.path),
            None => views.push(WarningView { reason, paths: vec![&warning.path] }),
        }
    }
    views
}
