//! Ages and counts of days.

use std::collections::BTreeMap;

use time::Date;

use super::super::medication::Category;
use super::super::scope::Scope;
use super::super::{Detail, Fact, Kind};
use super::{derived, medication};
use crate::calendar::{Day, age_on};

/// More days of illness than this are no help to a reader.
const DAYS_AT_MOST: usize = 14;

fn stay(all: &[Fact]) -> Option<(&Fact, Date, Option<Date>, bool)> {
    all.iter().find_map(|f| match &f.detail {
        Detail::Stay(s) => Some((f, s.start?.date()?, s.end.and_then(Day::date), s.inpatient)),
        _ => None,
    })
}

pub(super) fn age(all: &[Fact]) -> Option<Fact> {
    let patient = all.iter().find(|f| f.kind == Kind::Patient)?;
    let birth = patient.fields.first()?.strip_prefix("生年月日 ").and_then(Day::parse)?.date()?;
    let (encounter, start, _, inpatient) = stay(all)?;
    let years = age_on(birth, start);
    if !(0..=130).contains(&years) || start < birth {
        return None;
    }
    let sex = match (patient.fields.get(1).map_or("", String::as_str), years) {
        ("男性", ..15) => "男児",
        ("女性", ..15) => "女児",
        ("不明", _) => "",
        (sex, _) => sex,
    };
    let when = if inpatient { "入院時年齢" } else { "受診時年齢" };
    let text = format!("{when} {}{sex}", age_text(birth, start, years));
    Some(derived("年齢", text, &[patient, encounter]).with(Detail::Formula("生年月日から入院・受診の日まで")))
}

/// 日齢 before the 28th day (the day of birth is 日齢0), months in the first year, years and months to the third.
fn age_text(birth: Date, on: Date, years: i32) -> String {
    let days = (on - birth).whole_days();
    let month = |d: Date| d.year() * 12 + i32::from(d.month() as u8);
    let months = month(on) - month(birth) - i32::from(on.day() < birth.day());
    match (days, years) {
        (..28, _) => format!("日齢{days}"),
        (_, 0) => format!("{}か月", months.max(0)),
        (_, 1..3) if months % 12 > 0 => format!("{years}歳{}か月", months % 12),
        _ => format!("{years}歳"),
    }
}

/// Both the day of admission and the day of discharge count (診療報酬の在院日数 convention).
pub(super) fn length_of_stay(all: &[Fact]) -> Option<Fact> {
    let (encounter, start, end, inpatient) = stay(all)?;
    let days = (end? - start).whole_days() + 1;
    let fact = || derived("在院日数", format!("在院日数 {days}日"), &[encounter]);
    (inpatient && days > 0).then(|| fact().with(Detail::Formula("入院日から退院日まで、両日を含む")))
}

fn operations(all: &[Fact]) -> impl Iterator<Item = (&Fact, Date)> {
    let operation = |f: &&Fact| {
        f.kind == Kind::Procedure
            && (f.name.ends_with('術') || f.name.contains("切除") || f.name.contains("置換"))
            && !f.fields.iter().any(|x| matches!(x.as_str(), "実施せず" | "予定" | "中止"))
    };
    all.iter().filter(operation).filter_map(|f| Some((f, f.date?.date()?)))
}

pub(super) fn after_operation(all: &[Fact], scope: &Scope) -> Vec<Fact> {
    let Some(end) = scope.stay.as_ref().and_then(|s| s.end).and_then(Day::date) else { return Vec::new() };
    operations(all)
        .filter_map(|(f, on)| {
            let days = (end - on).whole_days();
            let encounter = all.iter().find(|f| f.kind == Kind::Encounter)?;
            let text = format!("退院時の術後日数（{}） {days}日", f.name);
            let fact = || derived(&f.name, text, &[f, encounter]);
            (days > 0).then(|| fact().with(Detail::Formula("手術日を0日とする")))
        })
        .collect()
}

