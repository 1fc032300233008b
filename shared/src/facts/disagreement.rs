//! Where dosage text and structured values of one prescription say different things. Nothing is corrected:
//! both stand in the fact, and the mark sends a person to look.

use serde_json::value::RawValue;

use super::dosage::{self, Usage, Usages};
use crate::calendar::Day;
use crate::record::resources::{Dosage, MedicationUse};
use crate::record::types::{CodeableConcept, Period, Quantity, extension};

/// 「要確認:期間不一致」 and the like; empty where they agree or one of them says nothing.
pub(super) fn disagreement(m: &MedicationUse, dosages: &[Dosage], period: &Period, read: &mut Usages) -> String {
    let (start, end) = (day(period.start.as_deref()), day(period.end.as_deref()));
    let span = start.zip(end).map(|(s, e)| (e - s).whole_days() + 1);
    let mut found: Vec<&str> = Vec::new();
    if span.is_some_and(|days| days < 1) {
        found.push("期間");
    }
    if let [dosage] = dosages
        && let Some(text) = dosage.text.as_deref()
    {
        let said = read.read(text);
        let supply = m.dispense_request.as_ref().and_then(|d| d.expected_supply_duration.as_ref());
        // A drug that is not taken each day lasts longer than it has doses.
        let span = span.filter(|days| *days >= 1 && said.every == 1 && !said.as_needed);
        let days = durations(dosage).into_iter().chain(supply).filter_map(days).chain(span);
        if said.days.is_some_and(|text| days.into_iter().any(|d| d != text)) {
            found.push("期間");
        }
        if doses_differ(&said, dosage) {
            found.push("用量");
        }
        if times_differ(&said, dosage, read) {
            found.push("用法");
        }
    }
    found.dedup();
    if found.is_empty() { String::new() } else { format!("要確認:{}不一致", found.join("・")) }
}

fn day(text: Option<&str>) -> Option<time::Date> {
    text.and_then(Day::parse).and_then(Day::date)
}

fn durations<'d, 'a>(dosage: &'d Dosage<'a>) -> Vec<&'d Quantity<'a>> {
    let usage =
        extension(&dosage.extension, "JP_MedicationDosage_UsageDuration").and_then(|e| e.value_duration.as_ref());
    let bound = dosage.timing.as_ref().and_then(|t| t.repeat.as_ref()?.bounds_duration.as_ref());
    usage.into_iter().chain(bound).collect()
}

/// Whole days of a duration in days or weeks.
fn days(duration: &Quantity) -> Option<i64> {
    let value = dosage::thousandths(duration.digits()?).filter(|v| v % 1000 == 0)? / 1000;
    match duration.code.as_deref().or(duration.unit.as_deref())? {
        "d" | "日" | "days" | "day" => Some(value),
        "wk" | "週" | "週間" => Some(value * 7),
        _ => None,
    }
}

fn doses_differ(said: &Usage, dosage: &Dosage) -> bool {
    let amount = |q: &Quantity| Some((dosage::thousandths(q.digits()?)?, dosage::unit(q.unit_text()?)?));
    let differs = |text: Option<dosage::Amount>, structured: Option<dosage::Amount>| matches!((text, structured), (Some(t), Some(s)) if t.1 == s.1 && t.0 != s.0);
    dosage.dose_and_rate.iter().any(|dose| {
        let a_day = |d: &Quantity| d.digits() == Some("1") && matches!(d.unit_text(), Some("日" | "d"));
        let per_day = dose.rate_ratio.as_ref().filter(|r| r.denominator.as_ref().is_some_and(a_day));
        differs(said.each, dose.dose_quantity.as_ref().and_then(amount))
            || said.every == 1 && differs(said.daily, per_day.and_then(|r| amount(r.numerator.as_ref()?)))
    })
}

/// The code's wording beside the text's, and the frequency beside both.
fn times_differ(said: &Usage, dosage: &Dosage, read: &mut Usages) -> bool {
    let Some(timing) = &dosage.timing else { return false };
    let coded = timing.code.as_ref().and_then(CodeableConcept::label).and_then(|l| read.read(l).times);
    let daily = timing
        .repeat
        .as_ref()
        .filter(|r| r.period.map(RawValue::get) == Some("1") && r.period_unit.as_deref() == Some("d"));
    let frequency = daily.and_then(|r| r.frequency.and_then(|f| f.get().parse().ok()));
    let differs = |other: Option<i64>| matches!((said.times, other), (Some(a), Some(b)) if a != b);
    !said.as_needed && (differs(coded) || differs(frequency))
}

#[cfg(test)]
mod tests {
    use crate::facts::testing::{build, drug, stay};
    use crate::facts::{Fact, Kind};
    use serde_json::{Value, json};

    fn prescribed(resource: &Value) -> Fact {
        build(&[stay(), resource.clone()]).of(Kind::Medication).next().expect("the drug").clone()
    }

    fn with(text: &str, structured: Value) -> Value {
        let mut resource = drug("DCG", "ミヤＢＭ錠", text);
        for (key, value) in structured.as_object().expect("members") {
            resource["dosageInstruction"][0][key] = value.clone();
        }
        resource
    }

    #[test]
    fn text_and_structure_that_differ_are_marked_and_both_stand() {
        let text = "1日3回 毎食後 1回2錠 2日分";
        let days =
            |n: i32| json!({ "timing": { "repeat": { "boundsDuration": { "value": n, "unit": "日", "code": "d" } } } });
        let dose = |n: i32| json!({ "doseAndRate": [{ "doseQuantity": { "value": n, "unit": "錠" } }] });
        let rate = |n: i32| json!({ "doseAndRate": [{ "rateRatio": { "numerator": { "value": n, "unit": "錠" }, "denominator": { "value": 1, "unit": "日" } } }] });
        let times = |n: i32| json!({ "timing": { "repeat": { "frequency": n, "period": 1, "periodUnit": "d" } } });
        let span = |end: &str| {
            json!({ "extension": [{ "url": "http://jpfhir.jp/x/JP_MedicationDosage_PeriodOfUse",
                "valuePeriod": { "start": "2026-07-09", "end": end } }] })
        };
        for (structured, mark) in [
            (days(3), "要確認:期間不一致"),
            (span("2026-07-11"), "要確認:期間不一致"),
            (span("2026-07-08"), "要確認:期間不一致"),
            (dose(1), "要確認:用量不一致"),
            (rate(3), "要確認:用量不一致"),
            (times(2), "要確認:用法不一致"),
            (days(2), ""),
            (span("2026-07-10"), ""),
            (dose(2), ""),
            (rate(6), ""),
            (times(3), ""),
        ] {
            let fact = prescribed(&with(text, structured.clone()));
            assert_eq!(fact.fields[2], text, "the text stands as it is");
            assert_eq!(fact.fields.iter().any(|f| f.contains("不一致")), !mark.is_empty(), "{structured}");
            assert!(mark.is_empty() || fact.fields.iter().any(|f| f == mark), "{structured} {:?}", fact.fields);
        }
    }

    #[test]
    fn doses_that_are_not_daily_do_not_disagree_with_their_period() {
        let span = json!({ "extension": [{ "url": "x/JP_MedicationDosage_PeriodOfUse",
            "valuePeriod": { "start": "2026-07-15", "end": "2026-08-11" } }] });
        for text in ["週1回 起床時 1回1錠 4日分", "隔日 朝食後 1回1錠 14日分", "疼痛時 1回1錠 10回分"]
        {
            let fact = prescribed(&with(text, span.clone()));
            assert!(!fact.fields.iter().any(|f| f.contains("不一致")), "{text}");
        }
    }
}
