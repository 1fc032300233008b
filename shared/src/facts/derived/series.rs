//! First, highest or lowest, and last of a series, each with its condition; differences of weight and haemoglobin.
//! Values of different samples or methods are different series.

use std::collections::BTreeMap;

use super::super::dosage::thousandths;
use super::super::results::ResultDetail;
use super::super::{Detail, Fact, Kind};
use super::{derived, leading_number};

type Value<'f> = (&'f Fact, &'f ResultDetail, f64);

pub(super) fn facts(all: &[Fact]) -> Vec<Fact> {
    let mut by_name: BTreeMap<(&str, String), Vec<Value>> = BTreeMap::new();
    for fact in all.iter().filter(|f| f.kind == Kind::Result) {
        if let Detail::Result(r) = &fact.detail
            && !r.pending
            && let Some(number) = leading_number(&r.value)
        {
            by_name.entry((&fact.name, sample(&fact.name, &r.sample))).or_default().push((fact, r, number));
        }
    }
    let mut out = Vec::new();
    for ((name, sample), values) in by_name {
        let same_unit = values.iter().all(|(_, r, _)| r.unit == values[0].1.unit);
        let (first, last) = (values[0], values[values.len() - 1]);
        if values.len() < 2 || !same_unit || first.0.date == last.0.date {
            continue;
        }
        let (low, high) = (first.2.min(last.2), first.2.max(last.2));
        let beyond = |v: &Value| if v.2 > high { v.2 - high } else { low - v.2 };
        let outside = values.iter().filter(|v| beyond(v) > 0.0);
        let extreme = outside.max_by(|a, b| beyond(a).total_cmp(&beyond(b)));
        let mut shown = vec![told(first, "")];
        shown.extend(extreme.map(|e| told(*e, if e.2 > high { "最高" } else { "最低" })));
        shown.push(told(last, ""));
        let from: Vec<&Fact> = [Some(first.0), extreme.map(|e| e.0), Some(last.0)].into_iter().flatten().collect();
        let of = if sample.is_empty() { String::new() } else { format!("（{sample}）") };
        let text = format!("{name}{of}の推移 {}", shown.join("→"));
        let formula = "初回、初回と最終の外にある最も離れた値、最終";
        out.push(derived(name, text, &from).with(Detail::Formula(formula)));
        if ["体重", "Hb", "ヘモグロビン"].iter().any(|n| name.contains(n)) && !name.contains("HbA1c") {
            out.extend(difference(name, first, last));
        }
    }
    out
}

/// A CRP is the same test before and after breakfast; glucose is not.
const FED: &[&str] = &["空腹", "随時", "食後", "食前"];

fn sample(name: &str, said: &str) -> String {
    let by_meal = ["血糖", "グルコース", "中性脂肪", "インスリン", "ペプチド"].iter().any(|n| name.contains(n));
    let kept = said.split('、').filter(|part| by_meal || !FED.iter().any(|w| part.contains(w)));
    kept.collect::<Vec<_>>().join("、")
}

/// 「18.1 mg/dL（7月6日、室内気）」
fn told((fact, r, _): Value, word: &str) -> String {
    let day = fact.date.map_or(String::new(), |d| match (d.month, d.day) {
        (Some(m), Some(d)) => format!("{m}月{d}日"),
        _ => d.japanese(),
    });
    let within: Vec<&str> = [day.as_str(), r.condition.as_str()].into_iter().filter(|w| !w.is_empty()).collect();
    format!("{word}{}（{}）", r.value, within.join("、"))
}

/// Decimal digits kept: 62.4 and 58.9 differ by 3.5, not by 3.4999.
fn difference(name: &str, first: Value, last: Value) -> Option<Fact> {
    let digits = |r: &ResultDetail| {
        let end = r.value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(r.value.len());
        Some((thousandths(&r.value[..end])?, r.value[..end].split_once('.').map_or(0, |(_, part)| part.len())))
    };
    let ((a, places), (b, more)) = (digits(first.1)?, digits(last.1)?);
    let (word, size) = if b < a { ("減少", a - b) } else { ("増加", b - a) };
    let places = places.max(more).min(3);
    let part = format!("{:03}", size % 1000);
    let point = if places == 0 { String::new() } else { format!(".{}", &part[..places]) };
    let text = format!("{name}の変化 {}{point} {}{word}", size / 1000, first.1.unit);
    (size != 0).then(|| derived(name, text, &[first.0, last.0]).with(Detail::Formula("最終－初回")))
}

#[cfg(test)]
mod tests {
    use crate::facts::Kind;
    use crate::facts::testing::{build, result, stay};
    use serde_json::json;

    fn derived(resources: &[serde_json::Value]) -> Vec<String> {
        let facts = build(&[&[stay()], resources].concat());
        facts
            .of(Kind::Derived)
            .map(crate::facts::Fact::text)
            .filter(|t| t.contains("推移") || t.contains("変化"))
            .collect()
    }

    #[test]
    fn the_worst_is_found_even_between_far_edges() {
        let told = derived(&[
            result("2026-07-05", "CRP", "10.0", "mg/dL"),
            result("2026-07-06", "CRP", "5", "mg/dL"),
            result("2026-07-07", "CRP", "12", "mg/dL"),
            result("2026-07-12", "CRP", "0.3", "mg/dL"),
        ]);
        assert_eq!(told, ["CRPの推移 10.0 mg/dL（7月5日）→最高12 mg/dL（7月7日）→0.3 mg/dL（7月12日）"]);
    }

    #[test]
    fn a_value_keeps_its_condition_and_samples_do_not_mix() {
        let mut on_air = result("2026-07-12", "SpO2", "96", "%");
        on_air["note"] = json!([{ "text": "室内気" }]);
        let mut on_oxygen = result("2026-07-05", "SpO2", "92", "%");
        on_oxygen["note"] = json!([{ "text": "酸素2 L/分" }]);
        assert_eq!(derived(&[on_oxygen, on_air]), ["SpO2の推移 92%（7月5日、酸素2 L/分）→96%（7月12日、室内気）"]);
        let mut urine = result("2026-07-12", "蛋白", "30", "mg/dL");
        urine["specimen"] = json!({ "display": "尿" });
        let serum = result("2026-07-05", "蛋白", "6.8", "mg/dL");
        assert!(derived(&[urine, serum]).is_empty(), "urine and serum are no series");
    }

    #[test]
    fn fasting_parts_a_series_of_glucose_alone() {
        let of_blood = |day: &str, name: &str, value: &str, method: &str| {
            let mut r = result(day, name, value, "mg/dL");
            r["specimen"] = json!({ "display": "血液" });
            if !method.is_empty() {
                r["method"] = json!({ "text": method });
            }
            r
        };
        let both =
            |name: &str| [of_blood("2026-07-05", name, "7.6", ""), of_blood("2026-07-12", name, "0.1", "空腹時")];
        assert_eq!(derived(&both("CRP")), ["CRP（血液）の推移 7.6 mg/dL（7月5日）→0.1 mg/dL（7月12日）"]);
        assert!(derived(&both("血糖")).is_empty());
    }

    #[test]
    fn differences_keep_their_decimals() {
        let told = derived(&[result("2026-07-05", "体重", "62.4", "kg"), result("2026-07-16", "体重", "58.9", "kg")]);
        assert_eq!(told[1], "体重の変化 3.5 kg減少");
    }
}
