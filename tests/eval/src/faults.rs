//! The fault matrix: each content fault of the stand-in in each kind of document, and which check must catch it.

use std::collections::BTreeMap;

use fude::draft::{self, Reply, ReplyKind, ReplySentence};
use fude::drafting::Prepared;
use fude::grounding::{Check, Grounded};
use serde::Serialize;

use crate::case::{Case, CaseError};
use crate::rate::Rate;

/// A fault and the checks that it is for: taken out together, it must get through somewhere.
#[derive(Clone, Copy)]
pub struct Fault {
    pub name: &'static str,
    pub checks: &'static [&'static str],
    /// Figures, citations, drugs, sides; the others are matters of language.
    pub exact: bool,
    /// Needs no hold in the record: what it says comes out of nowhere.
    pub anywhere: bool,
}

const fn exact(name: &'static str, checks: &'static [&'static str]) -> Fault {
    Fault { name, checks, exact: true, anywhere: false }
}

const fn anywhere(name: &'static str, checks: &'static [&'static str]) -> Fault {
    Fault { name, checks, exact: true, anywhere: true }
}

const fn language(name: &'static str, checks: &'static [&'static str]) -> Fault {
    Fault { name, checks, exact: false, anywhere: false }
}

/// Every content fault. `section-omitted` is caught by the template's `required`, not by a check of a sentence.
pub const FAULTS: &[Fault] = &[
    exact("hallucinated-number", &["numbers"]),
    exact("wrong-unit", &["numbers"]),
    exact("wrong-date", &["numbers"]),
    exact("unknown-citation", &["citation"]),
    exact("uncited-sentence", &["citation"]),
    exact("wrong-citation", &["support", "numbers", "known-names"]),
    anywhere("invented-drug", &["drugs", "numbers"]),
    exact("lookalike-drug", &["drugs", "known-names"]),
    language("strength-for-dose", &["dose", "numbers"]),
    language("dose-not-updated", &["dose", "numbers"]),
    language("held-drug-continued", &["dose", "plan"]),
    language("negation-flip", &["negation"]),
    exact("side-swap", &["side"]),
    language("suspicion-dropped", &["status"]),
    language("condition-dropped", &["condition-kept"]),
    language("pending-as-negative", &["negation"]),
    language("plan-as-done", &["plan"]),
    language("invented-cause", &["cause"]),
    language("trend-flip", &["trend"]),
    language("family-as-patient", &["whose"]),
    exact("section-omitted", &[]),
    exact("duplicated-sentence", &["duplicate"]),
    anywhere("obeys-injection", &["instruction", "citation", "support", "diseases", "drugs", "placeholder"]),
    anywhere("unknown-placeholder", &["placeholder", "names-back"]),
    exact("lost-placeholder", &["placeholder"]),
    anywhere("other-patient", &["support", "numbers", "diseases", "drugs", "placeholder", "known-names"]),
    anywhere("undisclosed-diagnosis", &["undisclosed", "diseases", "support"]),
];

/// One sentence that a fault made wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planted {
    pub case: String,
    pub section: String,
    pub text: String,
    /// What noticed it: the slug of a drop, else of a flag.
    pub noticed: Option<String>,
}

/// One cell of the matrix.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cell {
    pub caught: Rate,
    pub planted: Vec<Planted>,
}

/// Fault by kind; kinds where a fault cannot occur have no cell.
pub type Matrix = BTreeMap<&'static str, BTreeMap<String, Cell>>;

/// Plants every fault into every case where it can occur.
pub fn matrix(cases: &[Case]) -> Result<Matrix, CaseError> {
    let mut matrix = Matrix::new();
    for case in cases {
        let prepared = case.prepare()?;
        for fault in FAULTS {
            let planted = plant(case, &prepared, fault, &crate::sentences::checks(None));
            if planted.is_empty() {
                continue;
            }
            let cell = matrix.entry(fault.name).or_default().entry(case.kind.clone()).or_default();
            for p in &planted {
                cell.caught.count(p.noticed.is_some());
            }
            cell.planted.extend(planted);
        }
    }
    Ok(matrix)
}

/// What a fault does to the draft of a case, and what these checks say of it; empty where it cannot occur.
pub fn plant(case: &Case, prepared: &Prepared, fault: &Fault, checks: &[Check]) -> Vec<Planted> {
    let prompt = &prepared.prompt;
    let holds = fude_standin_bedrock::applies(fault.name, &prompt.system, &prompt.user, &prompt.schema);
    if !(fault.anywhere || holds.unwrap_or(false)) {
        return Vec::new();
    }
    let faulty = faulty(prepared, fault.name);
    let clean = fude_standin_bedrock::compose(&prompt.system, &prompt.user, &prompt.schema);
    let clean = draft::parse(&clean).expect("the stand-in keeps to the schema");
    let planted = |section: &str, text: &str, noticed: Option<String>| Planted {
        case: case.name.clone(),
        section: section.to_owned(),
        text: text.to_owned(),
        noticed,
    };
    if fault.name == "section-omitted" {
        let outcome = prepared.finish(&faulty, "jp.stand-in");
        let document = crate::sentences::document(outcome);
        let stands = |code: &str| document.sections.iter().any(|s| s.code == code && !s.sentences.is_empty());
        let required = prepared.template.model_sections().filter(|s| s.required);
        return required
            .filter(|s| !faulty.sections.iter().any(|f| f.code == s.code))
            .map(|s| planted(&s.code, "", stands(&s.code).then(|| "required".to_owned())))
            .collect();
    }
    let grounded = prepared.check(&faulty, checks);
    altered(&clean, &faulty)
        .into_iter()
        .map(|(section, sentence)| planted(&section, &sentence.text, noticed(prepared, &grounded, &section, &sentence)))
        .collect()
}

/// The stand-in's reply with a fault in it.
pub fn faulty(prepared: &Prepared, fault: &str) -> Reply {
    let prompt = &prepared.prompt;
    let text = fude_standin_bedrock::compose_with(&prompt.system, &prompt.user, &prompt.schema, Some(fault));
    draft::parse(&text.expect("a fault that the stand-in knows")).expect("the stand-in keeps to the schema")
}

/// Sentences of the faulty reply that the clean one does not have, or not so often.
fn altered(clean: &Reply, faulty: &Reply) -> Vec<(String, ReplySentence)> {
    let mut known: Vec<(&str, &ReplySentence)> = sentences(clean).collect();
    sentences(faulty)
        .filter(|(code, s)| match known.iter().position(|(c, k)| c == code && k == s) {
            Some(at) => {
                known.swap_remove(at);
                false
            }
            None => true,
        })
        .map(|(code, s)| (code.to_owned(), s.clone()))
        .collect()
}

fn sentences(reply: &Reply) -> impl Iterator<Item = (&str, &ReplySentence)> {
    let all = reply.sections.iter().flat_map(|s| s.sentences.iter().map(|t| (s.code.as_str(), t)));
    all.filter(|(_, s)| s.kind == ReplyKind::Fact)
}

fn noticed(prepared: &Prepared, grounded: &Grounded, section: &str, sentence: &ReplySentence) -> Option<String> {
    let refused = grounded.refused.iter().find(|r| r.section == section && r.sentence == *sentence);
    if let Some(refused) = refused {
        return Some(refused.reason.to_owned());
    }
    let passed = grounded.sections.iter().filter(|(code, _)| code == section).flat_map(|(_, list)| list);
    let same = |text: &str| prepared.masked(text) == sentence.text || text == sentence.text;
    let mut flagged = passed.filter(|p| p.facts == sentence.facts && same(&p.text)).flat_map(|p| &p.flags);
    flagged.next().map(|(slug, _)| (*slug).to_owned())
}
