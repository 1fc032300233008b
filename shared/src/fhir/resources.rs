//! The resources that a delivered document rests on: what stands as `resources` in its JSON.
//! Kept at drafting, when the record is at hand, so that the FHIR document can be rendered from the JSON alone.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::narrow::{Links, Told, narrow, wants};
use super::node::Node;
use super::places::{Places, Value};
use super::primitive;
use super::shapes::{Kind as Shaped, kind};
use crate::document::Evidence;
use crate::facts::{Detail, Fact, Facts, Kind, Source};
use crate::record::types::Reference;
use crate::record::{ClinicalRecord, Cursor, Names, json_string};

/// A narrow FHIR resource with its decimals as they came.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(Box<RawValue>);

impl Resource {
    fn new(json: &str) -> Self {
        let raw: &RawValue = serde_json::from_str(json).expect("narrow resources are JSON");
        Self(raw.to_owned())
    }

    pub(super) fn node(&self) -> Option<Node> {
        Node::read(self.0.get())
    }

    pub fn json(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for Resource {}

/// The part of a record that facts rest on, for as long as a draft is being made.
#[derive(Default)]
pub struct Shelf {
    /// Position and bytes, by index in the bundle.
    raw: HashMap<usize, (usize, String)>,
    names: Names,
    /// Key of each resource that a fact rests on, by position in the record.
    keys: HashMap<usize, String>,
}

impl Shelf {
    pub fn of(record: ClinicalRecord, facts: &Facts) -> Self {
        let wanted: BTreeSet<usize> = facts.list.iter().filter_map(entry_of).collect();
        let raw = wanted.into_iter().filter_map(|i| {
            let (position, bytes) = record.raw(i)?;
            Some((i, (position, bytes.to_owned())))
        });
        Self { raw: raw.collect(), keys: record.keys(), names: record.into_names() }
    }

    /// The resources of the facts that stand in `evidence`, and the stay that the document is about.
    pub fn resources(&self, facts: &Facts, evidence: &BTreeMap<String, Evidence>) -> BTreeMap<String, Resource> {
        let stays = facts.list.iter().enumerate().filter(|(_, f)| matches!(f.detail, Detail::Stay(_)));
        let told = evidence.keys().filter_map(|id| facts.position(id));
        // In the order of the list.
        let cited: BTreeSet<usize> = told.chain(stays.map(|(at, _)| at)).collect();
        let mut by_resource: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
        for fact in cited.into_iter().map(|at| &facts.list[at]) {
            if let Source::Record { resource, .. } = &fact.source {
                by_resource.entry(resource).or_default().push(fact);
            }
        }
        let keys: BTreeSet<&str> = by_resource.keys().copied().collect();
        let mut json = String::with_capacity(4_000);
        let made = by_resource.into_iter().filter_map(|(key, cited)| {
            let (from, raw) = entry_of(cited[0]).and_then(|i| self.raw.get(&i))?;
            let within = Within { shelf: self, keys: &keys, from: *from };
            write(key, raw, &cited, &within, &facts.undisclosed, &mut json)?;
            Some((key.to_owned(), Resource::new(&json)))
        });
        made.collect()
    }
}

/// Writes the narrow resource.
fn write(key: &str, raw: &str, cited: &[&Fact], within: &Within, withheld: &[String], out: &mut String) -> Option<()> {
    let narrowed = |kind: &'static Shaped, places: &Places, out: &mut String| {
        let told = Told::new(cited.iter().flat_map(|f| &f.fields), withheld);
        narrow(kind, places.whole(), &told, within, out)
    };
    // Nearly every key begins with the type, which then need not be looked for before the rest.
    if let Some(kind) = key.split('/').next().and_then(kind)
        && let Some(places) = Places::of(raw, |member| wants(kind, member))
        && is_of(places.whole(), kind.name)
    {
        return narrowed(kind, &places, out);
    }
    let node = match &*type_of(raw)? {
        "Patient" => {
            let places = Places::of(raw, |_| false)?;
            deceased(places.whole(), cited)?
        }
        "DocumentReference" | "Composition" | "Binary" => {
            let places = Places::of(raw, |member| matches!(member, "encounter" | "context"))?;
            note(places.whole(), cited, within)?
        }
        listed => {
            let kind = kind(listed)?;
            return narrowed(kind, &Places::of(raw, |member| wants(kind, member))?, out);
        }
    };
    *out = node.json();
    Some(())
}

/// Whether the first type that a resource tells is this one.
fn is_of(resource: Value, kind: &str) -> bool {
    let told = resource.members().and_then(|mut members| members.find(|(name, _)| name.as_ref() == "resourceType"));
    told.and_then(|(_, value)| value.string()).is_some_and(|told| told == kind)
}

fn type_of(raw: &str) -> Option<Cow<'_, str>> {
    let mut cursor = Cursor::new(raw);
    cursor.object();
    while let Some(key) = cursor.key() {
        let value = cursor.value()?;
        if key == "resourceType" {
            return json_string(value);
        }
    }
    None
}