/// 第n病日 of the days on which something happened, and the days after an operation by then.
pub(super) fn of_illness(all: &[Fact]) -> Vec<Fact> {
    let Some((encounter, start, end, true)) = stay(all) else { return Vec::new() };
    let mut events: BTreeMap<Date, u8> = BTreeMap::new();
    let inside = |d: &Date| *d >= start && end.is_none_or(|e| *d <= e);
    for fact in all {
        let (days, rank) = match fact.kind {
            Kind::Procedure | Kind::Report => ([fact.date, None], 0),
            Kind::Medication => match medication(fact) {
                Some(m) if m.category == Category::Inpatient => ([m.start, m.end], 1),
                _ => continue,
            },
            Kind::Note if !fact.is_earlier() => ([fact.date, None], 2),
            _ => continue,
        };
        for day in days.into_iter().flatten().filter_map(Day::date).filter(inside) {
            let known = events.entry(day).or_insert(rank);
            *known = rank.min(*known);
        }
    }
    let mut chosen: Vec<(u8, Date)> = events.into_iter().map(|(day, rank)| (rank, day)).collect();
    chosen.sort();
    chosen.truncate(DAYS_AT_MOST);
    chosen.sort_by_key(|(_, day)| *day);
    let operated: Vec<(&Fact, Date)> = operations(all).collect();
    chosen
        .into_iter()
        .map(|(_, day)| {
            let nth = (day - start).whole_days() + 1;
            let mut text = format!("{}月{}日は第{nth}病日", day.month() as u8, day.day());
            let mut from = vec![encounter];
            if let Some((operation, on)) = operated.iter().filter(|(_, on)| *on < day).max_by_key(|(_, on)| *on) {
                text.push_str(&format!("、術後{}日", (day - *on).whole_days()));
                from.push(operation);
            }
            derived("病日", text, &from).with(Detail::Formula("入院日を第1病日、手術日を術後0日とする"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::age_text;
    use crate::calendar::age_on;
    use crate::facts::testing::{build, note, stay};
    use crate::facts::{Facts, Kind};
    use serde_json::json;
    use time::macros::date;

    fn derived(facts: &Facts, words: &str) -> Vec<String> {
        facts.of(Kind::Derived).map(crate::facts::Fact::text).filter(|t| t.contains(words)).collect()
    }

    #[test]
    fn ages_are_days_months_then_years() {
        let on = date!(2026 - 07 - 05);
        for (birth, text) in [
            (date!(2026 - 07 - 05), "日齢0"),
            (date!(2026 - 06 - 10), "日齢25"),
            (date!(2026 - 04 - 06), "2か月"),
            (date!(2026 - 04 - 05), "3か月"),
            (date!(2024 - 12 - 31), "1歳6か月"),
            (date!(2024 - 07 - 05), "2歳"),
            (date!(1944 - 03 - 08), "82歳"),
        ] {
            assert_eq!(age_text(birth, on, age_on(birth, on)), text);
        }
    }

    #[test]
    fn days_are_counted_from_admission_and_operation() {
        let operation = json!({ "resourceType": "Procedure", "id": "op", "status": "completed", "subject": { "reference": "Patient/p1" },
            "code": { "text": "腹腔鏡下胆嚢摘出術" }, "performedDateTime": "2026-07-07" });
        let mut planned = operation.clone();
        planned["id"] = json!("planned");
        planned["status"] = json!("preparation");
        planned["performedDateTime"] = json!("2026-07-08");
        let facts = build(&[stay(), operation, planned, note("2026-07-09", "経過記録 医師", "ドレーンを抜去した。")]);
        assert_eq!(derived(&facts, "在院日数"), ["在院日数 12日"]);
        assert_eq!(
            derived(&facts, "病日"),
            ["7月7日は第3病日", "7月8日は第4病日、術後1日", "7月9日は第5病日、術後2日"]
        );
        assert_eq!(derived(&facts, "退院時の術後日数"), ["退院時の術後日数（腹腔鏡下胆嚢摘出術） 9日"]);
        let of_illness = facts.of(Kind::Derived).find(|f| f.name == "病日").expect("a day");
        assert!(of_illness.evidence().text.contains("入院日を第1病日"), "the formula is shown");
    }
}
