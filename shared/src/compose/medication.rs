//! Medication lists. Name and dosage stand verbatim; nothing is computed.

use super::{Context, Line};
use crate::calendar::with_japanese_days;
use crate::document::Empty;
use crate::facts::{Category, Change, Detail, Fact, Kind};

fn of<'c>(c: &'c Context, wanted: &'c [Category]) -> Vec<&'c Fact> {
    c.facts
        .of(Kind::Medication)
        .filter(|f| matches!(&f.detail, Detail::Medication(m) if wanted.contains(&m.category)))
        .collect()
}

/// Name, dosage text, structured values that the text lacks, period, note: as the record has them.
pub(super) fn text(fact: &Fact) -> String {
    let Detail::Medication(m) = &fact.detail else { return fact.fields.join("　") };
    let iso = match (m.start, m.end) {
        (Some(s), Some(e)) => format!("{}から{}", s.iso(), e.iso()),
        (Some(s), None) => format!("{}から", s.iso()),
        _ => String::new(),
    };
    let printed = |field: &String| match (m.start, m.end) {
        (Some(s), Some(e)) if *field == iso && s == e => format!("（{}）", s.japanese()),
        (Some(s), Some(e)) if *field == iso => format!("（{}から{}）", s.japanese(), e.japanese()),
        // What was given at a time was given on that day.
        (Some(s), None) if *field == iso && m.category == Category::Administered => format!("（{}）", s.japanese()),
        (Some(s), None) if *field == iso => format!("（{}から）", s.japanese()),
        _ if *field == fact.name || *field == m.dosage => field.clone(),
        _ => with_japanese_days(field),
    };
    fact.fields.iter().skip(1).map(printed).collect::<Vec<_>>().join("　")
}

/// With its category in front, so that an order of the stay is not taken for a drug to take home.
pub(super) fn labelled(fact: &Fact) -> String {
    match &fact.detail {
        Detail::Medication(m) => format!("{}：{}", m.category.label(), text(fact)),
        _ => text(fact),
    }
}

/// Orders of the stay and what was given.
pub(super) fn inpatient(c: &Context) -> Vec<Line> {
    let found = of(c, &[Category::Inpatient, Category::Administered]);
    found.into_iter().map(|f| Line::fact(labelled(f), &[f])).collect()
}

fn lines(facts: &[&Fact]) -> Vec<Line> {
    facts.iter().map(|f| Line::fact(text(f), &[f])).collect()
}

pub(super) fn admission(c: &Context) -> Vec<Line> {
    let brought = of(c, &[Category::Brought]);
    let found = if brought.is_empty() { of(c, &[Category::Outpatient, Category::Stated]) } else { brought };
    if found.is_empty() {
        return vec![Line::missing("登録なし（未確認）", Empty::Unavailable)];
    }
    lines(&found)
}

/// Discharge prescriptions with what changed against the drugs brought along, and what is no longer there.
pub(super) fn discharge(c: &Context) -> Vec<Line> {
    if c.facts.stay.as_ref().is_some_and(|s| s.died) {
        return vec![Line::missing("該当なし（死亡退院）", Empty::NotApplicable)];
    }
    let found = of(c, &[Category::Discharge]);
    if found.is_empty() {
        let uncategorised = of(c, &[Category::Stated, Category::Unknown]);
        let mut out = lines(&uncategorised);
        out.push(Line::missing("【記載なし：要確認】退院処方として登録された薬がない。", Empty::ToConfirm));
        return out;
    }
    let mut out: Vec<Line> = found.into_iter().map(|f| with_change(c, f)).collect();
    out.extend(gone(c));
    out
}

/// A drug to take home with what changed against the drugs brought along.
fn with_change(c: &Context, fact: &Fact) -> Line {
    let ends_in =
        |f: &Fact| matches!(&f.source, crate::facts::Source::Derived { from } if from.last() == Some(&fact.id));
    match changes_of(c).into_iter().find(|(derived, _)| ends_in(derived)) {
        Some((derived, change)) => Line::fact(format!("{}　［{}］", text(fact), change.label()), &[fact, derived]),
        None => Line::fact(text(fact), &[fact]),
    }
}

fn changes_of<'c>(c: &'c Context) -> Vec<(&'c Fact, Change)> {
    let change = |f: &'c Fact| match f.detail {
        Detail::Change(change) => Some((f, change)),
        _ => None,
    };
    c.facts.of(Kind::Derived).filter_map(change).collect()
}

/// Drugs brought along that are no longer there, with the reason in the record's words.
fn gone(c: &Context) -> Vec<Line> {
    let ended =
        changes_of(c).into_iter().filter(|(_, ch)| matches!(ch, Change::Stopped | Change::Held | Change::Absent));
    let line = |(derived, change): (&Fact, Change)| {
        let crate::facts::Source::Derived { from } = &derived.source else { return None };
        let old = from.first().and_then(|id| c.facts.get(id))?;
        let said = derived.fields.iter().find_map(|f| f.strip_prefix("理由:"));
        let reason = said.filter(|r| *r != "要確認").map(with_japanese_days);
        let reason = reason.unwrap_or_else(|| "理由の記載なし：要確認".to_owned());
        let text = format!("{}　［持参薬：{}］　{reason}", old.name, change.label());
        Some(Line::fact(text, &[derived, old]))
    };
    ended.filter_map(line).collect()
}

/// What the patient takes now: the latest list there is, without prescriptions that ran out before its last day.
pub(super) fn current(c: &Context) -> Vec<Line> {
    let lists = [
        &[Category::Discharge][..],
        &[Category::Outpatient, Category::Stated],
        &[Category::Brought],
        &[Category::Unknown],
    ];
    for wanted in lists {
        let mut found = of(c, wanted);
        if found.is_empty() {
            continue;
        }
        let latest = found.iter().filter_map(|f| f.date).max();
        let ran_out = |f: &Fact| match (&f.detail, latest) {
            (Detail::Medication(m), Some(latest)) => m.end.is_some_and(|end| end < latest),
            _ => false,
        };
        found.retain(|f| !ran_out(f));
        // A letter after a stay says as well what was changed, stopped or held.
        if wanted.contains(&Category::Discharge) {
            let told = found.into_iter().map(|f| with_change(c, f));
            return told.chain(gone(c)).collect();
        }
        return lines(&found);
    }
    vec![Line::missing("登録なし（未確認）", Empty::Unavailable)]
}

/// For a reply: after a stay the discharge drugs with what changed, else what is prescribed now.
pub(super) fn changes(c: &Context) -> Vec<Line> {
    if of(c, &[Category::Discharge]).is_empty() { current(c) } else { discharge(c) }
}
