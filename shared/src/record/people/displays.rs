//! The `display` of every reference in a resource, wherever it stands, read without building a tree:
//! performers, recorders and the like are often named by it alone.

use std::borrow::Cow;
use std::collections::HashSet;

use super::super::members::{Member, Members};
use super::super::resolver::without_version;
use super::super::scan::{Cursor, string};
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
pub(super) struct Displays<'a> {
    /// In the order of the record, each once.
    pub people: Vec<(PersonKind, String)>,
    /// Values of identifiers by which references name a patient.
    pub numbers: Vec<String>,
    seen: HashSet<(PersonKind, String)>,
    /// Displays as they stand, with what their members make of them.
    judged: HashSet<(PersonKind, Cow<'a, str>)>,
}

impl<'a> Displays<'a> {
    /// Reads a resource by its members; `raw` is the whole. Resources come in their order: what the one before holds
    /// as well was read with it.
    pub fn read(&mut self, raw: &'a str, members: &Members<'a>) {
        let named = |m: &Member| matches!(m.key(), "display" | "authorString");
        let Some(list) = members.plain().filter(|list| !list.iter().any(named)) else {
            self.value(&mut Cursor::new(raw), "", 0);
            return;
        };
        for member in list.iter().filter(|m| !m.again && (m.seen.name || m.seen.escape)) {
            self.value(&mut Cursor::new(member.value()), member.key(), 1);
        }
    }

    /// Steps over the value that stands here. One that is no member, list or text, however odd, is passed over.
    fn value(&mut self, cursor: &mut Cursor<'a>, member: &str, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            cursor.value()?;
        } else if cursor.object() {
            self.object(cursor, member, depth)?;
        } else if cursor.list() {
            while cursor.item() {
                self.value(cursor, member, depth + 1)?;
            }
        } else {
            cursor.value()?;
        }
        Some(())
    }

    fn object(&mut self, cursor: &mut Cursor<'a>, member: &str, depth: usize) -> Option<()> {
        let mut object = Object::default();
        while let Some(key) = cursor.raw_key() {
            // A key that is no text is no member that is looked for.
            let key = key.text().unwrap_or_default();
            let known = Known::of(&key);
            if cursor.holds_more() {
                // A nested object of a performer (actor, reference) is still about the performer.
                let inner = if matches!(known, Known::Reference | Known::ValueReference) { member } else { &*key };
                self.value(cursor, inner, depth + 1)?;
                match known {
                    Known::Display => object.display = None,
                    Known::AuthorString => self.take("author", Object::default()),
                    _ => {}
                }
                continue;
            }
            let text = cursor.value()?;
            match known {
                Known::Display => object.display = string(text),
                Known::Reference => object.target = object.target.or_else(|| target(string(text)?)),
                Known::Type => object.target = string(text).or(object.target),
                Known::Coding => object.coding |= string(text).is_some(),
                Known::AuthorString => self.take("author", Object { display: string(text), ..Object::default() }),
                Known::ValueReference | Known::Other => {}
            }
        }
        if !object.coding {
            self.take(member, object);
        }
        Some(())
    }

    fn take(&mut self, member: &str, object: Object<'a>) {
        let Some(display) = object.display else { return };
        let kind = match object.target.as_deref() {
            Some("Practitioner" | "PractitionerRole") => PersonKind::Professional,
            Some("Organization") => PersonKind::Organization,
            Some("Patient" | "RelatedPerson" | "Person") => PersonKind::Patient,
            None if PROFESSIONAL.contains(&member) => PersonKind::Professional,
            None if INSTITUTION.contains(&member) => PersonKind::Organization,
            None if PATIENTS.contains(&member) => PersonKind::Patient,
            _ => return,
        };
        // A few people sign thousands of resources: what a display is, is found once.
        if self.judged.insert((kind, display.clone())) {
            self.judge(kind, &display);
        }
    }

    fn judge(&mut self, kind: PersonKind, display: &str) {
        let place =
            ["病院", "クリニック", "医院", "診療所", "薬局", "ステーション", "センター", "会社", "ラボ", "研究所"];
        let kind = if place.iter().any(|p| display.contains(p)) { PersonKind::Organization } else { kind };
        let person = kind != PersonKind::Organization;
        let sized = (2..=60).contains(&display.chars().count());
        let named = sized && !is_common_place(display) && (!person || without_trade(display).is_some());
        let found = (kind, display.to_owned());
        if named && !self.seen.contains(&found) {
            self.seen.insert(found.clone());
            self.people.push(found);
        }
    }
}

/// What tells a reference from another object.
#[derive(Default)]
struct Object<'a> {
    display: Option<Cow<'a, str>>,
    /// Resource type that it refers to, where that can be told.
    target: Option<Cow<'a, str>>,
    coding: bool,
}

/// Members that are looked at.
#[derive(Clone, Copy)]
enum Known {
    Display,
    Reference,
    ValueReference,
    Type,
    /// Of a coding or quantity, which is no reference.
    Coding,
    AuthorString,
    Other,
}

impl Known {
    fn of(key: &str) -> Self {
        match key.as_bytes() {
            b"display" => Self::Display,
            b"reference" => Self::Reference,
            b"valueReference" => Self::ValueReference,
            b"type" => Self::Type,
            b"code" | b"system" => Self::Coding,
            b"authorString" => Self::AuthorString,
            _ => Self::Other,
        }
    }
}

/// `Practitioner` of `http://a/Practitioner/1/_history/2`; nothing of `#x` and `urn:uuid:…`.
fn target(reference: Cow<str>) -> Option<Cow<str>> {
    fn kind(reference: &str) -> Option<&str> {
        let mut parts = without_version(reference).rsplit('/');
        let (_, kind) = (parts.next()?, parts.next()?);
        kind.starts_with(|c: char| c.is_ascii_uppercase()).then_some(kind)
    }
    match reference {
        Cow::Borrowed(text) => kind(text).map(Cow::Borrowed),
        Cow::Owned(text) => kind(&text).map(|k| Cow::Owned(k.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Displays, Members, PersonKind};

    fn read(raw: &str) -> Vec<(PersonKind, String)> {
        let mut displays = Displays::default();
        let mut cursor = Cursor::new(raw);
        let mut members = Members::default();
        cursor.object();
        while let Some((key, member)) = cursor.member(&mut [].as_slice()) {
            members.push(&key, member);
        }
        displays.read(raw, &members);
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
