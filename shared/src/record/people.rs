//! Everybody and every institution that the record names, so that no name of theirs reaches the model:
//! resources of people and institutions, contained ones, and the `display` of every reference.

mod displays;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::bundle::Entry;
use super::resources::{ContainedHead, Organization, Patient, Person};
use super::types::{Address, ContactPoint, HumanName, Identifier};
use crate::names::words::is_common_place;

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Someone {
    /// What is printed where the placeholder stood.
    pub display: String,
    /// Whole names, kanji and kana.
    pub full: Vec<String>,
    pub family: Vec<String>,
    pub given: Vec<String>,
}

impl Someone {
    /// A person or institution of whom one line is known: 医師 鈴木 健一（呼吸器内科）.
    pub fn from_display(display: &str, kind: PersonKind) -> Self {
        let display = display.trim();
        if kind == PersonKind::Organization {
            return Self { display: display.to_owned(), full: vec![display.to_owned()], ..Self::default() };
        }
        let bare = without_titles(display);
        if is_post(bare) {
            return Self { display: display.to_owned(), ..Self::default() };
        }
        let mut parts = bare.split([' ', '　']).filter(|p| !p.is_empty());
        let (family, given) = (parts.next(), parts.next());
        let both = given.is_some();
        Self {
            display: bare.to_owned(),
            full: vec![bare.to_owned()],
            family: family.filter(|_| both).map(str::to_owned).into_iter().collect(),
            given: given.filter(|_| both).map(str::to_owned).into_iter().collect(),
        }
    }
}

/// A name without profession, honorific and what stands in brackets behind it.
fn without_titles(name: &str) -> &str {
    const TITLES: &[&str] = &[
        "先生", "医師", "看護師", "薬剤師", "技師", "院長", "部長", "科長", "師長", "主治医", "担当医", "様", "さん",
        "殿", "氏", "Dr.", "Dr", "Ns.", "Ns", "MD", "M.D.",
    ];
    let mut name = name.split(['（', '(', '【', '[']).next().unwrap_or(name).trim();
    loop {
        let cut = TITLES.iter().find_map(|t| {
            let head = name.strip_prefix(t).filter(|r| r.starts_with([' ', '　', ':', '：']) || t.ends_with('.'));
            head.map(|r| r.trim_start_matches([' ', '　', ':', '：'])).or_else(|| name.strip_suffix(t)).map(str::trim)
        });
        match cut.filter(|c| !c.is_empty()) {
            Some(shorter) => name = shorter,
            None => return name,
        }
    }
}

/// Whoever is on duty, rather than somebody: 外来担当医 without its title is a word that every note has.
fn is_post(bare: &str) -> bool {
    const POSTS: &[&str] = &[
        "ご", "外来", "病棟", "当直", "日直", "救急", "担当", "ご担当", "主治医", "担当医", "地域連携室",
        "地域医療連携室",
    ];
    POSTS.contains(&bare)
}

/// All of them, and identifiers that need no restoring.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// The patient first.
    pub someone: Vec<(PersonKind, Someone)>,
    /// Telephone numbers, addresses, e-mail, patient and insurance numbers.
    pub identifiers: Vec<String>,
}

const OF_PEOPLE: &[&str] = &["Patient", "Practitioner", "RelatedPerson", "Person", "Organization", "Coverage"];

pub fn collect(entries: &[Entry], patient: &Patient, asked_id: &str) -> People {
    let mut people = People::default();
    people.identifiers.push(asked_id.to_owned());
    people.patient(patient);
    let mut displays = displays::Displays::default();
    for entry in entries {
        people.resource(entry.kind(), entry.raw.get());
        for raw in entry.head.contained() {
            // Thousands contain a specimen or a drug, which name nobody.
            if raw.kind.as_deref().is_some_and(|kind| OF_PEOPLE.contains(&kind))
                && let Ok(head) = serde_json::from_str::<ContainedHead>(raw.get())
            {
                people.resource(head.resource_type.as_deref().unwrap_or_default(), raw.get());
            }
        }
        displays.read(entry.raw.get(), &entry.members);
    }
    for (kind, display) in displays.people {
        let someone = Someone::from_display(&display, kind);
        people.push(kind, someone);
    }
    people.identifiers.extend(displays.numbers);
    people.identifiers.retain(|i| i.chars().count() >= 4);
    once(&mut people.identifiers);
    once(&mut people.someone);
    people
}