/// The sentences of a note that are cited, one attachment a title; nothing else of it.
fn note(resource: Value, cited: &[&Fact], within: &Within) -> Option<Node> {
    let mut by_title: Vec<(&str, Vec<&str>)> = Vec::new();
    for fact in cited.iter().filter(|f| f.kind == Kind::Note) {
        let [title, sentence, ..] = fact.fields.as_slice() else { continue };
        match by_title.iter_mut().find(|(t, _)| t == title) {
            Some((_, sentences)) => sentences.push(sentence),
            None => by_title.push((title, vec![sentence])),
        }
    }
    let title = by_title.first()?.0;
    let date = resource.get("date").and_then(Value::string);
    let encounter = resource.get("encounter").and_then(|e| within.key(e.raw())).or_else(|| {
        let mut stays = resource.get("context")?.get("encounter")?.items();
        stays.find_map(|e| within.key(e.raw()))
    });
    let context = encounter.map(|key| Node::object().with("encounter", vec![Node::object().with("reference", key)]));
    // DocumentReference.date is an instant; a day alone stands as the period that the note is about.
    let (instant, day) = date.as_deref().map_or((None, None), |d| (primitive::instant(d), primitive::date_time(d)));
    let period = day.filter(|_| instant.is_none()).map(|d| Node::object().with("start", d));
    let context = match (context, period) {
        (context, Some(period)) => Some(context.unwrap_or_else(Node::object).with("period", period)),
        (context, None) => context,
    };
    let content = by_title.iter().map(|(title, sentences)| attachment(title, &sentences.join("\n"))).collect();
    let node = document_reference(title, content).maybe("date", instant);
    Some(node.maybe("context", context))
}

/// A DocumentReference over texts of its own.
pub(super) fn document_reference(title: &str, content: Vec<Node>) -> Node {
    Node::resource("DocumentReference")
        .with("status", "current")
        .with("type", Node::object().with("text", title))
        .with("description", title)
        .with("content", content)
}

pub(super) fn attachment(title: &str, text: &str) -> Node {
    let attachment = Node::object()
        .with("contentType", "text/plain;charset=UTF-8")
        .with("language", "ja")
        .with("data", STANDARD.encode(text))
        .with("title", title);
    Node::object().with("attachment", attachment)
}

/// Of the patient, the time of death alone: name and birth date stand in the document itself.
fn deceased(resource: Value, cited: &[&Fact]) -> Option<Node> {
    cited.iter().find(|f| f.name == "死亡日時")?;
    let died = resource.get("deceasedDateTime")?.string()?;
    Some(Node::resource("Patient").with("deceasedDateTime", primitive::date_time(&died)?))
}

/// Index in the bundle that a fact's pointer names: `/entry/12/resource…`.
fn entry_of(fact: &Fact) -> Option<usize> {
    let Source::Record { path, .. } = &fact.source else { return None };
    path.strip_prefix("/entry/")?.split('/').next()?.parse().ok()
}

struct Within<'w> {
    shelf: &'w Shelf,
    /// What goes out: nothing else is referred to.
    keys: &'w BTreeSet<&'w str>,
    /// Position of the resource whose references are followed.
    from: usize,
}

impl Within<'_> {
    fn position(&self, raw: &str) -> Option<usize> {
        let reference: Reference = serde_json::from_str(raw).ok()?;
        self.shelf.names.position(self.from, &reference)
    }
}

impl Links for Within<'_> {
    fn label(&self, reference: &str) -> Option<String> {
        let reference: Reference = serde_json::from_str(reference).ok()?;
        self.shelf.names.label(self.from, &reference).map(str::to_owned)
    }

    fn key(&self, reference: &str) -> Option<String> {
        let key = self.shelf.keys.get(&self.position(reference)?)?;
        self.keys.contains(key.as_str()).then(|| key.clone())
    }
}
