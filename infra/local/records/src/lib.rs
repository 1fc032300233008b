//! Invented patients of the local cloud's two hospitals, as JP-CLINS-style FHIR R4 bundles.
//!
//! A patient is one TOML file under `patients/<hospital>/`, written to be read; the builder turns it into a bundle, the
//! same bytes on every run. Nobody here exists, and no text was taken from a real chart. Holds no rule of Fude's own:
//! it makes input, and knows nothing of what is drafted from it.

mod builder;
mod care;
mod clinical;
mod document;
mod medication;
mod node;
mod people;
mod results;
pub mod source;

use source::{Hospital, Source};

/// The patients of one hospital, its own file first.
macro_rules! hospital {
    ($id:literal: $($number:literal),+ $(,)?) => {
        (
            $id,
            include_str!(concat!("../patients/", $id, "/hospital.toml")),
            &[$(($number, include_str!(concat!("../patients/", $id, "/", $number, ".toml")))),+],
        )
    };
}

type Sources = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const HOSPITALS: [Sources; 2] = [
    hospital!(
        "hospital-a": "20481937", "31758264", "47290618", "52917384", "68340791", "73625148", "84192637", "90573826", "19684725",
        "36047281", "61529473", "40816352", "27493860", "15938207",
    ),
    hospital!("hospital-b": "26839417", "57418296", "83710546"),
];

/// A hospital as its records print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    pub name: String,
    /// Ten digits, the tail of the patient-number system's OID.
    pub number: String,
    pub postal: String,
    pub address: String,
    pub phone: String,
}

/// One invented patient.
#[derive(Clone, Debug)]
pub struct PatientRecord {
    pub number: &'static str,
    /// One line in English, without the name.
    pub title: String,
    /// Every personal name, telephone number and address in the record, in each spelling that it uses.
    pub names: Vec<String>,
    /// Names, telephone numbers and addresses of the organisations in the record.
    pub organisations: Vec<String>,
    pub birth_date: String,
    hospital_id: &'static str,
    hospital: Hospital,
    source: Source,
}

impl PatientRecord {
    /// The record as FHIR JSON, the same bytes every time.
    pub fn bundle(&self) -> Vec<u8> {
        document::bundle(self.hospital_id, &self.hospital, &self.source).bytes()
    }

    /// What the bundle was made from.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// The system of a hospital's patient numbers.
pub fn patient_number_system(hospital: &str) -> Option<String> {
    institution(hospital).map(|institution| people::patient_system(&institution.number))
}

/// The hospital itself; none where it is not one of the two.
pub fn institution(hospital: &str) -> Option<Institution> {
    let (_, text, _) = HOSPITALS.iter().find(|(id, ..)| *id == hospital)?;
    let Hospital { name, number, postal, address, phone, .. } = parse_hospital(text);
    Some(Institution { name, number, postal, address, phone })
}

/// The patients of `hospital-a` or `hospital-b`, the richest record first; none for any other name.
pub fn patients(hospital: &str) -> Vec<PatientRecord> {
    let Some((id, text, sources)) = HOSPITALS.iter().find(|(id, ..)| *id == hospital) else {
        return Vec::new();
    };
    let hospital = parse_hospital(text);
    sources.iter().map(|(number, text)| record(id, &hospital, number, text)).collect()
}

/// A record that stands elsewhere, at one of the hospitals, as FHIR JSON; none for any other hospital.
pub fn bundle(hospital: &str, source: &Source) -> Option<Vec<u8>> {
    let (id, text, _) = HOSPITALS.iter().find(|(id, ..)| *id == hospital)?;
    Some(document::bundle(id, &parse_hospital(text), source).bytes())
}

fn parse_hospital(text: &str) -> Hospital {
    toml::from_str(text).expect("a hospital file is part of this crate and its tests read it")
}

fn record(hospital_id: &'static str, hospital: &Hospital, number: &'static str, text: &str) -> PatientRecord {
    let source: Source = toml::from_str(text).unwrap_or_else(|error| panic!("patient {number}: {error}"));
    PatientRecord {
        number,
        title: source.title.clone(),
        names: names(hospital, &source),
        organisations: organisations(hospital, &source),
        birth_date: source.patient.birth.clone().unwrap_or_default(),
        hospital_id,
        hospital: hospital.clone(),
        source,
    }
}

fn names(hospital: &Hospital, source: &Source) -> Vec<String> {
    let mut names = Vec::new();
    for person in std::iter::once(&source.patient).chain(&source.contact) {
        spell(&person.name, &mut names);
        spell(person.kana.as_deref().unwrap_or_default(), &mut names);
        names.extend(person.phone.iter().chain(&person.address).cloned());
    }
    for staff in source.staff.iter().chain(&hospital.staff) {
        spell(&staff.name, &mut names);
        spell(&staff.kana, &mut names);
    }
    names.extend(source.spoken.iter().cloned());
    dedup(names)
}

fn organisations(hospital: &Hospital, source: &Source) -> Vec<String> {
    let mut names = vec![hospital.name.clone(), hospital.phone.clone(), hospital.address.clone()];
    for organisation in &source.organisation {
        names.push(organisation.name.clone());
        names.extend(organisation.phone.iter().chain(&organisation.address).cloned());
    }
    dedup(names)
}

/// A full name with its space, without, and with a wide one.
fn spell(name: &str, names: &mut Vec<String>) {
    if name.contains(' ') {
        names.extend([name.to_owned(), name.replace(' ', ""), name.replace(' ', "　")]);
    }
}

fn dedup(names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    names.into_iter().filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}
