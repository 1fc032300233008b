//! Medication by category and period. `status` says nothing: JP-CLINS fixes it at `completed`.
//! Dosage text stands verbatim; no dose is ever computed to be printed.

use serde_json::value::RawValue;

use super::scope::Scope;
use super::{Detail, Fact, Kind, Source, Tally};
use crate::calendar::Day;
use crate::record::resources::{Dosage, MedicationUse};
use crate::record::types::{CodeableConcept, Period, extension};
use crate::record::{ClinicalRecord, Item};
use crate::text::nfkc;

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
    /// First seven characters of a YJ code, which name the ingredient; else the name's stem.
    pub ingredient: String,
    pub note: String,
}

/// How a drug at discharge differs from what the patient took before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Continued,
    Increased,
    Reduced,
    /// Different, but whether more or less the texts do not say.
    Changed,
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
            Self::New => "新規",
            Self::Stopped => "中止",
            Self::Held => "休薬",
            Self::Absent => "退院時処方なし",
        }
    }
}

pub(crate) fn facts(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut out = Vec::new();
    for item in &record.medications {
        let m = &item.body;
        if matches!(m.status.as_deref(), Some("entered-in-error" | "cancelled")) {
            tally.count("entered-in-error", 1);
            continue;
        }
        let detail = detail(item);
        let day = detail.start.or_else(|| m.authored_on.as_deref().and_then(Day::parse));
        let encounter = m.encounter.as_ref().or(m.context.as_ref());
        // What the patient brought or takes outside began long before the stay.
        let standing = matches!(detail.category, Category::Brought | Category::Stated);
        if !standing && !scope.holds(record, encounter, day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        let Some(name) = name(record, m) else {
            tally.count("without-name", 1);
            continue;
        };
        let fields = vec![
            detail.category.label().to_owned(),
            name.clone(),
            detail.dosage.clone(),
            structured(item, &detail.dosage),
            span(&detail),
            m.reason_code.iter().filter_map(CodeableConcept::label).collect::<Vec<_>>().join("、"),
            detail.note.clone(),
        ];
        let source = Source::Record { resource: item.reference.clone(), path: item.pointer.clone() };
        let detail = MedicationDetail { ingredient: ingredient(m, &name), ..detail };
        out.push(Fact::new(Kind::Medication, day, &name, fields, source).with(Detail::Medication(detail)));
    }
    out.sort_by_key(|f| match &f.detail {
        Detail::Medication(m) => m.category,
        _ => Category::Unknown,
    });
    out
}

fn name(record: &ClinicalRecord, m: &MedicationUse) -> Option<String> {
    if let Some(label) = m.medication_codeable_concept.as_ref().and_then(CodeableConcept::label) {
        return Some(label.to_owned());
    }
    let reference = m.medication_reference.as_ref()?;
    if let Some(id) = reference.reference.as_deref().and_then(|r| r.strip_prefix('#')) {
        let contained = m.contained.iter().find(|c| c.id.as_deref() == Some(id))?;
        let code: CodeableConcept = serde_json::from_str(contained.code?.get()).ok()?;
        return code.label().map(str::to_owned);
    }
    record.label(reference).or(reference.display.as_deref()).map(str::to_owned)
}

/// One instruction or several; MedicationAdministration has a single object.
fn dosages<'a>(m: &MedicationUse<'a>) -> Vec<Dosage<'a>> {
    if !m.dosage_instruction.is_empty() {
        return m.dosage_instruction.clone();
    }
    match m.dosage.map(RawValue::get) {
        Some(raw) if raw.starts_with('[') => serde_json::from_str(raw).unwrap_or_default(),
        Some(raw) => serde_json::from_str(raw).into_iter().collect(),
        None => Vec::new(),
    }
}

