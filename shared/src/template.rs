//! Document kinds as data: one TOML file a kind under `templates/`. A new kind is a new file.
//! Holds reading and checking of the files; what the sections contain is `compose`'s business.

use serde::Deserialize;

use crate::integrity::Digest;

// `SOURCES`: every file under templates/, gathered when the crate is built.
include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Where the text of a section comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// Rendered by code from the record; `render` names how.
    Code,
    /// Written by the model from facts.
    Model,
    /// Stated by the author in the request.
    Author,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// JP-CLINS section code.
    pub code: String,
    pub title: String,
    #[serde(default)]
    pub required: bool,
    pub from: From,
    /// Name of the code renderer, for `from = "code"`.
    #[serde(default)]
    pub render: String,
    /// Facts that suit a model section: `note(経過,医師) result`. Shown in the prompt.
    #[serde(default)]
    pub material: String,
    #[serde(default)]
    pub guidance: String,
    /// 該当なし after a death: drugs to take home, follow-up.
    #[serde(default)]
    pub not_after_death: bool,
    /// Characters that the form's box holds; 0 is unbounded.
    #[serde(default)]
    pub length: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub name: String,
    #[serde(default)]
    pub edition: String,
    #[serde(default)]
    pub effective_from: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub min_years: u32,
    pub basis: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// Types of `destination` that this kind may go to.
    pub types: Vec<String>,
    /// How the addressee stands in the letter; `{institution}`, `{department}`, `{recipient}`.
    pub line: String,
}

/// Connective sentences that code writes: greeting and closing of a letter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connectives {
    pub opening: String,
    pub closing: String,
}

/// How the kind stands as a FHIR document. Without it: a generic document with section codes of our own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fhir {
    /// Profiles that a final document claims; a draft claims none.
    pub composition_profile: String,
    pub bundle_profile: String,
    /// Code systems of document type, category and sections.
    pub type_system: String,
    pub category_system: String,
    pub section_system: String,
    pub bundle_identifier_system: String,
    /// Category code and words of a document about a stay, and of one about a visit.
    pub stay: Option<[String; 2]>,
    pub visit: Option<[String; 2]>,
    /// Code of the section that holds all others but `outside`; empty: they stand side by side.
    pub frame: String,
    pub outside: Vec<String>,
    /// What `event.code` says; then `event.period` is the day of issue, else the stay.
    pub issued: String,
    /// Between institution number, year and number of the document's identifier.
    pub separator: String,
}

/// Which part of the record the document is about.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scope {
    /// The stay or visit.
    Encounter,
    /// So many days before the end of the stay or visit, and that itself.
    Days(u32),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub id: String,
    pub version: u32,
    pub title: String,
    pub title_en: String,
    /// LOINC code of the document.
    pub code: String,
    /// Roles that may finalise; a role named here may also draft.
    pub finalisers: Vec<String>,
    /// Whether a clerk (医師事務作業補助者) may draft this kind.
    pub clerk: bool,
    #[serde(default)]
    pub signature: bool,
    pub retention: Retention,
    pub form: Form,
    pub calendar: String,
    pub register: String,
    pub scope: Scope,
    pub addressee: Addressee,
    #[serde(default)]
    pub connectives: Connectives,
    #[serde(default)]
    pub fhir: Fhir,
    #[serde(default)]
    pub abbreviations: String,
    #[serde(default)]
    pub guidance: String,
    #[serde(default)]
    pub must_mention: Vec<String>,
    #[serde(default)]
    pub must_not_mention: Vec<String>,
    pub sections: Vec<Section>,
}

impl Template {
    /// The template of a kind; `None` for a kind that there is none of.
    pub fn find(kind: &str) -> Option<(Self, Digest)> {
        let (_, source) = SOURCES.iter().find(|(id, _)| *id == kind)?;
        let template = toml::from_str(source).expect("a test reads every template");
        Some((template, Digest::of(source.as_bytes())))
    }

    pub fn kinds() -> impl Iterator<Item = &'static str> {
        SOURCES.iter().map(|(id, _)| *id)
    }

    pub fn section(&self, code: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.code == code)
    }

    pub fn model_sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|s| s.from == From::Model)
    }

    /// `discharge-summary@1`
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Physicians draft every kind, nurses what they finalise, clerks what the kind allows.
    pub fn may_draft(&self, role: &str) -> bool {
        match role {
            "physician" => true,
            "clerk" => self.clerk,
            _ => self.finalisers.iter().any(|f| f == role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{From, Template};

    #[test]
    fn every_template_is_readable_and_complete() {
        for kind in Template::kinds() {
            let (t, _) = Template::find(kind).expect("listed");
            assert_eq!(t.id, kind);
            assert!(!t.sections.is_empty() && !t.finalisers.is_empty());
            for s in &t.sections {
                let known = crate::compose::RENDERERS.contains(&s.render.as_str());
                assert_eq!(s.from == From::Code, known, "{kind} {} renders by {:?}", s.code, s.render);
                assert_eq!(s.from == From::Model, !s.material.is_empty(), "{kind} {}", s.code);
            }
            for rule in &t.must_mention {
                assert!(crate::grounding::MUST_MENTION.contains(&rule.as_str()), "{kind} {rule}");
            }
        }
    }

    #[test]
    fn clerks_never_touch_nursing_documents() {
        let (t, _) = Template::find("nursing-summary").expect("kind");
        assert!(!t.may_draft("clerk") && t.may_draft("nurse") && !t.may_draft("auditor"));
        let (t, _) = Template::find("discharge-summary").expect("kind");
        assert!(t.may_draft("clerk") && !t.may_draft("nurse"));
    }
}
