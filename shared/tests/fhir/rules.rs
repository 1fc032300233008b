//! What holds for every FHIR document: draft or final, whose it is, what it must not say.

use std::collections::{BTreeMap, BTreeSet};

use fude::compose::Sender;
use fude::document::{Document, Empty, Mode, Section, SectionOrigin, Sentence, SentenceKind};
use serde_json::Value;

use crate::checker::{Bundle, section_code};
use crate::drafts::{self, Draft};

fn main_draft(kind: &'static str) -> Draft {
    drafts::draft(&fude_records::patients("hospital-a")[0], kind, &drafts::sender("hospital-a"))
}

#[test]
fn the_same_draft_gives_the_same_bytes() {
    let draft = main_draft("discharge-summary");
    assert_eq!(draft.fhir("draft"), main_draft("discharge-summary").fhir("draft"));
    assert_ne!(draft.fhir("draft"), draft.fhir("final"));
    let stored = serde_json::to_string(&draft.document).expect("plain data");
    let read: Document = serde_json::from_str(&stored).expect("a document");
    assert_eq!(serde_json::to_string(&read).expect("plain data"), stored);
    assert_eq!(Draft { document: read, ..main_draft("discharge-summary") }.fhir("draft"), draft.fhir("draft"));
}

#[test]
fn a_draft_is_preliminary_and_says_that_a_machine_wrote_it() {
    for draft in drafts::all() {
        let text = draft.fhir("draft");
        let bundle = Bundle::read(&text);
        let c = bundle.composition();
        assert_eq!(c["status"], "preliminary");
        assert!(c["meta"]["profile"].is_null() && bundle.json["meta"]["profile"].is_null());
        // A draft of facts alone was written by no machine.
        let machine = draft.document.generation.mode == Mode::Model;
        let marked = c["meta"]["security"][0]["code"] == "AIAST";
        assert_eq!(marked, machine, "{} {}", draft.kind, draft.patient.number);

        let bundle = Bundle::read(&draft.fhir("final"));
        let c = bundle.composition();
        assert_eq!(c["status"], "final");
        let claims = !draft.template.fhir.composition_profile.is_empty();
        assert_eq!(c["meta"]["profile"][0] == draft.template.fhir.composition_profile.as_str(), claims);
        assert!(c["meta"]["security"].is_null());
        assert_eq!(c["attester"][0]["mode"], "legal");

        let provenance = bundle.resources().find(|r| r["resourceType"] == "Provenance").expect("always");
        assert_eq!(provenance["contained"][0]["version"][0]["value"], "jp.model");
        assert_eq!(provenance["entity"][0]["what"]["identifier"]["value"], draft.document.generation.record_sha256);
        assert_eq!(bundle.resolve(&provenance["target"][0])["resourceType"], "Composition");
    }
}

/// Addresses that a resource refers to.
fn references<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            out.extend(members.get("reference").and_then(Value::as_str));
            members.values().for_each(|v| references(v, out));
        }
        Value::Array(list) => list.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}

#[test]
fn whatever_stands_in_a_document_is_reached_from_its_composition() {
    for draft in drafts::all() {
        let bundle = Bundle::read(&draft.fhir("final"));
        let by_url: BTreeMap<&str, &Value> = bundle.json["entry"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| (e["fullUrl"].as_str().expect("an address"), &e["resource"]))
            .collect();
        let mut wanted = vec![bundle.json["entry"][0]["fullUrl"].as_str().expect("an address")];
        let mut reached = BTreeSet::new();
        while let Some(url) = wanted.pop() {
            if reached.insert(url) {
                references(by_url[url], &mut wanted);
            }
        }
        for (url, resource) in by_url {
            // A Provenance points at the document, not the other way round.
            let back = resource["resourceType"] == "Provenance";
            assert!(back || reached.contains(url), "{} {}: {resource}", draft.kind, draft.patient.number);
        }
    }
}

