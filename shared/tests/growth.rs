//! A record four times as long costs some four times the CPU, not sixteen times, from reading to the last rendering.

mod common;

use std::time::Duration;

use common::{drafted, finished, rendered};
use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::template::Template;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// CPU of this thread: what else the machine does, does not count.
fn cpu(work: impl FnOnce()) -> Duration {
    let now = || {
        let at = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(at.tv_sec.unsigned_abs(), at.tv_nsec.unsigned_abs().try_into().expect("below a second"))
    };
    let before = now();
    work();
    now().saturating_sub(before)
}

fn record(count: usize, one: fn(usize) -> Value) -> String {
    let patient = json!({ "resourceType": "Patient", "id": "p1", "birthDate": "1944-02-29", "name": [{ "text": "長谷川 文江" }] });
    let resources = std::iter::once(patient).chain((0..count).map(one));
    let entries: Vec<Value> = resources.map(|r| json!({ "resource": r })).collect();
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":{}}}"#, Value::from(entries))
}

fn through(record: &str, kind: &str) {
    let prepared = drafted(record, "p1", kind).expect("a good record");
    assert!(prepared.facts.offered().count() <= 120);
    let template = Template::find(kind).expect("a kind").0;
    let code = prepared.template.model_sections().next().expect("a section of the model's").code.clone();
    let cite =
        |f: &fude::facts::Fact| ReplySentence { text: f.text(), facts: vec![f.id.clone()], kind: ReplyKind::Fact };
    let sentences = prepared.facts.offered().take(20).map(cite).collect();
    let reply = Reply { sections: vec![ReplySection { code, sentences }], questions: Vec::new() };
    for document in [finished(&prepared, &reply), prepared.extractive(None)] {
        assert!(rendered(&document, &template).iter().all(|r| !r.is_empty()));
    }
}

/// Twice the linear growth, and room for what is too short to measure.
fn grows_in_step(one: fn(usize) -> Value, count: usize) {
    steps(&record(count, one), &record(4 * count, one));
}

fn steps(short: &str, long: &str) {
    for kind in ["discharge-summary", "referral-letter"] {
        let first = cpu(|| through(short, kind));
        let second = cpu(|| through(long, kind));
        assert!(second < first * 8 + Duration::from_millis(100), "{kind}: {first:?}, four times as much {second:?}");
    }
}

fn mine(kind: &str, i: usize, rest: Value) -> Value {
    let mut resource = json!({ "resourceType": kind, "id": format!("r{i}"), "subject": { "reference": "Patient/p1" } });
    resource.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
    resource
}

fn observation(i: usize) -> Value {
    let at = format!("2026-{:02}-{:02}T06:30:00+09:00", 1 + i % 12, 1 + i % 28);
    mine(
        "Observation",
        i,
        json!({ "status": "final", "category": [{ "coding": [{ "code": "laboratory" }] }],
        "code": { "text": format!("検査{}", i % 500) }, "effectiveDateTime": at, "performer": [{ "display": format!("検査 太郎{i}") }],
        "valueQuantity": { "value": i, "unit": "mg/dL" } }),
    )
}

fn condition(i: usize) -> Value {
    mine("Condition", i, json!({ "code": { "text": format!("病名{i}") }, "recordedDate": "2026-07-03" }))
}

fn drug(i: usize) -> Value {
    let category = ["BDP", "IHP", "DCG"][i % 3];
    mine(
        "MedicationRequest",
        i,
        json!({ "status": "completed", "category": [{ "coding": [{ "code": category }] }],
        "authoredOn": "2026-07-12", "medicationCodeableConcept": { "text": format!("薬{}錠５ｍｇ", i / 3) },
        "dosageInstruction": [{ "text": "1日1回 朝食後 1回1錠 14日分" }] }),
    )
}

fn allergy(i: usize) -> Value {
    let patient = json!({ "reference": "Patient/p1" });
    json!({ "resourceType": "AllergyIntolerance", "id": format!("a{i}"), "patient": patient, "code": { "text": format!("物質{i}") } })
}

fn procedure(i: usize) -> Value {
    mine(
        "Procedure",
        i,
        json!({ "status": "completed", "code": { "text": format!("処置{i}") }, "performedDateTime": "2026-07-06" }),
    )
}

fn practitioner(i: usize) -> Value {
    json!({ "resourceType": "Practitioner", "id": format!("d{i}"), "name": [{ "text": format!("医師 太郎{i}") }] })
}

fn report(i: usize) -> Value {
    mine(
        "DiagnosticReport",
        i,
        json!({ "status": "final", "effectiveDateTime": "2026-07-03", "code": { "text": format!("胸部CT{i}") },
        "conclusion": "肺炎像は縮小している。新たな陰影はない。" }),
    )
}

#[test]
fn cost_grows_in_step_with_observations() {
    grows_in_step(observation, 2_500);
}

#[test]
fn cost_grows_in_step_with_conditions() {
    grows_in_step(condition, 500);
}

#[test]
fn cost_grows_in_step_with_drugs() {
    // Divisible by three: as many at discharge as were brought, or they are not compared name by name
    grows_in_step(drug, 3_000);
}

#[test]
fn cost_grows_in_step_with_allergies_and_procedures() {
    grows_in_step(allergy, 500);
    grows_in_step(procedure, 500);
}

#[test]
fn cost_grows_in_step_with_people() {
    grows_in_step(practitioner, 2_500);
}

#[test]
fn cost_grows_in_step_with_reports() {
    grows_in_step(report, 500);
}

#[test]
fn cost_grows_in_step_with_depth() {
    for (kind, open, close) in [
        ("Composition", r#"[{"title":"x","section":"#, "}]"),
        ("QuestionnaireResponse", r#"[{"linkId":"x","item":"#, "}]"),
        ("Observation", r#"[{"valueString":"x","extension":"#, "}]"),
    ] {
        let deep = |depth: usize| {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let member = open.rsplit('"').nth(1).expect("a member");
            let one =
                json!({ "resourceType": kind, "id": "deep", "subject": { "reference": "Patient/p1" }, member: "here" });
            let entry = json!({ "resource": one }).to_string().replace("\"here\"", &nested);
            let rest = record(1, condition);
            format!("{},{entry}]}}", rest.strip_suffix("]}").unwrap_or(&rest))
        };
        steps(&deep(5_000), &deep(20_000));
    }
}
