//! Sections of the Composition: title, code, narrative, entries, or why there are none.

use std::collections::BTreeSet;

use super::bundle::{ADDRESSEE, AUTHOR, Entries, HOSPITAL, RECIPIENT};
use super::clins::{self, Rule};
use super::node::Node;
use super::resources::{attachment, document_reference};
use super::{Context, narrative};
use crate::document::{Document, Empty, FlagState, Section, SectionOrigin, Sentence, SentenceKind};
use crate::render::shown;
use crate::template::Template;

/// A resource that a section rests on and that its `entry` does not take, or that the head rests on.
const EVIDENCE: &str = "https://fude.example/fhir/StructureDefinition/section-evidence";

#[derive(Default)]
pub(super) struct Sections {
    pub list: Vec<Node>,
    /// What no section knows: greeting and closing of a letter, the head of its paper form.
    pub outside: Vec<String>,
    /// Extensions that lead to what the head rests on: whatever stands in the bundle must be reached.
    pub evidence: Vec<Node>,
}

pub(super) fn build(document: &Document, context: &Context, stay: Option<&str>, entries: &mut Entries) -> Sections {
    let fhir = &context.template.fhir;
    let mut out = Sections::default();
    let mut framed = Vec::new();
    let open = document.flags.iter().filter(|f| f.state == FlagState::Open && !context.is_final());
    let open: BTreeSet<&str> = open.map(|f| f.sentence.as_str()).collect();
    for section in &document.sections {
        let build = Build { document, context, stay, section, open: &open };
        let head = is_head(&section.code);
        if head || section.sentences.iter().all(|s| s.kind == SentenceKind::Connective) {
            let told = section.sentences.iter().filter(|s| s.kind != SentenceKind::Missing);
            out.outside.extend(told.map(|s| build.paragraph(s)));
            out.evidence.extend(keys(document, section).iter().filter_map(|key| evidence(key, entries)));
            continue;
        }
        let node = build.node(entries);
        if fhir.frame.is_empty() || fhir.outside.contains(&section.code) {
            out.list.push(node);
        } else {
            framed.push(node);
        }
    }
    if !framed.is_empty() {
        let title = clins::rule(&fhir.frame).map_or("", |r| r.title);
        let frame = Node::object().with("title", title).with("code", code(context, &fhir.frame, title));
        out.list.push(frame.with("section", framed));
    }
    out
}

/// Whether the document has a section that code renders this way.
pub(super) fn renders(document: &Document, template: &Template, render: &str) -> bool {
    document.sections.iter().any(|s| renderer(template, s) == render)
}

fn renderer<'t>(template: &'t Template, section: &Section) -> &'t str {
    template.section(&section.code).map_or("", |s| s.render.as_str())
}

/// Keys of the resources that delivered sentences rest on, in the order in which they are told. What only a
/// question names (candidates of diagnoses) is no part of the document.
pub(super) fn cited(document: &Document) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for section in &document.sections {
        out.extend(keys(document, section).into_iter().filter(|k| seen.insert(k.clone())));
    }
    out
}

/// Resources of a section's evidence, derived facts traced to what they were computed from.
fn keys(document: &Document, section: &Section) -> Vec<String> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    let mut wanted: Vec<&String> = section.sentences.iter().flat_map(|s| &s.evidence).rev().collect();
    let mut told = BTreeSet::new();
    while let Some(id) = wanted.pop() {
        let Some(evidence) = document.evidence.get(id).filter(|_| seen.insert(id)) else { continue };
        wanted.extend(evidence.from.iter().flatten().rev());
        if let Some(key) = evidence.resource.clone().filter(|k| document.resources.contains_key(k))
            && told.insert(key.clone())
        {
            out.push(key);
        }
    }
    out
}

/// The extension that leads to a resource of the bundle.
fn evidence(key: &str, entries: &Entries) -> Option<Node> {
    entries.kind(key)?;
    Some(Node::object().with("url", EVIDENCE).with("valueReference", entries.reference(key)))
}

fn code(context: &Context, code: &str, title: &str) -> Node {
    let template = context.template;
    let (system, display) = match template.fhir.section_system.as_str() {
        "" => (format!("https://fude.example/fhir/CodeSystem/section-{}", template.id), title.to_owned()),
        system => (system.to_owned(), format!("{title}セクション")),
    };
    let coding = Node::object().with("system", system).with("code", code).maybe("display", Some(display));
    Node::object().with("coding", vec![coding])
}

/// Where drugs to take home are prescribed, only those are entries: a stopped drug among them would be taken on.
fn only_taken_home(inside: &mut Vec<String>, beside: &mut Vec<String>, entries: &Entries) {
    let prescribed = |key: &String| {
        let category = entries.get(key).and_then(|n| n.get("category")).map(Node::json).unwrap_or_default();
        category.contains("\"DCG\"")
    };
    if inside.iter().any(prescribed) {
        beside.extend(inside.extract_if(.., |key| !prescribed(key)));
    }
}

struct Build<'b> {
    document: &'b Document,
    context: &'b Context<'b>,
    stay: Option<&'b str>,
    section: &'b Section,
    /// Sentences that an open flag of a draft is about.
    open: &'b BTreeSet<&'b str>,
}

