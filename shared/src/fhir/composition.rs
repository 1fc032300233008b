//! The Composition: head of the document. Its sections are built in `sections`.

use super::bundle::{AUTHOR, Entries, HOSPITAL, PATIENT};
use super::node::Node;
use super::sections::Sections;
use super::{Context, narrative, people, primitive};
use crate::calendar::Day;
use crate::document::{Document, Mode};

const VERSION: &str = "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber";
const IDENTIFIER: &str = "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier";

pub(super) fn composition(
    document: &Document,
    context: &Context,
    stay: Option<&str>,
    sections: Sections,
    entries: &Entries,
) -> Node {
    let status = match context.state {
        "final" | "sealed" => "final",
        "withdrawn" => "entered-in-error",
        _ => "preliminary",
    };
    let at = primitive::in_japan(context.issued_at());
    let version = Node::object().with("url", VERSION).with("valueString", document.revision.to_string());
    let encounter = stay.and_then(|key| entries.get(key));
    let attester = context.finalised_by.filter(|_| context.is_final()).map(|_| {
        let attester = Node::object().with("mode", "legal").maybe("time", at.clone());
        Node::List(vec![attester.with("party", entries.reference(AUTHOR))])
    });
    let extensions: Vec<Node> = std::iter::once(version).chain(sections.evidence).collect();
    let text = (!sections.outside.is_empty()).then(|| narrative::narrative(&sections.outside));
    Node::resource("Composition")
        .maybe("meta", Some(meta(document, context, at.clone())))
        .with("language", "ja")
        .maybe("text", text)
        .with("extension", extensions)
        .with("identifier", identifier(document, context))
        .with("status", status)
        .with("type", kind(context))
        .maybe("category", category(context, encounter).map(|c| Node::List(vec![c])))
        .with("subject", entries.reference(PATIENT))
        .maybe("encounter", stay.filter(|_| encounter.is_some()).map(|key| entries.reference(key)))
        .maybe("date", at)
        .with("author", vec![entries.reference(AUTHOR), entries.reference(HOSPITAL)])
        .with("title", document.title.as_str())
        .maybe("attester", attester)
        .with("custodian", entries.reference(HOSPITAL))
        .maybe("event", event(context, encounter).map(|e| Node::List(vec![e])))
        .with("section", sections.list)
}

/// A final document claims its profile; a draft claims none, and says that a machine wrote in it.
fn meta(document: &Document, context: &Context, at: Option<String>) -> Node {
    let profile =
        Some(context.template.fhir.composition_profile.as_str()).filter(|p| context.is_final() && !p.is_empty());
    let machine = !context.is_final() && document.generation.mode == Mode::Model;
    let asserted = machine.then(|| {
        let coding = Node::object()
            .with("system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue")
            .with("code", "AIAST")
            .with("display", "Artificial Intelligence asserted");
        Node::List(vec![coding])
    });
    Node::object()
        .maybe("lastUpdated", at)
        .maybe("profile", profile.map(|p| Node::List(vec![p.into()])))
        .maybe("security", asserted)
}

/// Institution number, year of issue and a number unique in it: the document's id, 32 characters.
fn identifier(document: &Document, context: &Context) -> Node {
    let year = Day::parse(context.issued_at()).map(|d| format!("{:04}", d.year));
    match people::institution_number(context.sender).zip(year) {
        Some((number, year)) => {
            let separator = Some(context.template.fhir.separator.as_str()).filter(|s| !s.is_empty()).unwrap_or("^");
            let value = [number, &year, &document.document_id].join(separator);
            Node::object().with("system", IDENTIFIER).with("value", value)
        }
        None => Node::object()
            .with("system", "https://fude.example/fhir/document-id")
            .with("value", document.document_id.as_str()),
    }
}

fn kind(context: &Context) -> Node {
    let template = context.template;
    match template.fhir.type_system.as_str() {
        // LOINC's own words are English; ours stand as text.
        "" => {
            let coding = Node::object().with("system", "http://loinc.org").with("code", template.code.as_str());
            let coding = Some(vec![coding]).filter(|_| !template.code.is_empty());
            Node::object().maybe("coding", coding).with("text", template.title.as_str())
        }
        system => {
            let coding = Node::object().with("system", system).with("code", template.code.as_str());
            Node::object().with("coding", vec![coding.with("display", template.title.as_str())])
        }
    }
}

/// By what the document is about: a stay or a visit.
fn category(context: &Context, encounter: Option<&Node>) -> Option<Node> {
    let fhir = &context.template.fhir;
    let class = encounter.and_then(|e| e.get("class")?.get("code")?.text());
    let inpatient = matches!(class, Some("IMP" | "ACUTE" | "NONAC" | "SS"));
    let [code, words] = if inpatient { fhir.stay.as_ref()? } else { fhir.visit.as_ref()? };
    let coding = Node::object().with("system", fhir.category_system.as_str()).with("code", code).with("display", words);
    Some(Node::object().with("coding", vec![coding]))
}

/// The stay, or the issuing of the document.
fn event(context: &Context, encounter: Option<&Node>) -> Option<Node> {
    let issued = context.template.fhir.issued.as_str();
    let day = |text: &str| Day::parse(text).map(Day::iso);
    if !issued.is_empty() {
        let period = Node::object().with("start", day(context.issued_at())?);
        return Some(Node::object().with("code", vec![Node::object().with("text", issued)]).with("period", period));
    }
    let period = encounter?.get("period")?;
    let edge = |name: &str| period.get(name).and_then(Node::text).and_then(day);
    let period = Node::object().maybe("start", edge("start")).maybe("end", edge("end"));
    (!period.is_empty()).then(|| Node::object().with("period", period))
}
