//! Facts of the resource types of which a line says it all: immunisations, family history, devices, plans, diet,
//! appointments, directives.

use serde_json::value::RawValue;

use super::background::source;
use super::scope::Scope;
use super::{Fact, Kind, Tally};
use crate::calendar::Day;
use crate::record::resources::Plain;
use crate::record::types::CodeableConcept;
use crate::record::{ClinicalRecord, Item, one_or_more, typed};

pub(crate) fn facts(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
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
        let bound =
            matches!(record.kind(item.position), "CarePlan" | "Goal" | "Flag" | "ServiceRequest" | "NutritionOrder");
        if bound && !scope.holds(record, item.position, item.body.encounter.as_ref(), day) {
            tally.count("outside-encounter", 1);
            continue;
        }
        if matches!(
            item.body.status.as_deref().or(item.body.lifecycle_status.as_deref()),
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
    let resource = record.kind(item.position);
    let kind = match resource {
        "Appointment" => Kind::Appointment,
        "Device" | "DeviceUseStatement" => Kind::Device,
        "Consent" => Kind::Consent,
        "NutritionOrder" => Kind::Diet,
        _ => Kind::CarePlan,
    };
    let mut words: Vec<String> = Vec::new();
    words.extend((resource == "Goal").then(|| goal(p)));
    words.extend(p.title.as_deref().map(str::to_owned));
    words.extend(labels(p.code));
    words.extend(labels(p.r#type));
    words.extend(p.device_name.iter().filter_map(|n| n.name.as_deref()).map(str::to_owned));
    words.extend(
        p.device.as_ref().and_then(|d| record.label(item.position, d).or(d.display.as_deref())).map(str::to_owned),
    );
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

/// What is aimed at must not read as what is so, nor what was aimed at once as what is aimed at now.
/// <https://hl7.org/fhir/R4/valueset-goal-status.html>, <https://hl7.org/fhir/R4/valueset-goal-achievement.html>
fn goal(p: &Plain) -> String {
    let reached = |code: &str| p.achievement_status.as_ref().is_some_and(|s| s.has_code(code));
    let state = match p.lifecycle_status.as_deref() {
        _ if reached("achieved") || reached("sustaining") => "達成",
        _ if reached("not-achieved") || reached("not-attainable") => "未達成",
        Some("completed") => "終了",
        Some("on-hold") => "保留",
        Some("proposed" | "planned") => "案",
        _ => return "目標".to_owned(),
    };
    format!("目標（{state}）")
}

/// A field that is a string, a concept or a list of concepts, by type.
fn labels(raw: Option<&RawValue>) -> Vec<String> {
    let Some(raw) = raw.map(RawValue::get) else { return Vec::new() };
    if raw.starts_with('"') {
        return typed(raw).into_iter().collect();
    }
    let concepts: Vec<CodeableConcept> = one_or_more(raw).unwrap_or_default();
    concepts.iter().filter_map(CodeableConcept::label).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::facts::Kind;
    use crate::facts::testing::{build, stay};

    #[test]
    fn a_goal_says_whether_it_is_still_one() {
        let achieved = json!({ "coding": [{ "code": "achieved" }] });
        let missed = json!({ "coding": [{ "code": "not-achieved" }] });
        for (status, achievement, said) in [
            ("active", None, Some("目標")),
            ("completed", Some(&achieved), Some("目標（達成）")),
            ("completed", Some(&missed), Some("目標（未達成）")),
            ("completed", None, Some("目標（終了）")),
            ("on-hold", None, Some("目標（保留）")),
            ("proposed", None, Some("目標（案）")),
            ("cancelled", None, None),
            ("rejected", None, None),
            ("entered-in-error", None, None),
        ] {
            let mut goal = json!({
                "resourceType": "Goal", "id": "g", "lifecycleStatus": status, "startDate": "2026-07-05",
                "subject": { "reference": "Patient/p1" }, "description": { "text": "見守りで歩行できる" },
            });
            goal["achievementStatus"] = achievement.cloned().unwrap_or_default();
            let facts = build(&[stay(), goal]);
            let told = facts.of(Kind::CarePlan).next().map(|f| f.fields[0].clone());
            assert_eq!(told.as_deref(), said, "{status}");
        }
    }
}