impl Build<'_> {
    fn node(&self, entries: &mut Entries) -> Node {
        let rule = self.context.clins().then(|| clins::rule(&self.section.code)).flatten();
        let title = rule.map_or(self.section.title.as_str(), |r| r.title);
        let (inside, beside) = self.entries(rule, entries);
        let paragraphs: Vec<String> = self.section.sentences.iter().map(|s| self.paragraph(s)).collect();
        let beside: Vec<Node> = beside.iter().filter_map(|key| evidence(key, entries)).collect();
        let empty = inside.is_empty().then(|| self.empty_reason()).flatten();
        let inside: Vec<Node> = inside.iter().map(|key| entries.reference(key)).collect();
        Node::object()
            .maybe("extension", Some(beside))
            .maybe("title", Some(title))
            .with("code", code(self.context, &self.section.code, title))
            .with("text", narrative::narrative(&paragraphs))
            .maybe("entry", Some(inside))
            .maybe("emptyReason", empty)
    }

    /// What a person reads; in a draft, what a flag is about is marked.
    fn paragraph(&self, sentence: &Sentence) -> String {
        format!("{}{}", if self.open.contains(sentence.id.as_str()) { "【要確認】" } else { "" }, shown(sentence))
    }

    /// Keys of `entry`, and of what the section rests on besides.
    fn entries(&self, rule: Option<&Rule>, entries: &mut Entries) -> (Vec<String>, Vec<String>) {
        match renderer(self.context.template, self.section) {
            "sender" => return (vec![HOSPITAL.to_owned(), AUTHOR.to_owned()], Vec::new()),
            "addressee" => {
                let recipient = Some(RECIPIENT.to_owned()).filter(|key| entries.kind(key).is_some());
                return (std::iter::once(ADDRESSEE.to_owned()).chain(recipient).collect(), Vec::new());
            }
            _ => {}
        }
        let keys = keys(self.document, self.section).into_iter().filter(|key| entries.kind(key).is_some());
        // What a derived fact was computed from (the drug as it was before) is no entry.
        let ids = self.section.sentences.iter().flat_map(|s| &s.evidence);
        let direct: BTreeSet<&String> =
            ids.filter_map(|id| self.document.evidence.get(id)?.resource.as_ref()).collect();
        let taken = |key: &String| {
            direct.contains(key) && rule.is_none_or(|r| entries.kind(key).is_some_and(|k| r.entries.contains(&k)))
        };
        let (mut inside, mut beside): (Vec<String>, Vec<String>) = keys.partition(taken);
        if matches!(renderer(self.context.template, self.section), "discharge-medication" | "current-medication") {
            only_taken_home(&mut inside, &mut beside, entries);
        }
        let Some(rule) = rule else { return (inside, beside) };
        if let Some(key) = self.prose(entries) {
            if rule.entries.contains(&"DocumentReference") { inside.insert(0, key) } else { beside.insert(0, key) }
        }
        if rule.needed && inside.is_empty() {
            inside = self.needed(rule, entries);
        }
        if rule.most > 0 && inside.len() > rule.most {
            beside.extend(inside.split_off(rule.most));
        }
        (inside, beside)
    }

    /// The section's own text in a resource, where people or a model wrote it (`additional` asks for that).
    fn prose(&self, entries: &mut Entries) -> Option<String> {
        let said = |s: &&Sentence| matches!(s.kind, SentenceKind::Fact | SentenceKind::Entered);
        let written = self.section.origin != SectionOrigin::Record
            || self.section.sentences.iter().any(|s| s.kind == SentenceKind::Entered);
        let text: Vec<String> = self.section.sentences.iter().filter(said).map(|s| self.paragraph(s)).collect();
        if !written || text.is_empty() {
            return None;
        }
        let key = format!("section/{}", self.section.code);
        let title = self.section.title.as_str();
        entries.add(&key, document_reference(title, vec![attachment(title, &text.join("\n"))]));
        Some(key)
    }

    /// Where the record has nothing of the kind that must stand there: the stay, or what a person entered.
    fn needed(&self, rule: &Rule, entries: &mut Entries) -> Vec<String> {
        if rule.entries.contains(&"Encounter") {
            return self.stay.map(str::to_owned).into_iter().collect();
        }
        if !rule.entries.contains(&"Condition") {
            return Vec::new();
        }
        let said =
            self.section.sentences.iter().filter(|s| matches!(s.kind, SentenceKind::Fact | SentenceKind::Entered));
        said.map(|s| {
            let key = format!("sentence/{}", s.id);
            let code = Node::object().with("text", s.text.trim());
            entries.add(&key, Node::resource("Condition").with("code", code));
            key
        })
        .collect()
    }

    /// Only a section in which nothing is said is empty.
    fn empty_reason(&self) -> Option<Node> {
        if self.section.sentences.iter().any(|s| s.kind != SentenceKind::Missing) {
            return None;
        }
        let first = self.section.sentences.first()?;
        let list = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
        let (system, code) = match first.empty.unwrap_or(Empty::ToConfirm) {
            Empty::NilKnown => (list, "nilknown"),
            Empty::NotAsked => (list, "notasked"),
            Empty::Unavailable => (list, "unavailable"),
            Empty::ToConfirm => (list, "notstarted"),
            Empty::NotApplicable => ("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-applicable"),
        };
        let coding = Node::object().with("system", system).with("code", code);
        Some(Node::object().with("coding", vec![coding]).with("text", &*shown(first)))
    }
}

/// The head of a paper form (the patient's address, relatives) is no section of a FHIR document.
fn is_head(code: &str) -> bool {
    code.starts_with('H')
}
