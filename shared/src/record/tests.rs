//! The one-patient rule and reading, case by case.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Asked, RecordError, read};

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).expect("valid JSON")
}

fn bundle(entries: &[Value]) -> Value {
    let entries: Vec<Value> = entries.iter().map(|r| json!({ "resource": r })).collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}

fn patient() -> Value {
    json!({ "resourceType": "Patient", "id": "p1", "identifier": [{ "system": "urn:oid:1", "value": "0001234" }],
        "birthDate": "1944-03-08", "name": [{ "text": "長谷川 フミ" }, { "text": "ハセガワ フミ",
            "extension": [{ "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", "valueCode": "SYL" }] }] })
}

fn condition(subject: Value) -> Value {
    json!({ "resourceType": "Condition", "id": "c1", "subject": subject, "code": { "text": "肺炎" } })
}

fn verdict(value: &Value, asked: &Asked) -> Result<(usize, usize), RecordError> {
    read(&raw(value), asked).map(|r| (r.conditions.len(), r.warnings.len()))
}

fn asked(id: &str) -> Asked<'_> {
    Asked { patient_id: id, ..Asked::default() }
}

#[test]
fn every_spelling_of_the_same_person_is_one_person() {
    for subject in [
        json!({ "reference": "Patient/p1" }),
        json!({ "reference": "Patient/p1/_history/3" }),
        json!({ "reference": "http://ehr.example/fhir/Patient/p1" }),
        json!({ "identifier": { "system": "urn:oid:1", "value": "0001234" } }),
        json!({ "identifier": { "value": "０００１２３４" } }),
        json!({ "identifier": { "system": "http://insurer", "value": "00012345:あいう:１８７:05" } }),
    ] {
        let record = bundle(&[patient(), condition(subject.clone())]);
        assert_eq!(verdict(&record, &asked("0001234")), Ok((1, 0)), "{subject}");
    }
    assert_eq!(
        verdict(&bundle(&[patient(), condition(json!({ "reference": "Patient/p1" }))]), &asked("p1")),
        Ok((1, 0))
    );
}

#[test]
fn another_patient_refuses_the_whole_record() {
    let other = json!({ "resourceType": "Patient", "id": "p2", "name": [{ "text": "別人" }] });
    let twin = json!({ "resourceType": "Patient", "id": "p2", "birthDate": "1944-03-08", "name": [{ "text": "長谷川 スミ" }],
        "identifier": [{ "system": "urn:oid:1", "value": "0001234" }] });
    let same_id =
        json!({ "resourceType": "Patient", "id": "p1", "birthDate": "1960-01-01", "name": [{ "text": "別人" }] });
    for record in [
        bundle(&[patient(), other]),
        bundle(&[patient(), same_id.clone()]),
        bundle(&[same_id, patient()]),
        bundle(&[patient(), twin]),
        bundle(&[patient(), condition(json!({ "reference": "Patient/p2" }))]),
        bundle(&[patient(), condition(json!({ "reference": "urn:uuid:9" }))]),
        bundle(&[patient(), condition(json!({ "identifier": { "system": "urn:oid:1", "value": "0009999" } }))]),
        bundle(&[
            patient(),
            condition(json!({ "reference": "Patient/p1", "identifier": { "system": "urn:oid:1", "value": "9" } })),
        ]),
        bundle(&[
            patient(),
            condition(json!({ "identifier": { "system": "http://insurer", "value": "1" } })),
            condition(json!({ "identifier": { "system": "http://insurer", "value": "2" } })),
        ]),
        bundle(&[
            patient(),
            json!({ "resourceType": "Observation", "subject": { "reference": "#x" },
            "contained": [{ "resourceType": "Patient", "id": "x", "identifier": [{ "system": "urn:oid:1", "value": "0005555" }] }] }),
        ]),
        bundle(&[patient(), condition(json!({ "identifier": { "value": "31758264" } }))]),
        bundle(&[patient(), json!({ "resourceType": "Coverage", "beneficiary": { "reference": "Patient/p2" } })]),
        bundle(&[
            patient(),
            json!({ "resourceType": "Appointment", "participant": [{ "actor": { "reference": "Patient/p2" } }] }),
        ]),
    ] {
        assert_eq!(verdict(&record, &asked("0001234")), Err(RecordError::OtherPatient), "{record}");
    }
    assert_eq!(verdict(&bundle(&[patient()]), &asked("0001235")), Err(RecordError::OtherPatient));
}

