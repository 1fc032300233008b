//! What changed between the drugs taken before and those at discharge, by ingredient: 継続, 増量, 減量, 新規, 中止,
//! 休薬, with the note sentence that says why. Doses are compared to name the change, never printed.

use std::collections::{HashMap, HashSet};

use super::derived::{derived, medication};
use super::dosage::{Amount, Usage, thousandths, usage};
use super::drug_names::{Route, share_ingredient};
use super::held_back::HeldBack;
use super::medication::{Category, MedicationDetail};
use super::reasons::{Reasons, gives_cause};
use super::{Change, Detail, Fact};
use crate::calendar::read_later;
use crate::text::nfkc;

/// More strengths of one drug than this are a list, not an input.
const INPUTS_AT_MOST: usize = 8;

type Drug<'f> = (&'f Fact, &'f MedicationDetail);

/// What is said where no note gives the reason.
const NO_REASON: &str = "理由:要確認";

pub(crate) fn facts(all: &[Fact], held: &HeldBack) -> Vec<Fact> {
    let of = |wanted: &[Category]| -> Vec<Drug> {
        let drugs = all.iter().filter_map(|f| medication(f).filter(|m| wanted.contains(&m.category)).map(|m| (f, m)));
        drugs.filter(|(_, m)| !held.hides_drug(m)).collect()
    };
    let brought = of(&[Category::Brought]);
    let before = if brought.is_empty() { of(&[Category::Outpatient, Category::Stated]) } else { brought };
    let discharge = of(&[Category::Discharge]);
    let after: Vec<Drug> = discharge.iter().copied().filter(|(_, m)| m.state.is_empty()).collect();
    if before.is_empty() || discharge.is_empty() {
        return Vec::new();
    }
    let reasons = Reasons::new(all);
    let (old_groups, new_groups) = (groups(&before), groups(&after));
    // The same drug is prescribed again and again in a long record: what became of it is found once.
    let mut known: HashMap<(&str, &str), (Vec<Drug>, Change)> = HashMap::new();
    let mut out = Vec::new();
    for new in &after {
        let key = (new.1.ingredient.as_str(), new.1.generic.as_str());
        let (olds, change) = known.entry(key).or_insert_with(|| {
            let olds = same(new, &old_groups);
            let change = became(new, &olds, &same(new, &new_groups));
            (olds, change)
        });
        out.push(told(&reasons, *change, olds, Some(new)));
    }
    let mut goes_on: HashMap<(&str, &str), bool> = HashMap::new();
    for old in &before {
        let key = (old.1.ingredient.as_str(), old.1.generic.as_str());
        if !*goes_on.entry(key).or_insert_with(|| !same(old, &new_groups).is_empty()) {
            let noted = ended(&old.1.note).or(stopped(old.1.state));
            let change = noted.or_else(|| reasons.ended(&old.0.name)).unwrap_or(Change::Absent);
            out.push(told(&reasons, change, &[*old], None));
        }
    }
    out
}

fn became(new: &Drug, olds: &[Drug], news: &[Drug]) -> Change {
    if olds.is_empty() {
        Change::New
    } else if olds.iter().all(|o| o.1.generic == new.1.generic || o.1.ingredient == new.1.ingredient) {
        compare(olds, news)
    } else {
        // A combination took the place of its parts, or the other way round.
        Change::Changed
    }
}

