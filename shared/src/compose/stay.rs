//! Admission, discharge, visit.

use super::{Context, Line};
use crate::calendar::Day;
use crate::document::Empty;
use crate::facts::{Detail, Fact, Kind, Stay};

fn stay<'c>(c: &'c Context) -> Option<(&'c Fact, &'c Stay)> {
    c.facts.list.iter().find_map(|f| match &f.detail {
        Detail::Stay(s) => Some((f, &**s)),
        _ => None,
    })
}

fn day(day: Option<Day>) -> String {
    day.map(Day::japanese).unwrap_or_default()
}

/// Lines of label and value; a value that the record lacks gives no line.
fn labelled(fact: &Fact, pairs: &[(&str, &str)]) -> Vec<Line> {
    pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| Line::fact(format!("{label}：{value}"), &[fact]))
        .collect()
}

pub(super) fn admission(c: &Context) -> Vec<Line> {
    let Some((fact, s)) = stay(c) else {
        return vec![Line::missing("【記載なし：要確認】対象の入院・受診が記録から特定できない。", Empty::ToConfirm)];
    };
    let when = if s.inpatient { "入院日" } else { "受診日" };
    let mut lines = labelled(
        fact,
        &[
            (when, &day(s.start)),
            ("診療科", &s.department),
            ("病棟", &s.ward),
            ("主治医", &s.attending),
            ("入院経路", &s.admit_source),
        ],
    );
    for f in c.facts.of(Kind::Derived).filter(|f| f.name == "年齢") {
        // The sex stands in the head.
        let age = f.fields.join(" ").replacen(' ', "：", 1);
        let age =
            ["女性", "男性", "女児", "男児"].iter().find_map(|sex| age.strip_suffix(sex)).unwrap_or(&age).to_owned();
        lines.push(Line::fact(age, &[f]));
    }
    lines
}

pub(super) fn discharge(c: &Context) -> Vec<Line> {
    let Some((fact, s)) = stay(c) else {
        return vec![Line::empty(Empty::ToConfirm)];
    };
    let ending = if s.died {
        "死亡退院日"
    } else if s.inpatient {
        "退院日"
    } else {
        "受診終了日"
    };
    let mut lines = labelled(fact, &[(ending, &day(s.end))]);
    for f in c.facts.of(Kind::Derived).filter(|f| f.name == "在院日数") {
        lines.push(Line::fact(f.fields.join(" ").replacen(' ', "：", 1), &[f]));
    }
    for f in c.facts.of(Kind::Encounter).filter(|f| f.name == "死亡日時") {
        // A clock says 4時52分, not 04時52分.
        let text = f.fields.join(" ").replacen(' ', "：", 1).replace("日0", "日");
        lines.push(Line::fact(text, &[f]));
    }
    if s.died {
        lines.extend(cause_and_autopsy(c));
    }
    lines.extend(labelled(fact, &[("転帰", &s.disposition), ("退院先", &s.destination)]));
    if lines.is_empty() {
        lines.push(Line::missing("【記載なし：要確認】退院日の記録がない。", Empty::ToConfirm));
    }
    lines
}

/// 直接死因 and 剖検, in the words of the notes.
fn cause_and_autopsy(c: &Context) -> Vec<Line> {
    let says = |f: &&Fact| {
        let text = f.fields.get(1..).unwrap_or_default().concat();
        ["直接死因", "剖検", "病理解剖"].iter().any(|w| text.contains(w))
    };
    c.facts.of(Kind::Note).filter(says).map(super::line).collect()
}

/// When the patient was seen, where and by whom: for a reply.
pub(super) fn visit(c: &Context) -> Vec<Line> {
    let Some((fact, s)) = stay(c) else {
        return vec![Line::missing("【記載なし：要確認】対象の受診が記録から特定できない。", Empty::ToConfirm)];
    };
    let (label, when) = when(s);
    labelled(fact, &[(label, &when), ("診療科", &s.department), ("担当医", &s.attending)])
}

fn when(s: &Stay) -> (&'static str, String) {
    match (s.inpatient, s.end) {
        (true, Some(end)) => ("入院期間", format!("{}から{}", day(s.start), end.japanese())),
        (true, None) => ("入院日", day(s.start)),
        (false, _) => ("受診日", day(s.start)),
    }
}

/// 「担当医：呼吸器内科 鈴木 健一」, and of an inpatient from when to when.
pub(super) fn physician(c: &Context) -> Vec<Line> {
    let Some((fact, s)) = stay(c) else { return Vec::new() };
    let who = [s.department.as_str(), s.attending.as_str()].join(" ");
    let who = if s.attending.is_empty() { "" } else { who.trim() };
    let (label, period) = when(s);
    let period = if s.inpatient { period } else { String::new() };
    labelled(fact, &[("担当医", who), (label, &period)])
}

/// Ward, day of admission and attending physician: for a plan at admission.
pub(super) fn ward(c: &Context) -> Vec<Line> {
    let Some((fact, s)) = stay(c) else { return vec![Line::empty(Empty::ToConfirm)] };
    let when = if s.inpatient { "入院日" } else { "受診日" };
    labelled(fact, &[("病棟", &s.ward), (when, &day(s.start)), ("診療科", &s.department), ("主治医", &s.attending)])
}
