//! Which facts the model is offered: at most 120, the ones held by `must_mention` first.

use super::medication::Category;
use super::results::ResultDetail;
use super::{Detail, Fact, Kind, OFFERED_AT_MOST, Tally};
use crate::template::Template;

pub(crate) fn offer(facts: &mut [Fact], template: &Template, tally: &mut Tally) {
    let mut ranked: Vec<(u8, usize)> = Vec::new();
    let mut seen_results: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let last = last_of_each(facts);
    for (i, fact) in facts.iter().enumerate() {
        if fact.kind == Kind::Patient {
            continue;
        }
        let nth = seen_results.entry(fact.name.clone()).or_default();
        *nth += 1;
        ranked.push((rank(fact, template, *nth == 1 || last.contains(&i)), i));
    }
    ranked.sort_by_key(|(rank, i)| (*rank, *i));
    tally.count("over-120-facts", ranked.len().saturating_sub(OFFERED_AT_MOST));
    for (_, i) in ranked.into_iter().take(OFFERED_AT_MOST) {
        facts[i].offered = true;
    }
}

/// Position of the last result of each name.
fn last_of_each(facts: &[Fact]) -> std::collections::HashSet<usize> {
    let mut last = std::collections::HashMap::new();
    for (i, fact) in facts.iter().enumerate().filter(|(_, f)| f.kind == Kind::Result) {
        last.insert(fact.name.as_str(), i);
    }
    last.into_values().collect()
}

/// Lower is offered earlier.
fn rank(fact: &Fact, template: &Template, first_or_last: bool) -> u8 {
    if template.must_mention.iter().any(|rule| crate::grounding::concerns(rule, fact)) {
        return 0;
    }
    match (&fact.kind, &fact.detail) {
        (Kind::Statement | Kind::Encounter | Kind::Procedure, _) => 0,
        (Kind::Derived | Kind::Report, _) => 1,
        (Kind::Condition, Detail::Condition(c)) => if c.claim { 5 } else { 1 },
        (Kind::Note, Detail::Note { title, .. }) => note(title),
        (Kind::Medication, Detail::Medication(m)) => match m.category {
            Category::Discharge | Category::Brought | Category::Stated => 1,
            _ => 3,
        },
        (Kind::Result, Detail::Result(ResultDetail { critical: true, .. })) => 1,
        (Kind::Result, Detail::Result(r)) if r.abnormal && first_or_last => 2,
        (Kind::Result, _) => if first_or_last { 4 } else { 6 },
        _ => 3,
    }
}

fn note(title: &str) -> u8 {
    const FIRST: &[&str] = &["主訴", "理由", "現病歴", "紹介", "退院", "指示", "説明", "手術", "Reason", "reason"];
    if FIRST.iter().any(|w| title.contains(w)) { 1 } else { 2 }
}
