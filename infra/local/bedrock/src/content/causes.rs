//! Faults that connect: a cause that nothing states, a trend that the values do not show.

use regex_lite::Regex;

use super::Given;
use super::edit::{add, add_citing, rewrite, swap};
use super::tables::{NO_TRENDS, TRENDS};
use crate::draft::Draft;
use crate::ending::ends_in_verb;
use crate::prompt::Fact;

const CAUSES: &[&str] = &["脱水", "薬剤", "飲酒", "ストレス", "転倒"];

/// Words by which a sentence has a cause already.
const CAUSAL: &[&str] =
    &["ため", "により", "による", "よって", "契機", "原因", "伴う", "伴い", "ので", "から", "起因", "関与"];

/// Longest first fact that still reads as a cause, in characters.
const CAUSE_LENGTH: usize = 30;

/// Two facts that stand side by side are joined with ため.
pub(super) fn invented_cause(draft: &mut Draft, given: Given<'_>) -> bool {
    if [true, false].into_iter().any(|plain| joined(draft, given, plain)) {
        return true;
    }
    let cause = given.first_unknown(CAUSES);
    if let Some(sentence) = draft.claims_mut().find(|sentence| has_no_cause(&sentence.text)) {
        sentence.text = format!("{cause}により、{}", sentence.text);
        return true;
    }
    add(draft, given, &format!("{cause}により全身状態が悪化した。"));
    false
}

/// Joins the first two neighbours that can be; `plain` wants a cause that reads as one.
fn joined(draft: &mut Draft, given: Given<'_>, plain: bool) -> bool {
    for section in &mut draft.sections {
        for at in 1..section.sentences.len() {
            let [first, second] = &section.sentences[at - 1..=at] else { continue };
            let [cause, effect] = [first, second].map(|sentence| given.cited(&sentence.facts));
            let ([cause], [effect]) = (&cause[..], &effect[..]) else { continue };
            let told = matches!(effect.kind.as_str(), "note" | "statement" | "report");
            if !told || !has_no_cause(&second.text) || plain && !reads_as_cause(cause) {
                continue;
            }
            let Some(clause) = clause(cause) else { continue };
            let text = format!("{clause}、{}", undated(&second.text));
            let facts = vec![first.facts[0].clone(), second.facts[0].clone()];
            let second = &mut section.sentences[at];
            (second.text, second.facts) = (text, facts);
            return true;
        }
    }
    false
}

/// An event or a finding; a chief complaint with an admission behind it would be a true cause.
fn reads_as_cause(fact: &Fact) -> bool {
    let text = fact.field(if fact.kind == "note" { 2 } else { 1 }).trim_end_matches('。');
    let other = ["主訴", "理由", "歴"].iter().any(|word| fact.field(1).contains(word));
    let event = text.ends_with("あり") || text.ends_with('た') || text.ends_with("傾向") || text.ends_with("低下");
    fact.kind == "statement" || event && !other && !text.contains(|c: char| c.is_ascii_digit())
}

/// What a note or a statement says, as a cause: 発熱のため, 食事が摂れなかったため.
fn clause(fact: &Fact) -> Option<String> {
    let text = match fact.kind.as_str() {
        "note" => fact.field(2),
        "statement" => fact.field(1),
        _ => return None,
    };
    let core = text.trim_end_matches('。');
    // What brought the patient here is a cause indeed.
    let reason = ["主訴", "理由"].iter().any(|word| fact.field(1).contains(word));
    let odd = reason || core.contains(['。', '「', '#', '⟦', '）']) || core.chars().count() > CAUSE_LENGTH;
    let not_yet = ["なし", "こと", "予定", "目的", "ます", "です", "ください"].iter().any(|end| core.ends_with(end));
    if odd || not_yet || !has_no_cause(core) || crate::date::counts_days(core) {
        return None;
    }
    let core = core.strip_suffix("あり").unwrap_or(core);
    let link = if ends_in_verb(core) { "" } else { "の" };
    Some(format!("{core}{link}ため"))
}

fn has_no_cause(text: &str) -> bool {
    !CAUSAL.iter().any(|word| text.contains(word))
}

/// A sentence without the day and the problem's number that it begins with.
fn undated(text: &str) -> &str {
    let head = Regex::new(r"^(?:(?:\d{4}年)?\d{1,2}月\d{1,2}日、)?(?:#\d+\s*)?").expect("a constant pattern");
    let end = head.find(text).map_or(0, |found| found.end());
    &text[end..]
}

/// A trend points the other way.
pub(super) fn trend_flip(draft: &mut Draft, given: Given<'_>) -> bool {
    let flips = |text: &str| swap(text, TRENDS, NO_TRENDS).or_else(|| course_flipped(text));
    let held = draft.claims().any(|sentence| flips(&sentence.text).is_some());
    match series(given.facts).filter(|_| !held) {
        Some((name, trend, ids)) => {
            add_citing(draft, given.said(&format!("{name}は{trend}した。")), ids);
            true
        }
        None => rewrite(draft, given, "炎症反応は増悪した。", |text, _| flips(text)),
    }
}

/// 「CRPは7.62（3月6日）から0.08（5月29日）へ推移した」 with the trend that it does not show.
fn course_flipped(text: &str) -> Option<String> {
    let course = Regex::new(r"は([0-9.]+)[^0-9].*?から([0-9.]+)[^0-9].*へ推移").expect("a constant pattern");
    let found = course.captures(text)?;
    let (first, last): (f64, f64) = (found[1].parse().ok()?, found[2].parse().ok()?);
    if (first - last).abs() < f64::EPSILON {
        return None;
    }
    Some(text.replacen("へ推移", if first < last { "へ低下" } else { "へ上昇" }, 1))
}

/// Two results of one test, and the trend that they do not show.
fn series(facts: &[Fact]) -> Option<(&str, &'static str, Vec<String>)> {
    let results: Vec<_> = facts.iter().filter(|fact| fact.kind == "result").collect();
    results.iter().enumerate().find_map(|(at, first)| {
        let later = results[at + 1..].iter().find(|later| later.field(1) == first.field(1))?;
        let (before, after) = (quantity(first)?, quantity(later)?);
        let rises = (before < after) == (first.field(0) <= later.field(0));
        let trend = if rises { "低下" } else { "上昇" };
        let known = !first.field(1).is_empty() && (before - after).abs() > f64::EPSILON;
        known.then(|| (first.field(1), trend, vec![first.id.clone(), later.id.clone()]))
    })
}

fn quantity(fact: &Fact) -> Option<f64> {
    let value = fact.field(2);
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    value[..end].parse().ok()
}
