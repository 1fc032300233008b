//! A FHIR R4 Bundle as a clinical record of one patient, borrowed from its bytes.
//! Holds reading and the one-patient rule. What of it becomes a fact is decided in `facts`.

mod bundle;
mod later;
mod marks;
mod members;
pub mod notes;
mod people;
mod person;
mod resolver;
pub mod resources;
mod scan;
mod sentences;
mod span;
mod typed;
pub mod types;

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use bundle::{Entry, Head, Slice, Warning};
pub use later::Later;
pub use marks::{Mark, SENSITIVE};
pub use notes::Note;
pub use people::{People, PersonKind, Someone};
pub use person::Asked;
pub(crate) use scan::{Cursor, plain_string, string as json_string};
pub(crate) use typed::{one_or_more, typed};

use resolver::Resolver;
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
    #[error("the record names no patient")]
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
    pub medications: Vec<Later<MedicationUse<'a>>>,
    pub observations: Vec<Later<Observation<'a>>>,
    pub reports: Vec<Item<DiagnosticReport<'a>>>,
    pub procedures: Vec<Item<Procedure<'a>>>,
    pub immunizations: Vec<Item<Immunization<'a>>>,
    pub family: Vec<Item<FamilyMemberHistory<'a>>>,
    pub plain: Vec<Item<Plain<'a>>>,
    pub questionnaires: Vec<Item<QuestionnaireResponse<'a>>>,
    /// RelatedPerson: key person, mother of a newborn.
    pub related: Vec<Item<Person<'a>>>,
    pub notes: Vec<Note<'a>>,
    pub people: People,
    pub warnings: Vec<Warning>,
    /// What may not go to everybody, wherever it stands.
    pub marks: Vec<Mark>,
    /// Clinical resources that were not used, by rule.
    pub left_out: Vec<(&'static str, usize)>,
    names: Names,
    /// Labels of what was read for its name, by its bytes.
    named: HashMap<&'a str, Option<Arc<str>>>,
    /// Every resource, by position.
    entries: Vec<Entry<'a>>,
    encounter_at: HashMap<(String, String), usize>,
    /// First position that no entry has: contained resources are counted from here.
    next_position: usize,
}

/// Where references lead, and how the things are called that have a name only (drugs, places, specimens).
#[derive(Default)]
pub struct Names {
    /// By position; thousands of resources contain the same few specimens.
    labels: Vec<Option<Arc<str>>>,
    resolver: Resolver,
}

impl Names {
    /// Label of what a reference of an entry means: a Medication's code, a Location's or Specimen's name.
    pub fn label(&self, from: usize, reference: &types::Reference) -> Option<&str> {
        let position = self.position(from, reference)?;
        self.labels.get(position)?.as_deref()
    }

    fn call(&mut self, position: usize, label: Option<Arc<str>>) {
        if self.labels.len() <= position {
            self.labels.resize(position + 1, None);
        }
        self.labels[position] = label;
    }

    /// What a reference means that stands in the entry at `from`.
    pub fn position(&self, from: usize, reference: &types::Reference) -> Option<usize> {
        self.resolver.position(from, reference)
    }
}

impl ClinicalRecord<'_> {
    /// Label of what a reference of an entry means: a Medication's code, a Location's or Specimen's name.
    pub fn label(&self, from: usize, reference: &types::Reference) -> Option<&str> {
        self.names.label(from, reference)
    }

    /// What a reference means that stands in the entry at `from`.
    pub fn position(&self, from: usize, reference: &types::Reference) -> Option<usize> {
        self.names.position(from, reference)
    }

    /// The entry of a type and id, or of a fullUrl.
    pub fn find(&self, reference: &str) -> Option<usize> {
        let reference = types::Text(reference.into());
        self.names.resolver.position(usize::MAX, &types::Reference { reference: Some(reference), ..Default::default() })
    }

    fn leave_out(&mut self, rule: &'static str) {
        match self.left_out.iter_mut().find(|(r, _)| *r == rule) {
            Some((_, count)) => *count += 1,
            None => self.left_out.push((rule, 1)),
        }
    }
}

impl<'a> ClinicalRecord<'a> {
    /// Position and bytes of the resource of an entry, by its index in the bundle.
    pub fn raw(&self, index: usize) -> Option<(usize, &'a str)> {
        let at = self.entries.binary_search_by_key(&index, |e| e.index).ok()?;
        Some((at, self.entries[at].raw.get()))
    }

