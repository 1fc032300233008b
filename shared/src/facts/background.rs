//! Facts of patient, conditions, allergies, procedures and the plainer resource types.

use serde_json::value::RawValue;

use super::scope::Scope;
use super::{ConditionDetail, Detail, Fact, Kind, Source, Tally};
use crate::calendar::Day;
use crate::record::resources::{Condition, Plain};
use crate::record::types::CodeableConcept;
use crate::record::{ClinicalRecord, Item};

fn source<T>(item: &Item<T>, below: &str) -> Source {
    Source::Record { resource: item.reference.clone(), path: format!("{}{below}", item.pointer) }
}

/// Birth date and sex: evidence of ages, never offered to the model.
pub(crate) fn patient(record: &ClinicalRecord) -> Fact {
    let birth = record.patient.birth_date.as_deref().unwrap_or_default();
    let fields = vec![format!("生年月日 {birth}"), gender(record.patient.gender.as_deref()).to_owned()];
    let below = if birth.is_empty() { "" } else { "/birthDate" };
    let source = Source::Record {
        resource: record.patient_reference.clone(),
        path: format!("{}{below}", record.patient_pointer),
    };
    let mut fact = Fact::new(Kind::Patient, None, "", fields, source);
    fact.date = None;
    fact
}

/// Time of death, as the Patient resource has it.
pub(crate) fn death(record: &ClinicalRecord) -> Option<Fact> {
    let died = record.patient.deceased_date_time.as_deref()?;
    let day = Day::parse(died)?;
    // Another zone's clock would need converting; the day alone is then said.
    let clock = died.get(11..16).filter(|_| died.ends_with("+09:00")).map(|t| t.replacen(':', "時", 1) + "分");
    let fields = vec![format!("死亡日時 {}{}", day.japanese(), clock.unwrap_or_default())];
    let path = format!("{}/deceasedDateTime", record.patient_pointer);
    let source = Source::Record { resource: record.patient_reference.clone(), path };
    Some(Fact::new(Kind::Encounter, Some(day), "死亡日時", fields, source))
}

pub fn gender(code: Option<&str>) -> &'static str {
    match code {
        Some("male") => "男性",
        Some("female") => "女性",
        Some("other") => "その他",
        _ => "不明",
    }
}

pub(crate) fn conditions(record: &ClinicalRecord, scope: &Scope, main: Option<&str>, tally: &mut Tally) -> Vec<Fact> {
    let mut out: Vec<Fact> = Vec::new();
    for item in &record.conditions {
        let c = &item.body;
        let status = c.verification_status.as_ref();
        if status.is_some_and(|s| s.has_code("entered-in-error") || s.has_code("refuted")) {
            tally.count("entered-in-error", 1);
            continue;
        }
        let Some(name) = c.code.as_ref().and_then(CodeableConcept::label) else {
            tally.count("without-name", 1);
            continue;
        };
        let detail = condition(item, scope, main, name);
        let onset = c.onset_date_time.as_deref().and_then(Day::parse);
        let fields = vec![
            name.to_owned(),
            c.body_site.iter().filter_map(CodeableConcept::label).collect::<Vec<_>>().join("、"),
            if detail.suspected && !name.contains("疑") { "疑い" } else { "" }.to_owned(),
            if detail.past { "既往" } else { "" }.to_owned(),
            if detail.claim { "レセプト病名" } else { "" }.to_owned(),
            c.onset_string.as_deref().unwrap_or_default().to_owned(),
            c.note.iter().filter_map(|n| n.text.as_deref()).collect::<Vec<_>>().join(" "),
        ];
        let fact = Fact::new(Kind::Condition, onset, name, fields, source(item, ""));
        // The same name twice at the same stage is one diagnosis told twice.
        let told = out.iter().any(|f| f.name == fact.name && f.date == fact.date && f.fields == fact.fields);
        if told {
            tally.count("duplicate", 1);
        } else {
            out.push(fact.with(Detail::Condition(detail)));
        }
    }
    out
}

fn condition(item: &Item<Condition>, scope: &Scope, main: Option<&str>, name: &str) -> ConditionDetail {
    let c = &item.body;
    let verification = |code: &str| c.verification_status.as_ref().is_some_and(|s| s.has_code(code));
    let clinical = |code: &str| c.clinical_status.as_ref().is_some_and(|s| s.has_code(code));
    let named = scope.stay.as_ref().map(|s| s.diagnoses.as_slice()).unwrap_or_default();
    let used = |code: &str| named.iter().any(|(p, u)| *p == item.position && u == code);
    let claim = c.category.iter().any(|k| {
        k.label().is_some_and(|l| l.contains("レセプト") || l.contains("保険"))
            || k.codes().any(|code| code.contains("claim") || code.contains("receipt"))
    });
    let end = c.abatement_date_time.as_deref().and_then(Day::parse);
    let ended_before = end.is_some_and(|e| !scope.within(Some(e)));
    let id = item.reference.rsplit('/').next().unwrap_or_default().to_owned();
    let chosen = main.is_some_and(|m| m == id || m == item.reference || m == name);
    ConditionDetail {
        suspected: verification("provisional")
            || verification("unconfirmed")
            || verification("differential")
            || name.ends_with("疑い")
            || name.ends_with("疑"),
        claim,
        past: clinical("inactive")
            || clinical("remission")
            || (clinical("resolved") && (ended_before || end.is_none())),
        main: chosen || (main.is_none() && used("DD")),
        chosen,
        admission: used("AD") || used("CC"),
        id,
    }
}

