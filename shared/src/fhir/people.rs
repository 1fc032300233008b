//! Who and where: patient, responsible physician, hospital, addressee, and what made the draft.

use super::bundle::{AUTHOR, COMPOSITION, Entries};
use super::node::Node;
use super::{Context, primitive};
use crate::compose::Sender;
use crate::document::{Destination, Document, Mode};

const INSTITUTION: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

/// Numbered per institution: the OID of patient numbers, 1 and its ten digits.
fn patient_system(sender: &Sender) -> Option<String> {
    institution_number(sender).map(|number| format!("urn:oid:1.2.392.100495.20.3.51.1{number}"))
}

pub(super) fn institution_number(sender: &Sender) -> Option<&str> {
    let number = sender.institution_number.trim();
    (number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

pub(super) fn patient(document: &Document, sender: &Sender) -> Node {
    let p = &document.patient;
    let identifier = Node::object().maybe("system", patient_system(sender)).with("value", p.id.trim());
    let names: Vec<Node> = [name(&p.name, "IDE"), name(&p.kana, "SYL")].into_iter().flatten().collect();
    let gender = Some(p.gender.as_str()).filter(|g| matches!(*g, "male" | "female" | "other" | "unknown"));
    let deceased =
        document.resources.values().filter_map(super::Resource::node).find_map(|mut n| n.remove("deceasedDateTime"));
    Node::resource("Patient")
        .with("identifier", vec![identifier])
        .maybe("name", Some(names))
        .maybe("gender", gender)
        .maybe("birthDate", primitive::date(&p.birth_date))
        .maybe("deceasedDateTime", deceased)
}

/// Kanji (`IDE`) or kana (`SYL`); family and given name where a space parts them.
fn name(text: &str, representation: &str) -> Option<Node> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let extension = Node::object().with("url", REPRESENTATION).with("valueCode", representation);
    let parts = text.split_once([' ', '　']);
    let given = parts.map(|(_, given)| Node::List(vec![given.trim().into()]));
    Some(
        Node::object()
            .with("extension", vec![extension])
            .with("use", "official")
            .with("text", text)
            .maybe("family", parts.map(|(family, _)| family))
            .maybe("given", given),
    )
}

/// Who answers for the document: who finalised it, else for whom it was typed, else who typed it; never a clerk.
pub(super) fn author(context: &Context) -> Node {
    let typed = Some(context.entered_by).filter(|p| p.role != "clerk").map(|p| p.name);
    let finaliser = context.finalised_by.filter(|_| context.is_final()).map(|p| p.name);
    let responsible = finaliser.or(context.on_behalf_of).or(typed).map(str::trim).filter(|n| !n.is_empty());
    let text = responsible.unwrap_or("（責任者 未確定）");
    Node::resource("Practitioner").with("name", vec![Node::object().with("text", text)])
}

pub(super) fn hospital(sender: &Sender) -> Node {
    let identifier = institution_number(sender)
        .map(|n| Node::List(vec![Node::object().with("system", INSTITUTION).with("value", n)]));
    let phone = Some(sender.telephone.trim()).filter(|t| !t.is_empty());
    let phone =
        phone.map(|t| Node::List(vec![Node::object().with("system", "phone").with("value", t).with("use", "work")]));
    let address = Some(sender.address.trim()).filter(|a| !a.is_empty());
    let address = address.map(|a| Node::List(vec![Node::object().with("text", a).with("country", "JP")]));
    organization(Some(sender.name.as_str()), "医療機関（名称の登録なし）")
        .maybe("identifier", identifier)
        .maybe("telecom", phone)
        .maybe("address", address)
}

pub(super) fn addressee(destination: &Destination) -> Node {
    let unnamed = format!("{}（名称の指定なし）", crate::drafting::destination_in_japanese(&destination.kind));
    let department = destination.department.as_deref().map(str::trim).filter(|d| !d.is_empty());
    let alias = department.map(|d| Node::List(vec![d.into()]));
    organization(destination.institution.as_deref(), &unnamed).maybe("alias", alias)
}

pub(super) fn recipient(destination: &Destination) -> Option<Node> {
    let name = destination.recipient.as_deref().map(str::trim).filter(|n| !n.is_empty())?;
    Some(Node::resource("Practitioner").with("name", vec![Node::object().with("text", name)]))
}

fn organization(name: Option<&str>, otherwise: &str) -> Node {
    let name = name.map(str::trim).filter(|n| !n.is_empty()).unwrap_or(otherwise);
    Node::resource("Organization").with("name", name)
}

/// The machine's part and the people's: who typed, who answers, from which record.
pub(super) fn provenance(document: &Document, context: &Context, entries: &Entries) -> Node {
    let generation = &document.generation;
    let software = match generation.mode {
        Mode::Model => "診療文書の下書きソフトウェア（言語モデルによる文章を含む）",
        Mode::Extractive => "診療文書の下書きソフトウェア（記録からの転記のみ）",
    };
    let version = generation.model_id.as_deref().map(|id| {
        Node::List(vec![Node::object().with("type", Node::object().with("text", "model")).with("value", id)])
    });
    let device = Node::resource("Device")
        .with("id", "fude")
        .with("deviceName", vec![Node::object().with("name", "Fude").with("type", "model-name")])
        .with("type", Node::object().with("text", software))
        .maybe("version", version);
    let typed = Node::object().with("display", context.entered_by.name.trim());
    let mut enterer = agent("enterer", typed);
    if context.on_behalf_of.is_some() {
        enterer.put("onBehalfOf", entries.reference(AUTHOR));
    }
    let mut agents = vec![agent("assembler", Node::object().with("reference", "#fude")), enterer];
    if context.is_final() {
        agents.push(agent("verifier", entries.reference(AUTHOR)));
    }
    let source = |system: &str, value: &str, words: &str| {
        let identifier =
            Node::object().with("system", format!("https://fude.example/fhir/{system}")).with("value", value);
        let what = Node::object().with("identifier", identifier).with("display", words);
        Node::object().with("role", "source").with("what", what)
    };
    let record = source("record-sha256", &generation.record_sha256, "下書きの元にした診療記録");
    let template = source("template", &generation.template, "文書の様式");
    let recorded = primitive::in_japan(context.issued_at());
    Node::resource("Provenance")
        .with("contained", vec![device])
        .with("target", vec![entries.reference(COMPOSITION)])
        .maybe("recorded", recorded)
        .with("agent", agents)
        .with("entity", vec![record, template])
}

fn agent(code: &str, who: Node) -> Node {
    let coding = Node::object()
        .with("system", "http://terminology.hl7.org/CodeSystem/provenance-participant-type")
        .with("code", code);
    let who = if who.get("display").is_some_and(Node::is_empty) {
        Node::object().with("display", "記録なし")
    } else {
        who
    };
    Node::object().with("type", Node::object().with("coding", vec![coding])).with("who", who)
}