    /// Type and id of what documents refer to (stays and conditions), by position.
    pub fn keys(&self) -> HashMap<usize, String> {
        let stays = self.encounters.iter().map(|e| (e.position, e.reference.clone()));
        stays.chain(self.conditions.iter().map(|c| (c.position, c.reference.clone()))).collect()
    }

    /// What could not be used, with what was looked at later and could not be read.
    pub fn warnings(&self) -> Vec<Warning> {
        let drugs = self.medications.iter().filter(|m| m.is_unreadable()).map(|m| m.position);
        let results = self.observations.iter().filter(|o| o.is_unreadable()).map(|o| o.position);
        let mut later: Vec<usize> = drugs.chain(results).collect();
        later.sort_unstable();
        let later = later.into_iter().map(|p| Warning::new(self.entries[p].pointer(), "unreadable-resource"));
        let known = notes::with_unreadable(&self.warnings, &self.notes);
        known.into_iter().chain(later).collect()
    }

    pub fn into_names(self) -> Names {
        self.names
    }
}

/// Reads a record for the patient asked for, or refuses it.
pub fn read<'a>(record: &'a RawValue, asked: &Asked) -> Result<ClinicalRecord<'a>, RecordError> {
    let mut warnings = Vec::new();
    let bundle = bundle::entries(record, &mut warnings)?;
    let entries = &bundle.entries;
    let one = person::one_patient(entries, asked, &mut warnings)?;
    let mut out = ClinicalRecord {
        patient_reference: one.reference,
        patient_pointer: one.pointer,
        people: people::collect(entries, &one.patient, asked.patient_id),
        patient: one.patient,
        names: Names { labels: Vec::new(), resolver: Resolver::new(entries) },
        next_position: entries.len(),
        ..ClinicalRecord::default()
    };
    for _ in warnings.iter().filter(|w| w.reason == "unreadable-resource") {
        out.leave_out("unreadable");
    }
    // Notes name encounters, so what is named comes first.
    let (named, rest): (Vec<usize>, Vec<usize>) = (0..entries.len()).partition(|p| NAMED.contains(&entries[*p].kind()));
    for position in named.into_iter().chain(rest) {
        let entry = &entries[position];
        if one.without_subject.contains(&position) {
            out.leave_out("no-subject");
            continue;
        }
        out.contained(position, entry);
        let own_frame = bundle.is_document && position == 0;
        if out.take(position, entry, own_frame, &mut warnings).is_err() {
            warnings.push(Warning::new(entry.pointer(), "unreadable-resource"));
            out.leave_out("unreadable");
        }
    }
    out.warnings = warnings;
    out.marks = bundle.marks;
    out.entries = bundle.entries;
    Ok(out)
}

/// Types that others refer to by id or identifier.
const NAMED: &[&str] = &["Encounter", "Medication", "Location", "Specimen"];

/// Types that say who and where, not what was found.
const NOT_CLINICAL: &[&str] = &[
    "Patient", "RelatedPerson", "Person", "Practitioner", "PractitionerRole", "Organization", "Coverage", "CareTeam",
    "Provenance",
];

impl<'a> ClinicalRecord<'a> {
    fn take(
        &mut self,
        position: usize,
        entry: &Entry<'a>,
        own_frame: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), serde_json::Error> {
        match entry.kind() {
            "Encounter" => {
                let encounter = item(position, entry)?;
                self.encounter(encounter);
            }
            "Condition" => self.conditions.push(item(position, entry)?),
            "AllergyIntolerance" => self.allergies.push(item(position, entry)?),
            "MedicationRequest" | "MedicationStatement" | "MedicationAdministration" => {
                self.medications.push(Later::new(position));
            }
            "Observation" => self.observations.push(Later::new(position)),
            "DiagnosticReport" => self.reports.push(item(position, entry)?),
            "Procedure" => self.procedures.push(item(position, entry)?),
            "Immunization" => self.immunizations.push(item(position, entry)?),
            "FamilyMemberHistory" => self.family.push(item(position, entry)?),
            "CarePlan" | "Goal" | "Flag" | "ServiceRequest" | "NutritionOrder" | "Appointment" | "Device"
            | "DeviceUseStatement" | "Consent" => self.plain.push(item(position, entry)?),
            "QuestionnaireResponse" => self.questionnaires.push(item(position, entry)?),
            "RelatedPerson" => self.related.push(item(position, entry)?),
            "DocumentReference" => {
                let resolver = &self.names.resolver;
                let notes = notes::from_document_reference(entry, &|r| resolver.position(position, r), warnings)?;
                self.notes.extend(notes);
            }
            "Binary" => self.notes.extend(notes::from_binary(entry, warnings)?),
            "Composition" => {
                let resolver = &self.names.resolver;
                let notes = notes::from_composition(entry, own_frame, &|r| resolver.position(position, r))?;
                self.notes.extend(notes);
            }
            "Medication" | "Location" | "Specimen" => self.named(position, entry.kind(), entry.raw.get())?,
            kind if NOT_CLINICAL.contains(&kind) => {}
            _ => self.leave_out("type-not-read"),
        }
        Ok(())
    }

