//! Every staged patient drafted as every kind, with a reply that a careful model might give: the sentences of the
//! record, cited. Shared with the example that writes the bundles to a folder.

use std::sync::LazyLock;

use fude::compose::Sender;
use fude::document::{Destination, Document};
use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::drafting::{Order, Outcome, Prepared, prepare, suits};
use fude::facts::{Kind, Statement};
use fude::fhir::{Context, Person, document};
use fude::record::Asked;
use fude::template::Template;
use fude_records::PatientRecord;
use serde_json::value::RawValue;

#[allow(dead_code)] // the example looks at less than the tests
pub struct Draft {
    pub patient: PatientRecord,
    pub kind: &'static str,
    pub template: Template,
    pub sender: Sender,
    pub prepared: Prepared,
    pub document: Document,
}

pub const PURPOSE: &str = "退院後の診療の継続をお願いいたします。";

/// All of them, drafted once.
pub fn all() -> &'static [Draft] {
    static ALL: LazyLock<Vec<Draft>> = LazyLock::new(everybody);
    &ALL
}

fn everybody() -> Vec<Draft> {
    let mut out = Vec::new();
    for hospital in ["hospital-a", "hospital-b"] {
        let sender = sender(hospital);
        for patient in fude_records::patients(hospital) {
            out.extend(Template::kinds().map(|kind| draft(&patient, kind, &sender)));
        }
    }
    out
}

pub fn sender(hospital: &str) -> Sender {
    let institution = fude_records::institution(hospital).expect("a hospital");
    Sender {
        name: institution.name,
        institution_number: institution.number,
        address: institution.address,
        telephone: institution.phone,
    }
}

pub fn draft(patient: &PatientRecord, kind: &'static str, sender: &Sender) -> Draft {
    let (template, hash) = Template::find(kind).expect("a kind");
    let addressee = template.addressee.types.first().cloned().unwrap_or_default();
    let destination = Destination {
        kind: addressee,
        institution: Some("みなと診療所".to_owned()),
        department: Some("内科".to_owned()),
        recipient: Some("鈴木 一郎".to_owned()),
    };
    let purpose = template.section("950").map(|_| Statement { section: "950".to_owned(), text: PURPOSE.to_owned() });
    let statements: Vec<Statement> = purpose.into_iter().collect();
    let record = RawValue::from_string(String::from_utf8(patient.bundle()).expect("UTF-8")).expect("JSON");
    let order = Order {
        document_id: "0123456789abcdef0123456789abcdef",
        asked: Asked { patient_id: patient.number, ..Asked::default() },
        destination: &destination,
        encounter_id: None,
        main_diagnosis: None,
        statements: &statements,
        author: "sato",
        sender,
        remark: None,
        nonce: "8f3a91c2d4e5f607",
    };
    let prepared = prepare(template.clone(), hash, &record, &order).expect("a good record");
    let document = match prepared.finish(&reply(&prepared), "jp.model") {
        Outcome::Drafted(d) | Outcome::Extractive(d) => *d,
    };
    Draft { patient: patient.clone(), kind, template, sender: sender.clone(), prepared, document }
}

/// The first sentences of notes that suit each section, word for word.
fn reply(prepared: &Prepared) -> Reply {
    let sections = prepared.template.model_sections().map(|section| {
        let notes = prepared.facts.offered().filter(|f| f.kind == Kind::Note && suits(&section.material, f));
        let sentences = notes.take(6).map(|f| ReplySentence {
            text: f.fields[1].clone(),
            facts: vec![f.id.clone()],
            kind: ReplyKind::Fact,
        });
        ReplySection { code: section.code.clone(), sentences: sentences.collect() }
    });
    Reply { sections: sections.collect(), questions: Vec::new() }
}

impl Draft {
    pub fn fhir(&self, state: &str) -> String {
        let finalised = state == "final";
        document(
            &self.document,
            &Context {
                state,
                created_at: "2026-07-13T08:05:59.120Z",
                entered_by: Person { name: "山本 直子", role: "clerk" },
                on_behalf_of: Some("佐藤 健"),
                finalised_by: finalised.then_some(Person { name: "佐藤 健", role: "physician" }),
                finalised_at: finalised.then_some("2026-07-14T01:00:00.000Z"),
                sender: &self.sender,
                template: &self.template,
            },
        )
    }
}
