//! Results: laboratory, vital signs, findings, social history, questionnaires and reports.
//! A value keeps its digits, its unit and its condition (室内気, 空腹時, 塗抹, 速報).

use serde_json::value::RawValue;

use super::outside::{self, is_void};
use super::scope::Scope;
use super::{Cues, Detail, Fact, Kind, Source, Tally};
use crate::calendar::Day;
use crate::record::notes::each_sentence;
use crate::record::resources::{Observation, QuestionnaireItem};
use crate::record::types::{CodeableConcept, Quantity, Text};
use crate::record::{ClinicalRecord, Item};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultDetail {
    pub value: String,
    pub unit: String,
    /// Ordered, but no value yet, or a preliminary one.
    pub pending: bool,
    pub critical: bool,
    pub abnormal: bool,
    pub vital: bool,
    /// Specimen, method and site: values that differ in these are not compared.
    pub sample: String,
    /// What the value was measured under: 室内気, 空腹時.
    pub condition: String,
}

pub(crate) fn facts(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut out: Vec<(&str, Fact)> = Vec::new();
    for later in &record.observations {
        if let Some(rule) = outside::result(record, scope, later) {
            tally.count(rule, 1);
            continue;
        }
        let Some(item) = record.item(later) else {
            tally.count("unreadable", 1);
            continue;
        };
        let o = &item.body;
        if is_void(o.status.as_deref()) {
            tally.count("entered-in-error", 1);
            continue;
        }
        let day = day(o);
        let standing = category(o) == Kind::Social;
        if !standing && !scope.holds(record, item.position, o.encounter.as_ref(), day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        match observation(record, item, day) {
            Some(fact) => out.push((instant(o).unwrap_or_default(), fact)),
            None => tally.count("without-value", 1),
        }
    }
    // Within a day the clock decides, whatever the order of the record.
    let mut order: Vec<usize> = (0..out.len()).collect();
    let key = |i: usize| {
        let (at, fact) = &out[i];
        (fact.kind, fact.date, fact.name.as_str(), *at)
    };
    order.sort_by(|a, b| key(*a).cmp(&key(*b)));
    let mut unsorted: Vec<Option<Fact>> = out.into_iter().map(|(_, fact)| Some(fact)).collect();
    let mut out: Vec<Fact> = order.into_iter().filter_map(|i| unsorted[i].take()).collect();
    out.extend(reports(record, scope, tally));
    out.extend(questionnaires(record, scope, tally));
    out
}

fn day(o: &Observation) -> Option<Day> {
    instant(o).and_then(Day::parse)
}

fn instant<'o>(o: &'o Observation) -> Option<&'o str> {
    let period = o.effective_period.as_ref().and_then(|p| p.start.as_deref());
    o.effective_date_time.as_deref().or(o.effective_instant.as_deref()).or(period).or(o.issued.as_deref())
}

fn category(o: &Observation) -> Kind {
    let has = |code: &str| o.category.iter().any(|c| c.has_code(code));
    if has("social-history") {
        Kind::Social
    } else if has("survey") || has("functional-status") || has("activity") {
        Kind::Survey
    } else if has("exam") {
        Kind::Exam
    } else {
        Kind::Result
    }
}

fn observation(record: &ClinicalRecord, item: &Item<Observation>, day: Option<Day>) -> Option<Fact> {
    let o = &item.body;
    let name = o.code.as_ref().and_then(CodeableConcept::label)?;
    let (value, unit, pointer) = value(o);
    let preliminary = matches!(o.status.as_deref(), Some("registered" | "preliminary"));
    let pending = preliminary || o.data_absent_reason.as_ref().is_some_and(|r| r.has_code("temp-unknown"));
    let value_text = match (&value, &o.data_absent_reason) {
        (Some(v), _) => v.clone(),
        (None, _) if pending => "結果未着".to_owned(),
        (None, Some(reason)) => format!("値なし（{}）", reason.label().unwrap_or("理由不明")),
        (None, None) => return None,
    };
    let note = o.note.iter().filter_map(|n| n.text.as_deref()).collect::<Vec<_>>().join(" ");
    let mut conditions: Vec<&str> = Vec::new();
    conditions.extend(o.specimen.as_ref().and_then(|s| record.label(item.position, s).or(s.display.as_deref())));
    conditions.extend(o.method.as_ref().and_then(CodeableConcept::label));
    conditions.extend(o.body_site.as_ref().and_then(CodeableConcept::label));
    let sample = conditions.join("、");
    conditions.extend(Some(note.as_str()).filter(|n| !n.is_empty()));
    let status = match o.status.as_deref() {
        Some("preliminary") => "速報",
        Some("registered") => "未着",
        Some("amended" | "corrected") => "訂正",
        _ => "",
    };
    let flags: Vec<&str> = o.interpretation.iter().flat_map(CodeableConcept::codes).collect();
    let detail = ResultDetail {
        value: value.unwrap_or_default(),
        unit,
        pending,
        critical: flags.iter().any(|f| matches!(*f, "HH" | "LL" | "AA")),
        abnormal: flags.iter().any(|f| matches!(*f, "H" | "L" | "A" | "HH" | "LL" | "AA" | "POS")),
        vital: o.category.iter().any(|c| c.has_code("vital-signs")),
        sample,
        condition: note.clone(),
    };
    let fields = vec![name.to_owned(), value_text, conditions.join("、"), status.to_owned()];
    let source = Source::Record { resource: item.reference.clone(), path: [&item.pointer, pointer].concat() };
    Some(Fact::new(category(o), day, name, fields, source).with(Detail::Result(detail)))
}