#[test]
fn relatives_and_links_do_not_refuse() {
    let record = bundle(&[
        patient(),
        json!({ "resourceType": "Patient", "id": "old", "link": [{ "other": { "reference": "Patient/p1" }, "type": "replaced-by" }] }),
        json!({ "resourceType": "RelatedPerson", "patient": { "reference": "Patient/p1" }, "name": [{ "text": "長谷川 太郎" }] }),
        json!({ "resourceType": "FamilyMemberHistory", "patient": { "reference": "Patient/p1" }, "relationship": { "text": "母" } }),
        condition(json!({ "reference": "Patient/old" })),
        patient(),
        json!({ "resourceType": "Observation", "id": "group", "subject": { "reference": "Group/g" }, "code": { "text": "x" } }),
    ]);
    let read = raw(&record);
    let read = super::read(&read, &asked("0001234")).expect("one patient");
    assert_eq!((read.conditions.len(), read.family.len(), read.observations.len()), (1, 1, 0));
    assert_eq!(read.warnings.len(), 1, "the observation without a patient is left out: {:?}", read.warnings);
}

#[test]
fn leading_zeros_count_unless_the_data_source_pads() {
    let record = bundle(&[patient()]);
    assert_eq!(verdict(&record, &asked("1234")), Err(RecordError::OtherPatient));
    let padded = Asked { pad_width: Some(7), ..asked("1234") };
    assert!(verdict(&record, &padded).is_ok());
    let system = Asked { system: Some("urn:oid:2"), ..asked("0001234") };
    assert_eq!(verdict(&record, &system), Err(RecordError::OtherPatient));
}

#[test]
fn patient_check_must_agree() {
    let record = bundle(&[patient()]);
    let check = |birth_date, kana| verdict(&record, &Asked { birth_date, kana, ..asked("0001234") });
    assert!(check(Some("1944-03-08"), Some("はせがわ　ふみ")).is_ok());
    assert!(check(None, Some("ﾊｾｶﾞﾜﾌﾐ")).is_ok());
    assert_eq!(check(Some("1944-03-09"), None), Err(RecordError::DemographicsDiffer));
    assert_eq!(check(None, Some("ハセガワ スミ")), Err(RecordError::DemographicsDiffer));
}

#[test]
fn what_cannot_be_read_is_a_warning_and_nothing_else_is_lost() {
    let record = json!({ "resourceType": "Bundle", "entry": [
        { "resource": patient() }, { "fullUrl": "urn:uuid:1" }, { "resource": { "id": "x" } },
        { "resource": { "resourceType": "Condition", "subject": { "reference": "Patient/p1" }, "code": "肺炎" } },
        { "resource": condition(json!({ "reference": "Patient/p1" })) },
    ] });
    let bytes = raw(&record);
    let read = read(&bytes, &asked("p1")).expect("one patient");
    assert_eq!(read.conditions.len(), 1);
    let paths: Vec<&str> = read.warnings.iter().map(|w| w.path.as_str()).collect();
    assert_eq!(paths, ["/entry/1", "/entry/2", "/entry/3/resource"]);
    assert!(super::read(&raw(&json!({ "resourceType": "Patient" })), &asked("p1")).is_err());
    assert_eq!(verdict(&bundle(&[]), &asked("p1")), Err(RecordError::NoPatient));
}

