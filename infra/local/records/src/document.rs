//! The bundle: collection, search answer, or document with its Composition in front.

use crate::builder::{Builder, Entry, coded_text, moment, text};
use crate::node::Node;
use crate::source::{Document, Hospital, Kind, Source};
use crate::{care, clinical, medication, people, results};

const DOCUMENT: &str = "http://jpfhir.jp/fhir/Common/CodeSystem/doc-typecodes";
const SECTION: &str = "http://jpfhir.jp/fhir/eReferral/CodeSystem/document-section";

pub fn bundle(hospital_id: &str, hospital: &Hospital, source: &Source) -> Node {
    let mut builder = Builder::new(hospital_id, hospital, source);
    for part in [
        people::patient,
        people::relatives,
        people::organisations,
        people::encounters,
        clinical::conditions,
        clinical::allergies,
        medication::drugs,
        medication::administrations,
        results::vitals,
        results::labs,
        results::observations,
        results::reports,
        clinical::procedures,
        clinical::immunizations,
        clinical::families,
        clinical::devices,
        care::plans,
        care::goals,
        care::appointments,
        care::consents,
        care::diets,
        care::flags,
        care::orders,
        care::forms,
        care::notes,
    ] {
        part(&mut builder);
    }
    let composition = source.document.as_ref().map(|document| composition(&mut builder, document));
    people::staff(&mut builder);
    if let Some(composition) = composition {
        builder.entries.insert(0, composition);
    }
    let (kind, total) = match source.bundle {
        Kind::Collection => ("collection", None),
        Kind::Document => ("document", None),
        Kind::Searchset => ("searchset", Some(builder.entries.len() as u32)),
    };
    let identifier = Node::object()
        .with("system", "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier")
        .with("value", format!("{}-{}", hospital.number, &source.as_of[..10]));
    let entries = builder.entries.into_iter().map(|entry| {
        let node = Node::object().with("fullUrl", entry.url).with("resource", entry.node);
        let search = (source.bundle == Kind::Searchset).then(|| Node::object().with("mode", "match"));
        node.maybe("search", search)
    });
    Node::object()
        .with("resourceType", "Bundle")
        .with("meta", Node::object().with("lastUpdated", moment(&source.as_of)))
        .maybe("identifier", (source.bundle == Kind::Document).then_some(identifier))
        .with("type", kind)
        .with("timestamp", moment(&source.as_of))
        .maybe("total", total)
        .with("entry", entries.collect::<Vec<_>>())
}

fn composition(builder: &mut Builder, document: &Document) -> Entry {
    let mut resource = builder.resource("Composition");
    let author = builder.practitioner(&mut resource, &document.by);
    let own = builder.reference("Organization", "org-self");
    let kind = coded_text(DOCUMENT, &document.code, &document.title);
    let mut sections = vec![head(builder, "920", "紹介元情報", "org-self", &builder.hospital.name)];
    if let Some(to) = &document.to {
        let name = builder.source.organisation.iter().find(|o| o.id == *to).map_or("", |o| o.name.as_str());
        sections.insert(0, head(builder, "910", "紹介先情報", &format!("org-{to}"), name));
    }
    let inner = document.section.iter().map(|section| {
        let kinds = &section.kinds;
        let entries = builder.entries.iter().filter(|entry| kinds.iter().any(|kind| kind == entry.kind));
        let references = entries.map(|entry| builder.reference(entry.kind, &entry.id)).collect();
        let note = builder.source.note.iter().find(|note| note.section.as_ref() == Some(&section.code));
        let words = section.text.as_deref().or(note.map(|note| note.text.as_str()));
        self::section(&section.code, &section.title).maybe("text", words.map(narrative)).some("entry", references)
    });
    sections.push(section("300", "構造情報").with("section", inner.collect::<Vec<_>>()));
    let resource = resource
        .with("status", "final")
        .with("type", kind.clone())
        .with("category", vec![kind])
        .with("subject", builder.subject())
        .maybe("encounter", builder.source.encounter.last().map(|encounter| builder.encounter(&encounter.id)))
        .with("date", moment(&builder.source.as_of))
        .with("author", vec![author, own.clone()])
        .with("title", &document.title)
        .with("custodian", own)
        .with("event", vec![Node::object().with("code", vec![text("診療情報提供書発行")])])
        .with("section", sections);
    builder.push(resource);
    builder.entries.pop().expect("the Composition was just pushed")
}

fn head(builder: &Builder, code: &str, title: &str, organisation: &str, name: &str) -> Node {
    section(code, title)
        .with("text", narrative(name))
        .with("entry", vec![builder.reference("Organization", organisation)])
}

fn section(code: &str, title: &str) -> Node {
    Node::object().with("title", title).with("code", coded_text(SECTION, code, &format!("{title}セクション")))
}

fn narrative(words: &str) -> Node {
    let escaped = words.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br/>");
    let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{escaped}</div>");
    Node::object().with("status", "additional").with("div", div)
}
