//! What every record must be, whoever writes the next one.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;

use base64::Engine as _;
use fude_records::{PatientRecord, institution, patient_number_system, patients};
use serde_json::Value;

fn all() -> Vec<PatientRecord> {
    ["hospital-a", "hospital-b"].into_iter().flat_map(patients).collect()
}

fn bundle(record: &PatientRecord) -> Value {
    serde_json::from_slice(&record.bundle()).unwrap_or_else(|error| panic!("{}: {error}", record.number))
}

fn resources(bundle: &Value) -> Vec<&Value> {
    bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]).collect()
}

fn of_kind<'v>(bundle: &'v Value, kind: &str) -> Vec<&'v Value> {
    resources(bundle).into_iter().filter(|resource| resource["resourceType"] == kind).collect()
}

fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if key == "reference" => found.push(text),
                    _ => references(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn note_texts(bundle: &Value) -> Vec<String> {
    let documents = of_kind(bundle, "DocumentReference").into_iter().map(|document| {
        let data = document["content"][0]["attachment"]["data"].as_str().unwrap();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(data).unwrap()).unwrap()
    });
    documents.chain(of_kind(bundle, "Composition").into_iter().map(ToString::to_string)).collect()
}

#[test]
fn there_are_enough_patients_and_no_number_twice() {
    assert!(patients("hospital-a").len() >= 9);
    assert!(patients("hospital-b").len() >= 2);
    assert!(patients("hospital-c").is_empty());
    let numbers: BTreeSet<_> = all().iter().map(|record| record.number).collect();
    assert_eq!(numbers.len(), all().len());
    let births: BTreeSet<_> = all().into_iter().map(|record| record.birth_date).collect();
    assert_eq!(births.len(), numbers.len());
}

#[test]
fn each_bundle_has_its_one_patient() {
    for hospital in ["hospital-a", "hospital-b"] {
        let system = patient_number_system(hospital).unwrap();
        assert!(system.ends_with(&institution(hospital).unwrap().number));
        for record in patients(hospital) {
            let bundle = bundle(&record);
            let found = of_kind(&bundle, "Patient");
            assert_eq!(found.len(), 1, "{}", record.number);
            assert_eq!(found[0]["identifier"][0]["system"], system.as_str());
            assert_eq!(found[0]["identifier"][0]["value"], record.number);
            assert_eq!(found[0]["birthDate"], record.birth_date.as_str());
            assert_ne!(found[0]["id"], record.number);
            assert!(!record.names.is_empty() && !record.title.is_empty() && !record.title.contains(&record.names[0]));
        }
    }
}

#[test]
fn every_reference_resolves() {
    for record in all() {
        let bundle = bundle(&record);
        let mut targets = BTreeSet::new();
        for entry in bundle["entry"].as_array().unwrap() {
            let resource = &entry["resource"];
            let relative =
                format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
            assert!(
                targets.insert(entry["fullUrl"].as_str().unwrap().to_owned()),
                "{relative} twice in {}",
                record.number
            );
            targets.insert(relative);
        }
        for resource in resources(&bundle) {
            let contained = resource["contained"].as_array().into_iter().flatten();
            let own: BTreeSet<_> = contained.map(|inner| format!("#{}", inner["id"].as_str().unwrap())).collect();
            let mut found = Vec::new();
            references(resource, &mut found);
            for reference in found {
                assert!(targets.contains(reference) || own.contains(reference), "{}: {reference}", record.number);
            }
        }
    }
}

#[test]
fn bundles_differ_in_type_and_in_how_they_refer() {
    let texts: Vec<_> = all().iter().map(|record| String::from_utf8(record.bundle()).unwrap()).collect();
    for needle in [
        r#""type":"collection""#,
        r#""type":"document""#,
        r#""type":"searchset""#,
        r#""subject":{"reference":"Patient/"#,
        r#""subject":{"reference":"urn:uuid:"#,
        r#""subject":{"type":"Patient","identifier":"#,
        "\"#prac-",
    ] {
        assert!(texts.iter().any(|text| text.contains(needle)), "{needle}");
    }
}

