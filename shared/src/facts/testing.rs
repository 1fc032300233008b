//! Small records for the tests of choosing, written as the resources that matter.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Facts, Request};
use crate::record::{Asked, read};
use crate::template::Template;

/// Facts of a discharge summary to a medical institution.
pub(crate) fn build(resources: &[Value]) -> Facts {
    build_for("discharge-summary", "medical-institution", resources)
}

pub(crate) fn build_for(kind: &str, addressee: &str, resources: &[Value]) -> Facts {
    let entries: Vec<Value> = std::iter::once(&patient()).chain(resources).map(|r| json!({ "resource": r })).collect();
    build_entries(kind, addressee, &entries)
}

/// The same from whole entries, with their fullUrl.
pub(crate) fn build_entries(kind: &str, addressee: &str, entries: &[Value]) -> Facts {
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
    let raw = RawValue::from_string(bundle.to_string()).expect("valid JSON");
    let record = read(&raw, &Asked { patient_id: "p1", ..Asked::default() }).expect("a good record");
    let (template, _) = Template::find(kind).expect("a kind");
    super::build(&record, &template, &Request { addressee, ..Request::default() })
}

pub(crate) fn patient() -> Value {
    json!({ "resourceType": "Patient", "id": "p1", "birthDate": "1944-03-08", "gender": "female" })
}

pub(crate) fn stay() -> Value {
    json!({ "resourceType": "Encounter", "id": "e1", "subject": { "reference": "Patient/p1" }, "status": "finished",
        "class": { "code": "IMP" }, "period": { "start": "2026-07-05", "end": "2026-07-16" } })
}

pub(crate) fn note(date: &str, title: &str, text: &str) -> Value {
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(text);
    json!({ "resourceType": "DocumentReference", "id": format!("note-{date}-{}", text.len()), "status": "current",
        "subject": { "reference": "Patient/p1" }, "date": date, "description": title,
        "content": [{ "attachment": { "contentType": "text/plain", "data": data } }] })
}

/// A prescription of a MERIT-9 category.
pub(crate) fn drug(category: &str, name: &str, dosage: &str) -> Value {
    let day = if category == "BDP" { "2026-07-05" } else { "2026-07-15" };
    json!({ "resourceType": "MedicationRequest", "id": format!("{category}-{name}"), "status": "completed", "intent": "order",
        "category": [{ "coding": [{ "code": category }] }], "subject": { "reference": "Patient/p1" }, "authoredOn": day,
        "medicationCodeableConcept": { "text": name }, "dosageInstruction": [{ "text": dosage }] })
}

pub(crate) fn result(date: &str, name: &str, value: &str, unit: &str) -> Value {
    let value: Value = serde_json::from_str(value).expect("a number");
    json!({ "resourceType": "Observation", "id": format!("{name}-{date}"), "status": "final", "subject": { "reference": "Patient/p1" },
        "effectiveDateTime": date, "code": { "text": name }, "valueQuantity": { "value": value, "unit": unit } })
}

/// The same resource with a mark in `meta`.
pub(crate) fn marked(mut resource: Value, member: &str, code: &str) -> Value {
    resource["meta"] = json!({ member: [{ "code": code }] });
    resource
}
