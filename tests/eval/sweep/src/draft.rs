//! One record through every kind of document and every rendering, with a reply that cites facts and one draft without
//! a model.

use std::ops::AddAssign;

use fude::compose::Sender;
use fude::document::{Destination, Document};
use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::drafting::{Order, Outcome, prepare};
use fude::fhir::{self, Context, Person};
use fude::record::{Asked, RecordError};
use fude::render::{Calendar, Paper, Printed, issue_html, plain_text, review_html};
use fude::template::Template;
use serde_json::value::RawValue;

const CREATED: &str = "2026-07-14T08:42:10.000Z";

/// Sums over drafts.
#[derive(Default)]
pub struct Swept {
    pub drafts: usize,
    pub facts: usize,
    pub offered: usize,
    pub sentences: usize,
    pub dropped: usize,
    pub warnings: usize,
    pub prompt: usize,
    pub text: usize,
    pub html: usize,
    pub fhir: usize,
}

impl AddAssign for Swept {
    fn add_assign(&mut self, other: Self) {
        self.drafts += other.drafts;
        self.facts += other.facts;
        self.offered += other.offered;
        self.sentences += other.sentences;
        self.dropped += other.dropped;
        self.warnings += other.warnings;
        self.prompt += other.prompt;
        self.text += other.text;
        self.html += other.html;
        self.fhir += other.fhir;
    }
}

/// All kinds there are now, or the one that a counter chooses.
pub fn through(record: &str, patient: &str, turn: Option<usize>) -> Result<Swept, RecordError> {
    let record: &RawValue = serde_json::from_str(record).map_err(|_| RecordError::NotABundle)?;
    let mut swept = Swept::default();
    let kinds: Vec<&str> = Template::kinds().collect();
    let chosen = turn.map_or(&kinds[..], |turn| std::slice::from_ref(&kinds[turn % kinds.len()]));
    for kind in chosen {
        let Some((template, hash)) = Template::find(kind) else { continue };
        let destination = Destination {
            kind: template.addressee.types.first().cloned().unwrap_or_default(),
            institution: Some("みなと診療所".to_owned()),
            ..Destination::default()
        };
        let order = Order {
            document_id: "0123456789abcdef0123456789abcdef",
            asked: Asked { patient_id: patient, ..Asked::default() },
            destination: &destination,
            encounter_id: None,
            main_diagnosis: None,
            statements: &[],
            author: "sato",
            sender: &Sender::default(),
            remark: None,
            nonce: "8f3a91c2d4e5f607",
        };
        let prepared = prepare(template, hash, record, &order)?;
        let code = prepared.template.model_sections().next().map(|s| s.code.clone()).unwrap_or_default();
        let cited = prepared.facts.offered().take(30).map(|f| ReplySentence {
            text: f.text(),
            facts: vec![f.id.clone()],
            kind: ReplyKind::Fact,
        });
        let reply = Reply { sections: vec![ReplySection { code, sentences: cited.collect() }], questions: Vec::new() };
        let (Outcome::Drafted(drafted) | Outcome::Extractive(drafted)) = prepared.finish(&reply, "jp.model");
        let extractive = prepared.extractive(None);
        swept.drafts += 1;
        swept.facts += prepared.facts.list.len();
        swept.offered += prepared.facts.offered().count();
        swept.warnings += extractive.warnings.len();
        swept.dropped += drafted.dropped.len();
        swept.prompt += prepared.prompt.user.len();
        for document in [&*drafted, &extractive] {
            let printed = printed(document);
            let sender = Sender::default();
            let paper = Paper { template: Some(&prepared.template), sender: &sender };
            swept.sentences += document.sentences().count();
            swept.text += plain_text(&printed).len();
            swept.html += review_html(&printed).len() + issue_html(&printed, &paper).len();
            swept.fhir += in_fhir(document, &prepared.template, &sender).len();
        }
    }
    Ok(swept)
}

fn printed(document: &Document) -> Printed<'_> {
    Printed {
        document,
        state: "draft",
        created_at: CREATED,
        entered_by: None,
        finalised_by: None,
        finalised_at: None,
        addressee_line: "みなと診療所 御中",
        calendar: Calendar::Western,
        answers: &[],
    }
}

fn in_fhir(document: &Document, template: &Template, sender: &Sender) -> String {
    let entered_by = Person { name: "佐藤 健", role: "physician" };
    let context = Context {
        state: "draft",
        created_at: CREATED,
        entered_by,
        on_behalf_of: None,
        finalised_by: None,
        finalised_at: None,
        sender,
        template,
    };
    fhir::document(document, &context)
}
