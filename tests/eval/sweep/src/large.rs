//! Records as large as one may be (20 MiB), or with as much of one thing as fits.

use serde_json::{Value, json};

pub const PATIENT: &str = "p1";
const MOST: usize = 20 << 20;

pub const NAMES: &[&str] = &[
    "observations", "practitioners", "conditions", "drugs", "one text without an end", "one text in sentences",
    "one list, 1,000,000 deep",
];

/// One at a time: together they would need more memory than a function has.
pub fn record(name: &str) -> String {
    match name {
        "observations" => filled(|i| observation(i, &format!("検査{}", i % 900))),
        "practitioners" => filled(practitioner),
        "conditions" => filled(condition),
        "drugs" => filled(drug),
        "one text without an end" => bundle(vec![report(&"発熱".repeat(MOST * 9 / 60))]),
        "one text in sentences" => bundle(vec![report(&"鈴木先生が診察し、発熱なし。".repeat(MOST * 9 / 420))]),
        _ => deep(1_000_000),
    }
}

fn bundle(mut resources: Vec<Value>) -> String {
    let patient = json!({ "resourceType": "Patient", "id": PATIENT, "birthDate": "1944-02-29", "name": [{ "text": "長谷川 文江" }] });
    resources.insert(0, patient);
    let entries: Vec<Value> = resources.into_iter().map(|r| json!({ "resource": r })).collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string()
}

/// As many as fit.
fn filled(one: impl Fn(usize) -> Value) -> String {
    let size = one(123_456).to_string().len() + 24;
    bundle((0..(MOST - 4096) / size).map(one).collect())
}

fn observation(i: usize, name: &str) -> Value {
    json!({ "resourceType": "Observation", "id": format!("o{i}"), "status": "final", "subject": { "reference": "Patient/p1" },
        "category": [{ "coding": [{ "code": "laboratory" }] }], "code": { "text": name },
        "effectiveDateTime": format!("2026-{:02}-{:02}T06:30:00+09:00", 1 + i % 12, 1 + i % 28),
        "performer": [{ "display": format!("検査 太郎{i}") }], "interpretation": [{ "coding": [{ "code": "H" }] }],
        "valueQuantity": { "value": i, "unit": "mg/dL" } })
}

fn practitioner(i: usize) -> Value {
    json!({ "resourceType": "Practitioner", "id": format!("d{i}"), "identifier": [{ "value": format!("{i:010}") }],
        "name": [{ "text": format!("医師 太郎{i}"), "family": "医師", "given": [format!("太郎{i}")] }] })
}

fn condition(i: usize) -> Value {
    json!({ "resourceType": "Condition", "id": format!("c{i}"), "subject": { "reference": "Patient/p1" },
        "code": { "text": format!("病名{i}") }, "recordedDate": "2026-07-03" })
}

fn drug(i: usize) -> Value {
    let category = ["BDP", "IHP", "DCG"][i % 3];
    json!({ "resourceType": "MedicationRequest", "id": format!("m{i}"), "status": "completed", "subject": { "reference": "Patient/p1" },
        "category": [{ "coding": [{ "code": category }] }], "authoredOn": "2026-07-12",
        "medicationCodeableConcept": { "text": format!("薬{}錠５ｍｇ", i / 3) }, "dosageInstruction": [{ "text": "1日1回 朝食後 1回1錠 14日分" }] })
}

fn report(conclusion: &str) -> Value {
    json!({ "resourceType": "DiagnosticReport", "status": "final", "subject": { "reference": "Patient/p1" },
        "effectiveDateTime": "2026-07-03", "code": { "text": "胸部CT" }, "conclusion": conclusion })
}

fn deep(levels: usize) -> String {
    let list = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    bundle(vec![observation(1, "カリウム")]).replacen(
        "\"status\":\"final\"",
        &format!("\"status\":\"final\",\"extension\":{list}"),
        1,
    )
}
