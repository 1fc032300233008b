//! Medication by category and period. `status` says nothing: JP-CLINS fixes it at `completed`.
//! Dosage text stands verbatim; no dose is ever computed to be printed.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::disagreement::disagreement;
use super::dosage::Usages;
use super::drug_names::{Route, generic, route_by_code, route_by_name, yj_ingredient};
use super::outside::{self, is_void};
use super::scope::Scope;
use super::{Detail, Fact, Kind, Source, Tally};
use crate::calendar::Day;
use crate::record::resources::{Dosage, MedicationUse};
use crate::record::types::{CodeableConcept, Extension, Period, Quantity, extension};
use crate::record::{ClinicalRecord, Item, one_or_more, typed};
use crate::text::unspaced;

/// MERIT-9 categories, gathered (`JP_MedicationCategoryMERIT9_CS`), and what has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// BDP 持参薬処方
    Brought,
    /// OHP, OHI, OHO 外来処方
    Outpatient,
    /// IHP 入院処方, ORD 定期, XTR 臨時
    Inpatient,
    /// MedicationAdministration: given, not only ordered
    Administered,
    /// DCG 退院処方
    Discharge,
    /// MedicationStatement: what the patient is said to take
    Stated,
    #[default]
    Unknown,
}

impl Category {
    pub fn label(self) -> &'static str {
        match self {
            Self::Brought => "持参",
            Self::Outpatient => "外来",
            Self::Inpatient => "入院中",
            Self::Administered => "実施",
            Self::Discharge => "退院",
            Self::Stated => "服用中",
            Self::Unknown => "区分なし",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MedicationDetail {
    pub category: Category,
    /// Dosage texts, verbatim, one for each instruction.
    pub dosage: String,
    pub start: Option<Day>,
    pub end: Option<Day>,
    /// First seven characters of a YJ code, which name the ingredient and the route; else the generic name.
    pub ingredient: String,
    /// Generic name behind brand, salt and form; ingredients of a combination joined by 「・」.
    pub generic: String,
    pub route: Route,
    pub note: String,
    /// 中止, 休薬中, 実施せず …, where a status says it; `completed` says nothing.
    pub state: &'static str,
    /// 要確認:期間不一致 and the like; empty where text and structure agree.
    pub disagreement: String,
}

/// How a drug at discharge differs from what the patient took before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Continued,
    Increased,
    Reduced,
    /// Different, but whether more or less the texts do not say.
    Changed,
    /// The same ingredient by another way: tablet to patch.
    Rerouted,
    New,
    Stopped,
    Held,
    /// Not prescribed at discharge, and nothing says why.
    Absent,
}

impl Change {
    pub fn label(self) -> &'static str {
        match self {
            Self::Continued => "継続",
            Self::Increased => "増量",
            Self::Reduced => "減量",
            Self::Changed => "用法・用量変更",
            Self::Rerouted => "投与経路変更",
            Self::New => "新規",
            Self::Stopped => "中止",
            Self::Held => "休薬",
            Self::Absent => "退院時処方なし",
        }
    }
}

