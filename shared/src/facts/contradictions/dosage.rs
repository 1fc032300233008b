//! One prescription that says two things: its text, its structured values, its period.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;

use regex_lite::Regex;

use super::{Contradiction, Side};
use crate::facts::{Category, Detail, Fact, Kind};
use crate::text::compact;

/// What a text says, as far as it is compared.
struct Said {
    text: String,
    /// 「1回1錠 3日分」, nothing else.
    structured: bool,
    days: Option<String>,
    once: Option<(String, String)>,
}

/// Texts that were read: a long record repeats few of them.
type Known<'f> = HashMap<&'f str, Rc<Said>>;

/// Every prescription whose text and structure disagree.
pub(super) fn search(all: &[Fact]) -> Vec<Contradiction> {
    let mut known = Known::new();
    all.iter().filter_map(|f| of(f, &mut known)).collect()
}

fn read<'f>(text: &'f str, known: &mut Known<'f>) -> Rc<Said> {
    let read = || {
        let folded = compact(text);
        let structured = is_structured(&folded);
        Rc::new(Said { days: days(&folded), once: once(&folded), structured, text: folded })
    };
    Rc::clone(known.entry(text).or_insert_with(read))
}

/// Where text and structure of one drug disagree. Units that differ (錠, mg) are not compared.
fn of<'f>(fact: &'f Fact, known: &mut Known<'f>) -> Option<Contradiction> {
    if fact.kind != Kind::Medication {
        return None;
    }
    // Category, name, dosage text, then what the structure says beyond it.
    let told = read(fact.fields.get(2)?, known);
    let text = &told.text;
    // Several instructions in one, uneven doses: no single dose to compare.
    if text.contains('/') && text.contains(" / ") || text.matches("1回").count() > 2 {
        return None;
    }
    let structured = fact.fields.get(3).map(|f| read(f, known)).filter(|s| s.structured);
    let structured = structured.as_deref();
    if let (Some(said), Some(other)) = (&told.days, structured.and_then(|s| s.days.as_ref()))
        && said != other
    {
        return Some(disagreement(fact, &format!("{said}日"), &format!("{other}日"), "日数"));
    }
    if let (Some(said), Some(bounded)) = (&told.days, bounded(fact))
        && *said != bounded.to_string()
    {
        return Some(disagreement(fact, &format!("{said}日"), &format!("{bounded}日"), "日数"));
    }
    let (dose, other) = (told.once.as_ref()?, structured?.once.as_ref()?);
    let comparable = dose.1 == other.1 && text.matches("1回").count() - usize::from(text.contains("1日1回")) <= 1;
    (comparable && dose.0 != other.0).then(|| {
        disagreement(fact, &format!("1回{}{}", dose.0, dose.1), &format!("1回{}{}", other.0, other.1), "1回量")
    })
}

fn disagreement(fact: &Fact, text: &str, structured: &str, what: &str) -> Contradiction {
    let side = |word: &str| Side { facts: vec![fact.id.clone()], words: vec![word.to_owned()] };
    Contradiction {
        question: format!(
            "「{}」の{what}が、用法の文では{text}、構造化された値では{structured}となっている。どちらが正しいか、処方箋・薬剤部に確認すること。",
            fact.fields[1]
        ),
        facts: [fact.id.clone(), fact.id.clone()],
        sides: [side(text), side(structured)],
        about: vec![text.to_owned(), structured.to_owned()],
    }
}

fn is_structured(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    static SHAPE: OnceLock<Regex> = OnceLock::new();
    let shape = SHAPE.get_or_init(|| Regex::new(r"^((1回|1日)[\d.]+[^\d]{1,6}|\d+日分)+$").expect("a valid pattern"));
    shape.is_match(text)
}

fn days(text: &str) -> Option<String> {
    if !text.contains("日分") {
        return None;
    }
    static DAYS: OnceLock<Regex> = OnceLock::new();
    let pattern = DAYS.get_or_init(|| Regex::new(r"(\d+)日分").expect("a valid pattern"));
    let mut found = pattern.captures_iter(text).map(|c| c[1].to_owned());
    let first = found.next()?;
    found.all(|d| d == first).then_some(first)
}

fn once(text: &str) -> Option<(String, String)> {
    if !text.contains("1回") {
        return None;
    }
    static ONCE: OnceLock<Regex> = OnceLock::new();
    let pattern = ONCE
        .get_or_init(|| Regex::new(r"1回([\d.]+)(錠|カプセル|包|mg|g|ml|単位|枚|滴|吸入)").expect("a valid pattern"));
    let mut found = pattern.captures_iter(text);
    let first = found.next()?;
    found.next().is_none().then(|| (first[1].to_owned(), first[2].to_owned()))
}

/// Days of the period of use; in hospital a period may be cut short, so only of what is taken home.
fn bounded(fact: &Fact) -> Option<i64> {
    let Detail::Medication(m) = &fact.detail else { return None };
    if !matches!(m.category, Category::Discharge | Category::Outpatient) {
        return None;
    }
    let days = (m.end?.date()? - m.start?.date()?).whole_days() + 1;
    (days > 0).then_some(days)
}
