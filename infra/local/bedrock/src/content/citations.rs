//! Faults of citation and of structure.

use std::collections::HashSet;

use regex_lite::Regex;

use super::Given;
use super::edit::{add, add_citing};
use super::figures::{narrow, numbers};
use crate::draft::{Draft, Kind, Section};
use crate::prompt::Fact;

/// An id that no request has.
const UNKNOWN: &str = "F999";

/// What is said where the draft says nothing.
const PLAIN: &str = "全身状態は安定していた。";

/// A sentence cites a fact that does not exist.
pub(super) fn unknown_citation(draft: &mut Draft, given: Given<'_>) -> bool {
    cite(draft, given, vec![UNKNOWN.to_owned()])
}

/// A sentence cites nothing.
pub(super) fn uncited_sentence(draft: &mut Draft, given: Given<'_>) -> bool {
    cite(draft, given, Vec::new())
}

/// A sentence cites another fact, which has nothing of what it says; one with a value before others.
pub(super) fn wrong_citation(draft: &mut Draft, given: Given<'_>) -> bool {
    for needs_value in [true, false] {
        for sentence in draft.claims_mut() {
            let values = values(&sentence.text);
            if values.is_empty() == needs_value {
                continue;
            }
            let said = words(&sentence.text);
            let differs = |fact: &&Fact| {
                let text = fact.text();
                let known = numbers(&text);
                !sentence.facts.contains(&fact.id)
                    && !values.iter().any(|value| known.contains(value))
                    && said.is_disjoint(&words(&text))
            };
            // A note shares its story with other notes.
            let foreign = |fact: &&Fact| differs(fact) && fact.kind != "note";
            if let Some(other) = given.facts.iter().find(foreign).or_else(|| given.facts.iter().find(differs)) {
                sentence.facts = vec![other.id.clone()];
                return true;
            }
        }
    }
    add(draft, given, "体温は38.7℃であった。");
    false
}

/// Numbers of a text that belong to no date.
fn values(text: &str) -> Vec<String> {
    let dates = Regex::new(r"\d{4}年|\d{1,2}月(?:\d{1,2}日)?|\d{4}-\d{2}-\d{2}").expect("a constant pattern");
    numbers(&dates.replace_all(text, ""))
}

/// Pairs of neighbouring characters within words of Kanji, Katakana or Latin letters.
fn words(text: &str) -> HashSet<(char, char)> {
    let text: Vec<char> = text.chars().map(narrow).collect();
    let of_word = |c: char| matches!(c, 'ァ'..='ヶ' | 'ー' | '\u{3400}'..='\u{9FFF}') || c.is_ascii_alphabetic();
    let pairs = text.windows(2).filter(|pair| pair.iter().all(|c| of_word(*c)));
    pairs.map(|pair| (pair[0], pair[1])).collect()
}

/// A section that had something to say is missing.
pub(super) fn section_omitted(draft: &mut Draft, _: Given<'_>) -> bool {
    if draft.sections.is_empty() {
        return false;
    }
    let tells = |section: &Section| section.sentences.iter().any(|s| s.kind == Kind::Fact);
    let omitted = draft.sections.iter().position(tells);
    if let [only] = &mut draft.sections[..] {
        // A reply without any section would be no draft at all.
        only.sentences.clear();
    } else {
        draft.sections.remove(omitted.unwrap_or(0));
    }
    omitted.is_some()
}

/// A sentence stands there twice.
pub(super) fn duplicated_sentence(draft: &mut Draft, given: Given<'_>) -> bool {
    let told = draft.claims().next().is_some();
    if !told {
        add(draft, given, PLAIN);
    }
    for section in &mut draft.sections {
        let claim = section.sentences.iter().position(|s| s.kind == Kind::Fact);
        if let Some(at) = claim {
            let again = section.sentences[at].clone();
            section.sentences.insert(at + 1, again);
            break;
        }
    }
    told
}

fn cite(draft: &mut Draft, given: Given<'_>, facts: Vec<String>) -> bool {
    if let Some(sentence) = draft.claims_mut().next() {
        sentence.facts = facts;
        return true;
    }
    add_citing(draft, given.said(PLAIN), facts);
    false
}
