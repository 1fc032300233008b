//! From a record to a delivered document, without the call in between: prepare, then finish with the
//! model's reply, or extractively. Pure; the caller holds clock, randomness and network.

mod assemble;
mod extract;
#[cfg(test)]
mod kinds_tests;
mod mention;
mod questions;
#[cfg(test)]
mod tests;
mod told;
mod withhold;

pub use extract::suits;
pub(crate) use extract::title;

use serde_json::value::RawValue;

use crate::compose::{self, Sender};
use crate::document::{Destination, Document, Generation, Mode, Patient};
use crate::draft::Reply;
use crate::facts::{self, Facts, Statement};
use crate::fhir::Shelf;
use crate::grounding::{self, Check, Grounded};
use crate::integrity::Digest;
use crate::names::Names;
use crate::prompt::Prompt;
use crate::record::{self, Asked, PersonKind, RecordError, Warning};
use crate::template::{Addressee, Template};

/// What is to be drafted, checked by the caller.
pub struct Order<'o> {
    pub document_id: &'o str,
    pub asked: Asked<'o>,
    pub destination: &'o Destination,
    pub encounter_id: Option<&'o str>,
    pub main_diagnosis: Option<&'o str>,
    pub statements: &'o [Statement],
    pub author: &'o str,
    pub sender: &'o Sender,
    pub remark: Option<&'o str>,
    /// At least eight characters of `[0-9a-f]`, new for each request.
    pub nonce: &'o str,
}

/// Everything that is known before the model is asked.
pub struct Prepared {
    pub template: Template,
    pub template_hash: Digest,
    pub record_hash: Digest,
    pub prompt: Prompt,
    pub facts: Facts,
    /// The patient does not want machine drafting (Consent): no model call.
    pub refuses_model: bool,
    names: Names,
    shelf: Shelf,
    patient: Patient,
    warnings: Vec<Warning>,
    destination: Destination,
    document_id: String,
}

/// Reads the record and builds facts and prompt; refuses what may not be drafted.
pub fn prepare(
    template: Template,
    template_hash: Digest,
    record: &RawValue,
    order: &Order,
) -> Result<Prepared, RecordError> {
    let clinical = record::read(record, &order.asked)?;
    let name = kanji_or_kana(&clinical, false);
    let mut facts = facts::build(
        &clinical,
        &template,
        &facts::Request {
            encounter_id: order.encounter_id,
            main_diagnosis: order.main_diagnosis,
            addressee: &order.destination.kind,
            statements: order.statements,
            author: order.author,
            sender: &order.sender.lines(),
            addressee_line: &compose::addressee_line(&template.addressee, order.destination, &name),
        },
    );
    // What was held back leaves gaps among the numbers.
    let taken = facts.list.iter().filter_map(|f| f.id.strip_prefix('F')?.parse().ok()).max().unwrap_or(0);
    facts.add(compose::people(&clinical, taken));
    withhold::keep_from_model(&mut facts, &template);
    // With its honorific a name would stand in the middle of others: 西村様CM.
    let recipient = order.destination.recipient.as_deref().map(compose::bare);
    let further: Vec<(PersonKind, String)> = [
        (PersonKind::Organization, order.destination.institution.as_deref()),
        (PersonKind::Professional, recipient.as_deref()),
        (PersonKind::Organization, Some(order.sender.name.as_str()).filter(|n| !n.is_empty())),
    ]
    .into_iter()
    .filter_map(|(k, n)| n.map(|n| (k, n.trim().to_owned())))
    .filter(|(_, n)| n.chars().count() >= 2)
    .collect();
    let told = facts.offered().flat_map(|f| f.fields.iter().map(String::as_str)).chain(order.remark);
    let names = Names::new(&clinical.people, clinical.patient.birth_date.as_deref(), &further, told);
    let addressee = destination_in_japanese(&order.destination.kind);
    let prompt = Prompt::new(&template, &facts, &names, addressee, order.remark, order.nonce);
    Ok(Prepared {
        patient: patient(&clinical, order.asked.patient_id),
        // A kind that leaves nothing to the model asks none.
        refuses_model: refuses_model(&facts) || template.model_sections().next().is_none(),
        warnings: clinical.warnings(),
        shelf: Shelf::of(clinical, &facts),
        record_hash: Digest::of(record.get().as_bytes()),
        destination: order.destination.clone(),
        document_id: order.document_id.to_owned(),
        template,
        template_hash,
        prompt,
        facts,
        names,
    })
}

