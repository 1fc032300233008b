//! Whether a result or an order lies outside the stay, told by the few members that decide it: most of a long chart
//! is then never read. Where they do not tell plainly, the whole is read and judged.

#![expect(clippy::option_option, reason = "whether it can be read, and whether it is there")]

use std::collections::HashMap;

use super::medication::span_of;
use super::scope::Scope;
use crate::calendar::Day;
use crate::record::resources::{DosageSpan, MedicationUse, Observation};
use crate::record::types::{Period, Reference};
use crate::record::{ClinicalRecord, Later, one_or_more, plain_string, typed};

pub(super) fn is_void(status: Option<&str>) -> bool {
    matches!(status, Some("entered-in-error" | "cancelled"))
}

/// The rule by which a result is left out unread.
pub(super) fn result(record: &ClinicalRecord, scope: &Scope, later: &Later<Observation>) -> Option<&'static str> {
    const WANTED: [&str; 7] =
        ["status", "category", "encounter", "effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"];
    let [status, category, encounter, date_time, instant, period, issued] = record.members(later.position, WANTED)?;
    if is_void(text(status)?) {
        return Some("entered-in-error");
    }
    // What a patient smokes or drinks is told of any time.
    if category.is_some_and(|c| says(c, "social-history")) {
        return None;
    }
    let named = elsewhere(record, scope, later.position, encounter)?;
    let period = parsed::<Period>(period)?.and_then(|p| p.start);
    let start = text(date_time)?.or(text(instant)?).or(period.as_deref()).or(text(issued)?);
    left_out(scope, named, start.and_then(Day::parse))
}

/// Days that dosages name, by their bytes: the drugs of one prescription share theirs. `None` where they cannot be read.
pub(super) type Spans<'a> = HashMap<&'a str, Option<Option<Period<'a>>>>;

/// The rule by which an order is left out unread.
pub(super) fn drug<'a>(
    record: &ClinicalRecord<'a>,
    scope: &Scope,
    later: &Later<MedicationUse<'a>>,
    known: &mut Spans<'a>,
) -> Option<&'static str> {
    const WANTED: [&str; 9] = [
        "status", "category", "encounter", "context", "effectiveDateTime", "effectivePeriod", "authoredOn",
        "dosageInstruction", "dosage",
    ];
    let found = record.members(later.position, WANTED)?;
    let [status, category, encounter, context, date_time, period, authored, instructions, dosage] = found;
    if is_void(text(status)?) {
        return Some("entered-in-error");
    }
    // What the patient brought or takes outside began long before the stay.
    if record.kind(later.position) == "MedicationStatement" || category.is_some_and(|c| says(c, "BDP")) {
        return None;
    }
    let named = elsewhere(record, scope, later.position, encounter.or(context))?;
    let instructions = instructions.filter(|list| !is_empty(list)).or(dosage).unwrap_or("[]");
    let mut span = || known.entry(instructions).or_insert_with(|| first_span(instructions)).clone();
    let of_dosage = if says(instructions, "Period") { span()? } else { None };
    let start = match of_dosage.or(parsed::<Period>(period)?) {
        Some(period) => period.start.as_deref().and_then(Day::parse),
        None => text(date_time)?.and_then(Day::parse),
    };
    let day = start.or(text(authored)?.and_then(Day::parse));
    left_out(scope, named, day)
}

/// The encounter that is named, if any; `None` where it is the stay itself, to which it then belongs whatever its day,
/// or where it cannot be read.
fn elsewhere(record: &ClinicalRecord, scope: &Scope, from: usize, encounter: Option<&str>) -> Option<Option<usize>> {
    let reference = parsed::<Reference>(encounter)?;
    let named = reference.and_then(|r| record.position(from, &r));
    (!named.is_some_and(|n| scope.is_own(n))).then_some(named)
}

fn left_out(scope: &Scope, named: Option<usize>, day: Option<Day>) -> Option<&'static str> {
    (!scope.holds_entry(named, day)).then_some("outside-encounter")
}

/// Days that the dosages name; `None` where they cannot be read.
fn first_span(dosages: &str) -> Option<Option<Period<'_>>> {
    let spans: Vec<DosageSpan> = one_or_more(dosages).ok()?;
    Some(spans.iter().find_map(|d| {
        let repeat = d.timing.as_ref().and_then(|t| t.repeat.as_ref());
        span_of(&d.extension, repeat.and_then(|r| r.bounds_period.as_ref()))
    }))
}

/// A text without escapes, or none; `None` where it is something else.
fn text(value: Option<&str>) -> Option<Option<&str>> {
    value.map_or(Some(None), |v| plain_string(v).map(Some))
}

fn parsed<'a, T: serde::Deserialize<'a>>(value: Option<&'a str>) -> Option<Option<T>> {
    value.map_or(Some(None), |v| typed(v).ok().map(Some))
}

/// Whether a word may stand in it: escapes may spell any.
fn says(value: &str, word: &str) -> bool {
    value.contains(word) || value.contains('\\')
}

fn is_empty(list: &str) -> bool {
    list.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(']'))
}

#[cfg(test)]
mod tests;
