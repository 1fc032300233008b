//! What every resource of a record shares: ids, references, profiles, dates. Leaves the resources to their own modules.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::node::Node;
use crate::source::{Hospital, Source, Staff, Style};

/// Resource types that JP Core profiles under their own name.
const PROFILED: [&str; 12] = [
    "Patient", "Encounter", "Practitioner", "PractitionerRole", "Organization", "Location", "Condition",
    "AllergyIntolerance", "MedicationRequest", "MedicationAdministration", "Procedure", "Immunization",
];

/// One resource on its way into the bundle.
pub struct Resource {
    pub kind: &'static str,
    pub id: String,
    pub profile: Option<&'static str>,
    pub tags: Vec<Node>,
    pub security: Vec<Node>,
    pub contained: Vec<Node>,
    pub body: Node,
}

impl Resource {
    pub fn with(mut self, key: &'static str, value: impl Into<Node>) -> Self {
        self.body = self.body.with(key, value);
        self
    }

    pub fn maybe(mut self, key: &'static str, value: Option<impl Into<Node>>) -> Self {
        self.body = self.body.maybe(key, value);
        self
    }

    pub fn some(mut self, key: &'static str, values: Vec<Node>) -> Self {
        self.body = self.body.some(key, values);
        self
    }

    /// Adds the members of `note`: absent, or one Annotation.
    pub fn note(self, text: Option<&String>) -> Self {
        self.some("note", text.map(|text| Node::object().with("text", text)).into_iter().collect())
    }
}

pub struct Entry {
    pub kind: &'static str,
    pub url: String,
    pub id: String,
    pub node: Node,
}

pub struct Builder<'a> {
    pub hospital_id: &'a str,
    pub hospital: &'a Hospital,
    pub source: &'a Source,
    pub entries: Vec<Entry>,
    counts: BTreeMap<&'static str, usize>,
    /// Staff who are referred to: nobody else appears in the record.
    pub staff_named: BTreeSet<String>,
}

impl<'a> Builder<'a> {
    pub fn new(hospital_id: &'a str, hospital: &'a Hospital, source: &'a Source) -> Self {
        Self {
            hospital_id,
            hospital,
            source,
            entries: Vec::new(),
            counts: BTreeMap::new(),
            staff_named: BTreeSet::new(),
        }
    }

    /// A resource with the next id of its kind.
    pub fn resource(&mut self, kind: &'static str) -> Resource {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let id = format!("{}-{count}", kind.to_lowercase());
        Self::named(kind, &id)
    }

    pub fn named(kind: &'static str, id: &str) -> Resource {
        Resource {
            kind,
            id: id.to_owned(),
            profile: None,
            tags: Vec::new(),
            security: Vec::new(),
            contained: Vec::new(),
            body: Node::object(),
        }
    }

    pub fn push(&mut self, resource: Resource) {
        let node = self.finish(&resource);
        self.entries.push(Entry {
            kind: resource.kind,
            url: self.url(resource.kind, &resource.id),
            id: resource.id,
            node,
        });
    }

    /// The resource as JSON: type, id and meta first, then its own members.
    pub fn finish(&self, resource: &Resource) -> Node {
        let profile = resource.profile.map_or_else(
            || PROFILED.contains(&resource.kind).then(|| format!("JP_{}", resource.kind)),
            |name| Some(name.to_owned()),
        );
        let profile = profile.map(|name| Node::from(format!("http://jpfhir.jp/fhir/core/StructureDefinition/{name}")));
        let meta = Node::object()
            .with("lastUpdated", moment(&self.source.as_of))
            .some("profile", profile.into_iter().collect())
            .some("security", resource.security.clone())
            .some("tag", resource.tags.clone());
        let mut node = Node::object()
            .with("resourceType", resource.kind)
            .with("id", &resource.id)
            .with("meta", meta)
            .some("contained", resource.contained.clone());
        if let (Node::Object(all), Node::Object(own)) = (&mut node, &resource.body) {
            all.extend(own.iter().cloned());
        }
        node
    }

