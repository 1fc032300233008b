//! Allergies, infections, procedures, devices, daily living.

use std::collections::BTreeMap;

use super::words::{dated, joined};
use super::{Context, Line};
use crate::document::Empty;
use crate::facts::{Detail, Fact, Kind};
use crate::grounding::{is_infection, is_operation};

/// All allergies. No resource never means なし: なし only from an explicit negative.
pub(super) fn allergies(c: &Context) -> Vec<Line> {
    let mut lines = Vec::new();
    for fact in c.facts.of(Kind::Allergy) {
        let none = matches!(fact.detail, Detail::Allergy { none: true });
        let said = if c.lay { plainly(fact) } else { joined(fact) };
        let text =
            if none && !fact.name.contains("なし") { format!("アレルギー：なし（{said}）") } else { said };
        lines.push(Line::fact(text, &[fact]));
    }
    or_unknown(lines)
}

/// For the patient: what it is and what it did; how grave it may become is for those who prescribe.
fn plainly(fact: &Fact) -> String {
    let for_staff = |f: &String| f.contains("重篤化の危険") || f.contains("聴取");
    let kept: Vec<&String> = fact.fields.iter().filter(|f| !for_staff(f)).collect();
    match kept.split_first() {
        Some((name, rest)) if !rest.is_empty() => format!("{name}（{}）", super::words::without_stops(rest).join("、")),
        Some((name, _)) => (*name).clone(),
        None => joined(fact),
    }
}

fn or_unknown(mut lines: Vec<Line>) -> Vec<Line> {
    if lines.is_empty() {
        lines.push(Line::missing("登録なし（未確認）", Empty::Unavailable));
    }
    lines
}

/// Infectious diseases and the tests for them, each with its result: negative only where a test says so.
pub(super) fn infections(c: &Context) -> Vec<Line> {
    // A test that is still out stands among those, where the kind lists them.
    let apart = |f: &Fact| c.also("pending-results") && matches!(&f.detail, Detail::Result(r) if r.pending);
    let lines =
        c.facts.list.iter().filter(|f| is_infection(f) && !apart(f)).map(|fact| match (fact.kind, &fact.detail) {
            (Kind::Condition, Detail::Condition(d)) => {
                let suspected = d.suspected && !fact.name.contains('疑');
                let day = fact.date.map(|d| format!("（{}）", d.japanese())).unwrap_or_default();
                Line::fact(format!("{}{}{day}", fact.name, if suspected { "の疑い" } else { "" }), &[fact])
            }
            (Kind::Result, _) => super::results::one(fact),
            _ => super::line(fact),
        });
    or_unknown(lines.collect())
}

pub(super) fn procedures(c: &Context) -> Vec<Line> {
    c.facts.of(Kind::Procedure).map(|f| Line::fact(dated(f), &[f])).collect()
}

pub(super) fn operations(c: &Context) -> Vec<Line> {
    chosen(c, |f| is_operation(f) && !is_transfusion(f))
}

pub(super) fn transfusions(c: &Context) -> Vec<Line> {
    chosen(c, is_transfusion)
}

/// What is neither operation nor transfusion.
pub(super) fn treatments(c: &Context) -> Vec<Line> {
    chosen(c, |f| !is_operation(f) && !is_transfusion(f))
}

fn chosen(c: &Context, wanted: fn(&Fact) -> bool) -> Vec<Line> {
    c.facts.of(Kind::Procedure).filter(|f| wanted(f)).map(|f| Line::fact(dated(f), &[f])).collect()
}

fn is_transfusion(fact: &Fact) -> bool {
    fact.name.contains("輸血") && is_operation(fact)
}

/// Under its heading a directive needs no label of the same words.
pub(super) fn directives(c: &Context) -> Vec<Line> {
    let mut lines = all_of(c, Kind::Consent);
    for line in &mut lines {
        line.text = line.text.trim_start_matches("事前指示：").to_owned();
    }
    lines
}

pub(super) fn all_of(c: &Context, kind: Kind) -> Vec<Line> {
    c.facts.of(kind).map(super::line).collect()
}

