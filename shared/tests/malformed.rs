//! Records as no system should send them: a clear refusal or a good draft, never a panic, never a second patient.
#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{drafted, finished, rendered};
use fude::document::Document;
use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::record::RecordError;
use fude::template::Template;
use serde_json::{Value, json};

const PATIENT: &str =
    r#"{"resource":{"resourceType":"Patient","id":"p1","birthDate":"1944-02-29","name":[{"text":"長谷川 文江"}]}}"#;
const CONDITION: &str = r#"{"resource":{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"code":{"text":"肺炎球菌性肺炎"}}}"#;

fn bundle(further: &[&str]) -> String {
    let entries: Vec<&str> = [PATIENT, CONDITION].iter().chain(further).copied().collect();
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","))
}

/// Through prompt, extractive draft, a reply that cites everything, text, HTML and FHIR.
fn through(record: &str) -> Result<Document, RecordError> {
    through_kind(record, "discharge-summary")
}

fn through_kind(record: &str, kind: &str) -> Result<Document, RecordError> {
    let prepared = drafted(record, "p1", kind)?;
    assert!(prepared.facts.offered().count() <= 120);
    let code = prepared.template.model_sections().next().unwrap().code.clone();
    let cite =
        |f: &fude::facts::Fact| ReplySentence { text: f.text(), facts: vec![f.id.clone()], kind: ReplyKind::Fact };
    let sentences = prepared.facts.offered().take(20).map(cite).collect();
    let reply = Reply { sections: vec![ReplySection { code, sentences }], questions: Vec::new() };
    let drafted = finished(&prepared, &reply);
    for document in [&drafted, &prepared.extractive(None)] {
        let [text, review, issue, fhir] = rendered(document, &prepared.template);
        assert!(!text.is_empty() && review.contains("<html") && issue.contains("<html"));
        let bundle: Value = serde_json::from_str(&fhir).unwrap();
        assert_eq!(bundle["entry"][0]["resource"]["resourceType"], "Composition");
    }
    Ok(prepared.extractive(None))
}

#[test]
fn what_is_no_bundle_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_entry = format!(r#"{{"resourceType":"Bundle","entry":{deep}}}"#);
    for record in [
        "null",
        "0",
        "\"Bundle\"",
        "[]",
        "{}",
        r#"{"resourceType":"Patient"}"#,
        r#"{"resourceType":["Bundle"]}"#,
        r#"{"resourceType":"Bundle","entry":{}}"#,
        r#"{"resourceType":"Bundle","entry":"x"}"#,
        r#"{"resourceType":"Bundle","entry":[1,2]}"#,
        r#"{"resourceType":"Bundle","resourceType":"Bundle","entry":[]}"#,
        r#"{"resourceType":"Bundle"}"#,
        r#"{"resourceType":"Bundle","entry":[]}"#,
        r#"{"resourceType":"Bundle","entry":[{}]}"#,
        "",
        "{",
        "\u{FEFF}{\"resourceType\":\"Bundle\",\"entry\":[]}",
        "{\"resourceType\":\"Bundle\",\"entry\":[]}\u{0}",
        "{\"resourceType\":\"Bun\u{0}dle\",\"entry\":[]}",
        r#"{"resourceType":"\ud800","entry":[]}"#,
        r#"{"resourceType":"Bundle","entry":[],"entry":[]}"#,
        r#"{"resourceType":"Bundle","entry":[],"total":NaN}"#,
        &deep,
        &deep_entry,
        &bundle(&[]).replacen('{', "\u{FEFF}{", 1),
        &bundle(&["{\"resource\":{\"resourceType\":\"Observation\",\"valueString\":\"\u{0}\"}}"]),
    ] {
        let verdict = drafted(record, "p1", "discharge-summary").err();
        assert!(matches!(verdict, Some(RecordError::NotABundle | RecordError::NoPatient)), "{record:.60}: {verdict:?}");
    }
    for patient in ["[]", "{\"name\":\"x\"}", "{\"id\":1}", "{\"birthDate\":19440229}", "{\"identifier\":{}}"] {
        let inner = patient.trim_matches(['{', '}']);
        let record =
            format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{{"resourceType":"Patient",{inner}}}}}]}}"#);
        assert!(drafted(&record, "p1", "discharge-summary").is_err(), "{record}");
    }
}

