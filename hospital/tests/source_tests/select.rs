//! What leaves the house: what the drafting needs, no more, and never without what must not be missing.

use std::collections::BTreeSet;

use fude::facts::{self, Kind, Request};
use fude::record::{Asked, read};
use fude::template::Template;
use fude_hospital::source::select::{INLINE_LIMIT, LeftOut, Selection, Wanted, in_japanese, select};
use fude_hospital::source::{Bundle, SourceError};
use serde_json::Value;
use serde_json::value::RawValue;

use super::ssmix2::{PNEUMONIA, record};
use super::{of, resources};

fn wanted<'w>(number: &'w str, kind: &'w str, limit: usize) -> Wanted<'w> {
    Wanted { number, identifier_system: None, pad_width: None, kind, encounter: None, limit }
}

/// Each fact that the drafting would find, as it reads.
fn facts(json: &str, number: &str, kind: &str) -> BTreeSet<(Kind, String)> {
    let raw = RawValue::from_string(json.to_owned()).expect("JSON");
    let clinical = read(&raw, &Asked { patient_id: number, ..Asked::default() }).expect("a good record");
    let (template, _) = Template::find(kind).expect("a kind");
    let request = Request { addressee: &template.addressee.types[0], ..Request::default() };
    facts::build(&clinical, &template, &request).list.iter().map(|f| (f.kind, f.text())).collect()
}

fn select_bytes(bytes: &[u8], wanted: &Wanted) -> Selection {
    let (bundle, unreadable) = Bundle::read(bytes).expect("a Bundle");
    assert!(unreadable.is_empty());
    select(&bundle, wanted).expect("a selection")
}

#[test]
fn a_summary_is_drafted_from_the_same_facts_as_from_the_whole_record() {
    let patients = ["hospital-a", "hospital-b"].into_iter().flat_map(fude_records::patients);
    for (n, patient) in patients.enumerate() {
        let bytes = patient.bundle();
        let whole = String::from_utf8(bytes.clone()).expect("UTF-8");
        // The summary of everybody, and one other kind in turn.
        for kind in ["discharge-summary", ["nursing-summary", "referral-letter", "referral-reply"][n % 3]] {
            let selection = select_bytes(&bytes, &wanted(patient.number, kind, INLINE_LIMIT));
            let (before, after) = (facts(&whole, patient.number, kind), facts(&selection.json, patient.number, kind));
            // Kinds of facts that this document never uses may stay away; nothing may be new.
            let lost: BTreeSet<Kind> = before.difference(&after).map(|(k, _)| *k).collect();
            let needed = [
                Kind::Patient,
                Kind::Encounter,
                Kind::Condition,
                Kind::Allergy,
                Kind::Medication,
                Kind::Note,
                Kind::Consent,
            ];
            assert!(needed.iter().all(|k| !lost.contains(k)), "{} {kind}: {lost:?}", patient.number);
            assert!(after.is_subset(&before), "{} {kind}: {:?}", patient.number, after.difference(&before));
            if kind == "discharge-summary" {
                assert!(
                    !lost.contains(&Kind::Result) && !lost.contains(&Kind::Procedure),
                    "{}: {lost:?}",
                    patient.number
                );
            }
        }
    }
}

#[test]
fn a_care_plan_takes_no_prescriptions_and_no_results_along() {
    let patient = fude_records::patients("hospital-a").remove(0);
    let selection = select_bytes(&patient.bundle(), &wanted(patient.number, "inpatient-care-plan", INLINE_LIMIT));
    let all = resources(&selection.json);
    assert!(of(&all, "MedicationRequest").is_empty() && of(&all, "Observation").is_empty());
    assert!(!of(&all, "AllergyIntolerance").is_empty() && !of(&all, "Condition").is_empty());
    let not_used = selection.left_out.iter().find(|l| l.rule == "not-for-kind").expect("told");
    assert!(not_used.count > 0 && in_japanese(&not_used.rule).contains("使わない"));
}

#[test]
fn what_belongs_to_another_stay_stays_at_home_and_is_counted() {
    let record = record(PNEUMONIA);
    let mut bundle = record.bundle.clone();
    let old = r#"{"resourceType":"Observation","id":"old","status":"final","subject":{"reference":"Patient/patient"},"effectiveDateTime":"2019-01-01","code":{"text":"昔の検査"},"valueString":"1"}"#;
    let raw = RawValue::from_string(old.to_owned()).expect("JSON");
    bundle.entries.push(fude_hospital::source::Entry::new(None, raw).expect("an entry"));
    let selection = select(&bundle, &wanted(PNEUMONIA, "discharge-summary", INLINE_LIMIT)).expect("a selection");
    assert!(!selection.json.contains("昔の検査"));
    assert!(
        selection.left_out.iter().any(|l| l.rule == "outside-encounter" && l.count >= 1),
        "{:?}",
        selection.left_out
    );
    assert!(selection.json.contains("抗酸菌培養") && selection.json.contains("アドナ注"));
}

