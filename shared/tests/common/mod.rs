//! Drafting a record as a function does, for the tests that plant something in one.
#![allow(dead_code)] // each test binary uses its part

use fude::compose::Sender;
use fude::document::{Destination, Document};
use fude::draft::Reply;
use fude::drafting::{Order, Outcome, Prepared, prepare};
use fude::fhir::{Context, Person};
use fude::record::{Asked, RecordError};
use fude::render::{Calendar, Paper, Printed, issue_html, plain_text, review_html};
use fude::template::Template;
use serde_json::value::RawValue;

const CREATED: &str = "2026-07-14T08:42:10.000Z";
pub const NONCE: &str = "8f3a91c2d4e5f607";

pub fn drafted(record: &str, patient_id: &str, kind: &str) -> Result<Prepared, RecordError> {
    drafted_for(record, &Asked { patient_id, ..Asked::default() }, kind)
}

pub fn drafted_for(record: &str, asked: &Asked, kind: &str) -> Result<Prepared, RecordError> {
    let record: &RawValue = serde_json::from_str(record).map_err(|_| RecordError::NotABundle)?;
    let (template, hash) = Template::find(kind).expect("a kind");
    let destination = Destination {
        kind: "medical-institution".to_owned(),
        institution: Some("みなと診療所".to_owned()),
        ..Destination::default()
    };
    let order = Order {
        document_id: "0123456789abcdef0123456789abcdef",
        asked: asked.clone(),
        destination: &destination,
        encounter_id: None,
        main_diagnosis: None,
        statements: &[],
        author: "sato",
        sender: &Sender { name: "みずき野総合病院".to_owned(), ..Sender::default() },
        remark: None,
        nonce: NONCE,
    };
    prepare(template, hash, record, &order)
}

pub fn finished(prepared: &Prepared, reply: &Reply) -> Document {
    let (Outcome::Drafted(document) | Outcome::Extractive(document)) = prepared.finish(reply, "jp.model");
    *document
}

/// Plain text, review view, issue copy and FHIR.
pub fn rendered(document: &Document, template: &Template) -> [String; 4] {
    let sender = Sender::default();
    let printed = Printed {
        document,
        state: "draft",
        created_at: CREATED,
        entered_by: None,
        finalised_by: None,
        finalised_at: None,
        addressee_line: "みなと診療所 御中",
        calendar: Calendar::Western,
        answers: &[],
    };
    let context = Context {
        state: "draft",
        created_at: CREATED,
        entered_by: Person { name: "佐藤 健", role: "physician" },
        on_behalf_of: None,
        finalised_by: None,
        finalised_at: None,
        sender: &sender,
        template,
    };
    let paper = Paper { template: Some(template), sender: &sender };
    [
        plain_text(&printed),
        review_html(&printed),
        issue_html(&printed, &paper),
        fude::fhir::document(document, &context),
    ]
}