#[test]
fn relative_references_mean_the_server_of_their_own_entry() {
    let drug = |base: &str, name: &str| {
        json!({ "fullUrl": format!("http://{base}/fhir/Medication/1"),
            "resource": { "resourceType": "Medication", "id": "1", "code": { "text": name } } })
    };
    let order = |base: &str| {
        json!({ "fullUrl": format!("http://{base}/fhir/MedicationRequest/{base}"), "resource": { "resourceType": "MedicationRequest",
            "id": base, "subject": { "identifier": { "value": "0001234" } }, "medicationReference": { "reference": "Medication/1" } } })
    };
    let bundle = json!({ "resourceType": "Bundle", "entry": [
        { "fullUrl": "http://a/fhir/Patient/p1", "resource": patient() },
        drug("a", "アムロジピン錠5mg"), drug("b", "ワルファリン錠1mg"), order("a"), order("b"), order("c") ] });
    let bytes = raw(&bundle);
    let read = read(&bytes, &asked("0001234")).expect("one patient");
    let label = |i: usize| {
        let item = read.item(&read.medications[i]).expect("readable");
        read.label(item.position, item.body.medication_reference.as_ref().expect("a reference"))
    };
    assert_eq!(label(0), Some("アムロジピン錠5mg"));
    assert_eq!(label(1), Some("ワルファリン錠1mg"), "not the first entry of the same short form");
    assert_eq!(label(2), Some("アムロジピン錠5mg"), "a server without such an entry: any entry of that name");
}

#[test]
fn encounters_are_found_contained_and_by_identifier() {
    let subject = json!({ "reference": "Patient/p1" });
    let number = json!([{ "system": "urn:enc", "value": "E-1" }]);
    let encounter = json!({ "resourceType": "Encounter", "id": "e1", "subject": subject, "identifier": number, "class": { "code": "IMP" },
        "period": { "start": "2026-07-05" } });
    let by_identifier =
        json!({ "resourceType": "Observation", "subject": subject, "encounter": { "identifier": number[0] } });
    let copy = |contained: Value| json!({ "resourceType": "Observation", "subject": subject, "encounter": { "reference": "#enc" }, "contained": [contained] });
    let numbered = copy(json!({ "resourceType": "Encounter", "id": "enc", "identifier": number }));
    let dated = copy(
        json!({ "resourceType": "Encounter", "id": "enc", "class": { "code": "IMP" }, "period": { "start": "2026-07-05" } }),
    );
    let other = copy(
        json!({ "resourceType": "Encounter", "id": "enc", "class": { "code": "AMB" }, "period": { "start": "2025-01-01" } }),
    );
    let bytes = raw(&bundle(&[patient(), by_identifier, numbered, dated, other, encounter]));
    let read = read(&bytes, &asked("p1")).expect("one patient");
    let found: Vec<Option<usize>> = read
        .observations
        .iter()
        .filter_map(|o| read.item(o))
        .map(|o| read.position(o.position, o.body.encounter.as_ref().expect("a reference")))
        .collect();
    let own = Some(read.encounters[0].position);
    assert_eq!(found[..3], [own, own, own]);
    assert!(found[3].is_some() && found[3] != own);
    assert_eq!(read.encounters.len(), 2);
}

#[test]
fn second_spellings_of_a_bundle_are_refused_or_named() {
    let text = |entries: &str| {
        let text = format!(r#"{{"resourceType":"Bundle","entry":[{entries}]}}"#);
        RawValue::from_string(text).expect("JSON")
    };
    let patient = format!(r#"{{"resource":{}}}"#, patient());
    let twice =
        RawValue::from_string(format!(r#"{{"resourceType":"Bundle","entry":[{patient}],"entry":[]}}"#)).expect("JSON");
    assert!(matches!(read(&twice, &asked("p1")), Err(RecordError::NotABundle)));
    let two_subjects = r#"{"resource":{"resourceType":"Condition","code":{"text":"肺炎"},"subject":{"reference":"Patient/p1"},"subject":{"reference":"Patient/p2"}}}"#;
    let record = text(&format!("{patient},{two_subjects},5,null"));
    let read = read(&record, &asked("p1")).expect("one patient");
    assert_eq!((read.conditions.len(), read.warnings.len()), (0, 3));
}