pub(crate) fn facts(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut out = Vec::new();
    let mut read = Usages::default();
    let mut spans = outside::Spans::default();
    // The same drug is prescribed again and again in a long record.
    let mut products: HashMap<String, (String, Route)> = HashMap::new();
    for later in &record.medications {
        if let Some(rule) = outside::drug(record, scope, later, &mut spans) {
            tally.count(rule, 1);
            continue;
        }
        let Some(item) = record.item(later) else {
            tally.count("unreadable", 1);
            continue;
        };
        let m = &item.body;
        if is_void(m.status.as_deref()) {
            tally.count("entered-in-error", 1);
            continue;
        }
        let detail = detail(record, item, &mut read);
        let day = detail.start.or_else(|| m.authored_on.as_deref().and_then(Day::parse));
        let encounter = m.encounter.as_ref().or(m.context.as_ref());
        if !is_standing(detail.category) && !scope.holds(record, item.position, encounter, day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        let Some(name) = name(record, item) else {
            tally.count("without-name", 1);
            continue;
        };
        let fields = vec![
            detail.category.label().to_owned(),
            name.clone(),
            detail.dosage.clone(),
            structured(item, &detail.dosage),
            span(&detail),
            reasons(m),
            detail.note.clone(),
            detail.state.to_owned(),
            detail.disagreement.clone(),
        ];
        let source = Source::Record { resource: item.reference.clone(), path: item.pointer.clone() };
        let read_name = || (generic(&name), route_by_name(&name));
        let (generic, route) = products.entry(name.clone()).or_insert_with(read_name);
        let detail = MedicationDetail {
            ingredient: yj_ingredient(m).unwrap_or_else(|| generic.clone()),
            generic: generic.clone(),
            route: route_by_code(m).unwrap_or(*route),
            ..detail
        };
        out.push(Fact::new(Kind::Medication, day, &name, fields, source).with(Detail::Medication(Box::new(detail))));
    }
    out.sort_by_key(|f| match &f.detail {
        Detail::Medication(m) => m.category,
        _ => Category::Unknown,
    });
    out
}

pub(super) fn name(record: &ClinicalRecord, item: &Item<MedicationUse>) -> Option<String> {
    let m = &item.body;
    if let Some(label) = m.medication_codeable_concept.as_ref().and_then(CodeableConcept::label) {
        return Some(label.to_owned());
    }
    let reference = m.medication_reference.as_ref()?;
    if let Some(id) = reference.reference.as_deref().and_then(|r| r.strip_prefix('#')) {
        let contained = m.contained.iter().find(|c| c.id.as_deref() == Some(id))?;
        let code: CodeableConcept = typed(contained.code?.get()).ok()?;
        return code.label().map(str::to_owned);
    }
    record.label(item.position, reference).or(reference.display.as_deref()).map(str::to_owned)
}

/// One instruction or several; MedicationAdministration has a single object.
fn dosages<'m, 'a>(m: &'m MedicationUse<'a>) -> Cow<'m, [Dosage<'a>]> {
    if !m.dosage_instruction.is_empty() {
        return Cow::Borrowed(&m.dosage_instruction);
    }
    match m.dosage.map(RawValue::get) {
        Some(raw) => one_or_more(raw).unwrap_or_default().into(),
        None => Cow::Borrowed(&[]),
    }
}

fn detail(record: &ClinicalRecord, item: &Item<MedicationUse>, read: &mut Usages) -> MedicationDetail {
    let m = &item.body;
    let dosages = dosages(m);
    let dosage = dosages.iter().filter_map(|d| d.text.as_deref().or_else(|| d.timing.as_ref()?.code.as_ref()?.label()));
    let of_dosage = dosages.iter().find_map(|d| {
        let repeat = d.timing.as_ref().and_then(|t| t.repeat.as_ref());
        span_of(&d.extension, repeat.and_then(|r| r.bounds_period.as_ref()))
    });
    let period = period(m, of_dosage);
    let disagreement = disagreement(m, &dosages, &period, read);
    let note = m.note.iter().filter_map(|n| n.text.as_deref()).collect::<Vec<_>>().join(" ");
    MedicationDetail {
        category: category(record, item),
        dosage: dosage.collect::<Vec<_>>().join(" ／ "),
        start: period.start.as_deref().and_then(Day::parse),
        end: period.end.as_deref().and_then(Day::parse),
        note,
        state: state(item),
        disagreement,
        ..MedicationDetail::default()
    }
}

/// What a status says. JP-CLINS fixes it at `completed`, which says nothing; elsewhere it may stop a drug.
fn state(item: &Item<MedicationUse>) -> &'static str {
    match item.body.status.as_deref() {
        Some("stopped") => "中止",
        Some("on-hold") => "休薬中",
        Some("not-done") => "実施せず",
        Some("not-taken") => "服用していない",
        Some("intended") => "服用予定",
        Some("draft") => "予定",
        _ => "",
    }
}

/// Why it was prescribed, and why it was stopped or not given.
fn reasons(m: &MedicationUse) -> String {
    let raw = m.status_reason.map_or("[]", RawValue::get);
    let stopped: Vec<CodeableConcept> = one_or_more(raw).unwrap_or_default();
    m.reason_code.iter().chain(&stopped).filter_map(CodeableConcept::label).collect::<Vec<_>>().join("、")
}

/// The days that a dosage names, in its extension or its timing.
pub(super) fn span_of<'a>(extensions: &[Extension<'a>], bounds: Option<&Period<'a>>) -> Option<Period<'a>> {
    let extension = extension(extensions, "JP_MedicationDosage_PeriodOfUse");
    extension.and_then(|e| e.value_period.clone()).or_else(|| bounds.cloned())
}

