//! A record without a Patient resource, as laboratories send it: it is the patient's where references or contained
//! Patients carry the number asked for, and where none means anybody else.

use std::collections::HashSet;

use super::references::{check_references, references};
use super::{Asked, OnePatient, Person, check_demographics, identifier_key, is_asked, same_number};
use crate::record::RecordError;
use crate::record::bundle::{Entry, Slice, Warning};
use crate::record::resolver::{relative, without_version};
use crate::record::resources::{ContainedHead, Patient};
use crate::record::types::Reference;

pub(super) fn one_patient<'a>(
    entries: &[Entry<'a>],
    asked: &Asked,
    warnings: &mut Vec<Warning>,
) -> Result<OnePatient<'a>, RecordError> {
    let mut person = Person::default();
    person.identifiers.insert((asked.system.unwrap_or_default().to_owned(), asked.patient_id.to_owned()));
    let mut patient: Option<Patient<'a>> = None;
    let mut named_by: Option<(String, String)> = None;
    for entry in entries {
        for (member, reference) in of_patient(entry) {
            let contained = contained(entry, &reference).filter(|p| is_asked(p, asked));
            if !(names(&reference, asked) || contained.is_some()) {
                continue;
            }
            named_by.get_or_insert_with(|| (entry.reference(), format!("{}/{member}", entry.pointer())));
            if let Some(target) = reference.reference.as_deref().filter(|t| !t.starts_with('#')) {
                person.references.insert(without_version(target).to_owned());
            }
            person.identifiers.extend(reference.identifier.as_deref().map(identifier_key));
            if let Some(contained) = contained {
                // Two that claim the number and differ are two people.
                if person.contradicted_by(&contained) {
                    return Err(RecordError::OtherPatient);
                }
                person.identifiers.extend(contained.identifier.iter().map(identifier_key));
                person.births.extend(contained.birth_date.as_deref().map(str::to_owned));
                person.names.extend(contained.name.iter().map(|n| super::fold_kana(&n.full())));
                patient.get_or_insert(contained);
            }
        }
    }
    let Some((reference, pointer)) = named_by else {
        // Somebody else's, where it says whose it is.
        let whose = entries.iter().any(|e| !of_patient(e).is_empty());
        return Err(if whose { RecordError::OtherPatient } else { RecordError::NoPatient });
    };
    let without_subject: HashSet<usize> = check_references(entries, &person, warnings)?;
    let patient = patient.unwrap_or_default();
    check_demographics(&patient, asked)?;
    Ok(OnePatient { reference, pointer, patient, without_subject })
}

/// The references by which an entry names its patient.
fn of_patient<'a>(entry: &Entry<'a>) -> Vec<(&'static str, Reference<'a>)> {
    let members: [(&str, Option<Slice<'a>>); 3] =
        [("subject", entry.head.subject), ("patient", entry.head.patient), ("beneficiary", entry.head.beneficiary)];
    let all = members.into_iter().filter_map(|(member, raw)| Some((member, raw?)));
    all.flat_map(|(member, raw)| references(raw.get()).into_iter().flatten().map(move |r| (member, r)))
        .filter(|(_, r)| r.reference.is_some() || r.identifier.is_some())
        .collect()
}

/// Carries the number of the registered system, or, where none is registered, is `Patient/<number>`.
fn names(reference: &Reference, asked: &Asked) -> bool {
    let by_identifier = reference.identifier.as_ref().is_some_and(|i| {
        let system_fits = asked.system.is_none() || i.system.as_deref() == asked.system;
        system_fits && i.value.as_deref().is_some_and(|v| same_number(v, asked.patient_id, asked.pad_width))
    });
    let target = reference.reference.as_deref().map(without_version).and_then(relative);
    let by_id = target.and_then(|t| t.strip_prefix("Patient/"));
    by_identifier
        || (asked.system.is_none() && by_id.is_some_and(|id| same_number(id, asked.patient_id, asked.pad_width)))
}

fn contained<'a>(entry: &Entry<'a>, reference: &Reference) -> Option<Patient<'a>> {
    let id = reference.reference.as_deref()?.strip_prefix('#')?;
    entry.head.contained().iter().find_map(|raw| {
        let head: ContainedHead = serde_json::from_str(raw.get()).ok()?;
        let is_it = head.id.as_deref() == Some(id) && head.resource_type.as_deref() == Some("Patient");
        is_it.then(|| serde_json::from_str(raw.get()).ok()).flatten()
    })
}
