//! One patient only. Every subject, patient, beneficiary and individual reference must mean the
//! person asked for, or the record is refused before anything of it reaches the model.
//!
//! RelatedPerson and FamilyMemberHistory do not refuse a record; a second Patient does, unless it is
//! linked (`Patient.link`), carries the same identifier, or is a relative: a mother in her newborn's record, linked to
//! a RelatedPerson of the patient. Nothing may be about her all the same. Laboratories send bundles without a Patient:
//! they are read where a reference or a contained Patient carries the number asked for.

mod absent;
mod references;

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use super::RecordError;
use super::bundle::{Entry, Warning};
use super::resolver::{relative, without_version};
use super::resources::Patient;
use super::types::Identifier;
use references::check_references;

/// Who is asked for, and by which rules of the data source.
#[derive(Clone, Debug, Default)]
pub struct Asked<'q> {
    pub patient_id: &'q str,
    /// Identifier system registered for the data source; without one the value alone decides.
    pub system: Option<&'q str>,
    /// Width to which the data source pads numbers with zeros; without one they are compared as they are.
    pub pad_width: Option<usize>,
    pub birth_date: Option<&'q str>,
    pub kana: Option<&'q str>,
}

/// The person that the record is about.
pub struct OnePatient<'a> {
    /// Type and id of the Patient, or of the resource that names the patient.
    pub reference: String,
    /// JSON pointer of the Patient, or of the reference that names the patient.
    pub pointer: String,
    pub patient: Patient<'a>,
    /// Positions of entries that are left out: clinical resources without a subject.
    pub without_subject: HashSet<usize>,
}

pub fn one_patient<'a>(
    entries: &[Entry<'a>],
    asked: &Asked,
    warnings: &mut Vec<Warning>,
) -> Result<OnePatient<'a>, RecordError> {
    let mut patients: Vec<(usize, Patient<'a>)> = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        if entry.kind() == "Patient" {
            // A Patient that cannot be read might be anybody: refuse rather than guess.
            let patient = entry.parse().map_err(|_| RecordError::UnreadablePatient)?;
            patients.push((position, patient));
        }
    }
    if patients.is_empty() {
        return absent::one_patient(entries, asked, warnings);
    }
    let found = patients.iter().position(|(_, p)| is_asked(p, asked)).ok_or(RecordError::OtherPatient)?;

    let mut person = Person::default();
    person.add(&entries[patients[found].0], &patients[found].1, asked);
    // Links and shared identifiers may chain, so repeat until nobody joins.
    let mut same: HashSet<usize> = HashSet::from([found]);
    loop {
        let before = same.len();
        for (i, (position, patient)) in patients.iter().enumerate() {
            if !same.contains(&i) && person.includes(&entries[*position], patient) {
                person.add(&entries[*position], patient, asked);
                same.insert(i);
            }
        }
        if same.len() == before {
            break;
        }
    }
    let others = patients.iter().enumerate().filter(|(i, _)| !same.contains(i));
    for (_, (_, patient)) in others {
        if !is_relative(patient, entries, &person) {
            return Err(RecordError::OtherPatient);
        }
    }
    let without_subject = check_references(entries, &person, warnings)?;
    let (entry, patient) = patients.swap_remove(found);
    check_demographics(&patient, asked)?;
    let (reference, pointer) = (entries[entry].reference(), entries[entry].pointer());
    Ok(OnePatient { reference, pointer, patient, without_subject })
}

/// Linked to a RelatedPerson of the patient (`Patient.link.other`).
fn is_relative(patient: &Patient, entries: &[Entry], person: &Person) -> bool {
    let targets: Vec<&str> =
        patient.link.iter().filter_map(|l| Some(without_version(l.other.as_ref()?.reference.as_deref()?))).collect();
    entries.iter().filter(|e| e.kind() == "RelatedPerson").any(|e| {
        let own = e.reference();
        let named = targets.iter().any(|t| *t == own || e.full_url.as_deref() == Some(*t) || relative(t) == Some(&own));
        let of: Option<super::types::Reference> = e.head.patient.and_then(|p| serde_json::from_str(p.get()).ok());
        named && of.and_then(|r| r.reference).is_some_and(|r| person.is_reference(&r))
    })
}

fn is_asked(patient: &Patient, asked: &Asked) -> bool {
    let same = |value: &str| same_number(value, asked.patient_id, asked.pad_width);
    let by_identifier = patient.identifier.iter().any(|i| {
        let system_fits = asked.system.is_none() || i.system.as_deref() == asked.system;
        system_fits && i.value.as_deref().is_some_and(same)
    });
    by_identifier || (asked.system.is_none() && patient.id.as_deref().is_some_and(same))
}

/// Leading zeros count unless the data source pads: `12` is `00012` only by its rule, never by guess.
fn same_number(a: &str, b: &str, pad_width: Option<usize>) -> bool {
    let form = |s: &str| {
        let s: String = s.nfkc().collect::<String>().trim().to_owned();
        match pad_width {
            Some(width) if s.len() < width && s.chars().all(|c| c.is_ascii_digit()) => {
                format!("{s:0>width$}")
            }
            _ => s,
        }
    };
    form(a) == form(b)
}

/// Everything that is known to mean the one person.
#[derive(Default)]
struct Person {
    references: HashSet<String>,
    /// `Type/id` forms, which an absolute reference of an unknown server may end in.
    relatives: HashSet<String>,
    /// Whether some Patient entry has an absolute http(s) fullUrl: then other servers are other people.
    bases: HashSet<String>,
    identifiers: HashSet<(String, String)>,
    links: HashSet<String>,
    births: HashSet<String>,
    names: HashSet<String>,
}

