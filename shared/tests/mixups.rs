//! Records that are another person's, or two people's, are refused before anything reaches the model; good ones are read.
#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use std::path::Path;

use common::drafted_for;
use fude::record::{Asked, RecordError};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    asked: Question,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    silent: Vec<String>,
    record: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Question {
    patient_id: String,
    system: Option<String>,
    pad_width: Option<usize>,
    birth_date: Option<String>,
    kana: Option<String>,
}

impl Question {
    fn asked(&self) -> Asked<'_> {
        Asked {
            patient_id: &self.patient_id,
            system: self.system.as_deref(),
            pad_width: self.pad_width,
            birth_date: self.birth_date.as_deref(),
            kana: self.kana.as_deref(),
        }
    }
}

fn cases(folder: &str) -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/eval/mixups").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let named = files.into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_stem().unwrap().to_string_lossy().into_owned(), case)
    });
    named.collect()
}

#[test]
fn another_persons_record_is_refused() {
    let cases = cases("refused");
    assert!(cases.len() >= 30);
    for (name, case) in cases {
        let verdict = drafted_for(case.record.get(), &case.asked.asked(), "discharge-summary").err();
        let mismatch = matches!(verdict, Some(RecordError::OtherPatient | RecordError::DemographicsDiffer));
        assert!(mismatch, "{name} ({}): {verdict:?}", case.why);
    }
}

#[test]
fn good_records_are_read() {
    let cases = cases("accepted");
    assert!(cases.len() >= 20);
    for (name, case) in cases {
        let prepared = drafted_for(case.record.get(), &case.asked.asked(), "discharge-summary")
            .unwrap_or_else(|error| panic!("{name} ({}): {error}", case.why));
        let facts: String = prepared.facts.list.iter().map(|f| f.text() + "\n").collect();
        for text in &case.says {
            assert!(facts.contains(text), "{name} says no {text}: {facts}");
        }
        for text in &case.silent {
            assert!(!facts.contains(text) && !prepared.prompt.user.contains(text), "{name} says {text}");
        }
        assert!(!prepared.extractive(None).sections.is_empty());
    }
}