#[test]
fn the_head_of_a_letter_is_told_with_what_it_rests_on() {
    let bundle = Bundle::read(&main_draft("referral-letter").fhir("final"));
    let c = bundle.composition();
    let text = c["text"]["div"].as_str().expect("greeting, head and closing");
    for said in ["元小学校教諭", "平素より大変お世話になっております。"] {
        assert!(text.contains(said), "{text}");
    }
    let targets = c["extension"].as_array().expect("extensions").iter().filter(|e| e["valueReference"].is_object());
    let occupation: Vec<_> = targets.map(|e| bundle.resolve(&e["valueReference"])["valueString"].clone()).collect();
    assert_eq!(occupation, ["元小学校教諭"]);
}

#[test]
fn an_extractive_draft_claims_no_machine_author() {
    let mut draft = main_draft("discharge-summary");
    draft.document = draft.prepared.extractive(None);
    let bundle = Bundle::read(&draft.fhir("draft"));
    assert!(bundle.composition()["meta"]["security"].is_null());
    assert_eq!(bundle.composition()["status"], "preliminary");
}

#[test]
fn the_physician_is_the_author_not_the_clerk() {
    let bundle = Bundle::read(&main_draft("referral-letter").fhir("draft"));
    let author = bundle.resolve(&bundle.composition()["author"][0]);
    assert_eq!(author["name"][0]["text"], "佐藤 健");
    let clerk = bundle.resources().filter(|r| r.to_string().contains("山本 直子")).collect::<Vec<_>>();
    assert!(clerk.iter().all(|r| r["resourceType"] == "Provenance"), "{clerk:?}");
}

#[test]
fn digits_stay_as_the_record_has_them() {
    let text = main_draft("discharge-summary").fhir("final");
    // CRP 18.30 and pH 7.40 of the record.
    assert!(text.contains("\"value\":18.30,") && text.contains("\"value\":7.40"));
}

#[test]
fn what_is_held_back_is_in_no_resource() {
    for draft in drafts::all().iter().filter(|d| d.patient.number == "90573826") {
        let json = serde_json::to_string(&draft.document.resources).expect("plain data");
        let text = draft.fhir("final");
        for word in ["癌", "がん", "統合失調症", "精神科", "Group 5", "伝えないで", "Stage", "CEA", "C16", "F20"]
        {
            assert!(!json.contains(word) && !decoded(&text).contains(word), "{} {word}", draft.kind);
        }
    }
}

/// The text with what its attachments hold in clear.
fn decoded(text: &str) -> String {
    use base64::Engine as _;
    let bundle = Bundle::read(text);
    let notes = bundle.resources().flat_map(|r| r["content"].as_array().cloned().unwrap_or_default());
    let data = notes.filter_map(|c| c["attachment"]["data"].as_str().map(str::to_owned));
    let clear = data.map(|d| String::from_utf8(base64::engine::general_purpose::STANDARD.decode(d).expect("base64")));
    text.to_owned() + &clear.map(|c| c.expect("UTF-8")).collect::<String>()
}

#[test]
fn clinical_resources_name_nobody_and_nothing_but_the_stay() {
    for draft in drafts::all() {
        for resource in draft.document.resources.values() {
            let json: Value = serde_json::from_str(resource.json()).expect("JSON");
            for person in
                ["participant", "performer", "requester", "recorder", "asserter", "author", "identifier", "text"]
            {
                assert!(json[person].is_null(), "{person}: {json}");
            }
            assert!(!resource.json().contains("Practitioner/"), "{json}");
            assert!(!resource.json().contains(draft.patient.number));
        }
    }
}

#[test]
fn a_note_holds_the_cited_sentences_and_no_more() {
    let draft = main_draft("discharge-summary");
    let text = decoded(&draft.fhir("final"));
    let said: String = draft.document.sentences().map(|s| s.text.as_str()).collect();
    let told = "本人、夫、長女 和美さんに説明した。";
    assert!(!said.contains(told), "the case must leave it unsaid");
    assert!(!text.contains(told));
    assert!(text.contains("7月1日より38℃台の発熱と膿性痰を伴う咳嗽が出現した。"));
}

