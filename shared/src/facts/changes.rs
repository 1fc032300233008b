//! What changed between the drugs brought along and those at discharge, by ingredient: 継続, 増量, 減量, 新規, 中止, 休薬.
//! Doses are compared to name the change, never printed.

use regex_lite::Regex;

use super::derived::{derived, medication};
use super::medication::{Category, MedicationDetail};
use super::{Change, Detail, Fact};
use crate::text::nfkc;

type Drug<'f> = (&'f Fact, &'f MedicationDetail);

pub(crate) fn facts(all: &[Fact]) -> Vec<Fact> {
    let of = |wanted: Category| -> Vec<Drug> {
        all.iter().filter_map(|f| medication(f).filter(|m| m.category == wanted).map(|m| (f, m))).collect()
    };
    let (before, after) = (of(Category::Brought), of(Category::Discharge));
    if before.is_empty() || after.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut push = |name: &str, change: Change, from: &[&Fact]| {
        out.push(derived(name, format!("{name} {}", change.label()), from).with(Detail::Change(change)));
    };
    for new in &after {
        let same = |d: &&Drug| d.1.ingredient == new.1.ingredient;
        let by_name = || before.iter().filter(same).find(|d| compact(&d.0.name) == compact(&new.0.name));
        match by_name().or_else(|| before.iter().find(same)) {
            // Two strengths of one drug: which belongs to which is a guess, so only equality is told.
            Some(old) if before.iter().filter(same).count() > 1 || after.iter().filter(same).count() > 1 => {
                let change = if compare(old, new) == Change::Continued { Change::Continued } else { Change::Changed };
                push(&new.0.name, change, &[old.0, new.0]);
            }
            Some(old) => push(&new.0.name, compare(old, new), &[old.0, new.0]),
            None => push(&new.0.name, Change::New, &[new.0]),
        }
    }
    for old in before.iter().filter(|(_, b)| !after.iter().any(|(_, a)| a.ingredient == b.ingredient)) {
        push(&old.0.name, ended(&old.1.note), &[old.0]);
    }
    out
}

/// What the record says of a drug that is not prescribed at discharge; without a word, only that.
fn ended(note: &str) -> Change {
    if note.contains("休薬") {
        Change::Held
    } else if note.contains("中止") || note.contains("終了") {
        Change::Stopped
    } else {
        Change::Absent
    }
}

fn compare(old: &Drug, new: &Drug) -> Change {
    if compact(&old.0.name) == compact(&new.0.name) && usage(&old.1.dosage) == usage(&new.1.dosage) {
        return Change::Continued;
    }
    match (daily(old), daily(new)) {
        (Some((a, unit)), Some((b, other))) if unit == other && b > a => Change::Increased,
        (Some((a, unit)), Some((b, other))) if unit == other && b < a => Change::Reduced,
        _ => Change::Changed,
    }
}

fn compact(text: &str) -> String {
    nfkc(text).split_whitespace().collect()
}

/// The dosage without how much was handed out, which differs from one prescription to the next.
fn usage(text: &str) -> String {
    let amount = Regex::new(r"\d+(日|週間?|か月|ヶ月|回|枚|本|個|袋)分").expect("a valid pattern");
    amount.replace_all(&compact(text), "").into_owned()
}

/// Strength × units a time × times a day, where name and text say all three plainly and once.
fn daily((fact, detail): &Drug) -> Option<(f64, &'static str)> {
    let one = |pattern: &str, text: &str| -> Option<f64> {
        let pattern = Regex::new(pattern).expect("a valid pattern");
        let mut found = pattern.captures_iter(text).filter_map(|c| c.get(1)?.as_str().parse().ok());
        let first = found.next();
        first.filter(|_| found.next().is_none())
    };
    let (name, text) = (compact(&fact.name), compact(&detail.dosage));
    let mut units = ["mg", "μg", "g", "単位"].into_iter();
    let (strength, unit) = units.find_map(|u| Some((one(&format!(r"(\d+(?:\.\d+)?){u}"), &name)?, u)))?;
    let each = one(r"1回(\d+(?:\.\d+)?)(?:錠|カプセル|包|C|T)", &text)?;
    let times = one(r"1日(\d+)回", &text)?;
    Some((strength * each * times, unit))
}

#[cfg(test)]
mod tests {
    use super::{Change, compare, ended};
    use crate::facts::{Category, Fact, Kind, MedicationDetail, Source};

    fn drug(name: &str, dosage: &str) -> (Fact, MedicationDetail) {
        let source = Source::Statement { by: String::new() };
        let detail =
            MedicationDetail { category: Category::Brought, dosage: dosage.to_owned(), ..MedicationDetail::default() };
        (Fact::new(Kind::Medication, None, name, Vec::new(), source), detail)
    }

    #[test]
    fn changes_are_named_by_dose_and_not_by_supply() {
        for (old, new, change) in [
            (
                ("Ａ錠５ｍｇ", "1日1回 朝食後 1回1錠 3週分"),
                ("A錠5mg", "１日１回 朝食後 １回１錠 14日分"),
                Change::Continued,
            ),
            (
                ("フロセミド錠40mg", "1日1回 朝食後 1回1錠"),
                ("フロセミド錠20mg", "1日1回 朝食後 1回1錠 14日分"),
                Change::Reduced,
            ),
            (("B錠5mg", "1日1回 1回1錠"), ("B錠5mg", "1日2回 1回1錠"), Change::Increased),
            (("C散", "適宜"), ("C散", "1日3回"), Change::Changed),
        ] {
            let (old, new) = (drug(old.0, old.1), drug(new.0, new.1));
            assert_eq!(compare(&(&old.0, &old.1), &(&new.0, &new.1)), change, "{}", new.0.name);
        }
        assert_eq!(ended("2026-07-03より休薬。"), Change::Held);
        assert_eq!(ended(""), Change::Absent);
    }
}
