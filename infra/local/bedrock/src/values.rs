//! Sentences for what has a value: results, derived facts, what became of a drug, answers.

use crate::phrase::{Voice, rest, telling};
use crate::prompt::Fact;

/// Specimens that go without saying.
const USUAL: &[&str] = &["血液", "血清", "血漿"];

/// 「7月5日のカリウムは3.5 mEq/Lであった」, with the condition that belongs to the value.
pub(crate) fn result(fact: &Fact, voice: &mut Voice) -> String {
    let (name, value) = (fact.field(1), fact.field(2));
    let when = match voice.date(fact.field(0)) {
        when if when.is_empty() => String::new(),
        when => format!("{when}の"),
    };
    let conditions = telling(fact, 3);
    if value.is_empty() || value == "結果未着" {
        let said = conditions.join("、");
        let who = said.split(['、', '。']).find(|part| part.starts_with("結果は"));
        return match who {
            Some(who) => format!("{when}{name}は結果未着であり、{who}"),
            None => format!("{when}{name}は結果未着である"),
        };
    }
    let conditions: Vec<&str> =
        conditions.iter().flat_map(|part| part.split('、')).filter(|part| !USUAL.contains(part)).collect();
    let value = pressure(value).unwrap_or_else(|| value.to_owned());
    if conditions.is_empty() {
        return format!("{when}{name}は{value}であった");
    }
    format!("{when}{name}は{value}（{}）であった", conditions.join("、").trim_end_matches('。'))
}

/// 「104/60 mmHg」 for systolic and diastolic pressure.
fn pressure(value: &str) -> Option<String> {
    let (systolic, diastolic) = value.strip_prefix("収縮期血圧 ")?.split_once("、拡張期血圧 ")?;
    Some(format!("{}/{diastolic}", systolic.strip_suffix(" mmHg")?))
}

/// A derived fact has a date where it is about one.
pub(crate) fn derived(fact: &Fact) -> String {
    let dated = fact.field(0).is_empty() || crate::date::Date::parse(fact.field(0)).is_some();
    let text = if dated { fact.field(1) } else { fact.field(0) };
    if let Some((name, path)) = text.split_once("の推移 ") {
        return course(name, path.split('→').map(str::trim));
    }
    if let Some((name, path)) = text.split_once(' ').filter(|(_, path)| path.contains('→')) {
        return course(name, path.split('→').map(str::trim));
    }
    let (label, value) = match text.rsplit_once(' ') {
        Some((label, value)) if value.contains(|c: char| c.is_ascii_digit()) => (label, value),
        _ => return text.to_owned(),
    };
    let days = value.strip_suffix('日');
    if let Some((drug, days)) = label.strip_suffix("投与日数").zip(days) {
        return format!("{}は{days}日間投与した", drug.trim_end_matches('の'));
    }
    if let Some(operation) = label.strip_prefix("退院時の術後日数（") {
        return format!("退院時は{}の術後{value}であった", operation.strip_suffix('）').unwrap_or(operation));
    }
    if let Some(name) = label.strip_suffix("の変化") {
        return format!("{name}は{value}した");
    }
    if let Some(when) = label.strip_suffix("年齢") {
        return format!("{when}{}である", value.replace('歳', "歳の").replace("か月", "か月の"));
    }
    if label.contains([' ', '、', ':', '：']) { text.to_owned() } else { format!("{label}は{value}であった") }
}

/// From the first value to the last, through what lies between.
fn course<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.collect();
    match values[..] {
        [first, last] => format!("{name}は{first}から{last}へ推移した"),
        _ => format!("{name}は{}と推移した", values.join("、")),
    }
}

/// What became of a drug at discharge.
pub(crate) fn change(fact: &Fact) -> String {
    let text = fact.field(0);
    let Some((drug, change)) = text.rsplit_once(' ') else {
        return text.to_owned();
    };
    match change {
        "新規" => format!("{drug}を新たに開始した"),
        "用法・用量変更" => format!("{drug}は用法・用量を変更した"),
        "退院時処方なし" => format!("{drug}は退院時処方がない"),
        "休薬" => format!("{drug}は休薬とした"),
        other => format!("{drug}は{other}した"),
    }
}

/// 「退院時の処方はフロセミド錠20mg 1日1回である」
pub(crate) fn medication(fact: &Fact) -> String {
    let (category, name) = (fact.field(1), fact.field(2));
    let dosage = fact.field(3);
    let when = match category {
        "退院" => "退院時の処方は",
        "持参" => "持参薬は",
        "外来" => "外来の処方は",
        "入院中" | "実施" => "入院中は",
        _ => "",
    };
    if category == "入院中" || category == "実施" {
        return format!("{when}{name}を{dosage}で投与した");
    }
    if name.is_empty() {
        return rest(fact, 1);
    }
    format!("{when}{name} {dosage}である")
}

/// 「ADL（食事）は自立である」
pub(crate) fn answer(fact: &Fact) -> String {
    let (asked, value) = (fact.field(1), fact.field(2));
    let asked = match asked.split_once(' ') {
        Some((group @ "ADL", item)) if item != "FIM" => format!("{group}（{item}）"),
        _ => asked.to_owned(),
    };
    let more = telling(fact, 3).join("、");
    let more = more.trim_end_matches('。');
    let more = if more.is_empty() { String::new() } else { format!("（{more}）") };
    let is_clause = value.contains('。') || crate::ending::ends_in_verb(value);
    if is_clause { format!("{asked}：{value}") } else { format!("{asked}は{value}{more}である") }
}
