//! OMP-01: prescriptions, one MedicationRequest for each ORC with its RXE.

use fude::fhir::Node;

use super::super::Reason;
use super::Filed;
use super::codes;
use super::dosage::{self, Amounts, Order};
use super::hl7::{Field, Segment};
use super::making::{Making, order_identifier, person_name};

const CATEGORY: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_MedicationCategoryMERIT9_CS";
/// MERIT-9 処方区分 that say whose prescription it is.
const CATEGORIES: &[&str] = &["OHP", "OHI", "OHO", "IHP", "DCG", "ORD", "XTR", "BDP"];

/// Fields of RXE that an order's resource holds; 1 and 40 on are the order's way through the house.
const READ: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 10, 11, 15, 19, 21, 23, 24, 27, 31, 32, 40, 41, 42];

pub fn make(making: &mut Making, files: &[Filed]) {
    for file in making.of(files, "OMP-01") {
        for order in Order::all(file) {
            making.unread(file, order.rxe, READ);
            let amounts = Amounts::of(order.rxe);
            if order.rxe.field(3).text() != "0" && amounts.each.is_none() && !order.rxe.field(3).is_empty() {
                making.warn_at(file, order.rxe, 3, Reason::NumberNotRead);
            }
            let drug = order.rxe.field(2);
            if let Some(name) = named(making, &order, order.rxe, drug) {
                let dosages = dosage::dosages(making, &order, &amounts, &[]);
                request(making, &order, drug_code(order.rxe, &name), dosages);
            }
        }
        unused(making, file);
    }
}

/// Orders without RXE, and segments that have no place.
pub fn unused(making: &mut Making, file: &Filed) {
    if file.message.groups("ORC").len() != Order::all(file).len() {
        making.warn(format!("{} ORC", file.stored.place()), Reason::WithoutName);
    }
    making.unread_segments(file, &["PV1", "PV2", "AL1", "IN1", "ORC", "RXE", "TQ1", "RXR", "RXC", "NTE"]);
}

/// The drug's name; without one nothing can be said, and that is told.
pub fn named(making: &mut Making, order: &Order, segment: &Segment, drug: Field) -> Option<String> {
    let name =
        Some(drug.component(2)).filter(|n| !n.is_empty()).or_else(|| Some(drug.component(5)).filter(|n| !n.is_empty()));
    if name.is_none() {
        making.warn_at(order.file, segment, 2, Reason::WithoutName);
    }
    name
}

/// The drug under every code that others know (RXE-2, and RXE-31 since Ver.1.2g).
fn drug_code(rxe: &Segment, name: &str) -> Node {
    let further = rxe.field(31).repetitions();
    coded(std::iter::once(rxe.field(2)).chain(further), name)
}

pub fn coded<'f>(fields: impl Iterator<Item = Field<'f>>, name: &str) -> Node {
    let codings = fields.flat_map(|f| {
        [(1, 2, 3), (4, 5, 6)]
            .map(|(code, words, table)| codes::coding(&f.component(code), &f.component(words), &f.component(table)))
    });
    let codings: Vec<Node> = codings.flatten().collect();
    Node::object().maybe("coding", Some(codings)).with("text", name)
}

/// A MedicationRequest of an order.
pub fn request(making: &mut Making, order: &Order, drug: Node, dosages: Vec<Node>) {
    let (file, orc, rxe) = (order.file, order.orc, order.rxe);
    let ordered = making.moment(file, orc, 9).or_else(|| making.moment(file, rxe, 32));
    let start = order.segments("TQ1").next().and_then(|t| making.moment(file, t, 7));
    let encounter = making.encounter(file, &[ordered.as_deref(), start.as_deref()]);
    let id = making.id(&[&file.stored.kind, &file.stored.day, &file.stored.order, &rxe.number.to_string()]);
    let physician = orc.field(12).repetitions().find(|d| d.component(15) != "P").map(|d| person_name(d, 2));
    let group = Some(orc.field(4).component(1)).filter(|g| !g.is_empty());
    let quantity = codes::Amount::of(rxe.field(10), rxe.field(11)).map(|a| a.quantity());
    let supply = order.segments("TQ1").next().and_then(|t| codes::duration(t.field(6))).map(|(_, node)| node);
    let dispense = Node::object().maybe("quantity", quantity).maybe("expectedSupplyDuration", supply);
    let resource = Making::resource("MedicationRequest", Some("MedicationRequest"), &id)
        .maybe("identifier", order_identifier(orc))
        .with("status", status(making, order))
        .with("intent", "order")
        .maybe("category", Some(categories(order)))
        .with("medicationCodeableConcept", drug)
        .with("subject", Making::subject())
        .maybe("encounter", encounter)
        .maybe("authoredOn", ordered)
        .maybe("requester", physician.filter(|p| !p.is_empty()).map(|p| Node::object().with("display", p)))
        .maybe("groupIdentifier", group.map(|g| Node::object().with("value", g)))
        .maybe("note", Some(order.notes()))
        .maybe("dosageInstruction", Some(dosages))
        .maybe("dispenseRequest", Some(dispense));
    making.push(resource);
}

/// Order control and status (HL7 tables 0119, 0038): cancelled, stopped or held orders say so.
fn status(making: &mut Making, order: &Order) -> &'static str {
    match (order.orc.field(1).text().as_str(), order.orc.field(5).text().as_str()) {
        ("CA" | "OC" | "CR" | "UA", _) | (_, "CA") => {
            making.warn_at(order.file, order.orc, 1, Reason::Cancelled);
            "cancelled"
        }
        ("DC" | "OD" | "DR", _) | (_, "DC") => "stopped",
        ("HD" | "OH" | "HR", _) | (_, "HD") => "on-hold",
        _ => "completed",
    }
}

/// RXE-21 as it is told; without one, inpatient or outpatient by the order's type (ORC-29) or the patient's class (PV1-2).
fn categories(order: &Order) -> Vec<Node> {
    let coded = |code: &str, words: &str| {
        let system = CATEGORIES.contains(&code).then_some(CATEGORY);
        let code = system.map(|_| code);
        let coding = Node::object().maybe("system", system).maybe("code", code).maybe("display", Some(words));
        Node::object().with("coding", vec![coding]).maybe("text", Some(words))
    };
    let told = order.rxe.field(21).repetitions().map(|c| coded(&c.component(1), &codes::label(c)));
    let mut out: Vec<Node> = told.collect();
    let says = |code: &str| order.rxe.field(21).repetitions().any(|c| c.component(1) == code);
    if !CATEGORIES.iter().any(|c| says(c)) {
        let class = order.file.message.first("PV1").map(|p| p.field(2).text()).unwrap_or_default();
        let kind = Some(order.orc.field(29).component(1)).filter(|k| !k.is_empty()).unwrap_or(class);
        out.extend(match kind.as_str() {
            "I" => Some(coded("IHP", "入院処方")),
            "O" => Some(coded("OHP", "外来処方")),
            _ => None,
        });
    }
    out
}
