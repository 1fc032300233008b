//! Medication lists. Name and dosage stand verbatim; nothing is computed.

use std::collections::HashMap;

use super::words::printed;
use super::{Context, Line};
use crate::document::Empty;
use crate::facts::{Category, Change, Detail, Fact, Kind, MedicationDetail, Source};

fn of<'c>(c: &'c Context, wanted: &'c [Category]) -> Vec<&'c Fact> {
    c.facts
        .of(Kind::Medication)
        .filter(|f| matches!(&f.detail, Detail::Medication(m) if wanted.contains(&m.category)))
        .collect()
}

/// Name and dosage text word for word, in brackets the structured values that the text lacks and the period, then
/// what is said of it.
pub(super) fn text(fact: &Fact) -> String {
    let Detail::Medication(m) = &fact.detail else { return fact.fields.join("　") };
    let (mut said, mut beside, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for field in fact.fields.iter().skip(1) {
        if *field == fact.name || *field == m.dosage {
            said.push(field.clone());
        } else if *field == m.disagreement {
            remarks.push(format!("（{}）", printed(field)));
        } else if let Some(period) = period(m).filter(|(iso, _)| iso == field) {
            beside.push(period.1);
        } else if *field != m.note && is_structured(field) {
            // JAMI says 不均等 before each of the doses of a day.
            let told = field.replace(" 不均等・", "、");
            beside.push(match told.rsplit_once(' ') {
                Some((doses, days)) if days.ends_with("日分") => format!("{doses}、{days}"),
                _ => told,
            });
        } else {
            remarks.push(printed(field));
        }
    }
    if !beside.is_empty() {
        said.push(format!("（{}）", beside.join("、")));
    }
    said.append(&mut remarks);
    said.join("　")
}

/// The period as the fact holds it, and as a document prints it: the year once.
fn period(m: &MedicationDetail) -> Option<(String, String)> {
    let start = m.start?;
    let Some(end) = m.end else {
        // What was given at a time was given on that day.
        let from = if m.category == Category::Administered { "" } else { "から" };
        return Some((format!("{}から", start.iso()), format!("{}{from}", start.japanese())));
    };
    Some((format!("{}から{}", start.iso(), end.iso()), super::words::span(start, end)))
}

fn is_structured(field: &str) -> bool {
    ["1回", "1日", "不均等"].iter().any(|w| field.starts_with(w)) || field.ends_with("日分")
}

/// With its category in front, so that an order of the stay is not taken for a drug to take home.
pub(super) fn labelled(fact: &Fact) -> String {
    match &fact.detail {
        Detail::Medication(m) => format!("{}：{}", m.category.label(), text(fact)),
        _ => text(fact),
    }
}

/// What was given in the stay; of an order, what no record of giving tells. An order that is taken home as it was
/// stands among the drugs at discharge.
pub(super) fn inpatient(c: &Context) -> Vec<Line> {
    let orders = of(c, &[Category::Inpatient]);
    let given = of(c, &[Category::Administered]);
    let taken_home = if c.also("discharge-medication") || c.also("medication-changes") {
        of(c, &[Category::Discharge])
    } else {
        Vec::new()
    };
    let mut out: Vec<Line> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for order in orders.into_iter().filter(|o| !taken_home.iter().any(|home| is_same_use(o, home))) {
        let doses: Vec<&Fact> = given.iter().copied().filter(|g| is_within(g, order)).collect();
        let both = [&doses[..], &[order]].concat();
        match doses.as_slice() {
            [] => out.push(Line::fact(text(order), &[order])),
            [one] => {
                told.push(&one.id);
                out.push(Line::fact(labelled(one), &both));
            }
            // A line for each dose is a chart, no summary.
            _ => {
                told.extend(doses.iter().map(|d| d.id.as_str()));
                out.push(Line::fact(format!("{}：{}", Category::Administered.label(), text(order)), &both));
            }
        }
    }
    let alone = given.into_iter().filter(|g| !told.contains(&g.id.as_str()));
    out.extend(alone.map(|g| Line::fact(labelled(g), &[g])));
    out
}

fn detail(fact: &Fact) -> Option<&MedicationDetail> {
    match &fact.detail {
        Detail::Medication(m) => Some(m),
        _ => None,
    }
}

/// The same product by the same dosage, for however many days.
fn is_same_use(order: &Fact, home: &Fact) -> bool {
    let dosage = |f: &Fact| detail(f).map(|m| without_days(&m.dosage)).unwrap_or_default();
    order.name == home.name && dosage(order) == dosage(home)
}

/// 「1日1回 朝食後 1回1錠 14日分」 without its last part.
fn without_days(dosage: &str) -> String {
    let parts: Vec<&str> = dosage.split_whitespace().collect();
    let kept = parts.iter().take_while(|p| !p.ends_with("日分") && !p.ends_with("週分"));
    kept.copied().collect::<Vec<_>>().join(" ")
}

/// Given, of what was ordered, in the time for which it was ordered.
fn is_within(given: &Fact, order: &Fact) -> bool {
    let (Some(g), Some(o)) = (detail(given), detail(order)) else { return false };
    let same = g.ingredient == o.ingredient || !g.generic.is_empty() && g.generic == o.generic;
    let inside = |day| o.start.is_some_and(|s| day >= s) && o.end.is_none_or(|e| day <= e);
    same && g.state.is_empty() && g.start.is_some_and(inside)
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
    let mut out = with_changes(c, &found);
    out.extend(gone(c));
    out
}

/// Drugs to take home, each with what changed against the drugs brought along.
fn with_changes(c: &Context, drugs: &[&Fact]) -> Vec<Line> {
    let mut became: HashMap<&str, (&Fact, Change)> = HashMap::new();
    for (derived, change) in changes_of(c) {
        if let Source::Derived { from } = &derived.source
            && let Some(last) = from.last()
        {
            became.entry(last).or_insert((derived, change));
        }
    }
    let line = |fact: &&Fact| match became.get(fact.id.as_str()) {
        Some((derived, change)) => Line::fact(format!("{}　［{}］", text(fact), change.label()), &[fact, derived]),
        None => Line::fact(text(fact), &[fact]),
    };
    drugs.iter().map(line).collect()
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
        let Source::Derived { from } = &derived.source else { return None };
        let old = from.first().and_then(|id| c.facts.get(id))?;
        let said = derived.fields.iter().find_map(|f| f.strip_prefix("理由:"));
        let reason = said.filter(|r| *r != "要確認").map(|r| printed(without_number(r)));
        let reason = reason.unwrap_or_else(|| "【理由の記載なし：要確認】".to_owned());
        // Without its dose nobody can begin it again.
        let dosage = detail(old).filter(|_| change != Change::Stopped).map(|m| without_days(&m.dosage));
        let dosage = dosage.filter(|d| !d.is_empty()).map(|d| format!("（従来の用法：{d}）　")).unwrap_or_default();
        let text = format!("{}　［持参薬：{}］　{dosage}{reason}", old.name, change.label());
        Some(Line::fact(text, &[derived, old]))
    };
    ended.filter_map(line).collect()
}

