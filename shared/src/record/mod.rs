//! A FHIR R4 Bundle as a clinical record of one patient, borrowed from its bytes.
//! Holds reading and the one-patient rule. What of it becomes a fact is decided in `facts`.

mod bundle;
pub mod notes;
mod people;
mod person;
pub mod resources;
pub mod types;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use bundle::{Entry, Resolver, Warning};
pub use notes::Note;
pub use people::{People, PersonKind, Someone};
pub use person::Asked;

use resources::{
    AllergyIntolerance, Condition, DiagnosticReport, Encounter, FamilyMemberHistory, Immunization, Location,
    Medication, MedicationUse, Observation, Patient, Person, Plain, Procedure, QuestionnaireResponse, Specimen,
};

/// Why a record is refused as a whole. No variant carries patient data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// 422 `record-unusable`
    #[error("the record is not a FHIR Bundle")]
    NotABundle,
    /// 422 `record-unusable`
    #[error("the record holds no Patient resource")]
    NoPatient,
    /// 422 `record-unusable`
    #[error("a Patient resource in the record cannot be read")]
    UnreadablePatient,
    /// 409 `patient-mismatch`
    #[error("a resource in the record belongs to another patient than the one asked for")]
    OtherPatient,
    /// 409 `patient-mismatch`
    #[error("birth date or kana of the record's patient differ from patientCheck")]
    DemographicsDiffer,
}

/// A resource that was read, with its place in the record.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// Type and id, or fullUrl.
    pub reference: String,
    /// JSON pointer, `/entry/12/resource`.
    pub pointer: String,
    /// FHIR type.
    pub kind: String,
    /// Position of the entry, for links between items.
    pub position: usize,
    pub body: T,
}

/// Everything that Fude reads of one patient's record, in the order in which it was sent.
#[derive(Default)]
pub struct ClinicalRecord<'a> {
    pub patient: Patient<'a>,
    pub patient_reference: String,
    pub patient_pointer: String,
    pub encounters: Vec<Item<Encounter<'a>>>,
    pub conditions: Vec<Item<Condition<'a>>>,
    pub allergies: Vec<Item<AllergyIntolerance<'a>>>,
    pub medications: Vec<Item<MedicationUse<'a>>>,
    pub observations: Vec<Item<Observation<'a>>>,
    pub reports: Vec<Item<DiagnosticReport<'a>>>,
    pub procedures: Vec<Item<Procedure<'a>>>,
    pub immunizations: Vec<Item<Immunization<'a>>>,
    pub family: Vec<Item<FamilyMemberHistory<'a>>>,
    pub plain: Vec<Item<Plain<'a>>>,
    pub questionnaires: Vec<Item<QuestionnaireResponse<'a>>>,
    /// RelatedPerson: key person, mother of a newborn.
    pub related: Vec<Item<Person<'a>>>,
    pub notes: Vec<Note>,
    pub people: People,
    pub warnings: Vec<Warning>,
    names: HashMap<usize, String>,
    resolver: Option<Resolver>,
}

impl ClinicalRecord<'_> {
    /// Label of what a reference means: a Medication's code, a Location's or Specimen's name.
    pub fn label(&self, reference: &types::Reference) -> Option<&str> {
        let position = self.position(reference)?;
        self.names.get(&position).map(String::as_str)
    }

    pub fn position(&self, reference: &types::Reference) -> Option<usize> {
        self.resolver.as_ref()?.position(reference)
    }
}

/// Reads a record for the patient asked for, or refuses it.
pub fn read<'a>(record: &'a RawValue, asked: &Asked) -> Result<ClinicalRecord<'a>, RecordError> {
    let mut warnings = Vec::new();
    let entries = bundle::entries(record, &mut warnings)?;
    let one = person::one_patient(&entries, asked, &mut warnings)?;
    let mut out = ClinicalRecord {
        patient_reference: entries[one.entry].reference(),
        patient_pointer: entries[one.entry].pointer(),
        people: people::collect(&entries, &one.patient, asked.patient_id),
        patient: one.patient,
        ..ClinicalRecord::default()
    };
    for (position, entry) in entries.iter().enumerate() {
        if one.without_subject.contains(&position) {
            continue;
        }
        if out.take(position, entry, &mut warnings).is_err() {
            warnings.push(Warning::new(entry.pointer(), "unreadable-resource"));
        }
    }
    out.warnings = warnings;
    out.resolver = Some(Resolver::new(&entries));
    Ok(out)
}

impl<'a> ClinicalRecord<'a> {
    fn take(
        &mut self,
        position: usize,
        entry: &Entry<'a>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), serde_json::Error> {
        match entry.kind() {
            "Encounter" => self.encounters.push(item(position, entry)?),
            "Condition" => self.conditions.push(item(position, entry)?),
            "AllergyIntolerance" => self.allergies.push(item(position, entry)?),
            "MedicationRequest" | "MedicationStatement" | "MedicationAdministration" => {
                self.medications.push(item(position, entry)?);
            }
            "Observation" => self.observations.push(item(position, entry)?),
            "DiagnosticReport" => self.reports.push(item(position, entry)?),
            "Procedure" => self.procedures.push(item(position, entry)?),
            "Immunization" => self.immunizations.push(item(position, entry)?),
            "FamilyMemberHistory" => self.family.push(item(position, entry)?),
            "CarePlan" | "Goal" | "Flag" | "ServiceRequest" | "NutritionOrder" | "Appointment" | "Device"
            | "DeviceUseStatement" | "Consent" => self.plain.push(item(position, entry)?),
            "QuestionnaireResponse" => self.questionnaires.push(item(position, entry)?),
            "RelatedPerson" => self.related.push(item(position, entry)?),
            "DocumentReference" => {
                let notes = notes::from_document_reference(entry, warnings)?;
                self.notes.extend(notes);
            }
            "Binary" => self.notes.extend(notes::from_binary(entry, warnings)?),
            "Composition" => self.notes.extend(notes::from_composition(entry)?),
            "Medication" => {
                let medication: Medication = entry.parse()?;
                self.name(position, medication.code.as_ref().and_then(|c| c.label()));
            }
            "Location" => {
                let location: Location = entry.parse()?;
                self.name(position, location.name.as_deref());
            }
            "Specimen" => {
                let specimen: Specimen = entry.parse()?;
                self.name(position, specimen.r#type.as_ref().and_then(|c| c.label()));
            }
            _ => {}
        }
        Ok(())
    }

    fn name(&mut self, position: usize, label: Option<&str>) {
        if let Some(label) = label {
            self.names.insert(position, label.to_owned());
        }
    }
}

fn item<'a, T: Deserialize<'a>>(position: usize, entry: &Entry<'a>) -> Result<Item<T>, serde_json::Error> {
    Ok(Item {
        reference: entry.reference(),
        pointer: entry.pointer(),
        kind: entry.kind().to_owned(),
        position,
        body: entry.parse()?,
    })
}

#[cfg(test)]
mod tests;