#[test]
fn one_bad_entry_costs_that_entry_alone() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let me = r#""subject":{"reference":"Patient/p1"}"#;
    let observation = |rest: &str| {
        format!(r#"{{"resource":{{"resourceType":"Observation",{me},"code":{{"text":"カリウム"}},{rest}}}}}"#)
    };
    let bad = [
        "null".replace("null", "{}"),
        r#"{"resource":null}"#.to_owned(),
        r#"{"resource":[]}"#.to_owned(),
        r#"{"resource":"x"}"#.to_owned(),
        r#"{"resource":{"resourceType":7}}"#.to_owned(),
        r#"{"resource":{"resourceType":""}}"#.to_owned(),
        observation(&format!(r#""extension":{}"#, deep("[", "]"))),
        observation(&format!(r#""valueString":{}"#, deep("{\"a\":", "}"))),
        observation(r#""valueQuantity":{"value":1e99999,"unit":"mEq/L"}"#),
        observation(&format!(r#""valueQuantity":{{"value":{},"unit":"mEq/L"}}"#, "9".repeat(100_000))),
        observation(r#""valueQuantity":{"value":-0.0000000000000000000000001}"#),
        observation(r#""valueQuantity":{"value":"3.5"},"valueString":7"#),
        observation(r#""valueQuantity":[{"value":3.5}]"#),
        observation(r#""valueString":"\ud800""#),
        observation(r#""valueString":"\udfff\ud800x""#),
        observation(r#""valueString":"\u0000\u0001NUL""#),
        observation(r#""valueString":"a","valueString":"b""#),
        observation(r#""\ud800":"\udc00","valueString":"x""#),
        observation(&format!(r#""valueInteger":{},"valueString":"x""#, "9".repeat(400))),
        observation(r#""valueQuantity":{"value":-1E+400,"value":3.5,"unit":"\u0000"}"#),
        observation(r#""valueString":"\uFEFF\uFFFE\uFFFF\u202E""#),
        observation(r#""category":"laboratory","performer":"x","interpretation":"H","note":"x","valueString":"x""#),
        format!(r#"{{"resource":{{"resourceType":"Observation",{me},"code":"カリウム","valueString":"x"}}}}"#),
        format!(r#"{{"resource":{{"resourceType":"Observation",{me},"code":{{"coding":"K"}},"valueString":"x"}}}}"#),
        format!(r#"{{"resource":{{"resourceType":"Condition",{me},"code":{{"text":"脱水症"}},"onsetDateTime":"2026-02-30","abatementDateTime":"0000"}}}}"#),
        format!(r#"{{"resource":{{"resourceType":"Encounter",{me},"class":{{"code":"IMP"}},"period":{{"start":"2026-02-30","end":"0000-01-01"}}}}}}"#),
        format!(r#"{{"resource":{{"resourceType":"MedicationRequest",{me},"medicationCodeableConcept":{{"text":"x"}},"authoredOn":"2026-02-30","dosageInstruction":"1日1回","dispenseRequest":{{"quantity":{{"value":1e400}},"validityPeriod":{{"start":"2026-02-30"}}}}}}}}"#),
        r#"{"resource":{"resourceType":"Practitioner","name":"鈴木","identifier":"x"}}"#.to_owned(),
        r#"{"resource":{"resourceType":"Practitioner","name":[{"text":"\ud800\u0000"},{"family":"\u0000","given":"x"}]}}"#.to_owned(),
        observation(r#""effectiveDateTime":"2026-13-45T99:99:99Z","issued":"昨日""#),
        observation(r#""effectiveDateTime":"0000-00-00""#),
        observation(r#""effectiveDateTime":"0000-01-01T00:00:00Z""#),
        observation(r#""effectiveDateTime":"2026-02-30""#),
        observation(r#""effectiveDateTime":"2026-02-30T25:61:00+09:00","issued":1e400"#),
        observation(r#""effectiveDateTime":"9999-12-31T23:59:59+14:00""#),
        observation(r#""effectiveDateTime":"-9999999999-01-01""#),
        observation(r#""effectiveDateTime":"２０２６－０７－０５""#),
        observation(r#""component":"x","interpretation":{},"note":[null],"category":[[]]"#),
        observation(r#""effectivePeriod":{"start":"2026-07-05","end":"1999-01-01"}"#),
        r#"{"resource":{"resourceType":"Encounter","subject":{"reference":"Patient/p1"},"period":{"start":"2026-07-13","end":"2026-07-03"},"class":{"code":"IMP"}}}"#.to_owned(),
        r#"{"resource":{"resourceType":"DocumentReference","subject":{"reference":"Patient/p1"},"content":[{"attachment":{"data":"****"}},{"attachment":{"contentType":"text/html","data":"PGRpdg=="}},{}]}}"#.to_owned(),
        r#"{"resource":{"resourceType":"MedicationRequest","subject":{"reference":"Patient/p1"},"medicationReference":{"reference":"Medication/none"},"dosageInstruction":[{"text":""},{"doseAndRate":[{}]}]}}"#.to_owned(),
        format!(r#"{{"resource":{{"resourceType":"Composition",{me},"section":{}}}}}"#, deep("[{\"section\":", "}]")),
        format!(r#"{{"resource":{{"resourceType":"QuestionnaireResponse",{me},"item":{}}}}}"#, deep("[{\"item\":", "}]")),
        format!(r#"{{"resource":{{"resourceType":"Observation","subject":{}}}}}"#, "[]"),
    ];
    for entry in &bad {
        let document = through(&bundle(&[entry])).unwrap_or_else(|error| panic!("{error}: {entry:.120}"));
        let text: String = document.sentences().map(|s| s.text.as_str()).collect();
        assert!(text.contains("肺炎球菌性肺炎"), "{entry:.120}");
    }
    // All of them at once, as every kind.
    let all: Vec<&str> = bad.iter().map(String::as_str).collect();
    for kind in Template::kinds() {
        assert!(through_kind(&bundle(&all), kind).is_ok(), "{kind}");
    }
}

#[test]
fn a_patient_with_impossible_members_is_drafted_for_or_refused() {
    let patients = [
        r#""birthDate":"2026-02-30","name":[{"text":"長谷川 文江"}]"#,
        r#""birthDate":"0000-01-01","name":[{"text":"長谷川 文江"}]"#,
        r#""birthDate":"1944-02-29","name":"長谷川 文江""#,
        r#""birthDate":"1944-02-29","name":[{"text":"\ud800\u0000\uFEFF"}]"#,
        r#""birthDate":"1944-02-29","birthDate":"1999-01-01","name":[{"text":"長谷川 文江"}]"#,
        r#""birthDate":19440229,"gender":["female"],"address":"東京都","telecom":{}"#,
        r#""deceasedDateTime":"2026-02-30","deceasedBoolean":1,"name":[null,{"given":[null,7]}]"#,
        r#""id":"p2","name":[{"text":"長谷川 文江"}]"#,
        r#""link":"x","identifier":"x","extension":"x","contained":"x","meta":7"#,
    ];
    let (mut drafted_for, mut refused) = (0, 0);
    for members in patients {
        let patient = format!(r#"{{"resource":{{"resourceType":"Patient","id":"p1",{members}}}}}"#);
        let record = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{patient},{CONDITION}]}}"#);
        for kind in Template::kinds() {
            match through_kind(&record, kind) {
                Ok(_) => drafted_for += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    assert!(drafted_for > 0 && refused > 0, "{drafted_for} drafted, {refused} refused");
}

#[test]
fn what_is_said_twice_in_one_object_decides_nothing() {
    let (mine, other) = (r#""subject":{"reference":"Patient/p1"}"#, r#""subject":{"reference":"Patient/p2"}"#);
    let condition =
        |members: &str| format!(r#"{{"resource":{{"resourceType":"Condition",{members},"code":{{"text":"膵癌"}}}}}}"#);
    let resource = |subject: &str| format!(r#"{{"resourceType":"Condition",{subject},"code":{{"text":"膵癌"}}}}"#);
    for entry in [
        condition(&format!("{mine},{other}")),
        condition(&format!("{other},{mine}")),
        condition(r#""subject":{"reference":"Patient/p1","reference":"Patient/p2"}"#),
        condition(r#""subject":{"reference":"Patient/p2","reference":"Patient/p1"}"#),
        condition(&format!("{mine},\"subj\\u0065ct\":{{\"reference\":\"Patient/p2\"}}")),
        condition(&format!("{other},\"subj\\u0065ct\":{{\"reference\":\"Patient/p1\"}}")),
        condition(&format!("{mine},\"patient\":{{\"reference\":\"Patient/p2\"}}")),
        format!(r#"{{"resource":{},"resource":{}}}"#, resource(mine), resource(other)),
        format!(r#"{{"resource":{},"resource":{}}}"#, resource(other), resource(mine)),
    ] {
        let shown = through(&bundle(&[&entry])).map(|d| serde_json::to_string(&d).unwrap());
        assert!(shown.as_ref().map_or(true, |d| !d.contains("膵癌")), "{entry}");
    }
}

#[test]
fn a_subject_that_is_malformed_never_opens_the_door() {
    for subject in [
        "\"Patient/p2\"",
        "7",
        "{\"reference\":7}",
        "{\"reference\":{\"reference\":\"Patient/p2\"}}",
        "[[{}]]",
        "{\"identifier\":[]}",
    ] {
        let entry =
            format!(r#"{{"resource":{{"resourceType":"Condition","subject":{subject},"code":{{"text":"膵癌"}}}}}}"#);
        let verdict = through(&bundle(&[&entry]));
        // Refused, or left out as nobody's.
        let shown = verdict.map(|d| serde_json::to_string(&d).unwrap());
        assert!(
            shown.as_ref().map_or_else(|e| *e == RecordError::OtherPatient, |d| !d.contains("膵癌")),
            "{subject}: {shown:?}"
        );
    }
}

#[test]
fn wrong_types_everywhere_are_no_panic() {
    // Every value of a rich record in turn becomes something else.
    let patient = fude_records::patients("hospital-b").remove(1);
    let whole: Value = serde_json::from_slice(&patient.bundle()).unwrap();
    let values = [
        json!(null),
        json!(0),
        json!(""),
        json!([]),
        json!({}),
        json!([[{}]]),
        json!("\u{0}⟦P1⟧"),
        json!(1e300),
        json!(true),
    ];
    let entries = whole["entry"].as_array().unwrap().clone();
    let (mut read, mut asked) = (0, 0);
    for (i, value) in values.iter().cycle().take(entries.len()).enumerate() {
        let mut changed = whole.clone();
        let mut step = 0;
        replace(&mut changed["entry"][i]["resource"], value, 7 + i % 5, &mut step);
        if i % 4 != 0 {
            continue;
        }
        asked += 1;
        read += usize::from(drafted(&changed.to_string(), patient.number, "referral-letter").is_ok());
    }
    assert!(read > asked / 2 && asked > 10, "most stay readable: {read} of {asked}");
}

/// Every n-th leaf.
fn replace(value: &mut Value, by: &Value, every: usize, step: &mut usize) {
    match value {
        Value::Object(members) => members
            .iter_mut()
            .filter(|(key, _)| {
                !matches!(key.as_str(), "resourceType" | "reference" | "identifier" | "subject" | "patient")
            })
            .for_each(|(_, v)| replace(v, by, every, step)),
        Value::Array(list) => list.iter_mut().for_each(|v| replace(v, by, every, step)),
        leaf => {
            *step += 1;
            if (*step).is_multiple_of(every) {
                *leaf = by.clone();
            }
        }
    }
}

#[test]
fn thousands_of_observations_leave_120_facts() {
    let one = |i: usize| {
        json!({ "resource": { "resourceType": "Observation", "id": format!("o{i}"), "status": "final", "subject": { "reference": "Patient/p1" },
            "code": { "text": format!("検査{}", i % 500) }, "effectiveDateTime": format!("2026-{:02}-{:02}", 1 + i % 12, 1 + i % 28),
            "performer": [{ "display": format!("検査 太郎{i}") }], "valueQuantity": { "value": i, "unit": "mg/dL" } } })
        .to_string()
    };
    let entries: Vec<String> = (0..3_000).map(one).collect();
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let prepared = drafted(&bundle(&entries), "p1", "discharge-summary").unwrap();
    assert!(prepared.facts.offered().count() <= 120);
    assert!(prepared.prompt.user.len() < 100_000);
}

#[test]
fn endless_texts_are_cut_and_drafted() {
    // The full 20 MB are `fude-sweep`'s, which is built with optimisation.
    let note = "発熱なし、食事は全量摂取した。".repeat(1_000);
    let document = |text: &str| {
        json!({ "resource": { "resourceType": "DocumentReference", "status": "current", "subject": { "reference": "Patient/p1" },
            "content": [{ "attachment": { "contentType": "text/plain", "data": STANDARD.encode(text) } }] } })
        .to_string()
    };
    let unbroken = "あ".repeat(60_000);
    let picture = json!({ "resource": { "resourceType": "DocumentReference", "status": "current", "subject": { "reference": "Patient/p1" },
        "content": [{ "attachment": { "contentType": "image/png", "data": "A".repeat(4_000_000) } }] } });
    let record = bundle(&[&document(&note), &document(&unbroken), &picture.to_string()]);
    assert!(record.len() > 4_000_000, "{}", record.len());
    let prepared = drafted(&record, "p1", "discharge-summary").unwrap();
    assert!(prepared.prompt.user.contains("以下略") && prepared.prompt.user.len() < 600_000);
}
