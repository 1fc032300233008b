//! What must hold of every answer of one sort.

use fude::problem::{BASE, Slug};
use serde_json::Value;

use crate::client::Answer;

/// A problem of that slug in the contract's shape. Nothing of any staged patient stands in it.
#[track_caller]
pub fn problem(answer: &Answer, slug: Slug) {
    let text = answer.text();
    assert_eq!((answer.status, slug_of(answer).as_str()), (slug.status(), slug.as_str()), "{text}");
    shape(answer);
    for patient in patients() {
        let birth = Some(&patient.birth_date).filter(|b| !b.is_empty());
        let told = patient.names.iter().chain(birth).find(|n| text.contains(*n));
        assert!(told.is_none() && !text.contains(patient.number), "a problem tells who it is about: {text}");
    }
}

/// RFC 9457 and the headers, whatever the slug.
#[track_caller]
pub fn shape(answer: &Answer) {
    let text = answer.text();
    assert_eq!(answer.header("content-type"), "application/problem+json", "{text}");
    assert_eq!(answer.header("cache-control"), "no-store", "{text}");
    let body = answer.json();
    let members: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["detail", "instance", "status", "title", "type"]);
    assert_eq!(body["status"], answer.status, "{text}");
    for member in ["title", "detail", "instance"] {
        assert!(body[member].as_str().is_some_and(|t| !t.trim().is_empty()), "{member}: {text}");
    }
    if matches!(answer.status, 429 | 503) {
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|s| s > 0), "no Retry-After: {text}");
    }
}

/// The slug of a problem; empty for another answer.
pub fn slug_of(answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body["type"].as_str().and_then(|t| t.strip_prefix(BASE)).unwrap_or_default().to_owned()
}

/// Every staged patient of both hospitals.
pub fn patients() -> impl Iterator<Item = &'static fude_records::PatientRecord> {
    static PATIENTS: std::sync::OnceLock<Vec<fude_records::PatientRecord>> = std::sync::OnceLock::new();
    PATIENTS.get_or_init(|| ["hospital-a", "hospital-b"].into_iter().flat_map(fude_records::patients).collect()).iter()
}

/// The record of a staged patient as it was staged.
pub fn record_of(number: &str) -> Value {
    let patient = patients().find(|p| p.number == number).expect("a staged patient");
    serde_json::from_slice(&patient.bundle()).expect("a record is JSON")
}
