//! Facts of patient, conditions, allergies and procedures.

use super::scope::Scope;
use super::{ConditionDetail, Detail, Fact, Kind, Source, Tally};
use crate::calendar::Day;
use crate::record::resources::Condition;
use crate::record::types::CodeableConcept;
use crate::record::{ClinicalRecord, Item};

pub(super) fn source<T>(item: &Item<T>, below: &str) -> Source {
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
    let mut told = std::collections::HashSet::new();
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
        let name = &modified(c, name);
        let detail = condition(item, scope, main, name);
        let onset = c.onset_date_time.as_deref().and_then(Day::parse);
        // What set in after the stay or visit is no matter of a document about it.
        if !detail.chosen && onset.is_some_and(|day| scope.is_over_by(day)) {
            tally.count("outside-encounter", 1);
            continue;
        }
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
        if told.insert((fact.date, fact.fields.clone())) {
            out.push(fact.with(Detail::Condition(detail)));
        } else {
            tally.count("duplicate", 1);
        }
    }
    out
}

/// 「右」「急性」 before and 「の疑い」 behind a claim diagnosis, which JP Core keeps beside its name.
fn modified(c: &Condition, name: &str) -> String {
    let labels = |position: &str| -> String {
        let wanted = c.extension.iter().filter(|e| e.url.as_deref().is_some_and(|u| u.ends_with(position)));
        wanted.filter_map(|e| e.value_codeable_concept.as_ref()?.label()).filter(|l| !name.contains(l)).collect()
    };
    let (before, behind) = (labels("DiseasePrefixModifier"), labels("DiseasePostfixModifier"));
    format!("{before}{name}{behind}")
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
                "716186003", "409137002", "428607008", "no-allergy-info", "no-known-allergies",
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
        if !scope.holds(record, item.position, p.encounter.as_ref(), day) {
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

#[cfg(test)]
mod tests {
    use crate::facts::testing::{build, stay};
    use crate::facts::{Detail, Kind};
    use serde_json::json;

    #[test]
    fn modifiers_of_a_claim_diagnosis_are_part_of_its_name() {
        let modifier = |which: &str, text: &str| json!({ "url": format!("http://jpfhir.jp/x/JP_Condition_Disease{which}Modifier"), "valueCodeableConcept": { "text": text } });
        let claim = json!({ "resourceType": "Condition", "id": "c", "subject": { "reference": "Patient/p1" }, "code": { "text": "尿管結石症" },
            "category": [{ "text": "レセプト病名" }], "extension": [modifier("Prefix", "左"), modifier("Postfix", "の疑い")] });
        let facts = build(&[stay(), claim.clone(), claim]);
        let found: Vec<_> = facts.of(Kind::Condition).collect();
        assert_eq!(found.len(), 1, "told twice is one");
        assert_eq!(found[0].name, "左尿管結石症の疑い");
        assert!(matches!(&found[0].detail, Detail::Condition(c) if c.suspected && c.claim));
        assert!(facts.coverage.left_out.iter().any(|l| l.rule == "duplicate" && l.count == 1));
    }
}
