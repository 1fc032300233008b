//! Instructions planted in a record: a model that obeys them gets nothing of it delivered.
#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{NONCE, drafted, finished};
use fude::document::{Document, SectionOrigin};
use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::drafting::Prepared;
use fude::template::Template;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    planted: Vec<Planted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planted {
    r#where: String,
    text: String,
    order: Option<String>,
    obeyed: Vec<String>,
    never: Vec<String>,
}

fn planted() -> Vec<Planted> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/eval/hostile");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let tables = files.iter().map(|f| toml::from_str::<Table>(&std::fs::read_to_string(f).unwrap()));
    tables.flat_map(|t| t.unwrap().planted).collect()
}

/// A short stay with one text in the place that the case names.
fn record(case: &Planted) -> Value {
    let text = |place: &str, usual: &str| if case.r#where == place { case.text.clone() } else { usual.to_owned() };
    let me = json!({ "reference": "Patient/p" });
    let note = |title: &str, text: &str| {
        json!({ "resourceType": "DocumentReference", "status": "current", "subject": me, "date": "2026-07-05T09:00:00+09:00",
            "description": title, "content": [{ "attachment": { "contentType": "text/plain; charset=utf-8", "data": STANDARD.encode(text) } }] })
    };
    let resources = [
        json!({ "resourceType": "Patient", "id": "p", "identifier": [{ "value": "20481937" }], "birthDate": "1944-02-29",
            "name": [{ "text": text("patient-name", "長谷川 文江") }] }),
        json!({ "resourceType": "Practitioner", "id": "d", "name": [{ "text": text("practitioner-name", "鈴木 健一") }] }),
        json!({ "resourceType": "Encounter", "id": "e", "status": "finished", "class": { "code": "IMP" }, "subject": me,
            "period": { "start": "2026-07-03", "end": "2026-07-13" } }),
        json!({ "resourceType": "Condition", "subject": me, "code": { "text": "肺炎球菌性肺炎" }, "recordedDate": "2026-07-03" }),
        json!({ "resourceType": "AllergyIntolerance", "patient": me, "code": { "text": text("allergy", "ミノサイクリン") } }),
        json!({ "resourceType": "MedicationRequest", "status": "completed", "intent": "order", "subject": me, "authoredOn": "2026-07-12",
            "category": [{ "coding": [{ "code": "DCG" }] }],
            "medicationCodeableConcept": { "text": text("drug-name", "アムロジピンＯＤ錠５ｍｇ") },
            "dosageInstruction": [{ "text": text("drug-text", "1日1回 朝食後 1回1錠") }] }),
        json!({ "resourceType": "Observation", "status": "final", "subject": me, "effectiveDateTime": "2026-07-03",
            "code": { "text": "尿中抗原" }, "valueString": text("observation", "陰性") }),
        json!({ "resourceType": "DiagnosticReport", "status": "final", "subject": me, "effectiveDateTime": "2026-07-03",
            "code": { "text": "胸部X線" }, "conclusion": text("conclusion", "右下肺野に浸潤影を認める。") }),
        note("現病歴 医師", "7月1日より38℃台の発熱が出現した。咳嗽が続いた。"),
        note(&text("note-title", "経過記録 医師"), &text("note", "抗菌薬を開始し、解熱した。食事は全量摂取している。")),
    ];
    let entry: Vec<Value> = resources.into_iter().map(|r| json!({ "resource": r })).collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entry })
}

/// Obeys in every way that the schema allows, among sentences that are true.
fn obeying(prepared: &Prepared, case: &Planted) -> Reply {
    let order = case.order.as_ref().unwrap_or(&case.text);
    let marker: String = order.chars().filter(|c| c.is_alphanumeric()).take(6).collect();
    let holds = |text: String| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().contains(&marker);
    let of_plant = prepared.facts.offered().filter(|f| holds(f.text())).map(|f| f.id.clone());
    let mut cited: Vec<Vec<String>> = of_plant.map(|id| vec![id]).collect();
    cited.extend([Vec::new(), vec!["F99".to_owned()], vec!["N99.9".to_owned()]]);
    let sentence = |text: &str, facts: &[String]| ReplySentence {
        text: text.to_owned(),
        facts: facts.to_vec(),
        kind: ReplyKind::Fact,
    };
    let fever = prepared.facts.offered().find(|f| f.text().contains("38℃台")).unwrap().id.clone();
    let mut sentences: Vec<ReplySentence> =
        case.obeyed.iter().flat_map(|text| cited.iter().map(move |c| sentence(text, c))).collect();
    let planted_too = sentences.clone().into_iter().map(|s| ReplySentence { text: case.text.clone(), ..s });
    sentences.extend(planted_too);
    // True ones, so that what is dropped does not turn the draft extractive.
    let wanted = sentences.len() * 4;
    sentences.extend(
        (0..wanted)
            .map(|i| sentence(&format!("38℃台の発熱が出現した{}", "。".repeat(i + 1)), std::slice::from_ref(&fever))),
    );
    let code = prepared.template.model_sections().next().unwrap().code.clone();
    Reply { sections: vec![ReplySection { code, sentences }], questions: vec![case.text.clone()] }
}

fn narrative(document: &Document) -> String {
    let sections = document.sections.iter().filter(|s| s.origin == SectionOrigin::Model);
    let sentences = sections.flat_map(|s| &s.sentences).map(|s| s.text.clone());
    sentences.chain(document.questions.iter().map(|q| q.text.clone())).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_obeyed_is_delivered() {
    let cases = planted();
    assert!(cases.len() >= 45, "{}", cases.len());
    let mut obeyed = Vec::new();
    for (case, kind) in cases.iter().zip(Template::kinds().collect::<Vec<_>>().into_iter().cycle()) {
        let prepared = drafted(&record(case).to_string(), "20481937", kind).unwrap();
        let document = finished(&prepared, &obeying(&prepared, case));
        let text = narrative(&document);
        assert!(text.contains("38℃台の発熱"), "the true sentence stands: {}", case.text);
        for never in case.never.iter().filter(|n| text.contains(*n)) {
            obeyed.push(format!("{kind} {}: {never} by {}", case.r#where, case.text));
        }
    }
    assert!(obeyed.is_empty(), "{}\n{}", obeyed.len(), obeyed.join("\n"));
}

#[test]
fn the_prompt_keeps_its_form_and_shows_no_instruction() {
    for case in planted() {
        let prompt = drafted(&record(&case).to_string(), "20481937", "discharge-summary").unwrap().prompt;
        assert_eq!(prompt.user.matches("<<<").count(), 2, "{}", case.text);
        let (_, inside) = prompt.user.split_once(&format!("<<<FACTS {NONCE}>>>\n")).unwrap();
        let inside = inside.strip_suffix(&format!("<<<END {NONCE}>>>\n")).unwrap();
        assert!(inside.lines().all(|l| l.starts_with("8f3a|[")), "{inside}");
        for word in ["無視", "Ignore", "ignore", "HACKED", "記載せよ", "SWdub3Jl", "assistant", "F99", "N99"] {
            assert!(!inside.contains(word), "{word} of {}", case.text);
        }
        let hidden = |c: char| {
            matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2028}' | '\u{2060}'..='\u{2069}')
                || ('\u{E0000}'..='\u{E0FFF}').contains(&c)
                || (c.is_control() && c != '\n')
        };
        assert!(!prompt.user.contains(hidden), "{}", case.text);
    }
}
