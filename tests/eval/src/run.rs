//! One case from record to judged document.

use fude::document::Document;
use fude::text::nfkc;
use serde::Serialize;
use serde_json::Value;

use crate::case::{self, Case, CaseError};
use crate::delivered;
use crate::model::{Model, ModelError};
use crate::rate::Rate;

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error("{case}: {error}")]
    Model { case: String, error: ModelError },
}

/// What was seen of one case.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    pub case: String,
    pub title: String,
    pub mode: fude::document::Mode,
    pub evidence: Rate,
    /// Sentences with a figure that their evidence does not hold.
    pub unsupported: Vec<String>,
    pub required: Rate,
    pub missing: Vec<String>,
    pub forbidden: Vec<String>,
    pub flags: usize,
    pub claims: usize,
    pub dropped: usize,
    /// Identifiers of a person that stand in the prompt, by what they are, never the words themselves.
    pub identifiers: Vec<String>,
    /// The delivered text does not carry the patient's name.
    pub nameless: bool,
    #[serde(skip)]
    pub document: Document,
    #[serde(skip)]
    pub text: String,
    /// The record as JSON, for the page.
    #[serde(skip)]
    pub record: Value,
}

impl Judgement {
    pub fn good(&self) -> bool {
        self.evidence.hits == self.evidence.of
            && self.unsupported.is_empty()
            && self.missing.is_empty()
            && self.forbidden.is_empty()
            && self.identifiers.is_empty()
            && !self.nameless
    }
}

pub fn run(case: &Case, model: &Model) -> Result<Judgement, RunError> {
    let prepared = case.prepare()?;
    let of_case = |error| RunError::Model { case: case.name.clone(), error };
    let reply = model.reply(&prepared.prompt).map_err(of_case)?;
    let document = crate::sentences::document(prepared.finish(&reply, &model.id()));
    let patient = case.patient.patient()?;
    let record: Value = serde_json::from_slice(&patient.bundle()).expect("a bundle is JSON");
    let text = delivered::text(&document);
    let folded = fold(&text);
    // Words with a space in them are layout, and looked for as they stand.
    let stands = |t: &String| {
        if t.contains(char::is_whitespace) { text.contains(t.as_str()) } else { folded.contains(&fold(t)) }
    };
    let says = |e: &case::Expected| e.text.any().iter().any(stands);
    let shown = |e: &case::Expected| format!("{}（{}）", e.text.any().join("｜"), e.why);
    let mut missing: Vec<String> = case.required.iter().filter(|e| !says(e)).map(shown).collect();
    let held = &document.coverage.held_back;
    missing.extend(
        case.held_back.iter().filter(|h| !held.contains(h)).map(|h| format!("heldBack {} {}", h.reason, h.count)),
    );
    let asked = |words: &String| document.questions.iter().any(|q| fold(&q.text).contains(&fold(words)));
    missing.extend(case.questions.iter().filter(|q| !asked(q)).map(|q| format!("question 「{q}」")));
    let expected = case.required.len() + case.held_back.len() + case.questions.len();
    // Held-back and forbidden words must not stand in any part of the answer, evidence and dropped sentences included.
    let whole = fold(&serde_json::to_string(&document).expect("a document is plain data"));
    let prompt = nfkc(&format!("{}\n{}", prepared.prompt.system, prepared.prompt.user));
    Ok(Judgement {
        case: case.name.clone(),
        title: case.title.clone(),
        mode: document.generation.mode,
        evidence: delivered::valid_evidence(&document, &record),
        unsupported: delivered::unsupported_figures(&document).into_iter().map(|s| s.text.clone()).collect(),
        required: Rate::new(expected - missing.len(), expected),
        missing,
        forbidden: case
            .forbidden
            .iter()
            .filter(|e| e.text.any().iter().any(|t| stands(t) || (e.everywhere && whole.contains(&fold(t)))))
            .map(shown)
            .collect(),
        flags: document.flags.len(),
        claims: reply.sections.iter().map(|s| s.sentences.len()).sum(),
        dropped: document.dropped.len(),
        identifiers: identifiers(&patient, &prompt),
        nameless: !text.contains(&document.patient.name),
        document,
        text,
        record,
    })
}

/// Names, numbers, addresses and birth dates of the record that the prompt shows, told apart by their place in the list.
fn identifiers(patient: &fude_records::PatientRecord, prompt: &str) -> Vec<String> {
    let number = patient.number.to_owned();
    let all = patient.names.iter().chain([&patient.birth_date, &number]);
    all.enumerate().filter(|(_, n)| prompt.contains(&nfkc(n))).map(|(i, _)| format!("identifier {}", i + 1)).collect()
}

fn fold(text: &str) -> String {
    nfkc(text).split_whitespace().collect()
}