impl Person {
    fn add(&mut self, entry: &Entry, patient: &Patient, asked: &Asked) {
        if let Some(id) = patient.id.as_deref() {
            let relative = format!("Patient/{id}");
            self.references.insert(relative.clone());
            self.relatives.insert(relative);
        }
        if let Some(url) = entry.full_url.as_deref() {
            self.references.insert(url.to_owned());
            if url.starts_with("http")
                && let Some(tail) = relative(url)
            {
                self.relatives.insert(tail.to_owned());
                self.references.insert(tail.to_owned());
                self.bases.insert(url[..url.len() - tail.len()].to_owned());
            }
        }
        self.identifiers.insert((normal(asked.system.unwrap_or_default()), normal(asked.patient_id)));
        for i in &patient.identifier {
            self.identifiers.insert(identifier_key(i));
        }
        self.births.extend(patient.birth_date.as_deref().map(str::to_owned));
        self.names.extend(patient.name.iter().map(|n| fold_kana(&n.full())));
        for link in &patient.link {
            if let Some(r) = link.other.as_ref().and_then(|o| o.reference.as_deref()) {
                self.links.insert(without_version(r).to_owned());
            }
        }
    }

    /// Linked in either direction; or the same id or identifier, with nothing that speaks against it.
    fn includes(&self, entry: &Entry, patient: &Patient) -> bool {
        let own =
            [entry.full_url.as_deref().map(str::to_owned), patient.id.as_deref().map(|id| format!("Patient/{id}"))];
        let linked_from = own.iter().flatten().any(|r| self.links.contains(r));
        let linked_to = patient.link.iter().any(|l| {
            let other = l.other.as_ref().and_then(|o| o.reference.as_deref());
            other.is_some_and(|r| self.references.contains(without_version(r)))
        });
        if linked_from || linked_to {
            return !self.born_otherwise(patient);
        }
        // Two systems may have given two people the same id.
        let same_id = own.iter().flatten().any(|r| self.references.contains(r));
        (same_id && !self.contradicted_by(patient)) || self.same_identity(patient)
    }

    fn born_otherwise(&self, patient: &Patient) -> bool {
        !self.births.is_empty() && patient.birth_date.as_deref().is_some_and(|b| !self.births.contains(b))
    }

    /// Another birth date, another name, or another number of the same system.
    fn contradicted_by(&self, patient: &Patient) -> bool {
        let mut names = patient.name.iter().map(|n| fold_kana(&n.full())).filter(|n| !n.is_empty()).peekable();
        let other_name = !self.names.is_empty() && names.peek().is_some() && !names.any(|n| self.names.contains(&n));
        let keys: Vec<(String, String)> = patient.identifier.iter().map(identifier_key).collect();
        let same_system = |k: &&(String, String)| self.identifiers.iter().any(|(s, _)| !s.is_empty() && *s == k.0);
        let mut comparable = keys.iter().filter(same_system).peekable();
        let other_number = comparable.peek().is_some() && !comparable.any(|k| self.identifiers.contains(k));
        self.born_otherwise(patient) || other_name || other_number
    }

    /// An identifier in common is not enough: twins may share an insurance number.
    fn same_identity(&self, patient: &Patient) -> bool {
        let shares_identifier = patient.identifier.iter().any(|i| {
            let key = identifier_key(i);
            !key.1.is_empty() && !key.0.is_empty() && self.identifiers.contains(&key)
        });
        let mut names = patient.name.iter().map(|n| fold_kana(&n.full()));
        shares_identifier
            && patient.birth_date.as_deref().is_some_and(|b| self.births.contains(b))
            && names.any(|n| self.names.contains(&n))
    }

    fn is_reference(&self, reference: &str) -> bool {
        let reference = without_version(reference);
        if self.references.contains(reference) {
            return true;
        }
        // An absolute URL where the record itself names no server for the patient.
        reference.starts_with("http")
            && relative(reference).is_some_and(|tail| {
                self.relatives.contains(tail)
                    && (self.bases.is_empty() || self.bases.contains(&reference[..reference.len() - tail.len()]))
            })
    }
}

fn identifier_key(i: &Identifier) -> (String, String) {
    (normal(i.system.as_deref().unwrap_or_default()), normal(i.value.as_deref().unwrap_or_default()))
}

fn normal(s: &str) -> String {
    s.nfkc().filter(|c| !c.is_whitespace()).collect()
}

fn check_demographics(patient: &Patient, asked: &Asked) -> Result<(), RecordError> {
    if let Some(birth_date) = asked.birth_date
        && patient.birth_date.as_deref() != Some(birth_date)
    {
        return Err(RecordError::DemographicsDiffer);
    }
    if let Some(kana) = asked.kana {
        let wanted = fold_kana(kana);
        let mut names = patient.name.iter().map(|n| fold_kana(&n.full()));
        if !names.any(|n| n == wanted) {
            return Err(RecordError::DemographicsDiffer);
        }
    }
    Ok(())
}

/// Width, spaces and hiragana do not make another name.
fn fold_kana(s: &str) -> String {
    normal(s)
        .chars()
        .map(|c| match c {
            'ぁ'..='ゖ' => char::from_u32(c as u32 + 0x60).unwrap_or(c),
            _ => c,
        })
        .collect()
}