/// Value as text, unit, and the pointer below the resource.
fn value(o: &Observation) -> (Option<String>, String, &'static str) {
    let concept = |c: &Option<CodeableConcept>| c.as_ref().and_then(CodeableConcept::label).map(str::to_owned);
    let text = |t: &Option<Text>| t.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    if let Some(q) = &o.value_quantity {
        let unit = q.unit_text().unwrap_or_default().to_owned();
        return (q.label(), unit, "/valueQuantity");
    }
    if !o.component.is_empty() && o.value_string.is_none() && o.value_codeable_concept.is_none() {
        let parts = o.component.iter().filter_map(|c| {
            let name = c.code.as_ref().and_then(CodeableConcept::label)?;
            let value = c
                .value_quantity
                .as_ref()
                .and_then(Quantity::label)
                .or_else(|| concept(&c.value_codeable_concept))
                .or_else(|| text(&c.value_string))?;
            Some(format!("{name} {value}"))
        });
        let joined = parts.collect::<Vec<_>>().join("、");
        return (Some(joined).filter(|j| !j.is_empty()), String::new(), "/component");
    }
    let range = o.value_range.as_ref().map(|r| {
        let side = |q: &Option<Quantity>| q.as_ref().and_then(Quantity::label).unwrap_or_default();
        format!("{}～{}", side(&r.low), side(&r.high))
    });
    let ratio = o
        .value_ratio
        .as_ref()
        .and_then(|r| Some(format!("{}:{}", r.numerator.as_ref()?.label()?, r.denominator.as_ref()?.label()?)));
    let raw = |v: Option<&RawValue>| v.map(|v| v.get().to_owned());
    let yes_no = o.value_boolean.map(|b| if b.get() == "true" { "あり" } else { "なし" }.to_owned());
    for (value, pointer) in [
        (concept(&o.value_codeable_concept), "/valueCodeableConcept"),
        (text(&o.value_string), "/valueString"),
        (raw(o.value_integer), "/valueInteger"),
        (yes_no, "/valueBoolean"),
        (range, "/valueRange"),
        (ratio, "/valueRatio"),
        (text(&o.value_date_time), "/valueDateTime"),
    ] {
        if value.is_some() {
            return (value, String::new(), pointer);
        }
    }
    (None, String::new(), "")
}

fn reports(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut out = Vec::new();
    for item in &record.reports {
        let r = &item.body;
        let day = r.effective_date_time.as_deref().or(r.issued.as_deref()).and_then(Day::parse);
        let Some(name) = r.code.as_ref().and_then(CodeableConcept::label) else {
            tally.count("without-name", 1);
            continue;
        };
        if matches!(r.status.as_deref(), Some("entered-in-error" | "cancelled")) {
            tally.count("entered-in-error", 1);
            continue;
        }
        let pending = matches!(r.status.as_deref(), Some("registered" | "partial" | "preliminary"));
        let conclusion = r.conclusion.as_deref().map(str::trim).filter(|c| !c.is_empty());
        if conclusion.is_none() && !pending {
            tally.count("without-value", 1);
            continue;
        }
        if !scope.holds(record, item.position, r.encounter.as_ref(), day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        let status = if pending { "未確定" } else { "" };
        let detail = Detail::Result(ResultDetail { pending, ..ResultDetail::default() });
        // One fact a sentence, so that a report is cited as narrowly as a note.
        let frame = Cues::of(name).and(Cues::of(status));
        let path = [item.pointer.as_str(), if conclusion.is_some() { "/conclusion" } else { "" }].concat();
        each_sentence(conclusion.unwrap_or("結果未着"), &mut |part| {
            let source = Source::Record { resource: item.reference.clone(), path: path.clone() };
            let fields = vec![name.to_owned(), part.to_owned(), status.to_owned()];
            let cues = frame.and(Cues::of(part));
            out.push(Fact::telling(cues, Kind::Report, day, name, fields, source).with(detail.clone()));
        });
    }
    out
}

fn questionnaires(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut out = Vec::new();
    for item in &record.questionnaires {
        let day = item.body.authored.as_deref().and_then(Day::parse);
        if !scope.holds(record, item.position, item.body.encounter.as_ref(), day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        answers(&item.body.item, &format!("{}/item", item.pointer), &item.reference, day, &mut out);
    }
    out
}

fn answers(list: &[QuestionnaireItem], pointer: &str, resource: &str, day: Option<Day>, out: &mut Vec<Fact>) {
    for (i, q) in list.iter().enumerate() {
        let here = format!("{pointer}/{i}");
        let said: Vec<String> = q
            .answer
            .iter()
            .filter_map(|a| {
                let coding = a.value_coding.as_ref().and_then(|c| c.display.as_deref().or(c.code.as_deref()));
                let number = a.value_integer.or(a.value_decimal).map(RawValue::get);
                let quantity = || a.value_quantity.as_ref().and_then(Quantity::label);
                let yes_no = a.value_boolean.map(|b| if b.get() == "true" { "はい" } else { "いいえ" });
                a.value_string
                    .as_deref()
                    .or(coding)
                    .or(number)
                    .or(yes_no)
                    .or(a.value_date.as_deref())
                    .map(str::to_owned)
                    .or_else(quantity)
            })
            .collect();
        let label = q.text.as_deref().or(q.link_id.as_deref()).unwrap_or("質問");
        if !said.is_empty() {
            let source = Source::Record { resource: resource.to_owned(), path: format!("{here}/answer") };
            let fields = vec![label.to_owned(), said.join("、")];
            out.push(Fact::new(Kind::Survey, day, label, fields, source));
        }
        answers(&q.item, &format!("{here}/item"), resource, day, out);
    }
}
