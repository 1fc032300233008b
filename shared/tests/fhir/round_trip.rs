//! Reading our own document back gives the facts that it rests on, and no others.

use std::collections::BTreeSet;

use fude::facts::{self, Fact, Facts, Kind, Source};
use fude::record::{self, Asked};
use serde_json::value::RawValue;

use crate::drafts::{self, Draft};

/// What code renders from resources.
const KINDS: &[Kind] = &[
    Kind::Condition,
    Kind::Allergy,
    Kind::Medication,
    Kind::Result,
    Kind::Exam,
    Kind::Social,
    Kind::Procedure,
    Kind::Immunization,
    Kind::Family,
    Kind::Report,
    Kind::Survey,
    Kind::Device,
    Kind::Diet,
    Kind::Appointment,
    Kind::Consent,
    Kind::CarePlan,
];

fn line(fact: &Fact) -> String {
    format!("{} | {:?} | {} | {}", fact.kind.word(), fact.date, fact.name, fact.fields.join(" | "))
}

fn lines<'f>(facts: impl Iterator<Item = &'f Fact>) -> BTreeSet<String> {
    // Who follows a pending result up is said by a note, which is another document's evidence.
    facts.filter(|f| KINDS.contains(&f.kind)).map(|f| line(f).replace(" | 確認者:要確認", "")).collect()
}

fn read_back(draft: &Draft) -> Facts {
    let record = RawValue::from_string(draft.fhir("final")).expect("JSON");
    let asked = Asked { patient_id: draft.patient.number, ..Asked::default() };
    let record = record::read(&record, &asked).expect("one patient");
    assert!(record.warnings.is_empty(), "{:?}", record.warnings);
    let request = facts::Request { addressee: &draft.document.destination.kind, ..facts::Request::default() };
    facts::build(&record, &draft.template, &request)
}

/// Facts that delivered sentences cite, derived ones traced to what they were computed from.
fn told(draft: &Draft) -> BTreeSet<String> {
    let document = &draft.document;
    let mut ids: Vec<&String> = document.sentences().flat_map(|s| &s.evidence).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = ids.pop() {
        if seen.insert(id.clone()) {
            ids.extend(document.evidence[id].from.iter().flatten());
        }
    }
    let facts = &draft.prepared.facts;
    let from_record = |f: &&Fact| matches!(f.source, Source::Record { .. }) && seen.contains(&f.id);
    lines(facts.list.iter().filter(from_record))
}

#[test]
fn reading_our_own_document_gives_the_same_facts() {
    let mut compared = 0;
    for draft in drafts::all() {
        let (told, read) = (told(draft), lines(read_back(draft).list.iter()));
        let place = format!("{} {}", draft.kind, draft.patient.number);
        let lost: Vec<_> = told.difference(&read).collect();
        let invented: Vec<_> = read.difference(&told).collect();
        assert!(lost.is_empty() && invented.is_empty(), "{place}\nlost {lost:#?}\ninvented {invented:#?}");
        compared += told.len();
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn the_stay_comes_back_with_its_days() {
    for draft in drafts::all() {
        let (there, back) = (draft.prepared.facts.stay.clone(), read_back(draft).stay);
        let days = |s: &facts::Stay| (s.inpatient, s.start, s.end, s.died);
        assert_eq!(there.as_ref().map(days), back.as_ref().map(days), "{} {}", draft.kind, draft.patient.number);
    }
}

#[test]
fn cited_sentences_of_notes_come_back() {
    for draft in drafts::all() {
        let read = read_back(draft);
        let back: BTreeSet<&String> = read.of(Kind::Note).filter_map(|f| f.fields.get(1)).collect();
        let document = &draft.document;
        let ids: BTreeSet<&String> = document.sentences().flat_map(|s| &s.evidence).collect();
        let facts = &draft.prepared.facts;
        for fact in facts.of(Kind::Note).filter(|f| ids.contains(&f.id) && f.id.starts_with('N')) {
            assert!(back.contains(&fact.fields[1]), "{} {}: {}", draft.kind, draft.patient.number, fact.fields[1]);
        }
    }
}
