//! Which facts the model is offered: at most 120, the ones held by `must_mention` first.

use std::collections::{HashMap, HashSet};

use super::medication::Category;
use super::results::ResultDetail;
use super::{Detail, Fact, Kind, OFFERED_AT_MOST, Tally};
use crate::calendar::Day;
use crate::grounding::{Rule, concerns_any};
use crate::template::Template;
use crate::text::AnyOf;

pub(crate) fn offer(facts: &mut [Fact], template: &Template, tally: &mut Tally) {
    let mut ranked: Vec<(u8, usize)> = Vec::with_capacity(facts.len());
    let must: Vec<Rule> = template.must_mention.iter().filter_map(|rule| Rule::named(rule)).collect();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut nameless = false;
    let last = last_of_each(facts);
    let start = facts.iter().find_map(|f| match &f.detail {
        Detail::Stay(stay) => stay.start,
        _ => None,
    });
    let mut material = Material::of(template);
    for (i, fact) in facts.iter().enumerate() {
        if matches!(fact.kind, Kind::Patient | Kind::Letterhead) {
            continue;
        }
        let material = material.sections(fact);
        // Sentences have no name, and are most of the facts.
        let first =
            if fact.name.is_empty() { !std::mem::replace(&mut nameless, true) } else { seen.insert(&fact.name) };
        let edge = first || last.get(fact.name.as_str()) == Some(&i);
        ranked.push((rank(fact, &must, material, edge, start), i));
    }
    ranked.sort_unstable();
    tally.count("over-120-facts", ranked.len().saturating_sub(OFFERED_AT_MOST));
    for (_, i) in ranked.into_iter().take(OFFERED_AT_MOST) {
        facts[i].offered = true;
    }
}

/// For how many sections a fact is material. That hangs on its kind and, where a section chooses by it, its title, of
/// which there are few.
struct Material<'t, 'f> {
    template: &'t Template,
    /// Kinds of which some section wants certain titles: `note(現病歴,主訴)`.
    titled: Vec<&'t str>,
    known: HashMap<(&'static str, &'f str), usize>,
    last: Option<((&'static str, &'f str), usize)>,
}

impl<'t, 'f> Material<'t, 'f> {
    fn of(template: &'t Template) -> Self {
        let materials = template.model_sections().flat_map(|s| s.material.split_whitespace());
        let titled = materials.filter_map(|m| m.split_once('(')).map(|(kind, _)| kind).collect();
        Self { template, titled, known: HashMap::new(), last: None }
    }

    fn sections(&mut self, fact: &'f Fact) -> usize {
        let word = fact.word();
        let key = (word, if self.titled.contains(&word) { crate::drafting::title(fact) } else { "" });
        if let Some((_, sections)) = self.last.filter(|(last, _)| *last == key) {
            return sections;
        }
        let suits = || self.template.model_sections().filter(|s| crate::drafting::suits(&s.material, fact)).count();
        let sections = *self.known.entry(key).or_insert_with(suits);
        self.last = Some((key, sections));
        sections
    }
}

/// Position of the last result of each name.
fn last_of_each(facts: &[Fact]) -> HashMap<&str, usize> {
    let mut last = HashMap::new();
    for (i, fact) in facts.iter().enumerate().filter(|(_, f)| f.kind == Kind::Result) {
        last.insert(fact.name.as_str(), i);
    }
    last
}

