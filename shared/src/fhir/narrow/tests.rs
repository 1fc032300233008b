//! What is kept of a resource, and what a broken one becomes.

use super::{Links, Told, narrow, wants};
use crate::fhir::places::Places;

struct Nowhere;

impl Links for Nowhere {
    fn label(&self, _: &str) -> Option<String> {
        None
    }
    fn key(&self, _: &str) -> Option<String> {
        None
    }
}

fn cut(json: &str, said: &[&str], withheld: &[&str]) -> Option<String> {
    let kind: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let fields: Vec<String> = said.iter().map(|f| (*f).to_owned()).collect();
    let withheld: Vec<String> = withheld.iter().map(|w| (*w).to_owned()).collect();
    let told = Told::new(fields.iter(), &withheld);
    let kind = crate::fhir::shapes::kind(kind["resourceType"].as_str()?)?;
    let places = Places::of(json, |member| wants(kind, member))?;
    let mut out = String::from("of another");
    narrow(kind, places.whole(), &told, &Nowhere, &mut out).map(|()| out)
}

#[test]
fn people_narrative_and_reasons_stay_behind() {
    let json = r#"{"resourceType":"MedicationRequest","id":"m1","text":{"status":"generated","div":"<div/>"},
        "identifier":[{"value":"9"}],"status":"completed","intent":"order","medicationCodeableConcept":{"text":"セレネース錠"},
        "subject":{"reference":"Patient/1"},"requester":{"display":"佐藤"},"reasonCode":[{"text":"統合失調症"}],
        "reasonReference":[{"reference":"Condition/1"}],"note":[{"text":"幻聴に対し開始。","authorString":"佐藤"}]}"#;
    assert_eq!(
        cut(json, &["退院", "セレネース錠"], &[]).as_deref(),
        Some(
            r#"{"resourceType":"MedicationRequest","status":"completed","intent":"order","medicationCodeableConcept":{"text":"セレネース錠"}}"#
        )
    );
    assert!(
        cut(json, &["セレネース錠", "幻聴に対し開始。"], &[])
            .is_some_and(|j| j.contains("幻聴") && !j.contains("佐藤"))
    );
}

#[test]
fn a_withheld_name_stands_nowhere() {
    let json = r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"1","display":"胃癌マーカー"}],"text":"CEA"},"valueString":"高値"}"#;
    let kept = cut(json, &["CEA", "高値"], &["胃がん"]).expect("told");
    assert!(kept.contains("CEA") && !kept.contains("胃癌"), "{kept}");
}

#[test]
fn a_broken_resource_becomes_a_good_one_or_none() {
    let json = r#"{"resourceType":"Observation","status":"done","category":{"text":"検査"},"code":{"text":"カリウム"},
        "effectiveDateTime":"2026-07-05T06:30","issued":"yesterday","valueQuantity":{"value":3.50,"unit":"mEq/L","code":"meq/L"},
        "valueString":"3.50","dataAbsentReason":{"text":"x"},"interpretation":"H","component":[{"valueString":"x"}]}"#;
    assert_eq!(
        cut(json, &["カリウム", "3.50 mEq/L"], &[]).as_deref(),
        Some(
            r#"{"resourceType":"Observation","status":"unknown","category":[{"text":"検査"}],"code":{"text":"カリウム"},"effectiveDateTime":"2026-07-05","valueQuantity":{"value":3.50,"unit":"mEq/L"}}"#
        )
    );
    assert_eq!(cut(r#"{"resourceType":"Observation","status":"final"}"#, &["x"], &[]), None, "without its name");
    assert_eq!(
        cut(r#"{"resourceType":"Practitioner","name":[{"text":"x"}]}"#, &["x"], &[]),
        None,
        "no such type goes out"
    );
}

#[test]
fn what_r4_demands_and_the_record_lacks_is_said_to_be_unknown() {
    let json =
        r#"{"resourceType":"Appointment","status":"booked","description":"採血","start":"2026-07-27T10:30:00+09:00"}"#;
    assert!(cut(json, &["採血"], &[]).is_some_and(|j| j.contains(r#""_end":{"extension":[{"url":"http://hl7.org"#)));
    let json = r#"{"resourceType":"Immunization","vaccineCode":{"text":"インフルエンザ"}}"#;
    assert!(cut(json, &["インフルエンザ"], &[]).is_some_and(|j| j.contains(r#""_occurrenceDateTime":{"extension""#)));
}

#[test]
fn only_the_sentences_that_are_told_are_concluded() {
    let json = r#"{"resourceType":"DiagnosticReport","status":"final","code":{"text":"胸部CT"},"conclusion":"肺炎像を認める。胃壁の肥厚あり。"}"#;
    let kept = cut(json, &["胸部CT", "肺炎像を認める。"], &[]).expect("told");
    assert!(kept.contains(r#""conclusion":"肺炎像を認める。""#), "{kept}");
}

#[test]
fn a_form_keeps_what_is_asked_and_answered_in_the_document() {
    let json = r#"{"resourceType":"QuestionnaireResponse","item":[
        {"linkId":"1","text":"食事","answer":[{"valueString":"自立"}]},
        {"linkId":"2","text":"飲酒","answer":[{"valueInteger":3}]},
        {"linkId":"3","text":"群","item":[{"linkId":"3.1","text":"移動","answer":[{"valueCoding":{"display":"見守り"}}]}]}]}"#;
    let kept = cut(json, &["食事", "自立", "移動", "見守り"], &[]).expect("told");
    assert!(kept.contains("自立") && kept.contains(r#""linkId":"3.1""#) && !kept.contains("飲酒"), "{kept}");
}

#[test]
fn a_contained_drug_is_named() {
    let json = r##"{"resourceType":"MedicationStatement","status":"active","contained":[{"resourceType":"Medication","id":"d","code":{"text":"ワーファリン錠"}}],
        "medicationReference":{"reference":"#d"},"dosage":[{"text":"1日1回","extension":[{"url":"http://x/patient-name","valueString":"y"}]}]}"##;
    let kept = cut(json, &["ワーファリン錠", "1日1回"], &[]).expect("told");
    assert!(
        kept.contains(r#""medicationCodeableConcept":{"text":"ワーファリン錠"}"#) && !kept.contains("extension"),
        "{kept}"
    );
}

#[test]
fn deep_and_odd_json_harms_nothing() {
    let deep = format!("{}{}", r#"{"linkId":"1","text":"x","item":["#.repeat(60), "]}".repeat(60));
    let json = format!(r#"{{"resourceType":"QuestionnaireResponse","item":[{deep}]}}"#);
    assert_eq!(cut(&json, &["x"], &[]), None);
    for odd in [
        r#"{"resourceType":"Condition","code":[[{"text":"x"}]]}"#,
        r#"{"resourceType":"Condition","code":"x","note":{}}"#,
    ] {
        assert_eq!(cut(odd, &["x"], &[]), None, "{odd}");
    }
}
