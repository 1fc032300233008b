//! Whom the references of a record mean: the patient asked for, nobody, or somebody else.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::RecordError;
use super::super::bundle::{Entry, Warning};
use super::super::resolver::{relative, without_version};
use super::super::resources::{ContainedHead, Patient};
use super::super::types::{Identifier, Reference};
use super::{Person, identifier_key};

/// Resource types that say something about a patient, so that a missing subject matters.
const CLINICAL: &[&str] = &[
    "Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement", "MedicationAdministration",
    "Observation", "DiagnosticReport", "Procedure", "Immunization", "CarePlan", "Goal", "FamilyMemberHistory",
    "ServiceRequest", "DeviceUseStatement", "Consent", "Flag", "NutritionOrder", "DocumentReference",
    "QuestionnaireResponse", "MedicationDispense", "RiskAssessment", "ClinicalImpression",
];

/// Checks every reference to a person; returns the clinical entries that have none.
pub(super) fn check_references(
    entries: &[Entry],
    person: &Person,
    warnings: &mut Vec<Warning>,
) -> Result<HashSet<usize>, RecordError> {
    let mut without_subject = HashSet::new();
    // Identifier systems that Patient does not carry (an insurance number): one value each, or two people.
    let mut foreign: HashMap<String, String> = HashMap::new();
    // Thousands of resources spell their subject with the same bytes.
    let mut last = "";
    for (position, entry) in entries.iter().enumerate() {
        if matches!(entry.kind(), "Patient" | "RelatedPerson" | "Person") {
            continue;
        }
        let mut seen = false;
        let fields = [entry.head.subject, entry.head.patient, entry.head.beneficiary, entry.head.individual];
        for raw in fields.into_iter().flatten() {
            if raw.get() == last {
                seen = true;
                continue;
            }
            let (mut this, mut others) = (false, false);
            for reference in references(raw.get()) {
                let Some(reference) = reference else { return Err(RecordError::OtherPatient) };
                match who(&reference, entry, person, &mut foreign) {
                    Who::ThePatient => this = true,
                    Who::NotAPatient | Who::Nobody => others = true,
                    Who::SomebodyElse => return Err(RecordError::OtherPatient),
                }
                // What `#id` means changes with the entry.
                others |= reference.reference.as_deref().is_some_and(|r| r.starts_with('#'));
            }
            seen |= this;
            if this && !others {
                last = raw.get();
            }
        }
        for actor in participants(entry) {
            if let Who::SomebodyElse = who(&actor, entry, person, &mut foreign) {
                return Err(RecordError::OtherPatient);
            }
        }
        if !seen && CLINICAL.contains(&entry.kind()) {
            without_subject.insert(position);
            warnings.push(Warning::new(entry.pointer(), "no-subject"));
        }
    }
    Ok(without_subject)
}

/// A reference field as a list: some types allow several. One that cannot be read might mean anybody.
pub(super) fn references(raw: &str) -> Vec<Option<Reference<'_>>> {
    if raw.starts_with('[') {
        let list: Result<Vec<Reference>, _> = serde_json::from_str(raw);
        list.map_or_else(|_| vec![None], |l| l.into_iter().map(Some).collect())
    } else {
        vec![serde_json::from_str(raw).ok()]
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Others<'a> {
    #[serde(borrow)]
    participant: Option<&'a RawValue>,
    #[serde(borrow)]
    focus: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Participant<'a> {
    #[serde(borrow)]
    actor: Option<Reference<'a>>,
    #[serde(borrow)]
    individual: Option<Reference<'a>>,
    #[serde(borrow)]
    member: Option<Reference<'a>>,
}