fn kanji_or_kana(record: &record::ClinicalRecord, kana: bool) -> String {
    let names = &record.patient.name;
    names.iter().find(|n| n.is_kana() == kana).map(record::types::HumanName::full).unwrap_or_default()
}

fn patient(record: &record::ClinicalRecord, id: &str) -> Patient {
    let p = &record.patient;
    Patient {
        id: id.to_owned(),
        name: kanji_or_kana(record, false),
        kana: kanji_or_kana(record, true),
        birth_date: p.birth_date.as_deref().unwrap_or_default().to_owned(),
        gender: p.gender.as_deref().unwrap_or_default().to_owned(),
    }
}

/// A Consent that denies drafting by machine, in so many words.
fn refuses_model(facts: &Facts) -> bool {
    facts.of(facts::Kind::Consent).any(|f| {
        let text = f.fields.join(" ");
        let machine = ["AI", "人工知能", "自動作成", "機械"].iter().any(|w| text.contains(w));
        machine && ["拒否", "希望しない", "同意しない", "不同意", "deny"].iter().any(|w| text.contains(w))
    })
}

/// What became of a reply.
pub enum Outcome {
    Drafted(Box<Document>),
    /// More than 30 % of the sentences failed: facts only, marked.
    Extractive(Box<Document>),
}

impl Prepared {
    /// Checks the reply and assembles the document.
    pub fn finish(&self, reply: &Reply, model_id: &str) -> Outcome {
        self.finish_with(&self.check(reply, grounding::CHECKS), model_id)
    }

    /// A text as the model would have written it: names out.
    pub fn masked(&self, text: &str) -> String {
        self.names.take_out(text)
    }

    /// Every sentence against the facts that it cites. Whoever asks what a check is good for takes it out.
    pub fn check(&self, reply: &Reply, checks: &[Check]) -> Grounded {
        grounding::check(reply, &self.template, &self.facts, &self.names, checks)
    }

    /// The document of what was checked, and perhaps mended.
    pub fn finish_with(&self, grounded: &Grounded, model_id: &str) -> Outcome {
        if grounded.too_much_dropped() {
            return Outcome::Extractive(Box::new(self.document(Some(grounded), Mode::Extractive, Some(model_id))));
        }
        Outcome::Drafted(Box::new(self.document(Some(grounded), Mode::Model, Some(model_id))))
    }

    /// Facts only: without a model, or when none answers.
    pub fn extractive(&self, model_id: Option<&str>) -> Document {
        self.document(None, Mode::Extractive, model_id)
    }

    fn document(&self, grounded: Option<&Grounded>, mode: Mode, model_id: Option<&str>) -> Document {
        let generation = Generation {
            mode,
            model_id: model_id.map(str::to_owned),
            template: self.template.reference(),
            prompt_sha256: model_id.map(|_| self.prompt.hash().to_string()),
            record_sha256: self.record_hash.to_string(),
        };
        assemble::document(self, grounded, generation)
    }
}

pub fn destination_in_japanese(kind: &str) -> &'static str {
    match kind {
        "medical-institution" => "医療機関",
        "pharmacy" => "薬局",
        "visiting-nurse-station" => "訪問看護ステーション",
        "care-manager" => "介護支援専門員",
        "municipality" => "市町村",
        "claims-review" => "審査支払機関",
        "employer-or-school" => "勤務先・学校",
        "insurer" => "保険会社",
        "patient" => "患者本人",
        "family" => "家族",
        _ => "その他",
    }
}

/// How an addressee is called where the kind of document says nothing else.
pub fn addressee_line(destination: &Destination) -> String {
    compose::addressee_line(&Addressee::default(), destination, "")
}

/// How the addressee of a document is called, as its kind says; a kind that is no longer there, as is usual.
pub fn addressee_of(document: &Document) -> String {
    let addressee = Template::find(&document.document_type).map(|(t, _)| t.addressee).unwrap_or_default();
    compose::addressee_line(&addressee, &document.destination, &document.patient.name)
}