/// A device and its use are one line.
pub(super) fn devices(c: &Context) -> Vec<Line> {
    let all: Vec<&Fact> = c.facts.of(Kind::Device).collect();
    // The Device names the thing and has no day of use; the statement says where and since when.
    let thing_of = |used: &Fact| {
        all.iter().copied().find(|f| f.date.is_none() && used.date.is_some() && f.fields.contains(&used.name))
    };
    let things: Vec<&str> = all.iter().filter_map(|f| thing_of(f)).map(|f| f.id.as_str()).collect();
    let told = all.iter().filter(|f| !things.contains(&f.id.as_str()));
    told.map(|f| match thing_of(f) {
        Some(thing) => Line::fact(dated(f), &[*f, thing]),
        None => Line::fact(dated(f), &[*f]),
    })
    .collect()
}

/// The latest answer to each item, without the form's name in front.
pub(super) fn daily_living(c: &Context) -> Vec<Line> {
    let mut order: Vec<&str> = Vec::new();
    let mut last: BTreeMap<&str, &Fact> = BTreeMap::new();
    for fact in c.facts.of(Kind::Survey).filter(|f| f.name.contains("ADL") || f.name.contains("日常生活")) {
        if !order.contains(&fact.name.as_str()) {
            order.push(&fact.name);
        }
        let known = last.get(fact.name.as_str()).and_then(|f| f.date);
        if known.is_none_or(|day| fact.date >= Some(day)) {
            last.insert(&fact.name, fact);
        }
    }
    let facts = order.iter().filter_map(|n| last.get(n));
    facts.map(|f| Line::fact(super::words::said(f).trim_start_matches("ADL ").to_owned(), &[*f])).collect()
}

#[cfg(test)]
mod tests {
    use super::{devices, infections};
    use crate::calendar::Day;
    use crate::compose::Context;
    use crate::facts::{ConditionDetail, Detail, Fact, Facts, Kind, Source};

    fn facts(list: Vec<(Kind, Option<&str>, &[&str])>) -> Facts {
        let fact = |(i, (kind, day, fields)): (usize, (Kind, Option<&str>, &[&str]))| {
            let source = Source::Statement { by: String::new() };
            let fields: Vec<String> = fields.iter().map(|f| (*f).to_owned()).collect();
            let name = fields[0].clone();
            let mut f = Fact::new(kind, day.and_then(Day::parse), &name, fields, source);
            f.id = format!("F{i}");
            if kind == Kind::Condition { f.with(Detail::Condition(ConditionDetail::default())) } else { f }
        };
        Facts { list: list.into_iter().enumerate().map(fact).collect(), ..Facts::default() }
    }

    fn texts(lines: &[crate::compose::Line]) -> Vec<&str> {
        lines.iter().map(|l| l.text.as_str()).collect()
    }

    #[test]
    fn infections_come_from_diseases_and_tests_and_nothing_means_unknown() {
        let some = facts(vec![
            (Kind::Condition, Some("2015"), &["慢性C型肝炎"]),
            (Kind::Condition, None, &["高血圧症"]),
            (Kind::Result, Some("2026-06-08"), &["HBs抗原", "陰性", "血液"]),
            (Kind::Result, Some("2026-06-08"), &["血液培養", "Escherichia coli（ESBL非産生）", "血液"]),
        ]);
        let lines = infections(&Context::of(&some));
        assert_eq!(texts(&lines), ["慢性C型肝炎（2015年）", "HBs抗原：陰性（6月8日）"]);
        let none = facts(vec![(Kind::Condition, None, &["高血圧症"])]);
        assert_eq!(texts(&infections(&Context::of(&none))), ["登録なし（未確認）"]);
    }

    #[test]
    fn a_device_and_its_use_are_told_once_and_both_cited() {
        let some = facts(vec![
            (Kind::Device, None, &["人工骨頭", "左人工骨頭"]),
            (Kind::Device, Some("2019-02-13"), &["左人工骨頭", "左股関節"]),
        ]);
        let lines = devices(&Context::of(&some));
        assert_eq!(texts(&lines), ["2019年2月13日　左人工骨頭（左股関節）"]);
        assert_eq!(lines[0].evidence, ["F1", "F0"]);
    }
}
