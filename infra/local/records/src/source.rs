//! What an author writes: one TOML file a patient, one a hospital. Misspelt keys are refused.
//!
//! Dates are `2026-07-03` or `2026-07-03T14:30` (Japan's time). Rows of laboratory values and vital signs are
//! `name | value | unit | reference range | interpretation`, the last two optional; the value keeps its digits.

use serde::Deserialize;

/// How resources name the patient and each other.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// `Patient/pat-1`.
    #[default]
    Relative,
    /// `urn:uuid:…`, the fullUrl of the entry.
    Urn,
    /// Relative, but the subject by identifier alone.
    Identifier,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    Collection,
    Document,
    Searchset,
}

/// Declares source structs in which every field may be left out, since a record says only what it knows.
macro_rules! sources {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name { $(pub $field: $type),* }
    )* };
}

type Text = Option<String>;

sources! {
    /// One hospital: itself and everybody who may appear in its records.
    Hospital { name: String, number: String, postal: String, address: String, phone: String, staff: Vec<Staff> }

    /// One patient's record.
    Source {
        title: String, as_of: String, style: Style, bundle: Kind, contained_staff: bool,
        patient: Person, spoken: Vec<String>, contact: Vec<Person>, staff: Vec<Staff>, organisation: Vec<Organisation>,
        encounter: Vec<Encounter>, condition: Vec<Condition>, allergy: Vec<Allergy>,
        drug: Vec<Drug>, administration: Vec<Administration>, vitals: Vec<Values>, labs: Vec<Values>,
        observation: Vec<Observation>, report: Vec<Report>, procedure: Vec<Procedure>, immunization: Vec<Dated>,
        family: Vec<Family>, device: Vec<Device>, plan: Vec<Dated>, goal: Vec<Dated>, appointment: Vec<Dated>,
        consent: Vec<Dated>, diet: Vec<Dated>, flag: Vec<Dated>, order: Vec<Dated>, form: Vec<Form>, note: Vec<Note>,
        document: Option<Document>,
    }

    /// A patient (`number`, `birth`, `insured`, `deceased`) or a RelatedPerson (`relation`).
    Person { number: String, insured: Text, name: String, kana: Text, birth: Text, gender: Text, postal: Text,
        address: Text, phone: Text, occupation: Text, relation: Text, deceased: Text }
    Staff { id: String, name: String, kana: String, role: String, department: Text, organisation: Text }
    Organisation { id: String, name: String, number: Text, postal: Text, address: Text, phone: Text }
    /// `disposition` is the FHIR code (home, exp, other-hcf), `discharge` the words, `destination` an organisation's id.
    Encounter { id: String, class: String, start: String, end: Text, ward: Text, department: String, admit: Text,
        discharge: Text, disposition: Text, destination: Text, reason: Text, attending: String }
    /// `role` marks the diagnosis of an encounter: AD 入院契機, DD 退院時主病名, CM 併存症. `status` is the clinical status.
    Condition { text: String, icd10: Text, onset: Text, end: Text, recorded: Text, status: Text, verification: Text,
        category: Text, site: Text, role: Text, encounter: Text, tags: Vec<String>, security: Text, claim: bool, note: Text }
    /// `none` is the explicit negative that somebody asked for and heard.
    Allergy { text: String, category: Text, criticality: Text, reaction: Text, date: Text, none: bool, note: Text,
        verification: Text }
    /// `kind` is MERIT-9 (BDP, IHP, DCG, OHP, OHO …); `once` and `daily` are 「2 錠」; `from` and `to` the period of use.
    Drug { kind: String, on: String, name: String, yj: Text, text: String, once: Text, daily: Text, days: Option<u32>,
        from: Text, to: Text, route: Text, prn: bool, note: Text, by: Text, uneven: Vec<String> }
    Administration { on: String, to: Text, name: String, text: String, dose: Text, route: Text, note: Text }
    Values { on: String, specimen: Text, oxygen: Text, method: Text, status: Text, note: Text, rows: Vec<String> }
    Observation { on: String, issued: Text, name: String, value: Text, unit: Text, status: Text, category: Text,
        specimen: Text, method: Text, site: Text, absent: Text, note: Text }
    Report { on: String, issued: Text, name: String, category: Text, status: Text, conclusion: String, by: Text }
    Procedure { on: String, to: Text, name: String, category: Text, site: Text, status: Text, outcome: Text, by: Text, note: Text }
    Family { relation: String, condition: Text, age: Option<u32>, note: Text }
    Device { name: String, kind: String, on: String, site: Text, status: Text, note: Text }
    /// Anything that is a date and a sentence: plans, appointments, wishes, diets, vaccinations, orders.
    Dated { on: String, end: Text, name: Text, text: String, status: Text, note: Text, by: Text, refused: bool }
    /// A questionnaire; rows are `question | answer`.
    Form { on: String, name: String, rows: Vec<String>, by: Text }
    /// `section` makes it a section of the Composition instead of a DocumentReference.
    Note { on: String, title: String, by: Text, text: String, section: Text }
    Document { code: String, title: String, by: String, to: Text, section: Vec<Section> }
    /// A section that lists the resources of some kinds.
    Section { code: String, title: String, text: Text, kinds: Vec<String> }
}
