//! A patient's name, number and birth date stand in no log, key, index or log entry, and no name reaches the model.

use std::collections::BTreeSet;

use e2e::assertions::patients;
use e2e::client::order;
use e2e::log::Log;
use e2e::stack::Stack;
use e2e::stores::{files, s};
use serde_json::json;

use crate::draft_and_fetch::corpus;

/// Names, telephone numbers, addresses, patient numbers and birth dates, each with what it is.
fn secrets() -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    for patient in patients() {
        out.extend(patient.names.iter().map(|n| ("name", n.clone())));
        out.push(("number", patient.number.to_owned()));
        if !patient.birth_date.is_empty() {
            out.push(("birth date", patient.birth_date.clone()));
            out.push(("birth date", patient.birth_date.replace('-', "")));
        }
    }
    out
}

#[track_caller]
fn clean(place: &str, text: &str, secrets: &[(&str, String)]) {
    for (what, secret) in secrets {
        assert!(!text.contains(secret.as_str()), "the {what} {secret} stands in {place}");
    }
}

/// Reads, refuses and searches, so that each kind of line and row is there.
fn use_the_stack(stack: &'static Stack) {
    let sato = stack.caller("sato");
    for drafted in corpus() {
        let own = fude_records::patients("hospital-a").iter().any(|p| p.number == drafted.patient);
        let caller = if own { sato.clone() } else { stack.caller("ishii") };
        caller.search(&json!({ "patientId": drafted.patient })).expect(200);
        _ = caller.draft("privacy", &order(drafted.patient, "no-such-kind"));
        _ = caller.metadata(drafted.patient);
        let differs = json!({ "birthDate": "1901-02-03", "kana": "ベツノ ヒト" });
        _ = caller.draft(
            "privacy",
            &e2e::client::order_with(drafted.patient, drafted.kind, json!({ "patientCheck": differs })),
        );
    }
}

#[test]
fn no_patient_stands_in_logs_keys_or_log_entries() {
    let stack = Stack::shared();
    use_the_stack(stack);
    let secrets = secrets();
    assert!(secrets.len() > 100);

    let logs = files(&stack.state.join("log"));
    assert!(logs.iter().any(|(name, _)| name == "access.log"), "{logs:?}");
    for (name, path) in &logs {
        clean(&format!("log/{name}"), &String::from_utf8_lossy(&std::fs::read(path).expect("a log")), &secrets);
    }
    // It is there to give the numbers.
    clean("ready.json", &stack.ready.to_string(), &names_alone(&secrets));

    let objects = stack.object_names();
    for name in &objects {
        clean("an object's name", name, &secrets);
    }
    assert!(objects.len() > 100, "{} objects are hardly a test", objects.len());

    let mut sorts = BTreeSet::new();
    for row in stack.rows() {
        for key in ["pk", "sk", "patientKey", "patientAt", "pending", "recordedAt"] {
            clean(&format!("the key {key} of a row"), s(&row, key), &secrets);
        }
        sorts.insert(s(&row, "pk").split('#').next().unwrap_or_default().to_owned());
    }
    assert!(["ACCESS", "DOC", "HOSPITAL", "LOG"].iter().all(|sort| sorts.contains(*sort)), "{sorts:?}");

    for hospital in ["hospital-a", "hospital-b"] {
        for entry in Log::read(stack, hospital).entries {
            clean("a log entry", &String::from_utf8_lossy(&entry), &secrets);
        }
    }
}

fn names_alone(secrets: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    secrets.iter().filter(|(what, _)| *what == "name").cloned().collect()
}

#[test]
fn no_name_reaches_the_model() {
    let stack = Stack::shared();
    assert!(!corpus().is_empty());
    let requests = stack.model_requests();
    assert!(requests.len() >= 33, "{}", requests.len());
    let mut names = Vec::new();
    for patient in patients() {
        let source = patient.source();
        let people = std::iter::once(&source.patient).chain(&source.contact).map(|p| (Some(&p.name), p.kana.as_ref()));
        let staff = source.staff.iter().map(|p| (Some(&p.name), Some(&p.kana)));
        for name in people.chain(staff).flat_map(|(name, kana)| [name, kana]).flatten().filter(|n| n.contains(' ')) {
            names.extend([name.clone(), name.replace(' ', ""), name.replace(' ', "　")]);
        }
        names.extend(patient.names.iter().filter(|n| n.chars().next().is_some_and(|c| c.is_ascii_digit())).cloned());
        names.push(patient.number.to_owned());
        // The day on which one child was born is an ordinary day in other records.
        if !patient.birth_date.starts_with("2026") {
            names.push(patient.birth_date.clone());
        }
    }
    names.retain(|n| !n.is_empty());
    for request in &requests {
        let body = request.to_string();
        let told = names.iter().find(|n| body.contains(n.as_str()));
        assert!(told.is_none(), "{told:?} reached the model");
    }
}
