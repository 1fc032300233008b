//! The reply's shape: sections of sentences, each citing facts.

use serde::{Deserialize, Serialize};

/// The text of a section for which nothing was given.
const NOTHING: &str = "記載なし";

/// What the model answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub(crate) sections: Vec<Section>,
    pub(crate) questions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) code: String,
    pub(crate) sentences: Vec<Sentence>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) facts: Vec<String>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Fact,
    Missing,
}

impl Section {
    /// A section that says that nothing was given.
    pub(crate) fn missing(code: &str) -> Self {
        let sentence = Sentence { text: NOTHING.to_owned(), facts: Vec::new(), kind: Kind::Missing };
        Self { code: code.to_owned(), sentences: vec![sentence] }
    }
}

impl Sentence {
    /// A sentence that rests on facts.
    pub(crate) fn fact(text: String, facts: Vec<String>) -> Self {
        Self { text, facts, kind: Kind::Fact }
    }
}

impl Draft {
    /// The sentences that claim something, in order.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &Sentence> {
        let sentences = self.sections.iter().flat_map(|section| &section.sentences);
        sentences.filter(|sentence| sentence.kind == Kind::Fact)
    }

    /// The same, to alter.
    pub(crate) fn claims_mut(&mut self) -> impl Iterator<Item = &mut Sentence> {
        let sections = self.sections.iter_mut();
        let sentences = sections.flat_map(|section| &mut section.sentences);
        sentences.filter(|sentence| sentence.kind == Kind::Fact)
    }
}
