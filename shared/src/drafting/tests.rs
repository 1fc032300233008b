//! Drafting over the invented records: what the model sees, what is dropped, what is delivered.

use fude_records::PatientRecord;
use serde_json::value::RawValue;

use super::{Order, Outcome, Prepared, prepare};
use crate::compose::Sender;
use crate::document::{Destination, Document, Empty, Mode, SentenceKind};
use crate::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use crate::facts::Statement;
use crate::record::Asked;
use crate::template::Template;
use crate::text::nfkc;

fn prepared(patient: &PatientRecord, kind: &str, statements: &[Statement]) -> Prepared {
    let (template, hash) = Template::find(kind).expect("a kind");
    let record = RawValue::from_string(String::from_utf8(patient.bundle()).expect("UTF-8")).expect("JSON");
    let destination = Destination {
        kind: "medical-institution".to_owned(),
        institution: Some("みなと診療所".to_owned()),
        ..Destination::default()
    };
    let order = Order {
        document_id: "0123456789abcdef0123456789abcdef",
        asked: Asked { patient_id: patient.number, ..Asked::default() },
        destination: &destination,
        encounter_id: None,
        main_diagnosis: None,
        statements,
        author: "sato",
        sender: &Sender { name: "みずき野総合病院".to_owned(), ..Sender::default() },
        remark: None,
        nonce: "8f3a91c2d4e5f607",
    };
    prepare(template, hash, &record, &order).expect("a good record")
}

fn everybody() -> impl Iterator<Item = (PatientRecord, &'static str)> {
    let patients = ["hospital-a", "hospital-b"].into_iter().flat_map(fude_records::patients);
    patients.flat_map(|p| Template::kinds().map(move |k| (p.clone(), k)))
}

fn main_patient() -> PatientRecord {
    fude_records::patients("hospital-a").remove(0)
}

fn reply(sentences: &[(&str, &[&str])]) -> Reply {
    let sentences = sentences
        .iter()
        .map(|(text, facts)| ReplySentence {
            text: (*text).to_owned(),
            facts: facts.iter().map(|f| (*f).to_owned()).collect(),
            kind: ReplyKind::Fact,
        })
        .collect();
    Reply { sections: vec![ReplySection { code: "333".to_owned(), sentences }], questions: Vec::new() }
}

fn finished(prepared: &Prepared, reply: &Reply) -> Document {
    let (Outcome::Drafted(d) | Outcome::Extractive(d)) = prepared.finish(reply, "jp.model");
    *d
}

/// A fact of the main patient that says all the words.
fn fact_with(prepared: &Prepared, words: &[&str]) -> String {
    let says = |text: &str| words.iter().all(|w| text.contains(w));
    prepared.facts.offered().find(|f| says(&f.text())).map(|f| f.id.clone()).expect("the record says it")
}

#[test]
fn no_name_number_or_birth_date_reaches_the_prompt() {
    for (patient, kind) in everybody() {
        let prompt = prepared(&patient, kind, &[]).prompt;
        let text = nfkc(&format!("{}{}", prompt.system, prompt.user));
        for name in patient.names.iter().chain([&patient.birth_date, &patient.number.to_owned()]) {
            let at = text.find(&nfkc(name)).map(|at| text[at..].chars().take(20).collect::<String>());
            assert_eq!(at, None, "{kind} {} shows an identifier", patient.number);
        }
    }
}

#[test]
fn offered_facts_are_at_most_120_and_lines_keep_their_mark() {
    for (patient, kind) in everybody() {
        let p = prepared(&patient, kind, &[]);
        assert!(p.facts.offered().count() <= 120);
        let inside = p.prompt.user.split("<<<FACTS 8f3a91c2d4e5f607>>>\n").nth(1).expect("delimiter");
        let inside = inside.split("<<<END").next().expect("delimiter");
        assert!(inside.lines().all(|l| l.starts_with("8f3a|[")), "{kind} {}", patient.number);
    }
}

#[test]
fn discharge_prescriptions_stand_word_for_word() {
    for patient in fude_records::patients("hospital-a") {
        let p = prepared(&patient, "discharge-summary", &[]);
        let document = p.extractive(None);
        let text: String = document.sentences().map(|s| s.text.as_str()).collect();
        for fact in p
            .facts
            .list
            .iter()
            .filter(|f| crate::grounding::concerns_any(&[crate::grounding::Rule::DischargeMedication], f))
        {
            assert!(text.contains(&fact.fields[1]) && text.contains(&fact.fields[2]), "{} {}", patient.number, fact.id);
        }
    }
}

#[test]
fn undisclosed_diagnoses_go_nowhere() {
    let patient = fude_records::patients("hospital-a").into_iter().find(|p| p.number == "90573826").expect("staged");
    for kind in Template::kinds() {
        let p = prepared(&patient, kind, &[]);
        let document = serde_json::to_string(&p.extractive(None)).expect("plain data");
        for word in ["癌", "がん", "統合失調症", "精神科", "Group 5", "伝えないで", "Stage", "CEA"] {
            assert!(!document.contains(word) && !p.prompt.user.contains(word), "{kind} {word}");
        }
        assert!(!p.facts.coverage.held_back.is_empty(), "the physician is told how many");
        let told = finished(&p, &reply(&[("胃癌と診断した。", &["N01.1"])]));
        assert_eq!(told.dropped.len(), 1);
        assert!(!serde_json::to_string(&told).expect("plain data").contains("胃癌"));
    }
}

