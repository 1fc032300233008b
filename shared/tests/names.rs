//! Over every staged patient and kind of document: no identifier of a person or institution in the prompt,
//! and the right names in what is delivered.
#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use std::collections::BTreeSet;

use common::{drafted, finished};
use fude::calendar::{Day, in_era};
use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::template::Template;
use fude_records::PatientRecord;
use unicode_normalization::UnicodeNormalization;

fn everybody() -> impl Iterator<Item = (PatientRecord, String, &'static str)> {
    let patients = ["hospital-a", "hospital-b"].into_iter().flat_map(fude_records::patients);
    patients.flat_map(|p| {
        let record = String::from_utf8(p.bundle()).unwrap();
        Template::kinds().map(move |kind| (p.clone(), record.clone(), kind))
    })
}

fn nfkc(text: &str) -> String {
    text.nfkc().collect()
}

/// Words that hold a name part of somebody staged and mean no person.
const WORDS: &[&str] = &["ポリサッカライド", "橋本病", "ヨシダ", "タケダ", "武田テバ"];

/// Whole names, their parts of two and more letters, numbers, spellings of the birth date, telephones, addresses.
fn identifiers(patient: &PatientRecord) -> BTreeSet<String> {
    let mut out = BTreeSet::from([patient.number.to_owned()]);
    for name in patient.names.iter().chain(&patient.organisations) {
        let name = nfkc(name);
        if !name.contains(|c: char| c.is_ascii_digit()) {
            let parts = name.split(' ').filter(|part| part.chars().count() >= 2);
            out.extend(parts.map(str::to_owned));
        }
        if name.contains('-') {
            out.insert(name.replace('-', ""));
        }
        out.insert(name);
    }
    if let Some(day) = Day::parse(&patient.birth_date) {
        out.extend([day.iso(), day.iso().replace('-', "/"), day.japanese(), in_era(day.date().unwrap())]);
    }
    // What was spoken is a phrase (主治医 鈴木), not an identifier.
    for spoken in &patient.source().spoken {
        out.remove(&nfkc(spoken));
        for part in nfkc(spoken).split(' ') {
            out.remove(part);
        }
    }
    out
}

#[test]
fn no_identifier_reaches_the_prompt() {
    let mut found = Vec::new();
    for (patient, record, kind) in everybody() {
        let prompt = drafted(&record, patient.number, kind).unwrap().prompt;
        let mut text = nfkc(&format!("{}\n{}", prompt.system, prompt.user));
        for word in WORDS {
            text = text.replace(word, "");
        }
        for identifier in identifiers(&patient) {
            if let Some(at) = text.find(&identifier) {
                let from = text[..at].char_indices().rev().nth(12).map_or(0, |(i, _)| i);
                let around: String = text[from..].chars().take(30).collect();
                found.push(format!("{} {kind}: {identifier} in {around}", patient.number));
            }
        }
    }
    assert!(found.is_empty(), "{} identifiers\n{}", found.len(), found.join("\n"));
}

#[test]
fn what_was_spoken_to_or_of_somebody_is_a_placeholder() {
    for (patient, record, kind) in everybody() {
        let prompt = drafted(&record, patient.number, kind).unwrap().prompt;
        let text = nfkc(&prompt.user);
        for spoken in &patient.source().spoken {
            assert!(!text.contains(&nfkc(spoken)), "{} {kind} {spoken}", patient.number);
        }
    }
}

#[test]
fn delivered_sentences_bear_the_names_again() {
    let mut placeholders = 0;
    for (patient, record, kind) in everybody() {
        let prepared = drafted(&record, patient.number, kind).unwrap();
        let code = prepared.template.model_sections().next().unwrap().code.clone();
        // Every note sentence with a name, word for word as the prompt shows it.
        let lines = prepared.prompt.user.lines().filter(|l| l.contains("] note | ") && l.contains('⟦'));
        let sentences: Vec<ReplySentence> = lines
            .map(|line| ReplySentence {
                text: line.rsplit(" | ").next().unwrap().to_owned(),
                facts: vec![line.split_once("|[").unwrap().1.split_once(']').unwrap().0.to_owned()],
                kind: ReplyKind::Fact,
            })
            .collect();
        placeholders += sentences.len();
        let reply = Reply { sections: vec![ReplySection { code, sentences }], questions: Vec::new() };
        let document = serde_json::to_string(&finished(&prepared, &reply)).unwrap();
        assert!(!document.contains(['⟦', '⟧', '□']), "{} {kind}", patient.number);
    }
    assert!(placeholders > 50, "the records speak of people: {placeholders}");
}

#[test]
fn the_right_person_comes_back() {
    let patient = fude_records::patients("hospital-a").remove(0);
    let record = String::from_utf8(patient.bundle()).unwrap();
    let prepared = drafted(&record, patient.number, "discharge-summary").unwrap();
    let fact = prepared.facts.offered().find(|f| f.text().contains("田中先生より")).unwrap().id.clone();
    let line = prepared.prompt.user.lines().find(|l| l.contains(&format!("[{fact}]"))).unwrap();
    let text = line.rsplit(" | ").next().unwrap().to_owned();
    let sentence = ReplySentence { text, facts: vec![fact], kind: ReplyKind::Fact };
    let sections = vec![ReplySection { code: "362".to_owned(), sentences: vec![sentence] }];
    let document = finished(&prepared, &Reply { sections, questions: Vec::new() });
    let all: String = document.sentences().map(|s| s.text.as_str()).collect();
    // Of Dr 田中 the record declares nothing, so the surname comes back as it was written.
    assert!(all.contains("田中先生より") && all.contains("長谷川 太郎さんに付き添われて"), "{all}");
}