#[test]
fn a_stopped_drug_is_no_entry_of_the_drugs_to_take_home() {
    let bundle = Bundle::read(&main_draft("discharge-summary").fhir("final"));
    let section = bundle.section("444").expect("required");
    let drugs: Vec<_> = section["entry"].as_array().expect("drugs").iter().map(|r| bundle.resolve(r)).collect();
    assert!(!drugs.is_empty());
    assert!(drugs.iter().all(|d| d["category"][0]["coding"][0]["code"] == "DCG"), "{drugs:?}");
    assert!(section["text"]["div"].as_str().is_some_and(|d| d.contains("オルメサルタン")), "it is told");
}

#[test]
fn candidates_that_only_a_question_names_stay_out() {
    let draft = main_draft("discharge-summary");
    assert!(draft.document.questions.iter().any(|q| q.text.contains("肺結核の疑い")));
    assert!(!draft.fhir("final").contains("肺結核の疑い"));
}

#[test]
fn five_kinds_of_empty_say_why() {
    let mut draft = main_draft("discharge-summary");
    let kinds = [
        (Empty::NilKnown, "nilknown"),
        (Empty::NotAsked, "notasked"),
        (Empty::Unavailable, "unavailable"),
        (Empty::NotApplicable, "not-applicable"),
        (Empty::ToConfirm, "notstarted"),
    ];
    for (empty, code) in kinds {
        let sentence = Sentence {
            id: "S1".to_owned(),
            text: empty.text().to_owned(),
            kind: SentenceKind::Missing,
            evidence: Vec::new(),
            empty: Some(empty),
        };
        let section = |code: &str, title: &str| Section {
            code: code.to_owned(),
            title: title.to_owned(),
            origin: SectionOrigin::Record,
            sentences: vec![sentence.clone()],
        };
        draft.document.sections = vec![section("510", "アレルギー・不耐性反応")];
        let bundle = Bundle::read(&draft.fhir("draft"));
        let reason = &bundle.section("510").expect("the one")["emptyReason"];
        assert_eq!((&reason["coding"][0]["code"], &reason["text"]), (&code.into(), &empty.text().into()));
    }
}

#[test]
fn a_diagnosis_that_a_person_entered_becomes_a_condition() {
    let mut draft = main_draft("discharge-summary");
    for section in draft.document.sections.iter_mut().filter(|s| s.code == "344") {
        section.sentences.truncate(1);
        section.sentences[0].text = "誤嚥性肺炎".to_owned();
        section.sentences[0].kind = SentenceKind::Entered;
        section.sentences[0].evidence.clear();
    }
    let bundle = Bundle::read(&draft.fhir("final"));
    let entry = &bundle.section("344").expect("required")["entry"][0];
    let condition = bundle.resolve(entry);
    assert_eq!((&condition["resourceType"], &condition["code"]["text"]), (&"Condition".into(), &"誤嚥性肺炎".into()));
    assert_eq!(bundle.resolve(&condition["subject"])["resourceType"], "Patient");
}

#[test]
fn a_document_of_before_and_an_empty_registration_still_render() {
    let mut draft = main_draft("referral-letter");
    let mut stored = serde_json::to_value(&draft.document).expect("plain data");
    stored.as_object_mut().expect("an object").remove("resources");
    draft.document = serde_json::from_value(stored).expect("a document of before");
    draft.sender = Sender::default();
    let bundle = Bundle::read(&draft.fhir("draft"));
    assert!(bundle.sections().iter().any(|(_, s)| section_code(s) == "950"));
    assert!(bundle.resources().all(|r| r["resourceType"] != "Observation"));
    assert_eq!(bundle.composition()["identifier"]["value"], draft.document.document_id);
}
