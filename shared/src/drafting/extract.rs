//! Sections of facts alone: the record word for word, a report on one line, the notes under their days.
//! Nothing is limited to what a model would have been offered: an extractive draft leaves nothing out for length.

use std::collections::{HashMap, HashSet};

use crate::calendar::Day;
use crate::compose::{self, Line};
use crate::facts::{Detail, Fact, Facts, Kind, Source};
use crate::grounding::forbids;
use crate::template::{Section, Template};

/// Whether a fact is material of a section: `note(経過,医師) result`.
pub fn suits(material: &str, fact: &Fact) -> bool {
    if fact.kind == Kind::Statement {
        return false;
    }
    material.split_whitespace().any(|m| {
        let (kind, words) = m.split_once('(').map_or((m, ""), |(k, w)| (k, w.trim_end_matches(')')));
        kind == fact.word() && (words.is_empty() || words.split(',').any(|w| title(fact).contains(w)))
    })
}

/// What a material is chosen by beside the kind.
pub(crate) fn title(fact: &Fact) -> &str {
    match &fact.detail {
        Detail::Note { title, .. } => title,
        _ => fact.fields.first().map_or("", String::as_str),
    }
}

/// The lines of a model section without a model; `told` are facts that an earlier section has.
pub(super) fn lines(
    facts: &Facts,
    template: &Template,
    section: &Section,
    owners: &Owners,
    told: &HashSet<&str>,
) -> Vec<Line> {
    let about = Some(section.code.as_str()).filter(|_| !section.about.is_empty());
    let forbidden = |f: &Fact| {
        let text = f.text();
        template.must_not_mention.iter().any(|rule| forbids(rule, &text, &[f], facts))
    };
    // Whether a fact is material hangs on its kind and title, of which there are few.
    let mut material: HashMap<(&str, &str), bool> = HashMap::new();
    for fact in &facts.list {
        material.entry((fact.word(), title(fact))).or_insert_with(|| suits(&section.material, fact));
    }
    let wanted = |f: &&Fact| {
        !matches!(f.kind, Kind::Patient | Kind::Letterhead)
            && material.get(&(f.word(), title(f))).is_some_and(|suits| *suits)
            && owners.get(f.id.as_str()).copied() == about
            && !told.contains(f.id.as_str())
            && !rendered_elsewhere(f)
            && !forbidden(f)
    };
    let mut said: HashSet<(Kind, Option<Day>, String)> = HashSet::new();
    // The reason of an admission is often the chief complaint, word for word.
    let once = |f: &&Fact| {
        f.kind != Kind::Note || said.insert((f.kind, f.date, f.fields.get(1..).unwrap_or_default().concat()))
    };
    let chosen: Vec<&Fact> = facts.list.iter().filter(wanted).filter(once).collect();
    let dated = days(&chosen) > 1;
    let mut out = Vec::new();
    let mut rest = chosen.as_slice();
    while let Some(first) = rest.first() {
        // Facts of other kinds stand alone.
        let same = rest.iter().take_while(|f| belongs(first, f)).count().max(1);
        let (group, after) = rest.split_at(same);
        match first.kind {
            Kind::Report => out.push(report(group)),
            Kind::Note if dated => out.extend(note(group)),
            _ => out.extend(group.iter().map(|f| compose::line(f))),
        }
        rest = after;
    }
    out
}

/// By fact id, the code of the section that a fact belongs to.
pub(super) type Owners<'f> = HashMap<&'f str, &'f str>;

/// By fact id, the first section whose words the fact says; what says none is left to sections about nothing in
/// particular. A sentence that only quotes keeps the one before it, which says who speaks.
pub(super) fn owners<'f>(facts: &'f Facts, template: &'f Template) -> Owners<'f> {
    let mut out = Owners::new();
    if template.model_sections().all(|s| s.about.is_empty()) {
        return out;
    }
    let mut before: Option<&Fact> = None;
    for fact in &facts.list {
        let text = fact.text();
        let says = |s: &&Section| suits(&s.material, fact) && s.about.iter().any(|w| text.contains(w.as_str()));
        if let Some(owner) = template.model_sections().find(says) {
            out.insert(&fact.id, &owner.code);
            let quotes = fact.fields.get(1).is_some_and(|t| t.starts_with('「'));
            if let Some(speaker) = before.filter(|b| quotes && belongs(b, fact)) {
                out.entry(&speaker.id).or_insert(&owner.code);
            }
        }
        before = Some(fact);
    }
    out
}

/// Age, length of stay and courses of values stand, with their conditions, where code renders them.
fn rendered_elsewhere(fact: &Fact) -> bool {
    fact.kind == Kind::Derived
        && (fact.name == "年齢" || fact.name == "在院日数" || fact.fields.iter().any(|f| f.contains("の推移")))
}

fn days(facts: &[&Fact]) -> usize {
    let mut days: Vec<Option<Day>> = facts.iter().filter(|f| f.kind == Kind::Note).map(|f| f.date).collect();
    days.sort();
    days.dedup();
    days.len()
}

/// Sentences of one report or one note.
fn belongs(first: &Fact, other: &Fact) -> bool {
    fn place(fact: &Fact) -> Option<(&str, &str)> {
        match &fact.source {
            Source::Record { resource, path } => Some((resource, path)),
            _ => None,
        }
    }
    matches!(first.kind, Kind::Report | Kind::Note)
        && first.kind == other.kind
        && place(first) == place(other)
        && first.date == other.date
}

/// 「2026年7月3日　胸部X線：右下肺野に浸潤影を認める。胸水貯留なし。」
fn report(group: &[&Fact]) -> Line {
    let first = group[0];
    let day = first.date.map(|d| format!("{}　", d.japanese())).unwrap_or_default();
    let said: String = group.iter().filter_map(|f| f.fields.get(1)).map(String::as_str).collect();
    let status = first.fields.get(2).map(|s| format!("（{s}）")).unwrap_or_default();
    Line::fact(format!("{day}{}：{said}{status}", first.name), group)
}

/// The day stands before the first sentence: 本日 and 昨日 mean nothing without it.
fn note(group: &[&Fact]) -> Vec<Line> {
    let mut lines: Vec<Line> = group.iter().map(|f| compose::line(f)).collect();
    if let Some(day) = group[0].date {
        lines[0].text = format!("〈{}〉{}", day.japanese(), lines[0].text);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::suits;
    use crate::facts::{Detail, Fact, Kind, Source};

    #[test]
    fn material_names_kinds_and_titles() {
        let detail = Detail::Note { title: "経過記録 医師".to_owned(), code: None };
        let source = Source::Statement { by: String::new() };
        let note = Fact::new(Kind::Note, None, "", vec!["経過記録 医師".to_owned()], source).with(detail);
        assert!(suits("report note(経過,手術)", &note) && suits("note", &note));
        assert!(!suits("note(看護)", &note) && !suits("report", &note));
    }
}
