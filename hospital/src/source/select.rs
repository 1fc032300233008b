//! What of a record leaves the house: what the kind of document and the stay need, told by the same rules that will draft
//! it there. A record that is still too large is cut down further by rule. Everything left out is counted by name.
//!
//! Never left out: allergies, prescriptions, diagnoses, infections, marks that hold something back, and the names of
//! people, without which they could not be taken out of a prompt.

mod reduce;

use std::collections::{BTreeMap, BTreeSet};

use fude::facts::{self, Detail, Fact, Facts, Kind, Request, Source};
use fude::record::{self, Asked, RecordError, SENSITIVE};
use fude::template::Template;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Bundle, Entry, SourceError};

/// The most that a request may carry inline through API Gateway.
pub const INLINE_LIMIT: usize = 4 << 20;
/// The same through an ALB: 0.9 MiB.
pub const INLINE_LIMIT_ALB: usize = 9 * (1 << 20) / 10;

/// What is wanted of a record.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    pub number: &'w str,
    /// As the data source is registered.
    pub identifier_system: Option<&'w str>,
    pub pad_width: Option<usize>,
    pub kind: &'w str,
    /// Stay or visit; without it the latest.
    pub encounter: Option<&'w str>,
    /// Bytes of the record as JSON.
    pub limit: usize,
}

/// What goes out, and what does not.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The Bundle as JSON.
    pub json: String,
    pub left_out: Vec<LeftOut>,
}

/// How much was left out by a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    pub rule: String,
    pub count: usize,
}

/// Names of the rules in the desk's language; those of the drafting itself are told there.
pub fn in_japanese(rule: &str) -> &str {
    match rule {
        "outside-encounter" => "対象の入院・受診以外の情報",
        "not-for-kind" => "この文書に使わない種類の情報",
        "type-not-read" => "Fudeが読まない種類の情報",
        "unreadable" => "読めない形の情報",
        "no-subject" => "患者の記載がない情報",
        "entered-in-error" => "取り消された情報",
        "without-name" => "名称のない情報",
        "without-value" => "値のない情報",
        "display-text" => "表示用の文（容量超過のため）",
        "administrations" => "実施の記録（容量超過のため。処方・注射の指示は残しています）",
        "results-between" => "初回と最終の間の正常な検査値（容量超過のため）",
        "abnormal-results-between" => "初回と最終の間の異常な検査値（容量超過のため）",
        "notes" => "古い経過の記録（容量超過のため）",
        other => other,
    }
}

/// Cuts a record down to what a kind of document needs of it.
pub fn select(bundle: &Bundle, wanted: &Wanted) -> Result<Selection, SourceError> {
    let (template, _) =
        Template::find(wanted.kind).ok_or_else(|| SourceError::Unusable("no such kind of document".to_owned()))?;
    let unmarked = RawValue::from_string(without_marks(bundle).json()).expect("entries are JSON");
    let asked = Asked {
        patient_id: wanted.number,
        system: wanted.identifier_system,
        pad_width: wanted.pad_width,
        ..Asked::default()
    };
    let clinical = record::read(&unmarked, &asked).map_err(refused)?;
    // A medical institution may be told the most; who really receives it decides where the draft is made.
    let request = Request { encounter_id: wanted.encounter, addressee: "medical-institution", ..Request::default() };
    let facts = facts::build(&clinical, &template, &request);

    let need = Need::of(&template);
    let mut cited: BTreeMap<usize, Vec<&Fact>> = BTreeMap::new();
    for fact in &facts.list {
        cited.entry(entry_of(fact).unwrap_or(usize::MAX)).or_default().push(fact);
    }
    let needed: BTreeSet<usize> =
        cited.iter().filter(|(_, told)| told.iter().any(|f| need.asks(f))).map(|(at, _)| *at).collect();
    let mut kept: BTreeSet<usize> = bundle
        .entries
        .iter()
        .enumerate()
        .filter(|(i, e)| needed.contains(i) || is_person(&e.kind) || is_marked(e) || *i == 0 && bundle.is_document)
        .map(|(i, _)| i)
        .collect();
    with_references(bundle, &mut kept);

    let mut left_out = by_rule(&facts, &need, &cited);
    let json = reduce::to_fit(bundle, &kept, &cited, wanted.limit, &mut left_out)?;
    Ok(Selection { json, left_out })
}

