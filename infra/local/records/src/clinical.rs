//! Conditions, allergies, procedures, vaccinations, family history, devices.

use crate::builder::{Builder, coded_text, concept, moment, period, text};
use crate::node::Node;
use crate::source::{Condition, Encounter};

/// JP-CLINS: UNINFORMED (the patient has not been told), UNDELIVERED (to be given to nobody).
const INDICATION: &str = "http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication";
const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

/// Conditions are numbered in the order of the source, so that encounters can name them beforehand.
fn condition_id(index: usize) -> String {
    format!("condition-{}", index + 1)
}

pub fn conditions(builder: &mut Builder) {
    for (index, condition) in builder.source.condition.iter().enumerate() {
        push_condition(builder, &condition_id(index), condition);
    }
}

fn push_condition(builder: &mut Builder, id: &str, condition: &Condition) {
    let mut resource = Builder::named("Condition", id);
    resource.tags = condition.tags.iter().map(|code| crate::builder::coding(INDICATION, code)).collect();
    resource.security = condition.security.iter().map(|code| crate::builder::coding(ACT, code)).collect();
    let mut category = vec![concept(
        "http://terminology.hl7.org/CodeSystem/condition-category",
        condition.category.as_deref().unwrap_or("problem-list-item"),
    )];
    if condition.claim {
        category.push(text("レセプト病名"));
    }
    let mut code = Node::object();
    if let Some(icd10) = &condition.icd10 {
        let coding = crate::builder::coding("http://hl7.org/fhir/sid/icd-10", icd10).with("display", &condition.text);
        code = code.with("coding", vec![coding]);
    }
    let recorded = condition.recorded.as_ref().or(condition.onset.as_ref());
    let encounter = match &condition.encounter {
        Some(id) => Some(builder.encounter(id)),
        None => recorded.and_then(|date| builder.encounter_at(date)),
    };
    let status = condition.status.as_deref().unwrap_or("active");
    let verification = condition.verification.as_deref().unwrap_or("confirmed");
    let resource = resource
        .with("clinicalStatus", concept("http://terminology.hl7.org/CodeSystem/condition-clinical", status))
        .with("verificationStatus", concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", verification))
        .with("category", category)
        .with("code", code.with("text", &condition.text))
        .some("bodySite", condition.site.as_deref().map(text).into_iter().collect())
        .with("subject", builder.subject())
        .maybe("encounter", encounter)
        .maybe("onsetDateTime", condition.onset.as_deref().map(moment))
        .maybe("abatementDateTime", condition.end.as_deref().map(moment))
        .maybe("recordedDate", recorded.map(|date| moment(date)))
        .note(condition.note.as_ref());
    builder.push(resource);
}

/// The conditions with a role in this encounter: 入院契機 (AD), 退院時主病名 (DD), 併存症 (CM).
pub fn encounter_diagnoses(builder: &Builder, encounter: &Encounter) -> Vec<Node> {
    let only = builder.source.encounter.len() == 1;
    let mut diagnoses = Vec::new();
    for (index, condition) in builder.source.condition.iter().enumerate() {
        let Some(role) = condition.role.as_deref() else {
            continue;
        };
        if !only && condition.encounter.as_ref() != Some(&encounter.id) {
            continue;
        }
        let words = match role {
            "AD" => "入院契機病名",
            "DD" => "退院時主病名",
            _ => "併存症",
        };
        let usage = coded_text("http://terminology.hl7.org/CodeSystem/diagnosis-role", role, words);
        diagnoses.push(
            Node::object().with("condition", builder.reference("Condition", &condition_id(index))).with("use", usage),
        );
    }
    diagnoses
}

pub fn allergies(builder: &mut Builder) {
    for allergy in &builder.source.allergy {
        let code = if allergy.none {
            let coding =
                crate::builder::coding("http://snomed.info/sct", "716186003").with("display", "No known allergy");
            Node::object().with("coding", vec![coding]).with("text", &allergy.text)
        } else {
            text(&allergy.text)
        };
        let reaction = allergy.reaction.as_deref().map(|words| Node::object().with("manifestation", vec![text(words)]));
        let resource = builder
            .resource("AllergyIntolerance")
            .with(
                "clinicalStatus",
                concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
            )
            .with(
                "verificationStatus",
                concept(
                    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                    allergy.verification.as_deref().unwrap_or("confirmed"),
                ),
            )
            .some("category", allergy.category.iter().map(Node::from).collect())
            .maybe("criticality", allergy.criticality.as_ref())
            .with("code", code)
            .with("patient", builder.subject())
            .maybe("recordedDate", allergy.date.as_deref().map(moment))
            .some("reaction", reaction.into_iter().collect())
            .note(allergy.note.as_ref());
        builder.push(resource);
    }
}

pub fn procedures(builder: &mut Builder) {
    for procedure in &builder.source.procedure {
        let mut resource = builder.resource("Procedure");
        let performer =
            procedure.by.as_deref().map(|id| Node::object().with("actor", builder.practitioner(&mut resource, id)));
        let mut resource = resource
            .with("status", procedure.status.as_deref().unwrap_or("completed"))
            .maybe("category", procedure.category.as_deref().map(text))
            .with("code", text(&procedure.name))
            .with("subject", builder.subject())
            .maybe("encounter", builder.encounter_at(&procedure.on));
        resource = match &procedure.to {
            Some(to) => resource.with("performedPeriod", period(&procedure.on, Some(to))),
            None => resource.with("performedDateTime", moment(&procedure.on)),
        };
        let resource = resource
            .some("performer", performer.into_iter().collect())
            .some("bodySite", procedure.site.as_deref().map(text).into_iter().collect())
            .maybe("outcome", procedure.outcome.as_deref().map(text))
            .note(procedure.note.as_ref());
        builder.push(resource);
    }
}

pub fn immunizations(builder: &mut Builder) {
    for shot in &builder.source.immunization {
        let resource = builder
            .resource("Immunization")
            .with("status", if shot.refused { "not-done" } else { "completed" })
            .with("vaccineCode", text(&shot.text))
            .with("patient", builder.subject())
            .with("occurrenceDateTime", moment(&shot.on))
            .note(shot.note.as_ref());
        builder.push(resource);
    }
}

pub fn families(builder: &mut Builder) {
    for member in &builder.source.family {
        let age = member.age.map(|years| {
            Node::object()
                .with("value", years)
                .with("unit", "歳")
                .with("system", "http://unitsofmeasure.org")
                .with("code", "a")
        });
        let condition =
            member.condition.as_deref().map(|words| Node::object().with("code", text(words)).maybe("onsetAge", age));
        let resource = builder
            .resource("FamilyMemberHistory")
            .with("status", "completed")
            .with("patient", builder.subject())
            .with("relationship", text(&member.relation))
            .some("condition", condition.into_iter().collect())
            .note(member.note.as_ref());
        builder.push(resource);
    }
}

pub fn devices(builder: &mut Builder) {
    for device in &builder.source.device {
        let thing = builder
            .resource("Device")
            .with("status", "active")
            .with("deviceName", vec![Node::object().with("name", &device.name).with("type", "user-friendly-name")])
            .with("type", text(&device.kind))
            .with("patient", builder.subject());
        let usage = builder
            .resource("DeviceUseStatement")
            .with("status", device.status.as_deref().unwrap_or("active"))
            .with("subject", builder.subject())
            .with("timingDateTime", moment(&device.on))
            .with("device", builder.reference("Device", &thing.id).with("display", &device.name))
            .maybe("bodySite", device.site.as_deref().map(text))
            .note(device.note.as_ref());
        builder.push(thing);
        builder.push(usage);
    }
}