/// Patients named beside the subject: participants of an Appointment, an Encounter or a CareTeam, the focus of an
/// Observation.
fn participants<'a>(entry: &Entry<'a>) -> Vec<Reference<'a>> {
    if !matches!(entry.kind(), "Appointment" | "Encounter" | "CareTeam" | "Observation") {
        return Vec::new();
    }
    // Thousands of results have neither.
    if entry.members.plain().is_some_and(|list| !list.iter().any(|m| matches!(m.key(), "participant" | "focus"))) {
        return Vec::new();
    }
    let others: Others<'a> = entry.parse().unwrap_or_default();
    let list: Vec<&'a RawValue> =
        others.participant.and_then(|p| serde_json::from_str(p.get()).ok()).unwrap_or_default();
    let participants = list.into_iter().filter_map(|p| serde_json::from_str::<Participant<'a>>(p.get()).ok());
    let named = participants.flat_map(|p| [p.actor, p.individual, p.member]).flatten();
    let focus = others.focus.into_iter().flat_map(|raw| references(raw.get())).flatten();
    named.chain(focus).filter(|r| is_patient_reference(r)).collect()
}

fn is_patient_reference(r: &Reference) -> bool {
    r.kind.as_deref() == Some("Patient")
        || r.reference
            .as_deref()
            .is_some_and(|t| relative(without_version(t)).is_some_and(|tail| tail.starts_with("Patient/")))
}

enum Who {
    ThePatient,
    SomebodyElse,
    NotAPatient,
    Nobody,
}

fn who(reference: &Reference, entry: &Entry, person: &Person, foreign: &mut HashMap<String, String>) -> Who {
    let by_reference = reference.reference.as_deref().map(|target| match target.strip_prefix('#') {
        Some(id) => contained(entry, id, person, foreign),
        None if person.is_reference(target) => Who::ThePatient,
        None if names_other_type(target, reference) => Who::NotAPatient,
        None => Who::SomebodyElse,
    });
    let by_identifier = reference.identifier.as_ref().and_then(|i| by_identifier(i, person, foreign));
    match (by_reference, by_identifier) {
        (Some(Who::SomebodyElse), _) | (_, Some(Who::SomebodyElse)) => Who::SomebodyElse,
        (Some(who), _) | (None, Some(who)) => who,
        (None, None) => Who::Nobody,
    }
}

fn names_other_type(target: &str, reference: &Reference) -> bool {
    const OTHER: &[&str] = &[
        "Group", "Device", "Location", "Organization", "Practitioner", "Medication", "Substance", "RelatedPerson",
        "Specimen",
    ];
    let tail = relative(without_version(target)).and_then(|t| t.split('/').next());
    reference.kind.as_deref().or(tail).is_some_and(|t| OTHER.contains(&t))
}

fn by_identifier(identifier: &Identifier, person: &Person, foreign: &mut HashMap<String, String>) -> Option<Who> {
    let (system, value) = identifier_key(identifier);
    if value.is_empty() {
        return None;
    }
    let known_value = |(s, v): &(String, String)| *v == value && (system.is_empty() || s.is_empty() || *s == system);
    if person.identifiers.iter().any(known_value) {
        return Some(Who::ThePatient);
    }
    // A bare value can only be the number asked for, or one that Patient carries.
    if system.is_empty() || person.identifiers.iter().any(|(s, _)| *s == system) {
        return Some(Who::SomebodyElse);
    }
    let first = foreign.entry(system).or_insert_with(|| value.clone());
    Some(if *first == value { Who::ThePatient } else { Who::SomebodyElse })
}

fn contained(entry: &Entry, id: &str, person: &Person, foreign: &mut HashMap<String, String>) -> Who {
    for raw in entry.head.contained() {
        let Ok(head) = serde_json::from_str::<ContainedHead>(raw.get()) else {
            continue;
        };
        if head.id.as_deref() != Some(id) {
            continue;
        }
        if head.resource_type.as_deref() != Some("Patient") {
            return Who::NotAPatient;
        }
        match serde_json::from_str::<Patient>(raw.get()) {
            Ok(patient) if !person.contradicted_by(&patient) => {}
            _ => return Who::SomebodyElse,
        }
        let mut verdict = Who::Nobody;
        for identifier in &head.identifier {
            match by_identifier(identifier, person, foreign) {
                Some(Who::SomebodyElse) => return Who::SomebodyElse,
                Some(who) => verdict = who,
                None => {}
            }
        }
        return verdict;
    }
    Who::SomebodyElse
}