/// 「#1 eGFR 16.9であり…」: the number of a problem means nothing outside its note.
fn without_number(said: &str) -> &str {
    let Some(rest) = said.strip_prefix('#') else { return said };
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').trim_start()
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
            return [with_changes(c, &found), gone(c)].concat();
        }
        // Nobody here ordered them
        let mark = if wanted.contains(&Category::Brought) { "　［持参薬］" } else { "" };
        return found.iter().map(|f| Line::fact(format!("{}{mark}", text(f)), &[f])).collect();
    }
    vec![Line::missing("登録なし（未確認）", Empty::Unavailable)]
}

/// For a reply: after a stay the discharge drugs with what changed, else what is prescribed now.
pub(super) fn changes(c: &Context) -> Vec<Line> {
    if of(c, &[Category::Discharge]).is_empty() { current(c) } else { discharge(c) }
}

#[cfg(test)]
mod tests {
    use super::{gone, inpatient, text};
    use crate::calendar::Day;
    use crate::compose::Context;
    use crate::facts::{Category, Change, Detail, Fact, Facts, Kind, MedicationDetail, Source};

    fn drug(id: &str, category: Category, name: &str, fields: [&str; 3], days: [&str; 2]) -> Fact {
        let [dosage, structured, note] = fields;
        let [start, end] = days.map(Day::parse);
        let span = if days[1].is_empty() { String::new() } else { format!("{}から{}", days[0], days[1]) };
        let m = MedicationDetail {
            category,
            dosage: dosage.to_owned(),
            start,
            end,
            note: note.to_owned(),
            ingredient: crate::facts::drug_stem(name),
            disagreement: String::new(),
            ..MedicationDetail::default()
        };
        let told = [category.label(), name, dosage, structured, &span, note].map(str::to_owned).to_vec();
        let mut fact = Fact::new(Kind::Medication, start, name, told, Source::Statement { by: String::new() });
        fact.id = id.to_owned();
        fact.with(Detail::Medication(Box::new(m)))
    }