fn refused(error: RecordError) -> SourceError {
    match error {
        RecordError::OtherPatient | RecordError::DemographicsDiffer => SourceError::OtherPatient,
        other => SourceError::Unusable(other.to_string()),
    }
}

/// Marks hold facts back, which must not decide what is sent: the marked resource itself always is.
fn without_marks(bundle: &Bundle) -> Bundle {
    let plain = |entry: &Entry| Entry {
        resource: without(&entry.resource, &["meta"]).unwrap_or_else(|| entry.resource.clone()),
        ..entry.clone()
    };
    Bundle { entries: bundle.entries.iter().map(plain).collect(), is_document: bundle.is_document }
}

/// A resource without some of its members; every other one keeps its bytes.
fn without(resource: &RawValue, members: &[&str]) -> Option<Box<RawValue>> {
    let mut all: BTreeMap<String, &RawValue> = serde_json::from_str(resource.get()).ok()?;
    all.retain(|name, _| !members.contains(&name.as_str()));
    serde_json::value::to_raw_value(&all).ok()
}

/// Position of the entry that a fact comes from.
fn entry_of(fact: &Fact) -> Option<usize> {
    let Source::Record { path, .. } = &fact.source else { return None };
    path.strip_prefix("/entry/")?.split('/').next()?.parse().ok()
}

/// People, whose names must be known to be taken out, and the patient.
fn is_person(kind: &str) -> bool {
    matches!(
        kind,
        "Patient" | "RelatedPerson" | "Practitioner" | "PractitionerRole" | "Organization" | "Person" | "Coverage"
    )
}

/// Whether a resource bears a mark that holds something back.
fn is_marked(entry: &Entry) -> bool {
    if !entry.resource.get().contains("\"meta\"") {
        return false;
    }
    let resource: Value = serde_json::from_str(entry.resource.get()).unwrap_or_default();
    let marks = ["tag", "security"].into_iter().flat_map(|m| resource["meta"][m].as_array().into_iter().flatten());
    marks
        .filter_map(|m| m["code"].as_str())
        .any(|code| matches!(code, "UNINFORMED" | "UNDELIVERED") || SENSITIVE.contains(&code))
}

/// What a kept resource refers to is kept: specimens, drugs, places, other encounters by name.
fn with_references(bundle: &Bundle, kept: &mut BTreeSet<usize>) {
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for (i, entry) in bundle.entries.iter().enumerate() {
        at.extend(entry.reference().map(|r| (r, i)));
        at.extend(entry.full_url.clone().map(|u| (u, i)));
    }
    let mut open: Vec<usize> = kept.iter().copied().collect();
    while let Some(i) = open.pop() {
        let resource: Value = serde_json::from_str(bundle.entries[i].resource.get()).unwrap_or_default();
        let mut names = Vec::new();
        references(&resource, &mut names);
        for name in names {
            let tail =
                || name.rsplitn(3, '/').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("/");
            let Some(found) = at.get(&name).or_else(|| at.get(&tail())).copied() else { continue };
            // A report names its results, a stay its diagnoses: those are chosen by their own merit.
            let named_only = matches!(
                bundle.entries[found].kind.as_str(),
                "Location" | "Specimen" | "Medication" | "Device" | "Encounter" | "Binary"
            );
            if named_only && kept.insert(found) {
                open.push(found);
            }
        }
    }
}

fn references(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            out.extend(members.get("reference").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|v| references(v, out));
        }
        Value::Array(list) => list.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}