#[test]
fn a_marked_resource_goes_along_so_that_it_can_be_held_back() {
    let record = record("0009480027");
    let selection =
        select(&record.bundle, &wanted("0009480027", "referral-letter", INLINE_LIMIT)).expect("a selection");
    let all = resources(&selection.json);
    assert!(of(&all, "Condition").iter().any(|c| c["meta"]["tag"][0]["code"] == "UNDELIVERED"));
}

/// A record with many results, as a long stay has.
fn long_record() -> Bundle {
    let mut bundle = record(PNEUMONIA).bundle;
    let mut push = |json: String| {
        let raw = RawValue::from_string(json).expect("JSON");
        bundle.entries.push(fude_hospital::source::Entry::new(None, raw).expect("an entry"));
    };
    for n in 0..2_000 {
        let (day, hour) = (5 + n % 11, n % 24);
        push(format!(
            r#"{{"resourceType":"Observation","id":"n{n}","status":"final","text":{{"status":"generated","div":"<div>x</div>"}},"subject":{{"reference":"Patient/patient"}},"effectiveDateTime":"2026-07-{day:02}T{hour:02}:00:00+09:00","code":{{"text":"体温"}},"valueQuantity":{{"value":36.5,"unit":"℃"}}}}"#
        ));
    }
    push(r#"{"resourceType":"Observation","id":"mrsa","status":"final","subject":{"reference":"Patient/patient"},"effectiveDateTime":"2026-07-08","code":{"text":"鼻腔培養"},"valueString":"MRSA陽性"}"#.to_owned());
    bundle
}

#[test]
fn a_record_that_is_too_large_is_cut_by_rule_and_keeps_what_must_not_be_missing() {
    let bundle = long_record();
    let whole = select(&bundle, &wanted(PNEUMONIA, "discharge-summary", INLINE_LIMIT)).expect("fits");
    assert!(whole.json.len() > 300_000, "{}", whole.json.len());
    let limit = 150_000;
    let cut = select(&bundle, &wanted(PNEUMONIA, "discharge-summary", limit)).expect("fits when cut");
    assert!(cut.json.len() <= limit, "{}", cut.json.len());
    let count = |left: &[LeftOut], rule: &str| left.iter().find(|l| l.rule == rule).map_or(0, |l| l.count);
    assert!(count(&cut.left_out, "results-between") > 500, "{:?}", cut.left_out);
    assert!(count(&cut.left_out, "display-text") >= 2_000);
    let (before, after) = (resources(&whole.json), resources(&cut.json));
    for kind in ["AllergyIntolerance", "MedicationRequest", "Condition", "Encounter", "Patient"] {
        assert_eq!(of(&before, kind).len(), of(&after, kind).len(), "{kind}");
    }
    assert!(cut.json.contains("MRSA陽性") && cut.json.contains("抗酸菌培養"));
    let days: BTreeSet<&str> = of(&after, "Observation")
        .into_iter()
        .filter(|o| o["code"]["text"] == "体温")
        .filter_map(|o: &Value| o["effectiveDateTime"].as_str()?.get(..10))
        .collect();
    assert!(days.contains("2026-07-05") && days.contains("2026-07-15"), "first and last stay: {days:?}");
    assert!(cut.left_out.iter().all(|l| !in_japanese(&l.rule).is_ascii()), "{:?}", cut.left_out);
}

#[test]
fn a_record_that_cannot_be_made_to_fit_is_refused_with_its_size() {
    let refused = select(&long_record(), &wanted(PNEUMONIA, "discharge-summary", 5_000));
    assert!(matches!(refused, Err(SourceError::TooLarge { bytes, limit: 5_000 }) if bytes > 5_000));
}

#[test]
fn a_mix_up_is_found_before_anything_leaves_the_house() {
    let mut bundle = record(PNEUMONIA).bundle;
    let raw =
        r#"{"resourceType":"Condition","id":"x","subject":{"reference":"Patient/other"},"code":{"text":"他人の病名"}}"#;
    let raw = RawValue::from_string(raw.to_owned()).expect("JSON");
    bundle.entries.push(fude_hospital::source::Entry::new(None, raw).expect("an entry"));
    for (number, bundle) in [(PNEUMONIA, &bundle), ("0007315590", &record(PNEUMONIA).bundle)] {
        let refused = select(bundle, &wanted(number, "discharge-summary", INLINE_LIMIT));
        assert!(matches!(refused, Err(SourceError::OtherPatient)), "{refused:?}");
    }
}