    #[test]
    fn dosage_stands_word_for_word_and_the_rest_in_brackets() {
        let d = drug(
            "F1",
            Category::Discharge,
            "カルボシステイン錠２５０ｍｇ",
            ["1日3回 毎食後 1回2錠 7日分", "1日6錠 7日分", "2026-07-08開始。"],
            ["2026-07-13", "2026-07-19"],
        );
        assert_eq!(
            text(&d),
            "カルボシステイン錠２５０ｍｇ　1日3回 毎食後 1回2錠 7日分　（1日6錠、7日分、2026年7月13日から7月19日）　2026年7月8日開始。"
        );
    }

    #[test]
    fn what_was_given_is_told_once_and_what_goes_home_is_not_told_here() {
        let list = vec![
            drug(
                "F1",
                Category::Inpatient,
                "ユナシン－Ｓ静注用３ｇ",
                ["1回3g 1日2回", "", ""],
                ["2026-07-03", "2026-07-10"],
            ),
            drug(
                "F2",
                Category::Inpatient,
                "デエビゴ錠２．５ｍｇ",
                ["就寝前 1回1錠 5日分", "", ""],
                ["2026-07-08", "2026-07-12"],
            ),
            drug(
                "F3",
                Category::Administered,
                "ユナシン－Ｓ静注用３ｇ",
                ["1回3g", "", ""],
                ["2026-07-03", "2026-07-10"],
            ),
            drug(
                "F4",
                Category::Discharge,
                "デエビゴ錠２．５ｍｇ",
                ["就寝前 1回1錠 14日分", "", ""],
                ["2026-07-13", "2026-07-26"],
            ),
        ];
        let facts = Facts { list, ..Facts::default() };
        let context = Context { renderers: vec!["discharge-medication"], ..Context::of(&facts) };
        let lines = inpatient(&context);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0].text, "実施：ユナシン－Ｓ静注用３ｇ　1回3g　（2026年7月3日から7月10日）");
        assert_eq!(lines[0].evidence, ["F3", "F1"]);
        assert_eq!(inpatient(&Context::of(&facts)).len(), 2, "a kind without discharge drugs tells both");
    }

    #[test]
    fn a_reason_does_not_bear_the_number_of_a_problem() {
        let old = drug("F1", Category::Brought, "グリメピリド錠１ｍｇ", ["1日1回", "", ""], ["2026-04-13", ""]);
        let from = Source::Derived { from: vec!["F1".to_owned()] };
        let told = vec!["グリメピリド錠１ｍｇ 中止".to_owned(), "理由:#1 eGFR 16.9であり中止。".to_owned()];
        let change = Fact::new(Kind::Derived, None, "", told, from).with(Detail::Change(Change::Stopped));
        let mut facts = Facts { list: vec![old, change], ..Facts::default() };
        let told = |facts: &Facts| gone(&Context::of(facts))[0].text.clone();
        assert_eq!(told(&facts), "グリメピリド錠１ｍｇ　［持参薬：中止］　eGFR 16.9であり中止。");
        facts.list[1].detail = Detail::Change(Change::Held);
        let held = "グリメピリド錠１ｍｇ　［持参薬：休薬］　（従来の用法：1日1回）　eGFR 16.9であり中止。";
        assert_eq!(told(&facts), held, "whoever begins it again needs the dose");
    }
}