/// What a kind of document asks a record for, read from its template.
struct Need {
    kinds: BTreeSet<Kind>,
    /// Words that a note's title must hold; empty where all notes of the stay serve (reasons of changed drugs and the like).
    titles: Vec<String>,
}

impl Need {
    fn of(template: &Template) -> Self {
        let mut kinds =
            BTreeSet::from([Kind::Patient, Kind::Encounter, Kind::Condition, Kind::Allergy, Kind::Consent, Kind::Note]);
        let asked =
            template.sections.iter().map(|s| s.render.as_str()).chain(template.must_mention.iter().map(String::as_str));
        for word in asked {
            kinds.extend(of_word(word));
        }
        let mut titles = Vec::new();
        for material in template.sections.iter().map(|s| s.material.as_str()) {
            for word in material.split_whitespace() {
                if let Some(list) = word.strip_prefix("note(") {
                    titles.extend(list.trim_end_matches(')').split(',').map(str::to_owned));
                }
                kinds.extend(of_material(word));
            }
        }
        if kinds.contains(&Kind::Medication) {
            titles.clear();
        }
        Self { kinds, titles }
    }

    fn asks(&self, fact: &Fact) -> bool {
        if !self.kinds.contains(&fact.kind) {
            return false;
        }
        match &fact.detail {
            Detail::Note { title, .. } => {
                self.titles.is_empty() || self.titles.iter().any(|t| title.contains(t.as_str()))
            }
            _ => true,
        }
    }
}

/// Kinds of facts behind a renderer or a rule of `must_mention`.
fn of_word(word: &str) -> Vec<Kind> {
    let holds = |parts: &[&str]| parts.iter().any(|p| word.contains(p));
    let mut out = Vec::new();
    if holds(&["medication", "treatment"]) {
        out.push(Kind::Medication);
    }
    if holds(&["results", "vital", "infections", "incidental", "daily-living"]) {
        out.extend([Kind::Result, Kind::Report, Kind::Exam, Kind::Survey]);
    }
    if holds(&["procedures", "operations", "transfusions", "treatment"]) {
        out.push(Kind::Procedure);
    }
    for (part, kind) in [
        ("devices", Kind::Device),
        ("immunizations", Kind::Immunization),
        ("appointments", Kind::Appointment),
        ("diet", Kind::Diet),
        ("care-plans", Kind::CarePlan),
    ] {
        out.extend(word.contains(part).then_some(kind));
    }
    out
}

/// Kinds of facts that are material of a model's section.
fn of_material(word: &str) -> Vec<Kind> {
    const PLAIN: &[Kind] = &[
        Kind::Result,
        Kind::Exam,
        Kind::Social,
        Kind::Survey,
        Kind::Report,
        Kind::Procedure,
        Kind::Family,
        Kind::CarePlan,
        Kind::Diet,
        Kind::Appointment,
        Kind::Device,
        Kind::Medication,
    ];
    if word == "derived" {
        // Days of treatment, series of results, days after an operation.
        return vec![Kind::Medication, Kind::Result, Kind::Procedure];
    }
    PLAIN.iter().copied().filter(|k| k.word() == word).collect()
}

/// What the drafting's own rules leave out, and what this kind does not use.
fn by_rule(facts: &Facts, need: &Need, cited: &BTreeMap<usize, Vec<&Fact>>) -> Vec<LeftOut> {
    let drafting =
        facts.coverage.left_out.iter().filter(|l| !matches!(l.rule.as_str(), "over-120-facts" | "duplicate"));
    let mut out: Vec<LeftOut> = drafting.map(|l| LeftOut { rule: l.rule.clone(), count: l.count }).collect();
    let unused = cited.iter().filter(|(at, told)| **at != usize::MAX && !told.iter().any(|f| need.asks(f))).count();
    if unused > 0 {
        out.push(LeftOut { rule: "not-for-kind".to_owned(), count: unused });
    }
    out
}