    /// Something that others refer to for its name.
    fn named(&mut self, position: usize, kind: &str, raw: &'a str) -> Result<(), serde_json::Error> {
        // Thousands of resources contain the same specimen; the first to bear an identifier keeps it.
        if let Some(label) = self.named.get(raw) {
            self.names.call(position, label.clone());
            return Ok(());
        }
        let (identifier, label) = match kind {
            "Medication" => {
                let m: Medication = typed(raw)?;
                (m.identifier, m.code.as_ref().and_then(|c| c.label()).map(Arc::from))
            }
            "Location" => {
                let l: Location = typed(raw)?;
                (l.identifier, l.name.as_deref().map(Arc::from))
            }
            _ => {
                let s: Specimen = typed(raw)?;
                (s.identifier, s.r#type.as_ref().and_then(|c| c.label()).map(Arc::from))
            }
        };
        self.names.resolver.identify(position, &identifier);
        self.named.insert(raw, label.clone());
        self.names.call(position, label);
        Ok(())
    }

    /// JP Core contains encounters, drugs and specimens in what refers to them. What cannot be read there has
    /// no name, and the resource around it still counts.
    fn contained(&mut self, entry_position: usize, entry: &Entry<'a>) {
        for (i, raw) in entry.head.contained().iter().enumerate() {
            let named = raw.kind.as_ref().zip(raw.id.as_ref()).filter(|(kind, _)| NAMED.contains(&&***kind));
            let Some((kind, id)) = named else { continue };
            let position = self.next_position;
            let position = if &**kind == "Encounter" {
                let Ok(body) = typed::<Encounter>(raw.get()) else { continue };
                self.same_encounter(&body).unwrap_or_else(|| {
                    let reference = format!("{}#{}", entry.reference(), &**id);
                    let pointer = format!("{}/contained/{i}", entry.pointer());
                    self.encounter(Item { reference, pointer, position, body });
                    position
                })
            } else {
                if self.named(position, kind, raw.get()).is_err() {
                    continue;
                }
                position
            };
            self.next_position = self.next_position.max(position + 1);
            self.names.resolver.contain(entry_position, id, position);
        }
    }

    /// The encounter that a contained copy repeats: the same identifier, or the same class and start.
    fn same_encounter(&self, copy: &Encounter) -> Option<usize> {
        let by_start = || self.encounter_at.get(&class_and_start(copy)?).copied();
        self.names.resolver.identified(&copy.identifier).or_else(by_start)
    }

    fn encounter(&mut self, encounter: Item<Encounter<'a>>) {
        self.names.resolver.identify(encounter.position, &encounter.body.identifier);
        if let Some(key) = class_and_start(&encounter.body) {
            self.encounter_at.entry(key).or_insert(encounter.position);
        }
        self.encounters.push(encounter);
    }
}

fn class_and_start(e: &Encounter) -> Option<(String, String)> {
    let start = e.period.as_ref()?.start.as_deref()?;
    Some((e.class.as_ref()?.code.as_deref()?.to_owned(), start.to_owned()))
}

fn item<'a, T: Deserialize<'a>>(position: usize, entry: &Entry<'a>) -> Result<Item<T>, serde_json::Error> {
    Ok(Item { reference: entry.reference(), pointer: entry.pointer(), position, body: entry.parse()? })
}

#[cfg(test)]
mod tests;
