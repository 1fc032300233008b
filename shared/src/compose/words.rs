//! How one fact reads as a line: label, date, value, remarks. Free text stands verbatim.

use super::medication;
use crate::calendar::{Day, with_japanese_days};
use crate::facts::{Fact, Kind};

/// The line of one fact.
pub(super) fn said(fact: &Fact) -> String {
    let rest = || fact.fields.get(1..).unwrap_or_default();
    match fact.kind {
        Kind::Note | Kind::Statement => rest().join(" "),
        Kind::Report | Kind::Result | Kind::Exam => {
            format!("{}：{}", dated_name(fact), with_japanese_days(&rest().join("、")))
        }
        Kind::Medication => medication::labelled(fact),
        Kind::Derived => fact.fields.join(" "),
        Kind::Social => labelled(&fact.name, rest()),
        Kind::Family => match rest().split_first() {
            Some((name, [])) => format!("{}：{name}", fact.fields[0]),
            Some((name, more)) => format!("{}：{name}（{}）", fact.fields[0], without_stops(more).join("、")),
            None => fact.fields.concat(),
        },
        Kind::Survey => format!("{}{}", labelled(&fact.name, rest()), on_day(fact, "")),
        Kind::Appointment => {
            let what: Vec<&String> = fact.fields.iter().filter(|f| *f != "予約").collect();
            let day = fact.date.map_or_else(|| "日時の記載なし".to_owned(), Day::japanese);
            format!("予約：{day}　{}", without_stops(&what).join("、"))
        }
        Kind::Diet => format!("{}{}", labelled_by_first(fact), on_day(fact, "から")),
        Kind::Condition => format!("{}{}", joined(fact), on_day(fact, "")),
        Kind::CarePlan | Kind::Consent => format!("{}{}", labelled_by_first(fact), on_day(fact, "")),
        _ => dated(fact),
    }
}

/// 「2026年7月3日から7月10日」: the year once.
pub(super) fn span(start: Day, end: Day) -> String {
    let until = match (end.month, end.day) {
        (Some(month), Some(day)) if end.year == start.year => format!("{month}月{day}日"),
        _ => end.japanese(),
    };
    if start == end { start.japanese() } else { format!("{}から{until}", start.japanese()) }
}

fn labelled(name: &str, rest: &[String]) -> String {
    match rest.split_first() {
        Some((value, [])) => format!("{name}：{value}"),
        Some((value, more)) => format!("{name}：{value}（{}）", without_stops(more).join("、")),
        None => name.to_owned(),
    }
}

/// 「在宅療養計画：訪問看護 週1回、…」
fn labelled_by_first(fact: &Fact) -> String {
    match fact.fields.as_slice() {
        [title, rest @ ..] if !rest.is_empty() => format!("{title}：{}", without_stops(rest).join("、")),
        _ => joined(fact),
    }
}

/// 「（2026年7月6日から）」
fn on_day(fact: &Fact, after: &str) -> String {
    fact.date.map(|d| format!("（{}{after}）", d.japanese())).unwrap_or_default()
}

fn dated_name(fact: &Fact) -> String {
    match fact.date {
        Some(day) => format!("{}　{}", day.japanese(), fact.name),
        None => fact.name.clone(),
    }
}

/// 「2026年7月6日　上部消化管内視鏡検査（…）」
pub(super) fn dated(fact: &Fact) -> String {
    match fact.date {
        Some(day) => format!("{}　{}", day.japanese(), joined(fact)),
        None => joined(fact),
    }
}

/// First field, the others in brackets.
pub(super) fn joined(fact: &Fact) -> String {
    match fact.fields.split_first() {
        Some((first, rest)) if !rest.is_empty() => format!("{first}（{}）", without_stops(rest).join("、")),
        Some((first, _)) => first.clone(),
        None => String::new(),
    }
}

/// A remark as a document prints it: days, and labels of our own with a full-width colon.
pub(super) fn printed(text: &str) -> String {
    const LABELS: &[&str] = &["要確認", "確認者", "重篤化の危険"];
    let mut out = with_japanese_days(text);
    if !out.contains(':') {
        return out;
    }
    for label in LABELS {
        out = out.replace(&format!("{label}:"), &format!("{label}："));
    }
    out
}

/// Fields that end in 。 go on with 、 inside brackets.
pub(super) fn without_stops<T: AsRef<str>>(fields: &[T]) -> Vec<String> {
    fields.iter().map(|f| printed(f.as_ref().trim_end_matches('。'))).collect()
}

#[cfg(test)]
mod tests {
    use super::said;
    use crate::calendar::Day;
    use crate::facts::{Fact, Kind, Source};

    fn fact(kind: Kind, fields: &[&str]) -> Fact {
        let fields: Vec<String> = fields.iter().map(|f| (*f).to_owned()).collect();
        let name = fields[0].clone();
        Fact::new(kind, Day::parse("2026-07-13"), &name, fields, Source::Statement { by: String::new() })
    }

    #[test]
    fn each_kind_of_fact_reads_naturally() {
        for (kind, fields, line) in [
            (Kind::Social, &["職業", "図書館司書"][..], "職業：図書館司書"),
            (Kind::Family, &["母", "肺結核", "45歳"], "母：肺結核（45歳）"),
            (Kind::Family, &["妻", "2015年に死亡。"], "妻：2015年に死亡。"),
            (Kind::Appointment, &["診察と採血", "予約"], "予約：2026年7月13日　診察と採血"),
            (Kind::Survey, &["ADL 食事", "自立"], "ADL 食事：自立（2026年7月13日）"),
            (Kind::Diet, &["潰瘍食", "5分粥"], "潰瘍食：5分粥（2026年7月13日から）"),
            (Kind::Condition, &["MRSA保菌"], "MRSA保菌（2026年7月13日）"),
            (Kind::Consent, &["事前指示", "心肺蘇生は希望しない"], "事前指示：心肺蘇生は希望しない（2026年7月13日）"),
        ] {
            assert_eq!(said(&fact(kind, fields)), line);
        }
    }
}