fn detail(item: &Item<MedicationUse>) -> MedicationDetail {
    let m = &item.body;
    let dosages = dosages(m);
    let dosage = dosages.iter().filter_map(|d| d.text.as_deref().or_else(|| d.timing.as_ref()?.code.as_ref()?.label()));
    let period = period(m, &dosages);
    let note = m.note.iter().filter_map(|n| n.text.as_deref()).collect::<Vec<_>>().join(" ");
    MedicationDetail {
        category: category(item),
        dosage: dosage.collect::<Vec<_>>().join(" ／ "),
        start: period.start.as_deref().and_then(Day::parse),
        end: period.end.as_deref().and_then(Day::parse),
        ingredient: String::new(),
        note,
    }
}

fn period<'a>(m: &MedicationUse<'a>, dosages: &[Dosage<'a>]) -> Period<'a> {
    let of_dosage = dosages.iter().find_map(|d| {
        extension(&d.extension, "JP_MedicationDosage_PeriodOfUse")
            .and_then(|e| e.value_period.clone())
            .or_else(|| d.timing.as_ref()?.repeat.as_ref()?.bounds_period.clone())
    });
    of_dosage
        .or_else(|| m.effective_period.clone())
        .unwrap_or_else(|| Period { start: m.effective_date_time.clone(), end: None })
}

fn category(item: &Item<MedicationUse>) -> Category {
    let raw = item.body.category.map_or("[]", RawValue::get);
    let concepts: Vec<CodeableConcept> = if raw.starts_with('[') {
        serde_json::from_str(raw).unwrap_or_default()
    } else {
        serde_json::from_str(raw).into_iter().collect()
    };
    let has = |codes: &[&str]| concepts.iter().any(|c| codes.iter().any(|code| c.has_code(code)));
    match item.kind.as_str() {
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
    let compact: String = nfkc(text).split_whitespace().collect();
    let says = |s: &str| compact.contains(&nfkc(s).split_whitespace().collect::<String>());
    let mut parts = Vec::new();
    for dosage in dosages(&item.body) {
        for dose in &dosage.dose_and_rate {
            if let Some(q) =
                dose.dose_quantity.as_ref().and_then(super::super::record::types::Quantity::label).filter(|q| !says(q))
            {
                parts.push(format!("1回{q}"));
            }
            let per_day = dose.rate_ratio.as_ref().and_then(|r| r.numerator.as_ref()?.label());
            if let Some(q) = per_day.filter(|q| !says(q)) {
                parts.push(format!("1日{q}"));
            }
        }
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

/// What makes two prescriptions the same drug: the YJ code's first seven characters (therapeutic class,
/// ingredient and route), else the name before strength and form.
pub fn ingredient(m: &MedicationUse, name: &str) -> String {
    let yj = m.medication_codeable_concept.iter().flat_map(|c| &c.coding).find_map(|c| {
        let code = c.code.as_deref()?;
        let system = c.system.as_deref().unwrap_or_default();
        let is_yj = system.contains("1.2.392.100495.20.1.73") || code.len() == 12;
        (is_yj && code.is_ascii()).then(|| code.get(..7)).flatten()
    });
    yj.map_or_else(|| drug_stem(name), str::to_owned)
}

/// A drug's name before strength and form.
pub fn drug_stem(name: &str) -> String {
    const FORMS: &[&str] = &[
        "OD錠",
        "口腔内崩壊錠",
        "錠",
        "カプセル",
        "散",
        "細粒",
        "顆粒",
        "配合",
        "シロップ",
        "注",
        "テープ",
        "点眼",
        "軟膏",
        "吸入",
        "「",
        "(",
        "【",
    ];
    let name = nfkc(name);
    let digit = name.find(|c: char| c.is_ascii_digit());
    let form = FORMS.iter().filter_map(|f| name.find(f)).filter(|at| *at > 0).min();
    let end = [digit.filter(|d| *d > 0), form].into_iter().flatten().min().unwrap_or(name.len());
    name[..end].trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::drug_stem;

    #[test]
    fn strength_and_form_do_not_make_another_drug() {
        assert_eq!(drug_stem("アムロジピンＯＤ錠５ｍｇ「トーワ」"), drug_stem("アムロジピン錠２．５ｍｇ"));
        assert_ne!(drug_stem("アムロジピン錠５ｍｇ"), drug_stem("アムロジン錠５ｍｇ"));
    }
}