/// The change as a fact: what it was, then the note, then what it is now.
fn told(reasons: &Reasons, change: Change, olds: &[Drug], new: Option<&Drug>) -> Fact {
    let olds = &olds[..olds.len().min(INPUTS_AT_MOST)];
    let subject = new.or(olds.first()).map_or("", |d| d.0.name.as_str());
    let names = new.into_iter().chain(olds).map(|d| d.0.name.as_str());
    let reason = names.clone().find_map(|n| reasons.of(n, change));
    let mut from: Vec<&Fact> = olds.iter().map(|d| d.0).collect();
    from.extend(reason);
    from.extend(new.map(|d| d.0));
    let mut fact = derived(subject, format!("{subject} {}", change.label()), &from).with(Detail::Change(change));
    let differs = |a: &str, b: &str| a != b && compact(a) != compact(b);
    let other = olds.iter().find(|o| new.is_some_and(|n| differs(&o.0.name, &n.0.name)));
    fact.fields.extend(other.map(|o| format!("以前は{}", o.0.name)));
    let noted = olds.iter().map(|o| o.1.note.as_str()).find(|n| new.is_none() && !n.is_empty());
    if change != Change::Continued {
        let said = reason.and_then(|f| Some(read_later(f.fields.get(1)?, f.date)));
        // What the drug's own entry says of the cause, before a sentence that says none
        let noted = noted.filter(|n| gives_cause(n) || said.is_none());
        let said = said.filter(|s| noted.is_none() || gives_cause(s)).or_else(|| noted.map(str::to_owned));
        fact.fields.push(said.map_or_else(|| NO_REASON.to_owned(), |said| format!("理由:{said}")));
    }
    fact
}

/// Drugs by what makes them the same: their code, their name, each of their ingredients.
type Groups<'f> = HashMap<String, Vec<Drug<'f>>>;

/// One prescription a product and usage: a repeat is no second dose.
fn groups<'f>(drugs: &[Drug<'f>]) -> Groups<'f> {
    let mut out: Groups = HashMap::new();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let mut as_written: HashSet<(&str, &str)> = HashSet::new();
    for drug in drugs {
        if !as_written.insert((&drug.0.name, &drug.1.dosage)) {
            continue;
        }
        if seen.insert((compact(&drug.0.name), words(&drug.1.dosage))) {
            for key in keys(drug) {
                out.entry(key).or_default().push(*drug);
            }
        }
    }
    out
}

fn keys(drug: &Drug) -> Vec<String> {
    let mut keys: Vec<String> =
        drug.1.generic.split('・').chain([drug.1.ingredient.as_str()]).map(str::to_owned).collect();
    keys.retain(|k| !k.is_empty());
    keys.sort();
    keys.dedup();
    keys
}

fn same<'f>(drug: &Drug, groups: &Groups<'f>) -> Vec<Drug<'f>> {
    let mut out: Vec<Drug> = Vec::new();
    let mut seen: HashSet<*const Fact> = HashSet::new();
    for found in keys(drug).iter().filter_map(|k| groups.get(k)).flatten() {
        let shared = found.1.ingredient == drug.1.ingredient || share_ingredient(&found.1.generic, &drug.1.generic);
        if shared && seen.insert(std::ptr::from_ref(found.0)) {
            out.push(*found);
        }
    }
    out
}

/// What the record says of a drug that is not prescribed at discharge.
fn ended(note: &str) -> Option<Change> {
    if note.contains("休薬") {
        Some(Change::Held)
    } else if ["中止", "終了"].iter().any(|w| note.contains(w)) && !note.contains("せず") {
        Some(Change::Stopped)
    } else {
        None
    }
}

fn stopped(state: &str) -> Option<Change> {
    match state {
        "中止" => Some(Change::Stopped),
        "休薬中" => Some(Change::Held),
        _ => None,
    }
}

