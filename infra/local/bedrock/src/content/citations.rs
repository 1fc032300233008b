//! Faults of citation and of structure.

use super::Given;
use super::edit::{add, add_citing};
use super::figures::numbers;
use crate::draft::{Draft, Kind, Section};

/// An id that no request has.
const UNKNOWN: &str = "F999";

/// What is said where the draft says nothing.
const PLAIN: &str = "全身状態は安定していた。";

/// A sentence cites a fact that does not exist.
pub(super) fn unknown_citation(draft: &mut Draft, _: Given<'_>) {
    cite(draft, vec![UNKNOWN.to_owned()]);
}

/// A sentence cites nothing.
pub(super) fn uncited_sentence(draft: &mut Draft, _: Given<'_>) {
    cite(draft, Vec::new());
}

/// A sentence cites another fact, which has none of its numbers.
pub(super) fn wrong_citation(draft: &mut Draft, given: Given<'_>) {
    for sentence in draft.claims_mut() {
        let said = numbers(&sentence.text);
        let other = given.facts.iter().find(|fact| {
            let known = numbers(&fact.text());
            !sentence.facts.contains(&fact.id) && !said.iter().any(|number| known.contains(number))
        });
        if let Some(other) = other.filter(|_| !said.is_empty()) {
            sentence.facts = vec![other.id.clone()];
            return;
        }
    }
    for sentence in draft.claims_mut() {
        let mut facts = given.facts.iter();
        if let Some(other) = facts.find(|fact| !sentence.facts.contains(&fact.id)) {
            sentence.facts = vec![other.id.clone()];
            return;
        }
    }
    add(draft, given, "体温は38.7℃であった。");
}

/// A section that had something to say is missing.
pub(super) fn section_omitted(draft: &mut Draft, _: Given<'_>) {
    if draft.sections.is_empty() {
        return;
    }
    let tells = |section: &Section| section.sentences.iter().any(|s| s.kind == Kind::Fact);
    let omitted = draft.sections.iter().position(tells).unwrap_or(0);
    draft.sections.remove(omitted);
}

/// A sentence stands there twice.
pub(super) fn duplicated_sentence(draft: &mut Draft, given: Given<'_>) {
    if draft.claims().next().is_none() {
        add(draft, given, PLAIN);
    }
    for section in &mut draft.sections {
        let claim = section.sentences.iter().position(|s| s.kind == Kind::Fact);
        if let Some(at) = claim {
            let again = section.sentences[at].clone();
            section.sentences.insert(at + 1, again);
            return;
        }
    }
}

fn cite(draft: &mut Draft, facts: Vec<String>) {
    if let Some(sentence) = draft.claims_mut().next() {
        sentence.facts = facts;
        return;
    }
    add_citing(draft, PLAIN.to_owned(), facts);
}
