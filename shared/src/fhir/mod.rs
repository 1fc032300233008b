//! FHIR R4 out: a delivered document as a Bundle of type `document`, and the narrow resources that it rests on.
//! eDischargeSummary and eReferral follow JP-CLINS, other kinds the base specification; which is which, templates say.
//! Holds no reading of records (`record`) and no I/O: the same document and context give the same bytes.

mod bundle;
mod clins;
mod composition;
mod narrative;
mod narrow;
mod node;
mod people;
mod places;
mod primitive;
mod resources;
mod sections;
mod shapes;

pub use node::Node;
pub use resources::{Resource, Shelf};

use bundle::{ADDRESSEE, AUTHOR, Entries, HOSPITAL, PATIENT, PROVENANCE, RECIPIENT};

use crate::compose::Sender;
use crate::document::Document;
use crate::template::Template;

/// Somebody who typed or finalised.
#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    pub name: &'a str,
    /// `physician`, `clerk`, `nurse`.
    pub role: &'a str,
}

/// What stands about a document outside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// State of this revision: `draft`, `awaiting-approval`, `final`, `withdrawn` …
    pub state: &'a str,
    /// RFC 3339.
    pub created_at: &'a str,
    pub entered_by: Person<'a>,
    /// The physician for whom a clerk typed.
    pub on_behalf_of: Option<&'a str>,
    pub finalised_by: Option<Person<'a>>,
    /// RFC 3339.
    pub finalised_at: Option<&'a str>,
    /// The hospital as it registered itself.
    pub sender: &'a Sender,
    pub template: &'a Template,
}

impl Context<'_> {
    fn is_final(&self) -> bool {
        matches!(self.state, "final" | "sealed")
    }

    /// When this text became what it is.
    fn issued_at(&self) -> &str {
        self.finalised_at.filter(|_| self.is_final()).unwrap_or(self.created_at)
    }

    /// Whether the kind is one of JP-CLINS.
    fn clins(&self) -> bool {
        self.template.fhir.section_system == clins::SECTIONS
    }
}

/// The document as `application/fhir+json`.
pub fn document(document: &Document, context: &Context) -> String {
    let mut entries = Entries::new(document);
    entries.add(PATIENT, people::patient(document, context.sender));
    entries.add(AUTHOR, people::author(context));
    entries.add(HOSPITAL, people::hospital(context.sender));
    if sections::renders(document, context.template, "addressee") {
        entries.add(ADDRESSEE, people::addressee(&document.destination));
        if let Some(recipient) = people::recipient(&document.destination) {
            entries.add(RECIPIENT, recipient);
        }
    }
    let stay = stay(document);
    let cited = sections::cited(document);
    for key in stay.into_iter().chain(cited.iter().map(String::as_str)) {
        if let Some(node) = document.resources.get(key).and_then(Resource::node)
            && node.get("resourceType").and_then(Node::text) != Some(PATIENT)
        {
            entries.add(key, node);
        }
    }
    let sections = sections::build(document, context, stay, &mut entries);
    entries.add(PROVENANCE, people::provenance(document, context, &entries));
    let composition = composition::composition(document, context, stay, sections, &entries);

    let fhir = &context.template.fhir;
    let at = primitive::in_japan(context.issued_at());
    let profile = context.is_final().then(|| fhir.bundle_profile.clone()).filter(|p| !p.is_empty());
    let meta =
        Node::object().maybe("lastUpdated", at.clone()).maybe("profile", profile.map(|p| Node::List(vec![p.into()])));
    let revision = bundle::url(&document.document_id, &format!("Bundle/{}", document.revision));
    let identifier = match fhir.bundle_identifier_system.as_str() {
        "" => Node::object().with("system", "urn:ietf:rfc:3986").with("value", revision),
        system => Node::object().with("system", system).with("value", revision.trim_start_matches("urn:uuid:")),
    };
    Node::resource("Bundle")
        .maybe("meta", Some(meta))
        .with("language", "ja")
        .with("identifier", identifier)
        .with("type", "document")
        .maybe("timestamp", at)
        .with("entry", entries.finish(composition))
        .json()
}

/// The stay or visit that the document is about: the one Encounter that facts rest on.
fn stay(document: &Document) -> Option<&str> {
    let is_encounter =
        |r: &Resource| r.node().is_some_and(|n| n.get("resourceType").and_then(Node::text) == Some("Encounter"));
    document.resources.iter().find(|(_, r)| is_encounter(r)).map(|(key, _)| key.as_str())
}