#[test]
fn bytes_are_the_same_on_every_run() {
    for (first, second) in all().iter().zip(all()) {
        assert_eq!(first.bundle(), second.bundle());
    }
}

#[test]
fn laboratory_values_keep_their_digits() {
    let main = &patients("hospital-a")[0];
    let text = String::from_utf8(main.bundle()).unwrap();
    for digits in ["7.40", "3.50", "18.30", "3.0"] {
        assert!(
            text.contains(&format!("\"value\":{digits},")) || text.contains(&format!("\"value\":{digits}}}")),
            "{digits}"
        );
    }
    for record in all() {
        let text = String::from_utf8(record.bundle()).unwrap();
        for row in record.source().labs.iter().flat_map(|values| &values.rows) {
            let value = row.split('|').nth(1).unwrap().trim();
            let digits = value.trim_start_matches(['<', '>']);
            if digits.parse::<f64>().is_ok() {
                assert!(text.contains(&format!("\"value\":{digits}")), "{} {row}", record.number);
            }
        }
    }
}

#[test]
fn whoever_went_home_has_discharge_drugs_with_a_dosage() {
    for record in all() {
        let stays =
            record.source().encounter.iter().filter(|encounter| encounter.class == "IMP" && encounter.end.is_some());
        let dispositions: Vec<_> = stays.map(|encounter| encounter.disposition.clone().unwrap_or_default()).collect();
        let bundle = bundle(&record);
        let drugs: Vec<_> = of_kind(&bundle, "MedicationRequest")
            .into_iter()
            .filter(|drug| drug["category"][0]["coding"][0]["code"] == "DCG")
            .collect();
        if dispositions.iter().any(|code| code != "exp") {
            assert!(!drugs.is_empty(), "{} has no discharge drug", record.number);
        } else {
            assert!(drugs.is_empty(), "{} did not go home", record.number);
        }
        for drug in drugs {
            assert_eq!(drug["status"], "completed");
            assert!(!drug["dosageInstruction"][0]["text"].as_str().unwrap().is_empty(), "{}", record.number);
        }
    }
}

#[test]
fn notes_name_people_in_the_forms_that_the_record_declares() {
    for record in all() {
        let notes = note_texts(&bundle(&record));
        assert!(!record.source().spoken.is_empty(), "{}", record.number);
        for form in &record.source().spoken {
            assert!(notes.iter().any(|note| note.contains(form)), "{}: {form}", record.number);
        }
        assert!(notes.iter().all(|note| !note.contains(record.number)), "{}", record.number);
    }
}

#[test]
fn notes_have_known_titles() {
    const TITLES: [&str; 16] = [
        "主訴", "入院理由", "紹介", "現病歴", "既往歴", "家族歴", "社会歴", "入院時所見", "入院時検査", "経過記録",
        "看護記録", "手術記録", "退院時所見", "退院時指示", "病状説明", "検査所見",
    ];
    for record in all() {
        for note in &record.source().note {
            let title = note.title.split(' ').next().unwrap();
            assert!(TITLES.contains(&title), "{}: {}", record.number, note.title);
        }
    }
}

#[test]
fn one_record_holds_what_the_patient_was_not_told() {
    let marked = |code: &str| {
        let mut found = Vec::new();
        for record in all() {
            let bundle = bundle(&record);
            let tags =
                of_kind(&bundle, "Condition").into_iter().filter(|c| c["meta"]["tag"][0]["code"] == code).count();
            found.extend((tags > 0).then_some(record.number));
        }
        found
    };
    assert_eq!(marked("UNINFORMED").len(), 2);
    assert!(marked("UNDELIVERED").iter().all(|number| marked("UNINFORMED").contains(number)));
}
