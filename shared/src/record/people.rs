//! Everybody and every institution that the record names, so that no name of theirs reaches the model.

use super::bundle::Entry;
use super::resources::{ContainedHead, Encounter, Organization, Patient, Person};
use super::types::{Address, ContactPoint, HumanName};

/// Which kind of placeholder stands for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PersonKind {
    /// Patient and relatives: ⟦P1⟧ (not PT, which is prothrombin time)
    Patient,
    /// Professionals: ⟦D1⟧
    Professional,
    /// Institutions: ⟦O1⟧
    Organization,
}

/// One person or institution with every spelling that the record declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Someone {
    /// What is printed where the placeholder stood.
    pub display: String,
    /// Whole names, kanji and kana.
    pub full: Vec<String>,
    pub family: Vec<String>,
    pub given: Vec<String>,
}

/// All of them, and identifiers that need no restoring.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub someone: Vec<(PersonKind, Someone)>,
    /// Telephone numbers, addresses, e-mail, patient and insurance numbers.
    pub identifiers: Vec<String>,
}

pub fn collect(entries: &[Entry], patient: &Patient, asked_id: &str) -> People {
    let mut people = People::default();
    people.identifiers.push(asked_id.to_owned());
    people.add(PersonKind::Patient, &patient.name);
    people.contacts(&patient.telecom, &patient.address);
    let numbers = patient.identifier.iter().filter_map(|i| i.value.as_deref());
    people.identifiers.extend(numbers.map(str::to_owned));
    for contact in &patient.contact {
        people.add(PersonKind::Patient, contact.name.as_slice());
        people.contacts(&contact.telecom, contact.address.as_slice());
    }
    for entry in entries {
        people.resource(entry.kind(), entry.raw.get());
        for raw in &entry.head.contained {
            if let Ok(head) = serde_json::from_str::<ContainedHead>(raw.get()) {
                people.resource(head.resource_type.as_deref().unwrap_or_default(), raw.get());
            }
        }
    }
    people.identifiers.retain(|i| i.chars().count() >= 4);
    people
}

impl People {
    fn resource(&mut self, kind: &str, raw: &str) {
        match kind {
            "Patient" => {
                let Ok(patient) = serde_json::from_str::<Patient>(raw) else { return };
                self.add(PersonKind::Patient, &patient.name);
                self.contacts(&patient.telecom, &patient.address);
                self.identifiers
                    .extend(patient.identifier.iter().filter_map(|i| i.value.as_deref()).map(str::to_owned));
            }
            // The attending physician may be named by display alone.
            "Encounter" => {
                let Ok(encounter) = serde_json::from_str::<Encounter>(raw) else { return };
                for r in encounter.participant.iter().filter_map(|p| p.individual.as_ref()) {
                    self.display(PersonKind::Professional, r.display.as_deref());
                }
                let destination = encounter.hospitalization.as_ref().and_then(|h| h.destination.as_ref());
                self.display(PersonKind::Organization, destination.and_then(|d| d.display.as_deref()));
            }
            "Practitioner" | "RelatedPerson" | "Person" => {
                let Ok(person) = serde_json::from_str::<Person>(raw) else { return };
                let kind = if kind == "Practitioner" { PersonKind::Professional } else { PersonKind::Patient };
                self.add(kind, &person.name);
                self.contacts(&person.telecom, &person.address);
            }
            "Organization" => {
                let Ok(organization) = serde_json::from_str::<Organization>(raw) else { return };
                self.contacts(&organization.telecom, &organization.address);
                // A department (循環器内科) is a word of medicine, not a name.
                let department = organization.r#type.iter().any(|t| t.has_code("dept"));
                if let Some(name) = organization.name.as_deref().filter(|_| !department) {
                    self.someone.push((
                        PersonKind::Organization,
                        Someone { display: name.to_owned(), full: vec![name.to_owned()], ..Someone::default() },
                    ));
                }
            }
            "Coverage" => {
                if let Ok(c) = serde_json::from_str::<super::resources::Coverage>(raw) {
                    let numbers = c.identifier.iter().filter_map(|i| i.value.as_deref());
                    self.identifiers.extend(numbers.chain(c.subscriber_id.as_deref()).map(str::to_owned));
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, kind: PersonKind, names: &[HumanName]) {
        let display = names.iter().find(|n| !n.is_kana()).or(names.first()).map(HumanName::full).unwrap_or_default();
        if display.is_empty() {
            return;
        }
        let mut someone = Someone { display, ..Someone::default() };
        for name in names {
            let full = name.full();
            let mut split = full.split([' ', '　']).filter(|s| !s.is_empty());
            let (first, second) = (split.next(), split.next());
            someone.family.extend(name.family.as_deref().or(first.filter(|_| second.is_some())).map(str::to_owned));
            let given = name.given.iter().flatten().map(|g| g.to_string());
            someone.given.extend(given.chain(second.filter(|_| name.given.is_empty()).map(str::to_owned)));
            someone.full.push(full);
        }
        self.someone.push((kind, someone));
    }

    fn display(&mut self, kind: PersonKind, name: Option<&str>) {
        let Some(name) = name.map(str::trim).filter(|n| n.chars().count() >= 2) else { return };
        let mut parts = name.split([' ', '　']).filter(|p| !p.is_empty());
        let (family, given) = (parts.next(), parts.next());
        let both = kind != PersonKind::Organization && given.is_some();
        self.someone.push((
            kind,
            Someone {
                display: name.to_owned(),
                full: vec![name.to_owned()],
                family: family.filter(|_| both).map(str::to_owned).into_iter().collect(),
                given: given.filter(|_| both).map(str::to_owned).into_iter().collect(),
            },
        ));
    }

    fn contacts(&mut self, telecom: &[ContactPoint], address: &[Address]) {
        self.identifiers.extend(telecom.iter().filter_map(|t| t.value.as_deref().map(str::to_owned)));
        for a in address {
            self.identifiers.extend(a.text.as_deref().map(str::to_owned));
            self.identifiers.extend(a.line.iter().flatten().map(|l| l.to_string()));
            self.identifiers.extend(a.postal_code.as_deref().map(str::to_owned));
        }
    }
}