    pub fn url(&self, kind: &str, id: &str) -> String {
        if self.source.style == Style::Urn {
            return format!("urn:uuid:{}", self.uuid(kind, id));
        }
        format!("https://fhir.{}.example/{kind}/{id}", self.hospital_id)
    }

    /// A name-based UUID (version 8), the same on every run.
    fn uuid(&self, kind: &str, id: &str) -> String {
        let hash = Sha256::digest(format!("{}/{}/{kind}/{id}", self.hospital_id, self.source.patient.number));
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&hash[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = hex::encode(bytes);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    pub fn reference(&self, kind: &str, id: &str) -> Node {
        let target = if self.source.style == Style::Urn { self.url(kind, id) } else { format!("{kind}/{id}") };
        Node::object().with("reference", target)
    }

    /// The patient, as every clinical resource names him or her.
    pub fn subject(&self) -> Node {
        if self.source.style != Style::Identifier {
            return self.reference("Patient", crate::people::PATIENT);
        }
        Node::object().with("type", "Patient").with("identifier", crate::people::subject_identifier(self))
    }

    /// The encounter whose period holds `date`, if one does.
    pub fn encounter_at(&self, date: &str) -> Option<Node> {
        let day = &date[..date.len().min(10)];
        let held = self.source.encounter.iter().find(|encounter| {
            let end = encounter.end.as_deref().map_or("9999", |end| &end[..end.len().min(10)]);
            &encounter.start[..10] <= day && day <= end
        })?;
        Some(self.encounter(&held.id))
    }

    pub fn encounter(&self, id: &str) -> Node {
        self.reference("Encounter", &format!("enc-{id}"))
    }

    pub fn staff(&self, id: &str) -> &'a Staff {
        let mut all = self.source.staff.iter().chain(&self.hospital.staff);
        all.find(|staff| staff.id == id).expect("every staff id in a source is declared there or by its hospital")
    }

    /// Refers to a member of staff, contained or as an entry of their own, whichever the record does.
    pub fn practitioner(&mut self, resource: &mut Resource, id: &str) -> Node {
        self.staff_named.insert(id.to_owned());
        let staff = self.staff(id);
        if !self.source.contained_staff {
            return self.reference("Practitioner", &format!("prac-{id}")).with("display", &staff.name);
        }
        let reference = format!("#prac-{id}");
        let already = Node::from(&reference[1..]);
        if !resource
            .contained
            .iter()
            .any(|node| matches!(node, Node::Object(m) if m.iter().any(|(k, v)| *k == "id" && *v == already)))
        {
            resource.contained.push(crate::people::contained_practitioner(id, staff));
        }
        Node::object().with("reference", reference)
    }
}

/// A date or dateTime as FHIR wants it: a time of day gets seconds and Japan's zone.
pub fn moment(date: &str) -> String {
    if date.len() == 16 { format!("{date}:00+09:00") } else { date.to_owned() }
}

pub fn period(from: &str, to: Option<&String>) -> Node {
    Node::object().with("start", moment(from)).maybe("end", to.map(|to| moment(to)))
}

pub fn text(text: &str) -> Node {
    Node::object().with("text", text)
}

pub fn coding(system: &str, code: &str) -> Node {
    Node::object().with("system", system).with("code", code)
}

pub fn concept(system: &str, code: &str) -> Node {
    Node::object().with("coding", vec![coding(system, code)])
}

pub fn coded_text(system: &str, code: &str, words: &str) -> Node {
    Node::object().with("coding", vec![coding(system, code).with("display", words)]).with("text", words)
}

/// Splits `a | b | c`; a missing or empty cell is none.
pub fn cell(row: &str, index: usize) -> Option<&str> {
    row.split('|').nth(index).map(str::trim).filter(|cell| !cell.is_empty())
}