/// A person of whom some part is not as FHIR has it: each part on its own, lists or not.
fn piecemeal(raw: &str) -> Person<'_> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Parts<'a> {
        #[serde(borrow)]
        name: Option<&'a RawValue>,
        #[serde(borrow)]
        telecom: Option<&'a RawValue>,
        #[serde(borrow)]
        address: Option<&'a RawValue>,
        #[serde(borrow)]
        identifier: Option<&'a RawValue>,
    }
    fn list<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Vec<T> {
        let Some(raw) = raw.map(RawValue::get) else { return Vec::new() };
        let items: Vec<&'a RawValue> = serde_json::from_str(raw).unwrap_or_default();
        let items = items.into_iter().filter_map(|item| serde_json::from_str(item.get()).ok()).collect::<Vec<T>>();
        if items.is_empty() { serde_json::from_str(raw).into_iter().collect() } else { items }
    }
    let parts: Parts = serde_json::from_str(raw).unwrap_or_default();
    let mut name: Vec<HumanName> = list(parts.name);
    if name.is_empty() {
        let text: Vec<super::types::Text> = list(parts.name);
        name = text.into_iter().map(|text| HumanName { text: Some(text), ..HumanName::default() }).collect();
    }
    Person {
        name,
        telecom: list(parts.telecom),
        address: list(parts.address),
        identifier: list(parts.identifier),
        ..Person::default()
    }
}

/// Keeps the first of equals.
fn once<T: Clone + Eq + std::hash::Hash>(list: &mut Vec<T>) {
    let mut seen = HashSet::new();
    list.retain(|item| seen.insert(item.clone()));
}

impl People {
    fn resource(&mut self, kind: &str, raw: &str) {
        match kind {
            "Patient" => {
                let Ok(patient) = serde_json::from_str::<Patient>(raw) else { return };
                self.patient(&patient);
            }
            "Practitioner" | "RelatedPerson" | "Person" => {
                let person = serde_json::from_str::<Person>(raw).unwrap_or_else(|_| piecemeal(raw));
                let kind = if kind == "Practitioner" { PersonKind::Professional } else { PersonKind::Patient };
                self.add(kind, &person.name);
                self.contacts(&person.telecom, &person.address);
                self.numbers(&person.identifier);
            }
            "Organization" => {
                let Ok(organization) = serde_json::from_str::<Organization>(raw) else { return };
                self.contacts(&organization.telecom, &organization.address);
                // A department (循環器内科) is a word of medicine, not a name.
                let department = organization.r#type.iter().any(|t| t.has_code("dept"));
                if let Some(name) = organization.name.as_deref().filter(|_| !department) {
                    self.push(PersonKind::Organization, Someone::from_display(name, PersonKind::Organization));
                }
            }
            "Coverage" => {
                if let Ok(c) = serde_json::from_str::<super::resources::Coverage>(raw) {
                    self.numbers(&c.identifier);
                    self.identifiers.extend(c.subscriber_id.as_deref().map(str::to_owned));
                }
            }
            _ => {}
        }
    }

    fn patient(&mut self, patient: &Patient) {
        self.add(PersonKind::Patient, &patient.name);
        self.contacts(&patient.telecom, &patient.address);
        self.numbers(&patient.identifier);
        for contact in &patient.contact {
            self.add(PersonKind::Patient, contact.name.as_slice());
            self.contacts(&contact.telecom, contact.address.as_slice());
        }
    }

    fn push(&mut self, kind: PersonKind, someone: Someone) {
        let unnamed = kind == PersonKind::Organization && is_common_place(&someone.display);
        if someone.display.chars().count() >= 2 && !unnamed {
            self.someone.push((kind, someone));
        }
    }

    fn add(&mut self, kind: PersonKind, names: &[HumanName]) {
        let display = names.iter().find(|n| !n.is_kana()).or(names.first()).map(HumanName::full).unwrap_or_default();
        if display.is_empty() {
            return;
        }
        let mut someone = Someone { display: without_titles(&display).to_owned(), ..Someone::default() };
        for name in names {
            let full = without_titles(&name.full()).to_owned();
            let mut split = full.split([' ', '　']).filter(|s| !s.is_empty());
            let (first, second) = (split.next(), split.next());
            someone.family.extend(name.family.as_deref().or(first.filter(|_| second.is_some())).map(str::to_owned));
            let given = name.given.iter().flatten().map(|g| g.to_string());
            someone.given.extend(given.chain(second.filter(|_| name.given.is_empty()).map(str::to_owned)));
            someone.full.push(full);
        }
        self.someone.push((kind, someone));
    }

    fn numbers(&mut self, identifiers: &[Identifier]) {
        self.identifiers.extend(identifiers.iter().filter_map(|i| i.value.as_deref()).map(str::to_owned));
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

#[cfg(test)]
mod tests {
    use super::{PersonKind, Someone};

    #[test]
    fn a_post_is_nobodys_name() {
        let full = |display| Someone::from_display(display, PersonKind::Professional).full;
        assert!(full("外来担当医").is_empty() && full("ご担当医 先生").is_empty());
        assert_eq!(full("外来担当医 堀内 貴子 先生"), ["外来担当医 堀内 貴子"]);
        assert_eq!(full("担当医 堀内 貴子"), ["堀内 貴子"]);
    }
}