/// All strengths of one ingredient together, before and after.
fn compare(olds: &[Drug], news: &[Drug]) -> Change {
    let routes = |drugs: &[Drug]| drugs.iter().map(|d| d.1.route).find(|r| *r != Route::Unknown);
    if let (Some(a), Some(b)) = (routes(olds), routes(news))
        && a != b
    {
        return Change::Rerouted;
    }
    if olds.len() == news.len() {
        // As sets: of thousands under one ingredient, each is looked up, not compared with every other
        let written = |drug: &Drug| (compact(&drug.0.name), words(&drug.1.dosage));
        let now: HashSet<(String, String)> = news.iter().map(written).collect();
        if olds.iter().all(|old| now.contains(&written(old))) {
            return Change::Continued;
        }
    }
    let (a, b) = (parsed(olds), parsed(news));
    let (Some(before), Some(after)) = (total(olds, &a), total(news, &b)) else { return Change::Changed };
    if before.unit != after.unit {
        return Change::Changed;
    }
    match (before.amount * after.days).cmp(&(after.amount * before.days)) {
        std::cmp::Ordering::Less => Change::Increased,
        std::cmp::Ordering::Greater => Change::Reduced,
        std::cmp::Ordering::Equal => {
            let when = |usages: &[Usage]| usages.first().map(|u| u.when.clone()).unwrap_or_default();
            let (x, y) = (when(&a), when(&b));
            if x == y || x.is_empty() || y.is_empty() { Change::Continued } else { Change::Changed }
        }
    }
}

fn parsed(drugs: &[Drug]) -> Vec<Usage> {
    drugs.iter().map(|d| usage(&d.1.dosage)).collect()
}

/// Mass or count in so many days.
struct Total {
    amount: i128,
    days: i128,
    unit: String,
}

/// The sum of all strengths; `None` unless each is said plainly, regular and in the same measure.
fn total(drugs: &[Drug], usages: &[Usage]) -> Option<Total> {
    let mut sum: Option<Total> = None;
    for ((fact, _), usage) in drugs.iter().zip(usages) {
        if usage.as_needed || usage.every == 0 {
            return None;
        }
        let (amount, unit) = mass(&fact.name, usage.daily?);
        let days = i128::from(usage.every);
        sum = Some(match sum {
            None => Total { amount, days, unit },
            Some(s) if s.unit == unit && s.days == days => Total { amount: s.amount + amount, ..s },
            Some(_) => return None,
        });
    }
    sum
}

/// Count × strength in millionths of a milligram where the name has one strength; else the count of that product.
fn mass(name: &str, (count, unit): Amount) -> (i128, String) {
    let count = i128::from(count);
    match unit {
        "mg" => return (count * 1_000_000, "mass".to_owned()),
        "g" => return (count * 1_000_000_000, "mass".to_owned()),
        "μg" => return (count * 1_000, "mass".to_owned()),
        "単位" => return (count, "単位".to_owned()),
        _ => {}
    }
    match strength(name) {
        Some((strength, kind)) => (count * strength, kind),
        None => (count, format!("{unit} {}", compact(name))),
    }
}

/// The one strength in a name, in millionths of a milligram a piece; a combination has two and so none.
fn strength(name: &str) -> Option<(i128, String)> {
    let name = compact(name);
    let mut found = None;
    let mut rest = name.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[start..];
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let factor = [("mg", 1_000), ("μg", 1), ("mcg", 1), ("g", 1_000_000)];
        if let Some((_, factor)) = factor.iter().find(|(u, _)| after.starts_with(u)) {
            if found.is_some() {
                return None;
            }
            found = Some(i128::from(thousandths(digits)?) * factor);
        }
        rest = after;
    }
    found.map(|f| (f, "mass".to_owned()))
}

fn compact(text: &str) -> String {
    nfkc(text).split_whitespace().collect::<String>().to_lowercase()
}

/// The dosage without how much was handed out, which differs from one prescription to the next.
fn words(text: &str) -> String {
    const AMOUNTS: &[&str] = &["日分", "週分", "週間分", "か月分", "ヶ月分", "回分", "枚分", "本分", "個分", "袋分"];
    let text = compact(text);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[start..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |at| start + at);
        let supply = AMOUNTS.iter().find(|a| rest[end..].starts_with(**a));
        out.push_str(&rest[..if supply.is_some() { start } else { end }]);
        rest = &rest[end + supply.map_or(0, |a| a.len())..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
