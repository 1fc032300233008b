//! Sections that code writes from the record, because they must not be wrong: stay, diagnoses, allergies,
//! medication, results. A renderer turns facts into lines; which section uses it is the template's choice.

mod addressee;
mod care;
mod diagnoses;
mod head;
mod medication;
mod reply;
mod results;
mod stay;
mod words;

pub use addressee::addressee_line;
pub(crate) use addressee::bare;
pub use head::people;
pub(crate) use reply::letter_writer;

use crate::document::Empty;
use crate::facts::{Fact, Facts, Kind};
use crate::template::Template;

/// One line of a section: text with evidence, or a kind of empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub evidence: Vec<String>,
    pub empty: Option<Empty>,
}

impl Line {
    pub fn fact(text: impl Into<String>, evidence: &[&Fact]) -> Self {
        Self { text: text.into(), evidence: evidence.iter().map(|f| f.id.clone()).collect(), empty: None }
    }

    pub fn empty(empty: Empty) -> Self {
        Self::missing(empty.text(), empty)
    }

    pub fn missing(text: impl Into<String>, empty: Empty) -> Self {
        Self { text: text.into(), evidence: Vec::new(), empty: Some(empty) }
    }
}

/// What renderers may look at.
pub struct Context<'c> {
    pub facts: &'c Facts,
    /// Names of the renderers of this kind, so that two sections do not tell the same.
    pub renderers: Vec<&'c str>,
    /// The patient or the family reads it.
    pub lay: bool,
}

impl<'c> Context<'c> {
    pub fn new(facts: &'c Facts, template: &'c Template) -> Self {
        let renderers = template.sections.iter().map(|s| s.render.as_str()).filter(|r| !r.is_empty()).collect();
        let lay = template.addressee.types.iter().any(|t| t == "patient");
        Self { facts, renderers, lay }
    }

    /// Nothing but the facts: each renderer tells all it knows.
    #[cfg(test)]
    pub(crate) fn of(facts: &'c Facts) -> Self {
        Self { facts, renderers: Vec::new(), lay: false }
    }

    fn also(&self, renderer: &str) -> bool {
        self.renderers.contains(&renderer)
    }
}

impl Sender {
    /// Name, address and telephone, as a letter prints them.
    pub fn lines(&self) -> [&str; 3] {
        [&self.name, &self.address, &self.telephone]
    }
}

/// The hospital as it registered itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sender {
    pub name: String,
    pub institution_number: String,
    pub address: String,
    pub telephone: String,
}

type Renderer = fn(&Context) -> Vec<Line>;

/// Names that a template may use.
const TABLE: &[(&str, Renderer)] = &[
    ("admission", stay::admission),
    ("discharge", stay::discharge),
    ("visit", stay::visit),
    ("ward", stay::ward),
    ("sender", head::sender),
    ("addressee", head::addressee),
    ("patient-head", head::patient),
    ("key-person", head::key_person),
    ("admission-diagnoses", diagnoses::admission),
    ("discharge-diagnoses", diagnoses::discharge),
    ("diagnoses", diagnoses::names),
    ("diagnoses-and-complaint", diagnoses::with_complaint),
    ("diagnoses-with-certainty", diagnoses::with_certainty),
    ("past-history", diagnoses::past),
    ("allergies", care::allergies),
    ("infections", care::infections),
    ("admission-medication", medication::admission),
    ("discharge-medication", medication::discharge),
    ("current-medication", medication::current),
    ("medication-changes", medication::changes),
    ("results", results::results),
    ("pending-results", results::pending),
    ("vital-signs", results::vital_signs),
    ("procedures", care::procedures),
    ("operations", care::operations),
    ("transfusions", care::transfusions),
    ("treatments", care::treatments),
    ("inpatient-treatment", |c| [care::procedures(c), medication::inpatient(c)].concat()),
    ("devices", care::devices),
    ("immunizations", |c| care::all_of(c, Kind::Immunization)),
    ("advance-directives", care::directives),
    ("appointments", |c| care::all_of(c, Kind::Appointment)),
    ("diet", |c| care::all_of(c, Kind::Diet)),
    ("care-plans", |c| care::all_of(c, Kind::CarePlan)),
    ("daily-living", care::daily_living),
    ("letter-answered", reply::letter_answered),
];

/// Whether a template may name it.
pub fn is_renderer(name: &str) -> bool {
    TABLE.iter().any(|(n, _)| *n == name)
}

/// The lines of a renderer; none where it has nothing to say and the section may be left out.
pub fn render(name: &str, context: &Context) -> Vec<Line> {
    TABLE.iter().find(|(n, _)| *n == name).map(|(_, f)| f(context)).unwrap_or_default()
}

/// How code says a fact that the model left out: free text verbatim, other facts as a labelled or dated line.
pub fn line(fact: &Fact) -> Line {
    Line::fact(words::said(fact), &[fact])
}

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn every_renderer_is_named_once() {
        let names: std::collections::BTreeSet<&str> = TABLE.iter().map(|(n, _)| *n).collect();
        assert_eq!(names.len(), TABLE.len());
    }
}