pub(crate) fn allergies(record: &ClinicalRecord, tally: &mut Tally) -> Vec<Fact> {
    let mut out = Vec::new();
    for item in &record.allergies {
        let a = &item.body;
        if a.verification_status.as_ref().is_some_and(|s| s.has_code("entered-in-error") || s.has_code("refuted")) {
            tally.count("entered-in-error", 1);
            continue;
        }
        let name = a.code.as_ref().and_then(CodeableConcept::label).unwrap_or("名称の記載なし");
        let reactions = a.reaction.iter().flat_map(|r| {
            let said = r.manifestation.iter().filter_map(CodeableConcept::label).map(str::to_owned);
            said.chain(r.description.as_deref().map(str::to_owned))
        });
        let reactions: Vec<String> = reactions.collect();
        let fields = vec![
            name.to_owned(),
            reactions.join("、"),
            match a.criticality.as_deref() {
                Some("high") => "重篤化の危険:高",
                Some("low") => "重篤化の危険:低",
                _ => "",
            }
            .to_owned(),
            if a.clinical_status.as_ref().is_some_and(|s| s.has_code("resolved") || s.has_code("inactive")) {
                "現在は非活動"
            } else {
                ""
            }
            .to_owned(),
            a.note.iter().filter_map(|n| n.text.as_deref()).collect::<Vec<_>>().join(" "),
        ];
        let none = a.code.as_ref().is_some_and(|c| {
            // SNOMED CT: no known allergy and its children; IPS absent/unknown codes
            [
                "716186003",
                "409137002",
                "428607008",
                "no-allergy-info",
                "no-known-allergies",
                "no-known-medication-allergies",
            ]
            .iter()
            .any(|code| c.has_code(code))
                && !c.has_code("no-allergy-info")
        }) || (name.contains("アレルギー") && name.contains("なし"));
        let day = a.onset_date_time.as_deref().or(a.recorded_date.as_deref()).and_then(Day::parse);
        out.push(Fact::new(Kind::Allergy, day, name, fields, source(item, "")).with(Detail::Allergy { none }));
    }
    out
}

