//! What all parts of the conversion share: ids, references, the stay that something belongs to, and what had no place.

use std::collections::{BTreeMap, BTreeSet};

use fude::fhir::Node;
use serde_json::value::RawValue;

use super::super::{Bundle, Entry, Reason, Record, Warning};
use super::encounter::Stay;
use super::hl7::{Field, Segment};
use super::{Filed, Settings, dates};

const PATIENT: &str = "patient";

/// A record in the making.
pub struct Making<'s> {
    pub settings: &'s Settings,
    pub number: &'s str,
    pub stays: Vec<Stay>,
    /// 診療科コード to the name that a message gave it.
    departments: BTreeMap<String, String>,
    resources: Vec<Node>,
    ids: BTreeSet<String>,
    warnings: Vec<Warning>,
    /// Kinds that some part has read.
    read: BTreeSet<&'static str>,
}

impl<'s> Making<'s> {
    pub fn new(settings: &'s Settings, number: &'s str, warnings: Vec<Warning>) -> Self {
        Self {
            settings,
            number,
            stays: Vec::new(),
            departments: BTreeMap::new(),
            resources: Vec::new(),
            ids: BTreeSet::new(),
            warnings,
            read: BTreeSet::new(),
        }
    }

    /// The files of a kind, in the order of day, order number and department.
    pub fn of<'f>(&mut self, files: &'f [Filed], kind: &'static str) -> Vec<&'f Filed> {
        self.read.insert(kind);
        files.iter().filter(|f| f.stored.kind == kind).collect()
    }

    /// An id that no other resource has: FHIR allows letters, digits, `-` and `.`, 64 at most.
    pub fn id(&mut self, parts: &[&str]) -> String {
        // `-` stands for a day, and nines for an order number, where there is none.
        let said: Vec<&str> = parts.iter().copied().filter(|p| *p != "-" && !p.trim_matches('9').is_empty()).collect();
        let joined = said.join("-").to_ascii_lowercase();
        let plain: String = joined.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(56).collect();
        let mut id = plain.clone();
        let mut n = 2;
        while !self.ids.insert(id.clone()) {
            id = format!("{plain}.{n}");
            n += 1;
        }
        id
    }

    /// A resource about the patient, with its profile where JP Core has one.
    pub fn resource(kind: &str, profile: Option<&str>, id: &str) -> Node {
        let profile =
            profile.map(|p| vec![Node::from(format!("http://jpfhir.jp/fhir/core/StructureDefinition/JP_{p}"))]);
        let meta = Node::object().maybe("profile", profile);
        Node::resource(kind).with("id", id).maybe("meta", Some(meta))
    }

    pub fn subject() -> Node {
        Node::object().with("reference", format!("Patient/{PATIENT}"))
    }

    pub fn patient_id() -> &'static str {
        PATIENT
    }

    pub fn push(&mut self, resource: Node) {
        self.resources.push(resource);
    }

    pub fn warn(&mut self, place: impl Into<String>, reason: Reason) {
        self.warnings.push(Warning::new(place, reason));
    }

    /// Warns of a segment's field.
    pub fn warn_at(&mut self, file: &Filed, segment: &Segment, field: usize, reason: Reason) {
        self.warn(format!("{} {}[{}]-{field}", file.stored.place(), segment.name, segment.number), reason);
    }

    /// Every filled field that nobody reads is told.
    pub fn unread(&mut self, file: &Filed, segment: &Segment, read: &[usize]) {
        for field in segment.filled().filter(|n| !read.contains(n)) {
            self.warn_at(file, segment, field, Reason::FieldNotRead);
        }
    }

    /// Every segment that nobody reads is told, once a name.
    pub fn unread_segments(&mut self, file: &Filed, read: &[&str]) {
        let names: BTreeSet<&str> = file.message.segments.iter().map(|s| s.name.as_str()).collect();
        for name in names.into_iter().filter(|n| !matches!(*n, "MSH" | "EVN" | "PID" | "SFT") && !read.contains(n)) {
            self.warn(format!("{} {name}", file.stored.place()), Reason::SegmentNotRead);
        }
    }

    /// A time stamp; one that is no date is told.
    pub fn moment(&mut self, file: &Filed, segment: &Segment, field: usize) -> Option<String> {
        let text = segment.field(field).component(1);
        let moment = dates::moment(&text);
        if moment.is_none() && !text.is_empty() {
            self.warn_at(file, segment, field, Reason::DateNotRead);
        }
        moment
    }

    /// Learns a department's name from the place that has one (ORC-17).
    pub fn learn_departments(&mut self, files: &[Filed]) {
        let named = files.iter().flat_map(|f| f.message.all("ORC")).map(|orc| orc.field(17));
        for place in named {
            let (code, name) = (place.component(1), place.component(2));
            if !code.is_empty() && !name.is_empty() {
                self.departments.entry(code).or_insert(name);
            }
        }
    }

    /// A department as people call it; without a name, its code.
    pub fn department(&self, code: &str) -> String {
        let named = self.settings.departments.get(code).or(self.departments.get(code));
        named.map_or(code, String::as_str).to_owned()
    }

    /// The stay or visit that something belongs to: of an inpatient's message the stay, of an outpatient's the visit,
    /// that the first of these times which fits falls into.
    pub fn encounter(&self, file: &Filed, moments: &[Option<&str>]) -> Option<Node> {
        let class = file.message.first("PV1").map(|pv1| pv1.field(2).text()).unwrap_or_default();
        let filed = dates::moment(&file.stored.day);
        let days = moments.iter().copied().flatten().chain(filed.as_deref()).filter_map(dates::day);
        let fits = |stay: &&Stay, day: &str| match class.as_str() {
            "I" => stay.inpatient && stay.holds(day),
            "O" | "E" => !stay.inpatient && stay.holds(day),
            _ => stay.holds(day),
        };
        // Of two that are open the later one: a discharge that was never told leaves a stay open for ever.
        let all = || self.stays.iter().rev().filter(|s| !s.planned);
        let found = days.into_iter().find_map(|day| all().find(|s| fits(s, day)))?;
        Some(Node::object().with("reference", format!("Encounter/{}", found.id)))
    }

    /// Kinds of data that no part reads.
    pub fn other_kinds(&mut self, files: &[Filed]) {
        let places: Vec<String> =
            files.iter().filter(|f| !self.read.contains(&*f.stored.kind)).map(|f| f.stored.place()).collect();
        for place in places {
            self.warn(place, Reason::KindNotRead);
        }
    }

    pub fn finish(mut self) -> Record {
        let entries = self.resources.iter().filter_map(|node| {
            let raw = RawValue::from_string(node.json()).expect("a node writes JSON");
            Entry::new(None, raw)
        });
        let bundle = Bundle { entries: entries.collect(), is_document: false };
        self.warnings.sort();
        self.warnings.dedup();
        Record { bundle, warnings: self.warnings }
    }
}

/// Family name and given name of a person (XPN from component 1, XCN from 2).
pub fn person_name(field: Field, from: usize) -> String {
    let parts = [field.subcomponent(from, 1), field.component(from + 1)];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The order number that a person can look up, as JP Core identifies an order.
pub fn order_identifier(orc: &Segment) -> Option<Vec<Node>> {
    let number = orc.field(2).component(1);
    let system = "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier";
    (!number.is_empty()).then(|| vec![Node::object().with("system", system).with("value", number)])
}
