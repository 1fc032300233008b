//! The cardinalities of eDischargeSummary and eReferral (KINDS: codes, counts, entries), checked on our own documents.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::drafts;

/// Section code, whether it must stand, type and least and most number of entries.
type Rule = (&'static str, bool, &'static [&'static str], usize, usize);
const MANY: usize = usize::MAX;

const DISCHARGE: &[Rule] = &[
    ("322", true, &["Encounter"], 1, 1),
    ("342", true, &["Condition"], 0, MANY),
    ("352", true, &["Condition"], 0, MANY),
    ("312", true, &["Encounter"], 0, 1),
    ("362", true, &["Condition"], 0, MANY),
    ("333", true, &["DocumentReference"], 1, MANY),
    ("324", true, &["Encounter"], 1, 1),
    ("344", true, &["Condition"], 1, MANY),
    ("444", true, &["MedicationRequest", "MedicationStatement"], 0, MANY),
    ("424", true, &["CarePlan"], 0, MANY),
    ("510", false, &["AllergyIntolerance"], 0, MANY),
    ("372", false, &["Condition"], 0, MANY),
    ("432", false, &["MedicationRequest", "MedicationStatement"], 0, MANY),
    ("552", false, &["FamilyMemberHistory"], 0, MANY),
    ("642", false, &["Observation"], 0, MANY),
    ("612", false, &["Observation"], 0, MANY),
    ("614", false, &["Observation"], 0, MANY),
    ("713", false, &["Procedure"], 0, MANY),
    ("623", false, &["Observation", "DiagnosticReport"], 0, MANY),
    ("810", false, &["DeviceUseStatement"], 0, MANY),
    ("530", false, &["Immunization"], 0, MANY),
    ("410", false, &["Consent"], 0, MANY),
];

const REFERRAL: &[Rule] = &[
    ("950", true, &["Encounter"], 0, 1),
    ("340", true, &["Condition"], 0, MANY),
    ("360", true, &["Condition"], 0, MANY),
    ("370", false, &["Condition"], 0, MANY),
    ("510", false, &["AllergyIntolerance"], 0, MANY),
    ("550", false, &["FamilyMemberHistory"], 0, MANY),
    ("610", false, &["Observation"], 0, MANY),
    ("640", false, &["Observation"], 0, MANY),
    ("530", false, &["Immunization"], 0, MANY),
    ("730", false, &["Procedure"], 0, MANY),
    ("430", false, &["MedicationRequest", "MedicationStatement"], 0, MANY),
    ("620", false, &["Observation", "DiagnosticReport"], 0, MANY),
    ("330", false, &["DocumentReference"], 0, MANY),
    ("420", false, &["CarePlan"], 0, MANY),
    ("810", false, &["DeviceUseStatement"], 0, MANY),
    ("410", false, &["Consent"], 0, MANY),
    ("520", false, &["Observation"], 0, MANY),
    ("720", false, &["Procedure"], 0, MANY),
    ("740", false, &["Procedure"], 0, MANY),
];

pub struct Bundle {
    pub json: Value,
    by_url: BTreeMap<String, usize>,
}

impl Bundle {
    pub fn read(text: &str) -> Self {
        let json: Value = serde_json::from_str(text).expect("JSON");
        let urls = json["entry"].as_array().expect("entries").iter().enumerate();
        let by_url = urls.map(|(i, e)| (e["fullUrl"].as_str().expect("an address").to_owned(), i)).collect();
        Self { json, by_url }
    }

    pub fn composition(&self) -> &Value {
        &self.json["entry"][0]["resource"]
    }

    pub fn resources(&self) -> impl Iterator<Item = &Value> {
        self.json["entry"].as_array().expect("entries").iter().map(|e| &e["resource"])
    }

    pub fn resolve(&self, reference: &Value) -> &Value {
        let url = reference["reference"].as_str().expect("a reference");
        &self.json["entry"][self.by_url[url]]["resource"]
    }

    /// Sections that have no section below them, with their depth.
    pub fn sections(&self) -> Vec<(usize, &Value)> {
        fn below<'v>(value: &'v Value, depth: usize, out: &mut Vec<(usize, &'v Value)>) {
            for section in value["section"].as_array().into_iter().flatten() {
                if section["section"].is_array() { below(section, depth + 1, out) } else { out.push((depth, section)) }
            }
        }
        let mut out = Vec::new();
        below(self.composition(), 0, &mut out);
        out
    }

    pub fn section(&self, code: &str) -> Option<&Value> {
        self.sections().into_iter().map(|(_, s)| s).find(|s| section_code(s) == code)
    }
}

pub fn section_code(section: &Value) -> &str {
    section["code"]["coding"][0]["code"].as_str().unwrap_or_default()
}

fn entries<'b>(bundle: &'b Bundle, section: &'b Value) -> Vec<&'b Value> {
    section["entry"].as_array().into_iter().flatten().map(|r| bundle.resolve(r)).collect()
}

/// What does not keep to the table; empty where all does.
fn faults(bundle: &Bundle, rules: &[Rule], outside: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    let sections = bundle.sections();
    for (code, must, types, least, most) in rules {
        let found: Vec<_> = sections.iter().filter(|(_, s)| section_code(s) == *code).collect();
        match found.as_slice() {
            [] if *must => out.push(format!("{code} is missing")),
            [] => {}
            [(depth, section)] => {
                if *depth != 1 {
                    out.push(format!("{code} does not stand inside 300"));
                }
                let entries = entries(bundle, section);
                if entries.iter().any(|e| !types.contains(&e["resourceType"].as_str().unwrap_or_default())) {
                    out.push(format!("{code} holds another type"));
                }
                // 要確認: a person must fill it before the document can become final.
                let waits = section["emptyReason"]["coding"][0]["code"] == "notstarted";
                if !waits && !(*least..=*most).contains(&entries.len()) {
                    out.push(format!("{code} has {} entries", entries.len()));
                }
            }
            _ => out.push(format!("{code} stands twice")),
        }
    }
    let top = bundle.composition()["section"].as_array().expect("sections");
    for code in std::iter::once(&"300").chain(outside) {
        let times = top.iter().filter(|s| section_code(s) == *code).count();
        if times != 1 {
            out.push(format!("{code} stands {times} times"));
        }
    }
    for (depth, section) in &sections {
        let code = section_code(section);
        if !emptiness_is_explained(section) {
            out.push(format!("{code} is empty and does not say why, or says why and is not"));
        }
        let known = rules.iter().any(|r| r.0 == code) || outside.contains(&code);
        if !known || (*depth == 0) != outside.contains(&code) {
            out.push(format!("{code} is out of place"));
        }
        let text = &section["text"];
        if text["status"] != "additional" || text["div"].as_str().is_none_or(|d| !d.contains("<p>")) {
            out.push(format!("{code} has no text"));
        }
        let name = section["title"].as_str().unwrap_or_default();
        if section["code"]["coding"][0]["display"] != format!("{name}セクション") {
            out.push(format!("{code} is not called by its name"));
        }
    }
    out
}

/// No entry and nothing that the section rests on: then one of R4's reasons, or 該当なし; else none.
fn emptiness_is_explained(section: &Value) -> bool {
    let reasons = ["nilknown", "notasked", "unavailable", "notstarted", "not-applicable"];
    let reason = &section["emptyReason"];
    let empty = section["entry"].is_null() && section["extension"].is_null();
    let explained = reasons.iter().any(|r| reason["coding"][0]["code"] == *r)
        && reason["text"].as_str().is_some_and(|t| !t.is_empty());
    if reason.is_null() { !empty } else { section["entry"].is_null() && explained }
}

fn head_faults(bundle: &Bundle) -> Vec<&'static str> {
    let c = bundle.composition();
    let is = |reference: &Value, kind: &str| bundle.resolve(reference)["resourceType"] == kind;
    let types: Vec<_> = c["author"].as_array().into_iter().flatten().collect();
    let number = c["identifier"]["value"].as_str().unwrap_or_default().split('^').map(str::len).collect::<Vec<_>>();
    [
        ("author", types.len() == 2 && is(types[0], "Practitioner") && is(types[1], "Organization")),
        ("custodian", is(&c["custodian"], "Organization")),
        ("subject", is(&c["subject"], "Patient")),
        ("category", c["category"].as_array().is_some_and(|l| l.len() == 1)),
        ("identifier", number == [10, 4, 32]),
        ("event", c["event"].as_array().is_some_and(|l| l.len() == 1) && c["event"][0]["period"]["start"].is_string()),
        ("version", c["extension"][0]["valueString"] == "1"),
        ("date", c["date"].as_str().is_some_and(|d| d.ends_with("+09:00"))),
        ("provenance", provenance(bundle)),
        ("patients", bundle.resources().filter(|r| r["resourceType"] == "Patient").count() == 1),
    ]
    .into_iter()
    .filter(|(_, holds)| !holds)
    .map(|(name, _)| name)
    .collect()
}

/// Which software made the draft, of what, from which record.
fn provenance(bundle: &Bundle) -> bool {
    let found: Vec<_> = bundle.resources().filter(|r| r["resourceType"] == "Provenance").collect();
    let [p] = found.as_slice() else { return false };
    let assembled = p["agent"][0]["type"]["coding"][0]["code"] == "assembler";
    let software = p["contained"][0]["resourceType"] == "Device" && p["agent"][0]["who"]["reference"] == "#fude";
    let target = bundle.resolve(&p["target"][0])["resourceType"] == "Composition";
    assembled && software && target && p["entity"][0]["what"]["identifier"]["value"].is_string()
}

fn table(kind: &str) -> Option<(&'static [Rule], &'static [&'static str])> {
    match kind {
        "discharge-summary" => Some((DISCHARGE, &[])),
        "referral-letter" => Some((REFERRAL, &["920", "910"])),
        _ => None,
    }
}

#[test]
fn jp_clins_documents_keep_to_its_cardinalities() {
    let mut looked_at = 0;
    for draft in drafts::all() {
        let Some((rules, outside)) = table(draft.kind) else { continue };
        for state in ["draft", "final"] {
            let bundle = Bundle::read(&draft.fhir(state));
            let found = faults(&bundle, rules, outside);
            assert!(found.is_empty(), "{} {} {state}: {found:?}", draft.kind, draft.patient.number);
            let head = head_faults(&bundle);
            assert!(head.is_empty(), "{} {} {state}: {head:?}", draft.kind, draft.patient.number);
            looked_at += 1;
        }
    }
    assert!(looked_at >= 40);
}

#[test]
fn sender_and_addressee_are_an_organisation_each() {
    for draft in drafts::all().iter().filter(|d| d.kind == "referral-letter") {
        let bundle = Bundle::read(&draft.fhir("final"));
        for (code, name) in [("920", draft.sender.name.as_str()), ("910", "みなと診療所")] {
            let entries = entries(&bundle, bundle.section(code).expect("once each"));
            let organisations: Vec<_> = entries.iter().filter(|e| e["resourceType"] == "Organization").collect();
            assert_eq!(organisations.len(), 1);
            assert_eq!(organisations[0]["name"], name);
        }
    }
}

#[test]
fn the_checker_sees_what_is_wrong() {
    let draft = drafts::all().iter().find(|d| d.kind == "discharge-summary").expect("a kind");
    let good = draft.fhir("final");
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut bundle = Bundle::read(&good);
        change(&mut bundle.json["entry"][0]["resource"]);
        let mut found = faults(&bundle, DISCHARGE, &[]);
        found.extend(head_faults(&bundle).into_iter().map(str::to_owned));
        found
    };
    assert!(broken(&|_| {}).is_empty());
    assert!(!broken(&|c| c["section"][0]["section"][0]["entry"] = serde_json::json!([])).is_empty());
    assert!(!broken(&|c| drop(c["section"][0]["section"].as_array_mut().map(|s| s.remove(3)))).is_empty());
    assert!(!broken(&|c| c["author"] = serde_json::json!([c["author"][0].clone()])).is_empty());
    assert!(!broken(&|c| c["section"] = c["section"][0]["section"].clone()).is_empty());
    assert!(
        !broken(&|c| c["section"] = serde_json::json!([c["section"][0].clone(), c["section"][0].clone()])).is_empty()
    );
}

#[test]
fn an_empty_section_must_say_why_and_a_full_one_must_not() {
    let section = |rest: Value| {
        let mut section = serde_json::json!({ "title": "アレルギー・不耐性反応", "text": { "status": "additional" } });
        section.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        emptiness_is_explained(&section)
    };
    let reason = |code: &str| serde_json::json!({ "coding": [{ "code": code }], "text": "なし" });
    assert!(section(serde_json::json!({ "emptyReason": reason("nilknown") })));
    assert!(section(serde_json::json!({ "entry": [{}] })));
    assert!(!section(serde_json::json!({})));
    assert!(!section(serde_json::json!({ "emptyReason": reason("empty") })));
    assert!(!section(serde_json::json!({ "entry": [{}], "emptyReason": reason("nilknown") })));
}
