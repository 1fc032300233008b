//! One drafting call taken apart: record to facts, facts to prompt, reply to document.

use fude::compose::Sender;
use fude::document::Destination;
use fude::draft::{self, Reply};
use fude::drafting::{Order, Outcome, Prepared, prepare, suits};
use fude::facts::{self, Facts, Kind, Request};
use fude::names::Names;
use fude::prompt::Prompt;
use fude::record::{self, Asked, ClinicalRecord};
use fude::template::Template;
use serde::de::IgnoredAny;

use crate::measure::median;
use crate::records::Record;

const KIND: &str = "discharge-summary";
const NONCE: &str = "8f3a91c2d4e5f607";
/// Sentences a section: a long summary.
const SENTENCES: usize = 12;

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    pub bytes: usize,
    pub resources: usize,
    pub facts: usize,
    pub offered: usize,
    /// `IgnoredAny` over the same bytes: the least that a JSON parser can do.
    pub syntax_ms: f64,
    /// The record as narrow structs, one patient checked.
    pub parsing_ms: f64,
    pub parsing_to_syntax: f64,
    pub facts_ms: f64,
    pub prompt_ms: f64,
    pub document_ms: f64,
    pub sentences: usize,
    pub whole_ms: f64,
}

pub fn measure(record: &Record, repeats: usize) -> Timings {
    let text = record.json.get();
    let (template, _) = Template::find(KIND).expect("the kind is part of the crate");
    let syntax_ms = median(repeats, || serde_json::from_str::<IgnoredAny>(text).is_ok());
    let parsing_ms = median(repeats, || read(record));
    let facts_ms = median(repeats, || build(&read(record), &template));
    let clinical = read(record);
    let built = build(&clinical, &template);
    let prompt_ms = median(repeats, || prompt(&clinical, &built, &template));
    let prepared = prepared(record);
    let reply = reply(&prepared.facts, &template);
    let document_ms = median(repeats, || finish(&prepared, &reply));
    let document = String::from_utf8(finish(&prepared, &reply)).expect("JSON");
    let sentences = document.matches("\"kind\":\"fact\"").count();
    let whole_ms = median(repeats, || whole(record, &reply));
    Timings {
        bytes: text.len(),
        resources: record.resources,
        facts: built.list.len(),
        offered: built.coverage.offered,
        syntax_ms,
        parsing_ms,
        parsing_to_syntax: parsing_ms / syntax_ms,
        facts_ms,
        prompt_ms,
        document_ms,
        sentences,
        whole_ms,
    }
}

/// From the record's bytes to the document's, with the reply at hand.
pub fn whole(record: &Record, reply: &str) -> Vec<u8> {
    finish(&prepared(record), reply)
}

/// A reply as a model would give it: facts word for word, each in the section that it is material of.
pub fn composed(record: &Record) -> String {
    let (template, _) = Template::find(KIND).expect("the kind is part of the crate");
    reply(&prepared(record).facts, &template)
}

fn asked(record: &Record) -> Asked<'_> {
    Asked { patient_id: record.patient, ..Asked::default() }
}

fn read(record: &Record) -> ClinicalRecord<'_> {
    record::read(&record.json, &asked(record)).expect("the records are of one patient")
}

fn build(record: &ClinicalRecord, template: &Template) -> Facts {
    let request = Request { addressee: "medical-institution", author: "sato", ..Request::default() };
    facts::build(record, template, &request)
}

fn prompt(record: &ClinicalRecord, facts: &Facts, template: &Template) -> Prompt {
    let told = facts.offered().flat_map(|f| f.fields.iter().map(String::as_str));
    let names = Names::new(&record.people, record.patient.birth_date.as_deref(), &[], told);
    Prompt::new(template, facts, &names, "医療機関", None, NONCE)
}

fn prepared(record: &Record) -> Prepared {
    let (template, hash) = Template::find(KIND).expect("the kind is part of the crate");
    let destination = Destination { kind: "medical-institution".to_owned(), ..Destination::default() };
    let order = Order {
        document_id: "0123456789abcdef0123456789abcdef",
        asked: asked(record),
        destination: &destination,
        encounter_id: None,
        main_diagnosis: None,
        statements: &[],
        author: "sato",
        sender: &Sender::default(),
        remark: None,
        nonce: NONCE,
    };
    prepare(template, hash, &record.json, &order).expect("the records are of one patient")
}

fn reply(facts: &Facts, template: &Template) -> String {
    let sections: Vec<serde_json::Value> = template
        .model_sections()
        .map(|section| {
            let told = facts.offered().filter(|f| matches!(f.kind, Kind::Note | Kind::Derived | Kind::Report));
            let told = told.filter(|f| suits(&section.material, f)).take(SENTENCES);
            let sentences: Vec<serde_json::Value> = told
                .filter_map(|f| {
                    let text = f.fields.get(usize::from(f.kind != Kind::Derived))?;
                    Some(serde_json::json!({ "text": text, "facts": [f.id], "kind": "fact" }))
                })
                .collect();
            serde_json::json!({ "code": section.code, "sentences": sentences })
        })
        .collect();
    serde_json::json!({ "sections": sections, "questions": [] }).to_string()
}

fn finish(prepared: &Prepared, reply: &str) -> Vec<u8> {
    let reply: Reply = draft::parse(reply).expect("the reply keeps to the schema");
    let (Outcome::Drafted(document) | Outcome::Extractive(document)) = prepared.finish(&reply, "jp.bench");
    document.bytes()
}