pub(crate) fn procedures(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut out = Vec::new();
    for item in &record.procedures {
        let p = &item.body;
        let Some(name) = p.code.as_ref().and_then(CodeableConcept::label) else { continue };
        if p.status.as_deref() == Some("entered-in-error") {
            tally.count("entered-in-error", 1);
            continue;
        }
        let period = p.performed_period.clone().unwrap_or_default();
        let day = p.performed_date_time.as_deref().or(period.start.as_deref()).and_then(Day::parse);
        if !scope.holds(record, p.encounter.as_ref(), day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        let until = period.end.as_deref().and_then(Day::parse).filter(|e| Some(*e) != day);
        let fields = vec![
            name.to_owned(),
            p.body_site.iter().filter_map(CodeableConcept::label).collect::<Vec<_>>().join("、"),
            until.map(|e| format!("{}まで", e.iso())).unwrap_or_default(),
            match p.status.as_deref() {
                Some("not-done") => "実施せず",
                Some("preparation") => "予定",
                Some("stopped") => "中止",
                _ => "",
            }
            .to_owned(),
            p.outcome.as_ref().and_then(CodeableConcept::label).unwrap_or_default().to_owned(),
            p.note.iter().filter_map(|n| n.text.as_deref()).collect::<Vec<_>>().join(" "),
        ];
        out.push(Fact::new(Kind::Procedure, day, name, fields, source(item, "")));
    }
    out.sort_by_key(|f| f.date);
    out
}

/// Immunisations, family history, devices, plans, diet, appointments, directives.
pub(crate) fn others(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut out = Vec::new();
    for item in &record.immunizations {
        let i = &item.body;
        let name = i.vaccine_code.as_ref().and_then(CodeableConcept::label);
        if let Some(name) = name.filter(|_| i.status.as_deref() == Some("completed")) {
            let day = i.occurrence_date_time.as_deref().and_then(Day::parse);
            out.push(Fact::new(Kind::Immunization, day, name, vec![name.to_owned()], source(item, "")));
        }
    }
    for item in &record.family {
        let who = item.body.relationship.as_ref().and_then(CodeableConcept::label).unwrap_or("家族");
        for (i, c) in item.body.condition.iter().enumerate() {
            let Some(name) = c.code.as_ref().and_then(CodeableConcept::label) else { continue };
            let age = c.onset_age.as_ref().and_then(|a| a.digits()).map(|a| format!("{a}歳"));
            let note = c.note.iter().filter_map(|n| n.text.as_deref()).collect::<Vec<_>>().join(" ");
            let fields = vec![who.to_owned(), name.to_owned(), age.unwrap_or_default(), note];
            out.push(Fact::new(Kind::Family, None, name, fields, source(item, &format!("/condition/{i}"))));
        }
        for (i, n) in item.body.note.iter().enumerate() {
            let fields = vec![who.to_owned(), n.text.as_deref().unwrap_or_default().to_owned()];
            out.push(Fact::new(Kind::Family, None, "", fields, source(item, &format!("/note/{i}"))));
        }
    }
    for item in &record.plain {
        let day = plain_day(&item.body);
        // Appointments lie after the stay, directives and devices before it.
        let bound = matches!(item.kind.as_str(), "CarePlan" | "Goal" | "Flag" | "ServiceRequest" | "NutritionOrder");
        if bound && !scope.holds(record, item.body.encounter.as_ref(), day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        if matches!(
            item.body.status.as_deref(),
            Some("entered-in-error" | "cancelled" | "noshow" | "revoked" | "rejected")
        ) {
            tally.count("entered-in-error", 1);
            continue;
        }
        out.extend(plain(record, item, day));
    }
    out
}

fn plain_day(p: &Plain) -> Option<Day> {
    let period = p.period.as_ref().or(p.timing_period.as_ref()).and_then(|p| p.start.as_deref());
    [
        p.start.as_deref(),
        p.occurrence_date_time.as_deref(),
        p.authored_on.as_deref(),
        p.date_time.as_deref(),
        p.date.as_deref(),
        p.timing_date_time.as_deref(),
        p.recorded_on.as_deref(),
        p.start_date.as_deref(),
        period,
        p.created.as_deref(),
    ]
    .into_iter()
    .flatten()
    .find_map(Day::parse)
}

fn plain(record: &ClinicalRecord, item: &Item<Plain>, day: Option<Day>) -> Option<Fact> {
    let p = &item.body;
    let kind = match item.kind.as_str() {
        "Appointment" => Kind::Appointment,
        "Device" | "DeviceUseStatement" => Kind::Device,
        "Consent" => Kind::Consent,
        "NutritionOrder" => Kind::Diet,
        _ => Kind::CarePlan,
    };
    let mut words: Vec<String> = Vec::new();
    words.extend(p.title.as_deref().map(str::to_owned));
    words.extend(labels(p.code));
    words.extend(labels(p.r#type));
    words.extend(p.device_name.iter().filter_map(|n| n.name.as_deref()).map(str::to_owned));
    words.extend(p.device.as_ref().and_then(|d| record.label(d).or(d.display.as_deref())).map(str::to_owned));
    if kind == Kind::Consent {
        words.extend(labels(p.category));
        words.extend(p.provision.iter().flat_map(|v| &v.code).filter_map(CodeableConcept::label).map(str::to_owned));
    }
    words.extend(labels(p.description));
    words.extend(p.comment.as_deref().map(str::to_owned));
    if let Some(diet) = &p.oral_diet {
        let kinds = diet
            .r#type
            .iter()
            .chain(diet.texture.iter().filter_map(|t| t.modifier.as_ref()))
            .chain(&diet.fluid_consistency_type);
        words.extend(kinds.filter_map(CodeableConcept::label).map(str::to_owned));
        words.extend(diet.instruction.as_deref().map(str::to_owned));
    }
    for detail in p.activity.iter().filter_map(|a| a.detail.as_ref()) {
        words.extend(
            detail.code.as_ref().and_then(CodeableConcept::label).or(detail.description.as_deref()).map(str::to_owned),
        );
    }
    words.extend(p.note.iter().filter_map(|n| n.text.as_deref()).map(str::to_owned));
    words.extend(labels(p.body_site));
    let mut seen: Vec<String> = Vec::new();
    for word in words {
        if !word.trim().is_empty() && !seen.contains(&word) {
            seen.push(word);
        }
    }
    let name = seen.first()?.clone();
    if kind == Kind::Appointment {
        seen.push("予約".to_owned());
    }
    Some(Fact::new(kind, day, &name, seen, source(item, "")))
}

/// A field that is a string, a concept or a list of concepts, by type.
fn labels(raw: Option<&RawValue>) -> Vec<String> {
    let Some(raw) = raw.map(RawValue::get) else { return Vec::new() };
    let concepts: Vec<CodeableConcept> = match raw.as_bytes().first() {
        Some(b'"') => return serde_json::from_str(raw).into_iter().collect(),
        Some(b'[') => serde_json::from_str(raw).unwrap_or_default(),
        _ => serde_json::from_str(raw).into_iter().collect(),
    };
    concepts.iter().filter_map(CodeableConcept::label).map(str::to_owned).collect()
}