/// From when to when: as a dosage says, else as the order does.
fn period<'a>(m: &MedicationUse<'a>, of_dosage: Option<Period<'a>>) -> Period<'a> {
    of_dosage
        .or_else(|| m.effective_period.clone())
        .unwrap_or_else(|| Period { start: m.effective_date_time.clone(), end: None })
}

/// What the patient brought or takes outside began long before the stay.
fn is_standing(category: Category) -> bool {
    matches!(category, Category::Brought | Category::Stated)
}

fn category(record: &ClinicalRecord, item: &Item<MedicationUse>) -> Category {
    let raw = item.body.category.map_or("[]", RawValue::get);
    let concepts: Vec<CodeableConcept> = one_or_more(raw).unwrap_or_default();
    let has = |codes: &[&str]| concepts.iter().any(|c| codes.iter().any(|code| c.has_code(code)));
    match record.kind(item.position) {
        "MedicationAdministration" => Category::Administered,
        _ if has(&["DCG"]) => Category::Discharge,
        _ if has(&["BDP"]) => Category::Brought,
        _ if has(&["IHP", "ORD", "XTR"]) => Category::Inpatient,
        _ if has(&["OHP", "OHI", "OHO"]) => Category::Outpatient,
        "MedicationStatement" => Category::Stated,
        _ => Category::Unknown,
    }
}

/// 1回量, 1日量 and days where the structured part says what the text does not.
fn structured(item: &Item<MedicationUse>, text: &str) -> String {
    let said = unspaced(text);
    let says = |s: &str| said.contains(&*unspaced(s));
    let mut parts = Vec::new();
    for dosage in dosages(&item.body).iter() {
        for dose in &dosage.dose_and_rate {
            if let Some(q) = dose.dose_quantity.as_ref().and_then(Quantity::label).filter(|q| !says(q)) {
                parts.push(format!("1回{q}"));
            }
            let per_day = dose.rate_ratio.as_ref().and_then(|r| r.numerator.as_ref()?.label());
            if let Some(q) = per_day.filter(|q| !says(q)) {
                parts.push(format!("1日{q}"));
            }
        }
        let further = dosage.additional_instruction.iter().chain(&dosage.as_needed_codeable_concept);
        let further = further.filter_map(CodeableConcept::label).chain(dosage.patient_instruction.as_deref());
        parts.extend(further.filter(|words| !says(words)).map(str::to_owned));
        let days = extension(&dosage.extension, "JP_MedicationDosage_UsageDuration")
            .and_then(|e| e.value_duration.as_ref()?.label())
            .or_else(|| dosage.timing.as_ref()?.repeat.as_ref()?.bounds_duration.as_ref()?.label());
        if let Some(days) = days.filter(|d| !says(d)) {
            parts.push(format!("{days}分"));
        }
    }
    let supply = item.body.dispense_request.as_ref().and_then(|d| d.expected_supply_duration.as_ref()?.label());
    if let Some(days) = supply.filter(|d| !says(d) && !parts.iter().any(|p| p.contains(d.as_str()))) {
        parts.push(format!("{days}分"));
    }
    parts.dedup();
    parts.join(" ")
}

fn span(detail: &MedicationDetail) -> String {
    match (detail.start, detail.end) {
        (Some(s), Some(e)) => format!("{}から{}", s.iso(), e.iso()),
        (Some(s), None) => format!("{}から", s.iso()),
        _ => String::new(),
    }
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
    fn uneven_doses_and_limits_stand_in_the_fact() {
        let uneven = with("1日3回 毎食後", json!({ "additionalInstruction": [{ "text": "不均等 4錠－2錠－1錠" }] }));
        assert!(prescribed(&uneven).text().contains("4錠－2錠－1錠"));
        let needed = with(
            "頓用 1回1錠",
            json!({ "asNeededCodeableConcept": { "text": "疼痛時" }, "patientInstruction": "1日3回まで" }),
        );
        assert!(prescribed(&needed).text().contains("疼痛時") && prescribed(&needed).text().contains("1日3回まで"));
    }

    #[test]
    fn what_was_not_given_says_so() {
        let mut given = drug("IHP", "セフトリアキソン静注用1g", "1回1g");
        given["resourceType"] = json!("MedicationAdministration");
        given["status"] = json!("not-done");
        given["statusReason"] = json!([{ "text": "患者拒否" }]);
        given["effectiveDateTime"] = json!("2026-07-06");
        let fact = prescribed(&given);
        assert!(fact.text().contains("実施せず") && fact.text().contains("患者拒否"), "{}", fact.text());
    }
}
