//! Sections that code writes from the record, because they must not be wrong: stay, diagnoses, allergies,
//! medication, results. A renderer turns facts into lines; which section uses it is the template's choice.

mod diagnoses;
mod medication;
mod results;
mod stay;

use crate::document::Empty;
use crate::facts::{Detail, Fact, Facts, Kind};
use crate::grounding::is_operation;

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

const TABLE: &[(&str, Renderer)] = &[
    ("admission", stay::admission),
    ("discharge", stay::discharge),
    ("sender", stay::sender),
    ("addressee", stay::addressee),
    ("admission-diagnoses", diagnoses::admission),
    ("discharge-diagnoses", diagnoses::discharge),
    ("diagnoses", diagnoses::current),
    ("past-history", diagnoses::past),
    ("allergies", allergies),
    ("admission-medication", medication::admission),
    ("discharge-medication", medication::discharge),
    ("current-medication", medication::current),
    ("results", results::results),
    ("vital-signs", results::vital_signs),
    ("procedures", procedures),
    ("operations", operations),
    ("inpatient-treatment", |c| [procedures(c), medication::inpatient(c)].concat()),
    ("devices", |c| plain(c, Kind::Device)),
    ("immunizations", |c| plain(c, Kind::Immunization)),
    ("advance-directives", |c| plain(c, Kind::Consent)),
];

/// Names that a template may use.
pub const RENDERERS: &[&str] = &[
    "admission",
    "discharge",
    "sender",
    "addressee",
    "admission-diagnoses",
    "discharge-diagnoses",
    "diagnoses",
    "past-history",
    "allergies",
    "admission-medication",
    "discharge-medication",
    "current-medication",
    "results",
    "vital-signs",
    "procedures",
    "operations",
    "inpatient-treatment",
    "devices",
    "immunizations",
    "advance-directives",
];

/// The lines of a renderer; none where it has nothing to say and the section may be left out.
pub fn render(name: &str, context: &Context) -> Vec<Line> {
    TABLE.iter().find(|(n, _)| *n == name).map(|(_, f)| f(context)).unwrap_or_default()
}

/// All allergies. No resource never means なし: なし only from an explicit negative.
fn allergies(c: &Context) -> Vec<Line> {
    let mut lines = Vec::new();
    for fact in c.facts.of(Kind::Allergy) {
        let none = matches!(fact.detail, Detail::Allergy { none: true });
        let text =
            if none { format!("アレルギー：なし（{}）", fact.fields.join("、")) } else { joined(fact) };
        lines.push(Line::fact(text, &[fact]));
    }
    if lines.is_empty() {
        lines.push(Line::missing("登録なし（未確認）", Empty::Unavailable));
    }
    lines
}

fn procedures(c: &Context) -> Vec<Line> {
    c.facts.of(Kind::Procedure).map(|f| Line::fact(dated(f), &[f])).collect()
}

fn operations(c: &Context) -> Vec<Line> {
    c.facts.of(Kind::Procedure).filter(|f| is_operation(f)).map(|f| Line::fact(dated(f), &[f])).collect()
}

fn plain(c: &Context, kind: Kind) -> Vec<Line> {
    c.facts.of(kind).map(|f| Line::fact(dated(f), &[f])).collect()
}

/// 「2026年7月6日　上部消化管内視鏡検査（…）」
pub fn dated(fact: &Fact) -> String {
    match fact.date {
        Some(day) => format!("{}　{}", day.japanese(), joined(fact)),
        None => joined(fact),
    }
}

/// First field, the others in brackets.
fn joined(fact: &Fact) -> String {
    match fact.fields.split_first() {
        Some((first, rest)) if !rest.is_empty() => format!("{first}（{}）", without_stops(rest).join("、")),
        Some((first, _)) => first.clone(),
        None => String::new(),
    }
}

/// Fields that end in 。 go on with 、 inside brackets.
pub(super) fn without_stops<T: AsRef<str>>(fields: &[T]) -> Vec<String> {
    fields.iter().map(|f| f.as_ref().trim_end_matches('。').to_owned()).collect()
}

/// How code says a fact that the model left out: free text verbatim, other facts as a dated line.
pub fn line(fact: &Fact) -> Line {
    let text = match fact.kind {
        Kind::Note => fact.fields.get(1..).map(|f| f.join(" ")).unwrap_or_default(),
        Kind::Report => {
            format!("{}：{}", dated_name(fact), fact.fields.get(1..).map(|f| f.join("、")).unwrap_or_default())
        }
        Kind::Statement => fact.fields.get(1..).map(|f| f.join(" ")).unwrap_or_default(),
        Kind::Result => {
            format!("{}：{}", dated_name(fact), fact.fields.get(1..).map(|f| f.join("、")).unwrap_or_default())
        }
        Kind::Medication => medication::labelled(fact),
        Kind::Derived => fact.fields.join(" "),
        _ => dated(fact),
    };
    Line::fact(text, &[fact])
}

fn dated_name(fact: &Fact) -> String {
    match fact.date {
        Some(day) => format!("{}　{}", day.japanese(), fact.name),
        None => fact.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{RENDERERS, TABLE};

    #[test]
    fn every_renderer_is_named_once() {
        let names: Vec<&str> = TABLE.iter().map(|(n, _)| *n).collect();
        assert_eq!(names, RENDERERS);
    }
}