/// Lower is offered earlier: what must be mentioned, what is material of a section, then the context that
/// code renders anyway.
fn rank(fact: &Fact, must: &[Rule], sections: usize, first_or_last: bool, start: Option<Day>) -> u8 {
    let material = sections > 0;
    // What was there long before is context, which a list of diagnoses tells.
    let chronic = fact.date.zip(start).is_some_and(|(onset, start)| onset.year < start.year);
    if concerns_any(must, fact) {
        return 0;
    }
    match (&fact.kind, &fact.detail) {
        (Kind::Statement | Kind::Encounter, _) => 0,
        (Kind::Note, Detail::Note { .. }) if is_bare_value(fact) => 3,
        (Kind::Note, Detail::Note { title, .. }) if sections > 1 => many(title),
        (Kind::Note, Detail::Note { title, .. }) if material => note(title),
        (Kind::Note, _) => {
            if fact.is_earlier() {
                6
            } else {
                5
            }
        }
        (Kind::Report | Kind::Procedure | Kind::Exam, _) | (Kind::Derived, Detail::Change(_)) => 2,
        (Kind::Derived, _) if fact.name == "病日" => 4,
        (Kind::Derived, _) => {
            if fact.name.is_empty() || first_or_last && fact.fields[0].contains("日数") {
                2
            } else {
                3
            }
        }
        (Kind::Condition, Detail::Condition(c)) => {
            if c.claim {
                6
            } else if c.past || chronic {
                4
            } else {
                2
            }
        }
        (Kind::Medication, Detail::Medication(m)) => match m.category {
            Category::Discharge | Category::Brought | Category::Stated => 3,
            _ => 4,
        },
        (Kind::Result, Detail::Result(ResultDetail { critical: true, .. })) => 1,
        (Kind::Result, Detail::Result(r)) if r.abnormal && first_or_last => 4,
        (Kind::Result, _) => {
            if first_or_last {
                5
            } else {
                6
            }
        }
        _ if material => 2,
        _ => 4,
    }
}

/// 「BUN 34.5、Cr 1.32。」 repeats results, which stand as facts of their own. Under a problem's number it is the subject
/// of what comes next: without 「#3 K 3.5。」 nobody knows what 「補充を継続する。」 adds.
fn is_bare_value(fact: &Fact) -> bool {
    let said = fact.fields.get(1).map_or("", String::as_str);
    let kana = |c: char| ('\u{3041}'..='\u{30ff}').contains(&c) && c != '・' && c != 'ー';
    !said.starts_with('#')
        && said.chars().any(|c| c.is_ascii_digit())
        && !said.contains("病日")
        && !said.contains("日目")
        && !said.chars().any(kana)
        && said.chars().any(|c| c.is_ascii_alphabetic())
}

/// Notes that several sections draw from (看護記録 of a nursing summary) come before the course that one tells.
fn many(title: &str) -> u8 {
    if title.contains("看護") { 0 } else { note(title) }
}

fn note(title: &str) -> u8 {
    static FIRST: AnyOf =
        AnyOf::new(&[&["主訴", "理由", "現病歴", "紹介", "退院", "指示", "手術", "経過記録", "Reason", "reason"]]);
    if FIRST.is_in(title) { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::is_bare_value;
    use crate::facts::testing::{build_for, note, stay};
    use crate::facts::{Fact, Kind, Source};

    #[test]
    fn a_note_that_repeats_a_result_waits_for_what_says_more() {
        let said = |text: &str| {
            let fields = vec!["経過記録 医師".to_owned(), text.to_owned()];
            Fact::new(Kind::Note, None, "", fields, Source::Statement { by: String::new() })
        };
        for text in ["K 3.2。", "BUN 34.5、Cr 1.32。"] {
            assert!(is_bare_value(&said(text)), "{text}");
        }
        for text in ["CRP 9.45に低下。", "#3 K 3.5。", "#1 第3病日。", "#2 脱水症、腎機能低下", "室内気でSpO2 94%。"]
        {
            assert!(!is_bare_value(&said(text)), "{text}");
        }
    }

    #[test]
    fn notes_of_nurses_are_offered_to_a_nursing_summary_however_long_the_course() {
        let course = "発熱が続いた。".repeat(150);
        let all = [
            stay(),
            note("2026-07-06", "経過記録 医師", &course),
            note("2026-07-14", "看護記録 看護師", "仙骨部に発赤なし。"),
        ];
        let facts = build_for("nursing-summary", "medical-institution", &all);
        assert!(facts.offered().any(|f| f.text().contains("仙骨部")));
    }
}
