//! Faults of figures: a number, its unit, a date.

use regex_lite::{Captures, Regex};

use super::Given;
use super::edit::rewrite;
use crate::draft::Draft;
use crate::prompt::Fact;

/// Units, longer ones first, and another that a reader could believe.
const UNITS: &[(&str, &str)] = &[
    ("mEq/L", "mg/dL"),
    ("mmol/L", "mg/dL"),
    ("mg/dL", "g/dL"),
    ("mg/L", "mg/dL"),
    ("ng/mL", "mg/mL"),
    ("pg/mL", "ng/mL"),
    ("g/dL", "mg/dL"),
    ("U/L", "mg/dL"),
    ("/µL", "/mL"),
    ("/μL", "/mL"),
    ("mmHg", "cmHg"),
    ("L/分", "mL/分"),
    ("回/分", "回/時"),
    ("/分", "/時"),
    ("/min", "/h"),
    ("日間", "週間"),
    ("µg", "mg"),
    ("μg", "mg"),
    ("mg", "g"),
    ("mL", "L"),
    ("ml", "L"),
    ("kg", "g"),
    ("cm", "mm"),
    ("mm", "cm"),
    ("%", " mg/dL"),
    ("％", " mg/dL"),
    ("単位", "mg"),
    ("g", "mg"),
    ("L", "mL"),
];

/// One digit of a number becomes another, so that no cited fact has the number.
pub(super) fn hallucinated_number(draft: &mut Draft, given: Given<'_>) -> bool {
    let is_known = |fact: &Fact| numbers(&fact.text()).contains(&"48.7".into());
    let otherwise = if given.facts.iter().any(is_known) {
        "CRPは59.3 mg/dLであった。"
    } else {
        "CRPは48.7 mg/dLであった。"
    };
    rewrite(draft, given, otherwise, |text, facts| {
        let cited = cited_numbers(facts);
        plain_numbers(text).into_iter().find_map(|(start, end)| {
            let number = &text[start..end];
            let (kept, last) = number.split_at(number.len() - 1);
            let last: u32 = last.parse().ok()?;
            let others = (1..10).map(|step| format!("{kept}{}", (last + step) % 10));
            let other = others.into_iter().find(|other| is_new(other, &cited))?;
            Some(format!("{}{other}{}", &text[..start], &text[end..]))
        })
    })
}

/// A number keeps its figures and gets another unit.
pub(super) fn wrong_unit(draft: &mut Draft, given: Given<'_>) -> bool {
    rewrite(draft, given, "体重は52 gであった。", |text, _| {
        plain_numbers(text).into_iter().find_map(|(_, end)| {
            let rest = &text[end..];
            let unit = rest.trim_start();
            let gap = &rest[..rest.len() - unit.len()];
            let (right, wrong) = UNITS.iter().find(|(right, _)| unit.starts_with(right))?;
            Some(format!("{}{gap}{wrong}{}", &text[..end], &unit[right.len()..]))
        })
    })
}

/// A day of a month becomes another day, which no cited fact has.
pub(super) fn wrong_date(draft: &mut Draft, given: Given<'_>) -> bool {
    let dates = Regex::new(r"(\d{1,2}月|\d{4}-\d{2}-)(\d{1,2})").expect("a constant pattern");
    rewrite(draft, given, "1月29日に症状が出現した。", |text, facts| {
        let found = dates.captures(text)?;
        let day: u32 = found[2].parse().ok()?;
        let cited = cited_numbers(facts);
        let others = (1..28).map(|step| (day + step - 1) % 28 + 1);
        let other = others.into_iter().find(|other| !cited.contains(&other.to_string()))?;
        let replaced = dates.replace(text, |found: &Captures<'_>| {
            let width = if found[1].ends_with('-') { 2 } else { 1 };
            format!("{}{other:0width$}", &found[1])
        });
        Some(replaced.into_owned())
    })
}

fn is_new(number: &str, cited: &[String]) -> bool {
    let zero = number.chars().all(|c| matches!(c, '0' | '.'));
    !zero && !cited.contains(&number.to_owned())
}

fn cited_numbers(facts: &[&Fact]) -> Vec<String> {
    facts.iter().flat_map(|fact| numbers(&fact.text())).collect()
}

/// Every number of a text, also the parts of dates, without leading zeros of days.
pub(super) fn numbers(text: &str) -> Vec<String> {
    let text: String = text.chars().map(narrow).collect();
    let number = Regex::new(r"\d+(?:\.\d+)?").expect("a constant pattern");
    let found = number.find_iter(&text).map(|found| found.as_str());
    found.flat_map(|number| [number.to_owned(), number.trim_start_matches('0').to_owned()]).collect()
}

/// A full-width character as the ASCII one.
pub(super) fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

/// Places of the numbers that are neither part of a name nor of a date.
fn plain_numbers(text: &str) -> Vec<(usize, usize)> {
    let number = Regex::new(r"\d+(?:\.\d+)?").expect("a constant pattern");
    let found = number.find_iter(text).map(|found| (found.start(), found.end()));
    let plain = found.filter(|(start, end)| {
        let before = text[..*start].chars().next_back();
        let after = text[*end..].chars().next();
        let in_name = before.is_some_and(|c| c.is_ascii_alphabetic() || "-/#.⟦月:～".contains(c));
        !in_name && !after.is_some_and(|c| "-月年⟧:/".contains(c))
    });
    plain.collect()
}
