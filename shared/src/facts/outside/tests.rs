//! What the few members tell is what the whole would.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::facts::testing::{drug, patient, result, stay};
use crate::facts::{Facts, Request, build};
use crate::record::{Asked, Warning, read};
use crate::template::Template;

fn with(mut resource: Value, members: &Value) -> Value {
    for (key, value) in members.as_object().expect("members") {
        resource[key] = value.clone();
    }
    resource
}

fn facts(resource: &Value, kind: &str, escaped: bool) -> (Facts, Vec<Warning>) {
    let other = with(stay(), &json!({ "id": "e0", "period": { "start": "2020-01-01", "end": "2020-01-09" } }));
    let all = [patient(), stay(), other];
    let mut entries: Vec<String> = all.iter().map(|r| json!({ "resource": r }).to_string()).collect();
    // A key with an escape is left to the parser, which reads the whole.
    let own = json!({ "resource": resource }).to_string();
    entries.push(if escaped { own.replace("\"subject\"", "\"s\\u0075bject\"") } else { own });
    let text = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","));
    let raw = RawValue::from_string(text).expect("valid JSON");
    let record = read(&raw, &Asked { patient_id: "p1", ..Asked::default() }).expect("a good record");
    let (template, _) = Template::find(kind).expect("a kind");
    let request = Request { addressee: "medical-institution", encounter_id: Some("e1"), ..Request::default() };
    (build(&record, &template, &request), record.warnings())
}

#[test]
fn members_and_whole_tell_the_same() {
    let period =
        |start: &str| json!({ "url": "http://x/JP_MedicationDosage_PeriodOfUse", "valuePeriod": { "start": start } });
    let bounds = |start: &str| json!({ "text": "1錠", "timing": { "repeat": { "boundsPeriod": { "start": start } } } });
    let encounters = [
        json!({}),
        json!({ "encounter": { "reference": "Encounter/e1" } }),
        json!({ "encounter": { "reference": "Encounter/e0" } }),
        json!({ "encounter": { "reference": "Encounter/none" } }),
        json!({ "context": { "reference": "Encounter/e0" } }),
    ];
    let results = [
        json!({}),
        json!({ "status": "entered-in-error" }),
        json!({ "category": [{ "coding": [{ "code": "social-history" }] }], "effectiveDateTime": "2001-01-01" }),
        json!({ "effectiveDateTime": "2020-01-02T23:30:00Z", "issued": "2026-07-06" }),
        json!({ "effectiveDateTime": null, "effectivePeriod": { "start": "2020-01-02" } }),
        json!({ "effectiveDateTime": null, "issued": "2026-07-20" }),
        json!({ "effectiveDateTime": "unknown" }),
    ];
    let drugs = [
        json!({}),
        json!({ "status": "cancelled" }),
        json!({ "authoredOn": "2020-01-01" }),
        json!({ "authoredOn": "2020-01-01", "category": [{ "coding": [{ "code": "BDP" }] }] }),
        json!({ "authoredOn": "2020-01-01", "resourceType": "MedicationStatement" }),
        json!({ "authoredOn": "2020-01-01", "resourceType": "MedicationStatement", "category": { "coding": [{ "code": "IHP" }] } }),
        json!({ "dosageInstruction": [{ "text": "1錠" }, { "extension": [period("2020-01-05")] }] }),
        json!({ "authoredOn": "2020-01-01", "dosageInstruction": [{ "extension": [period("2026-07-06")] }] }),
        json!({ "dosageInstruction": [], "dosage": bounds("2020-01-05"), "resourceType": "MedicationAdministration" }),
        json!({ "effectivePeriod": { "end": "2020-01-05" }, "effectiveDateTime": "2020-01-05", "authoredOn": "2026-07-06" }),
        json!({ "effectiveDateTime": "2020-01-05", "dosageInstruction": [bounds("2026-07-06")] }),
    ];
    let results = results.iter().map(|m| with(result("2026-07-06", "カリウム", "3.5", "mEq/L"), m));
    let drugs = drugs.iter().map(|m| with(drug("IHP", "ミヤＢＭ錠", "1錠"), m));
    let mut left_out = 0;
    for resource in results.chain(drugs) {
        for encounter in &encounters {
            let resource = with(resource.clone(), encounter);
            for kind in ["discharge-summary", "referral-letter"] {
                let (by_members, by_whole) = (facts(&resource, kind, false).0, facts(&resource, kind, true).0);
                assert_eq!(by_members.coverage, by_whole.coverage, "{kind} {resource}");
                assert_eq!(by_members.list, by_whole.list, "{kind} {resource}");
                left_out += by_members.coverage.left_out.len();
            }
        }
    }
    assert!(left_out > 60, "{left_out} of them lie outside");
}

#[test]
fn what_lies_outside_is_not_read_and_what_lies_inside_warns() {
    let broken = |day: &str| with(result(day, "カリウム", "3.5", "mEq/L"), &json!({ "note": "no list" }));
    let rules = |f: &Facts| f.coverage.left_out.iter().map(|l| (l.rule.clone(), l.count)).collect::<Vec<_>>();
    let (outside, warnings) = facts(&broken("2020-01-02"), "discharge-summary", false);
    assert_eq!((rules(&outside), warnings), (vec![("outside-encounter".to_owned(), 1)], Vec::new()));
    let (inside, warnings) = facts(&broken("2026-07-06"), "discharge-summary", false);
    assert_eq!(rules(&inside), [("unreadable".to_owned(), 1)]);
    assert_eq!(warnings, [Warning::new("/entry/3/resource", "unreadable-resource")]);
}

#[test]
fn a_member_that_stands_twice_is_left_to_the_parser() {
    let text = result("2020-01-02", "カリウム", "3.5", "mEq/L").to_string();
    let twice = text.replacen('{', r#"{"effectiveDateTime":"2026-07-06","#, 1);
    let bundle = format!(
        r#"{{"resourceType":"Bundle","entry":[{{"resource":{}}},{{"resource":{}}},{{"resource":{twice}}}]}}"#,
        patient(),
        stay()
    );
    let raw = RawValue::from_string(bundle).expect("valid JSON");
    let record = read(&raw, &Asked { patient_id: "p1", ..Asked::default() }).expect("a good record");
    let (template, _) = Template::find("discharge-summary").expect("a kind");
    build(&record, &template, &Request::default());
    assert_eq!(record.warnings().len(), 1);
}
