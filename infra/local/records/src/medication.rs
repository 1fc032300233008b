//! Prescriptions by MERIT-9 category, and what was really given.

use crate::builder::{Builder, coding, moment, period, text};
use crate::node::Node;
use crate::source::Drug;

const CATEGORY: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_MedicationCategoryMERIT9_CS";
const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition";
const UCUM: &str = "http://unitsofmeasure.org";

pub fn drugs(builder: &mut Builder) {
    for drug in &builder.source.drug {
        push_drug(builder, drug);
    }
}

fn push_drug(builder: &mut Builder, drug: &Drug) {
    let mut resource = builder.resource("MedicationRequest");
    let requester = drug.by.as_deref().map(|id| builder.practitioner(&mut resource, id));
    let category = coding(CATEGORY, &drug.kind).with("display", category_name(&drug.kind));
    let mut medication = Node::object();
    if let Some(yj) = &drug.yj {
        medication =
            medication.with("coding", vec![coding("urn:oid:1.2.392.100495.20.1.73", yj).with("display", &drug.name)]);
    }
    let supply = drug.days.map(|days| Node::object().with("expectedSupplyDuration", days_of(days)));
    // JP-CLINS fixes the status: what was stopped, and why, stands in notes.
    let resource = resource
        .with("status", "completed")
        .with("intent", "order")
        .with("category", vec![Node::object().with("coding", vec![category])])
        .with("medicationCodeableConcept", medication.with("text", &drug.name))
        .with("subject", builder.subject())
        .maybe("encounter", builder.encounter_at(&drug.on))
        .with("authoredOn", moment(&drug.on))
        .maybe("requester", requester)
        .note(drug.note.as_ref())
        .with("dosageInstruction", vec![dosage(drug)])
        .maybe("dispenseRequest", supply);
    builder.push(resource);
}

fn category_name(code: &str) -> &'static str {
    match code {
        "BDP" => "持参薬処方",
        "IHP" => "入院処方",
        "DCG" => "退院処方",
        "ORD" => "定期処方",
        "XTR" => "臨時処方",
        "OHP" => "外来処方",
        "OHI" => "院内処方（外来）",
        "OHO" => "院外処方",
        other => panic!("no MERIT-9 category {other}"),
    }
}

fn dosage(drug: &Drug) -> Node {
    let mut extensions = Vec::new();
    if let Some(from) = &drug.from {
        let url = format!("{EXTENSION}/JP_MedicationDosage_PeriodOfUse");
        extensions.push(Node::object().with("url", url).with("valuePeriod", period(from, drug.to.as_ref())));
    }
    if let Some(days) = drug.days {
        let url = format!("{EXTENSION}/JP_MedicationDosage_UsageDuration");
        extensions.push(Node::object().with("url", url).with("valueDuration", days_of(days)));
    }
    let usage = Node::object()
        .maybe("repeat", drug.days.map(|days| Node::object().with("boundsDuration", days_of(days))))
        .with("code", text(&drug.text));
    let once = drug.once.as_deref().map(quantity);
    let daily = drug.daily.as_deref().map(|daily| {
        let day = Node::object().with("value", 1).with("unit", "日").with("system", UCUM).with("code", "d");
        Node::object().with("numerator", quantity(daily)).with("denominator", day)
    });
    let amount = (once.is_some() || daily.is_some())
        .then(|| Node::object().maybe("doseQuantity", once).maybe("rateRatio", daily));
    Node::object()
        .some("extension", extensions)
        .with("text", &drug.text)
        .some("additionalInstruction", drug.uneven.iter().map(|words| text(words)).collect())
        .with("timing", usage)
        .maybe("asNeededBoolean", drug.prn.then_some(true))
        .maybe("route", drug.route.as_deref().map(text))
        .some("doseAndRate", amount.into_iter().collect())
}

fn days_of(days: u32) -> Node {
    Node::object().with("value", days).with("unit", "日").with("system", UCUM).with("code", "d")
}

/// 「2 錠」 as a quantity; only units whose MERIT-9 code is beyond doubt are coded.
fn quantity(amount: &str) -> Node {
    let (digits, unit) = amount.split_once(' ').expect("an amount is digits, a space and a unit");
    let value = Node::number(digits).expect("an amount begins with a number");
    let node = Node::object().with("value", value).with("unit", unit);
    let code = match unit {
        "錠" => "TAB",
        "カプセル" => "CAP",
        "mL" => "ML",
        "g" => "G",
        "mg" => "MG",
        _ => return node,
    };
    node.with("system", "urn:oid:1.2.392.100495.20.2.101").with("code", code)
}

pub fn administrations(builder: &mut Builder) {
    for given in &builder.source.administration {
        let dosage = Node::object()
            .with("text", &given.text)
            .maybe("route", given.route.as_deref().map(text))
            .maybe("dose", given.dose.as_deref().map(quantity));
        let resource = builder
            .resource("MedicationAdministration")
            .with("status", "completed")
            .with("medicationCodeableConcept", text(&given.name))
            .with("subject", builder.subject())
            .maybe("context", builder.encounter_at(&given.on));
        let resource = match &given.to {
            Some(to) => resource.with("effectivePeriod", period(&given.on, Some(to))),
            None => resource.with("effectiveDateTime", moment(&given.on)),
        };
        builder.push(resource.note(given.note.as_ref()).with("dosage", dosage));
    }
}
