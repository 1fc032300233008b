//! The `display` of every reference in a resource, wherever it stands, read without building a tree:
//! performers, recorders and the like are often named by it alone.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::PersonKind;
use crate::names::words::{is_common_place, without_trade};

/// Deeper than any FHIR resource; below it nothing is looked for, so that no record can exhaust the stack.
const DEEPEST: usize = 24;

/// Members that refer to professionals, to institutions, to the patient's side.
const PROFESSIONAL: &[&str] = &[
    "performer", "recorder", "asserter", "author", "requester", "individual", "attender", "practitioner", "member",
    "actor", "verifier", "authenticator", "party", "receiver", "sender", "attester", "who", "enterer", "interpreter",
    "resultsInterpreter", "generalPractitioner", "primaryPerformer", "prescriber", "contributor", "responsibleParty",
    "onBehalfOf", "administrator", "careManager", "signer", "reviewer", "authorReference", "assertedBy", "operator",
    "provider",
];
const INSTITUTION: &[&str] = &[
    "organization", "serviceProvider", "custodian", "managingOrganization", "destination", "origin", "payor",
    "insurer", "manufacturer", "institution", "facility", "supplier",
];
const PATIENTS: &[&str] =
    &["subject", "patient", "beneficiary", "subscriber", "policyHolder", "relative", "informationSource", "source"];

/// What was found in all resources so far.
#[derive(Default)]
pub(super) struct Displays {
    /// In the order of the record, each once.
    pub people: Vec<(PersonKind, String)>,
    /// Values of identifiers by which references name a patient.
    pub numbers: Vec<String>,
    seen: HashSet<(PersonKind, String)>,
}

impl Displays {
    pub fn read(&mut self, raw: &str) {
        self.value(raw, "", 0);
    }

    /// A value that is no member, list or text, however odd, is passed over.
    fn value(&mut self, raw: &str, member: &str, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match raw.as_bytes().first() {
            Some(b'{') => {
                if let Ok(Members(members)) = serde_json::from_str(raw) {
                    self.object(&members, member, depth);
                }
            }
            Some(b'[') => {
                let list: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
                for item in &list {
                    self.value(item.get(), member, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, members: &[(String, &RawValue)], member: &str, depth: usize) {
        let mut object = Object::default();
        for (key, value) in members {
            // A nested object of a performer (actor, reference) is still about the performer.
            let inner = if matches!(key.as_str(), "reference" | "valueReference") { member } else { key.as_str() };
            self.value(value.get(), inner, depth + 1);
            let text = || serde_json::from_str::<String>(value.get()).ok();
            match key.as_str() {
                "display" => object.display = text(),
                "reference" => object.target = object.target.or_else(|| target(&text()?)),
                "type" => object.target = text().or(object.target),
                "code" | "system" => object.coding |= text().is_some(),
                "authorString" => self.take("author", Object { display: text(), ..Object::default() }),
                _ => {}
            }
        }
        if !object.coding {
            self.take(member, object);
        }
    }

    fn take(&mut self, member: &str, object: Object) {
        let Some(display) = object.display.filter(|d| (2..=60).contains(&d.chars().count())) else { return };
        let kind = match object.target.as_deref() {
            Some("Practitioner" | "PractitionerRole") => PersonKind::Professional,
            Some("Organization") => PersonKind::Organization,
            Some("Patient" | "RelatedPerson" | "Person") => PersonKind::Patient,
            None if PROFESSIONAL.contains(&member) => PersonKind::Professional,
            None if INSTITUTION.contains(&member) => PersonKind::Organization,
            None if PATIENTS.contains(&member) => PersonKind::Patient,
            _ => return,
        };
        let place =
            ["病院", "クリニック", "医院", "診療所", "薬局", "ステーション", "センター", "会社", "ラボ", "研究所"];
        let kind = if place.iter().any(|p| display.contains(p)) { PersonKind::Organization } else { kind };
        let person = kind != PersonKind::Organization;
        let named = !is_common_place(&display) && (!person || without_trade(&display).is_some());
        if named && !self.seen.contains(&(kind, display.clone())) {
            self.seen.insert((kind, display.clone()));
            self.people.push((kind, display));
        }
    }
}

/// What tells a reference from another object.
#[derive(Default)]
struct Object {
    display: Option<String>,
    /// Resource type that it refers to, where that can be told.
    target: Option<String>,
    coding: bool,
}

/// The members of an object, values unread.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut out = Vec::new();
                while let Some(member) = map.next_entry()? {
                    out.push(member);
                }
                Ok(Members(out))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// `Practitioner` of `http://a/Practitioner/1/_history/2`; nothing of `#x` and `urn:uuid:…`.
fn target(reference: &str) -> Option<String> {
    let reference = reference.split("/_history/").next()?;
    let mut parts = reference.rsplit('/');
    let (_, kind) = (parts.next()?, parts.next()?);
    kind.starts_with(|c: char| c.is_ascii_uppercase()).then(|| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Displays, PersonKind};

    fn read(raw: &str) -> Vec<(PersonKind, String)> {
        let mut displays = Displays::default();
        displays.read(raw);
        displays.people
    }

    #[test]
    fn references_name_people_wherever_they_stand() {
        let raw = r#"{"resourceType":"Procedure","performer":[{"actor":{"display":"中村 太郎"},"onBehalfOf":{"display":"みどり病院"}}],
            "recorder":{"reference":"PractitionerRole/1","display":"小川 剛"},"note":[{"authorString":"原 康弘"}],
            "code":{"coding":[{"system":"x","code":"y","display":"執刀"}]},"asserter":{"type":"Patient","display":"林 一郎"},
            "location":{"display":"手術室"},"serviceProvider":{"display":"循環器内科"},"extension":[{"valueReference":{"reference":"Organization/2","display":"さくら薬局"}}]}"#;
        let names: Vec<String> = read(raw).into_iter().map(|(_, n)| n).collect();
        assert_eq!(names, ["中村 太郎", "みどり病院", "小川 剛", "原 康弘", "林 一郎", "さくら薬局"]);
    }

    #[test]
    fn deep_nesting_hides_nobody_before_it_and_nobody_after() {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let raw =
            format!(r#"{{"author":{{"display":"森 進"}},"huge":1e999,"x":{deep},"recorder":{{"display":"関 守"}}}}"#);
        assert_eq!(read(&raw).len(), 2);
    }
}
