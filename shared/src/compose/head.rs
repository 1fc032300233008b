//! Who writes, to whom, about whom: letterhead, the patient's address and occupation, the key person.
//! None of it is offered to the model.

use super::{Context, Line};
use crate::document::Empty;
use crate::facts::{Fact, Kind, Source};
use crate::record::types::{Address, ContactPoint, HumanName, Reference};
use crate::record::{ClinicalRecord, Item};

/// Facts of the patient's address and telephone, and of the people around the patient. `taken` counts the `F` ids in use.
pub fn people(record: &ClinicalRecord, taken: usize) -> Vec<Fact> {
    let mut out = Vec::new();
    let own = |below: &str| Source::Record {
        resource: record.patient_reference.clone(),
        path: format!("{}/{below}", record.patient_pointer),
    };
    let p = &record.patient;
    if let Some(address) = p.address.first().and_then(address) {
        out.push(Fact::new(Kind::Letterhead, None, "patient", vec!["住所".to_owned(), address], own("address/0")));
    }
    if let Some(phone) = phone(&p.telecom) {
        out.push(Fact::new(Kind::Letterhead, None, "patient", vec!["電話".to_owned(), phone], own("telecom/0")));
    }
    for item in record.related.iter().filter(|i| is_of_patient(record, i.position, i.body.patient.as_ref())) {
        out.push(relative(item));
    }
    for (i, fact) in out.iter_mut().enumerate() {
        fact.id = format!("F{:02}", taken + i + 1);
    }
    out.retain(|f| f.fields.len() >= 2);
    out
}

/// A RelatedPerson of somebody else is nobody's business.
fn is_of_patient(record: &ClinicalRecord, from: usize, reference: Option<&Reference>) -> bool {
    let Some(reference) = reference else { return false };
    let by_place = record.position(from, reference).map(|p| format!("/entry/{p}/resource"));
    let number = reference.identifier.as_ref().and_then(|i| i.value.as_deref());
    let numbers = || record.patient.identifier.iter().filter_map(|i| i.value.as_deref());
    by_place.is_some_and(|p| p == record.patient_pointer) || number.is_some_and(|n| numbers().any(|own| own == n))
}

fn relative(item: &Item<crate::record::resources::Person>) -> Fact {
    let p = &item.body;
    let relation = p.relationship.iter().filter_map(|r| r.label()).collect::<Vec<_>>().join("、");
    let name = p.name.iter().find(|n| !n.is_kana()).or(p.name.first()).map(HumanName::full).unwrap_or_default();
    let fields = vec![relation.clone(), name, phone(&p.telecom).map(|t| format!("電話 {t}")).unwrap_or_default()];
    let source = Source::Record { resource: item.reference.clone(), path: item.pointer.clone() };
    Fact::new(Kind::Letterhead, None, "relative", fields, source)
}

fn phone(list: &[ContactPoint]) -> Option<String> {
    list.iter().find_map(|t| t.value.as_deref()).map(str::to_owned)
}

fn address(a: &Address) -> Option<String> {
    let lines = || a.line.iter().flatten().map(|l| l.to_string()).collect::<String>();
    let text = a.text.as_deref().map_or_else(lines, str::to_owned);
    let code = a.postal_code.as_deref().map(|c| format!("〒{c} ")).unwrap_or_default();
    (!text.is_empty()).then(|| format!("{code}{text}"))
}

/// The hospital and the physician who answers for the letter; where another section names who saw the patient, that
/// is told there.
pub(super) fn sender(c: &Context) -> Vec<Line> {
    let mut lines = letterhead(c, "sender");
    if !c.also("visit") {
        lines.extend(super::stay::physician(c));
    }
    lines
}

pub(super) fn addressee(c: &Context) -> Vec<Line> {
    letterhead(c, "addressee")
}

fn letterhead(c: &Context, name: &str) -> Vec<Line> {
    let facts = c.facts.of(Kind::Letterhead).filter(|f| f.name == name);
    let lines: Vec<Line> = facts.map(|f| Line::fact(with_label(&f.fields.join(" ")), &[f])).collect();
    if lines.is_empty() { vec![Line::empty(Empty::ToConfirm)] } else { lines }
}

/// A telephone number says that it is one.
fn with_label(text: &str) -> String {
    let number = text.starts_with(['0', '+']) && text.chars().all(|c| c.is_ascii_digit() || "-+() ".contains(c));
    if number { format!("電話：{text}") } else { text.to_owned() }
}

/// Address, telephone and occupation of the patient.
pub(super) fn patient(c: &Context) -> Vec<Line> {
    let own = c.facts.of(Kind::Letterhead).filter(|f| f.name == "patient");
    let mut lines: Vec<Line> =
        own.map(|f| Line::fact(format!("{}：{}", f.fields[0], f.fields[1..].join(" ")), &[f])).collect();
    lines.extend(c.facts.of(Kind::Social).filter(|f| f.name == "職業").last().map(super::line));
    lines
}

/// Those whom the record names, the key person first.
pub(super) fn key_person(c: &Context) -> Vec<Line> {
    let mut found: Vec<&Fact> = c.facts.of(Kind::Letterhead).filter(|f| f.name == "relative").collect();
    found.sort_by_key(|f| !f.fields[0].contains("キーパーソン"));
    let line = |f: &&Fact| Line::fact(format!("{}：{}", f.fields[0], f.fields[1..].join("　")), &[*f]);
    let lines: Vec<Line> = found.iter().map(line).collect();
    if lines.is_empty() { vec![Line::missing("登録なし（未確認）", Empty::Unavailable)] } else { lines }
}
