//! Documents for tests of the life of a document.

use crate::document::{
    Coverage, Destination, Document, Generation, Mode, Patient, SCHEMA, Section, SectionOrigin, Sentence, SentenceKind,
};

pub fn document(sections: Vec<Section>) -> Document {
    Document {
        schema: SCHEMA.to_owned(),
        document_id: "0".repeat(32),
        revision: 1,
        document_type: "discharge-summary".to_owned(),
        title: "退院時サマリー".to_owned(),
        patient: Patient::default(),
        destination: Destination::default(),
        sections,
        evidence: std::collections::BTreeMap::default(),
        resources: std::collections::BTreeMap::default(),
        flags: vec![],
        dropped: vec![],
        questions: vec![],
        warnings: vec![],
        coverage: Coverage::default(),
        generation: Generation {
            mode: Mode::Model,
            model_id: None,
            template: "discharge-summary@1".to_owned(),
            prompt_sha256: None,
            record_sha256: String::new(),
        },
    }
}

pub fn section(code: &str, sentences: Vec<Sentence>) -> Section {
    Section { code: code.to_owned(), title: code.to_owned(), origin: SectionOrigin::Model, sentences }
}

pub fn fact(id: &str, text: &str) -> Sentence {
    Sentence {
        id: id.to_owned(),
        text: text.to_owned(),
        kind: SentenceKind::Fact,
        evidence: vec!["F01".to_owned()],
        empty: None,
    }
}

pub fn entered(id: &str, text: &str) -> Sentence {
    Sentence { kind: SentenceKind::Entered, evidence: vec![], ..fact(id, text) }
}