#[test]
fn sentences_without_support_are_dropped_with_their_reason() {
    let patient = main_patient();
    let p = prepared(&patient, "discharge-summary", &[]);
    let note = fact_with(&p, &["7月1日より38℃台"]);
    let true_one = "7月1日から38℃台の発熱が出現した。";
    for (text, facts, reason) in [
        ("7月1日から39℃台の発熱が出現した。", vec![note.as_str()], "number-not-in-evidence"),
        ("7月2日から38℃台の発熱が出現した。", vec![note.as_str()], "date-not-in-evidence"),
        ("発熱が出現した。", vec![], "no-citation"),
        ("発熱が出現した。", vec!["F999"], "unknown-citation"),
        ("発熱が出現した。", vec![note.as_str(), note.as_str(), note.as_str(), note.as_str()], "too-many-citations"),
        ("⟦P99⟧に発熱が出現した。", vec![note.as_str()], "unknown-placeholder"),
        ("左肺に発熱が出現した。", vec![note.as_str()], "side-not-in-evidence"),
    ] {
        // Enough true sentences that one drop does not turn the draft extractive.
        let mut all = vec![(text, facts.as_slice())];
        let cited = [note.as_str()];
        all.extend([
            (true_one, cited.as_slice()),
            ("発熱と咳嗽が出現した。", &cited),
            ("38℃台の発熱であった。", &cited),
        ]);
        let document = finished(&p, &reply(&all));
        assert_eq!(document.generation.mode, Mode::Model);
        let reasons: Vec<&str> = document.dropped.iter().map(|d| d.reason.as_str()).collect();
        assert_eq!(reasons, [reason], "{text}");
        assert!(document.sentences().any(|s| s.text == true_one));
    }
}

#[test]
fn too_much_dropped_gives_facts_only() {
    let p = prepared(&main_patient(), "discharge-summary", &[]);
    let document = finished(&p, &reply(&[("発熱。", &[]), ("咳嗽。", &[])]));
    assert_eq!(document.generation.mode, Mode::Extractive);
    assert_eq!(document.dropped.len(), 2);
}

#[test]
fn every_sentence_is_evidenced_entered_or_visibly_missing() {
    for (patient, kind) in everybody() {
        let document = prepared(&patient, kind, &[]).extractive(None);
        for s in document.sentences() {
            match s.kind {
                SentenceKind::Fact | SentenceKind::Entered => assert!(!s.evidence.is_empty(), "{kind} {}", s.text),
                SentenceKind::Missing => assert!(s.empty.is_some()),
                SentenceKind::Connective => assert!(s.evidence.is_empty()),
            }
            assert!(s.evidence.iter().all(|e| document.evidence.contains_key(e)));
        }
        for e in document.evidence.values() {
            let shapes = [e.path.is_some() && e.resource.is_some(), e.from.is_some(), e.by.is_some()];
            assert_eq!(shapes.iter().filter(|s| **s).count(), 1, "{e:?}");
            assert!(e.from.iter().flatten().all(|id| document.evidence.contains_key(id)));
        }
    }
}

#[test]
fn no_allergy_resource_never_means_none() {
    let record = r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1"}}]}"#;
    let record = RawValue::from_string(record.to_owned()).expect("JSON");
    let (template, hash) = Template::find("discharge-summary").expect("a kind");
    let destination = Destination::default();
    let order = Order {
        document_id: "x",
        asked: Asked { patient_id: "1", ..Asked::default() },
        destination: &destination,
        encounter_id: None,
        main_diagnosis: None,
        statements: &[],
        author: "sato",
        sender: &Sender::default(),
        remark: None,
        nonce: "00000000",
    };
    let document = prepare(template, hash, &record, &order).expect("a record").extractive(None);
    let allergies = document.sections.iter().find(|s| s.code == "510").expect("required");
    assert_eq!(allergies.sentences[0].text, "登録なし（未確認）");
    assert!(
        document.sections.iter().filter(|s| s.code == "333").all(|s| s.sentences[0].empty == Some(Empty::ToConfirm))
    );
    assert!(!document.questions.is_empty(), "no stay is known: asked");
}

#[test]
fn what_the_author_states_stands_in_its_section() {
    let stated = [
        Statement { section: "950".to_owned(), text: "嚥下機能の再評価をお願いします。".to_owned() },
        Statement { section: "330".to_owned(), text: "独居のため支援を要する。".to_owned() },
    ];
    let document = prepared(&main_patient(), "referral-letter", &stated).extractive(None);
    for s in &stated {
        let section = document.sections.iter().find(|x| x.code == s.section).expect("section");
        let sentence = section.sentences.iter().find(|x| x.text == s.text).expect("the statement");
        assert_eq!(
            (sentence.kind, document.evidence[&sentence.evidence[0]].by.as_deref()),
            (SentenceKind::Entered, Some("sato"))
        );
    }
}

#[test]
fn a_patient_who_died_takes_no_drugs_home() {
    let patient = fude_records::patients("hospital-a").into_iter().find(|p| p.number == "73625148").expect("staged");
    let document = prepared(&patient, "discharge-summary", &[]).extractive(None);
    let drugs = document.sections.iter().find(|s| s.code == "444").expect("required");
    assert_eq!(drugs.sentences[0].empty, Some(Empty::NotApplicable));
}
