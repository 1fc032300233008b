//! Laboratory values, vital signs, other observations and reports.

use crate::builder::{Builder, Resource, cell, coding, concept, moment, text};
use crate::node::Node;
use crate::source::{Observation, Values};

const LOINC: &str = "http://loinc.org";
const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";

pub fn vitals(builder: &mut Builder) {
    for values in &builder.source.vitals {
        for row in &values.rows {
            let mut resource = row_resource(builder, values, row, "vital-signs", "JP_Observation_VitalSigns");
            // The oxygen under which it was measured belongs to the saturation, not to the temperature.
            if row.starts_with("SpO2") {
                resource = resource.maybe("method", values.oxygen.as_deref().map(text));
            }
            builder.push(resource.note(values.note.as_ref()));
        }
    }
}

pub fn labs(builder: &mut Builder) {
    for values in &builder.source.labs {
        for row in &values.rows {
            let resource = row_resource(builder, values, row, "laboratory", "JP_Observation_LabResult");
            let method = values.method.as_deref().or(values.oxygen.as_deref());
            let resource = with_specimen(resource.maybe("method", method.map(text)), values.specimen.as_deref());
            builder.push(resource.note(values.note.as_ref()));
        }
    }
}

fn row_resource(builder: &mut Builder, values: &Values, row: &str, category: &str, profile: &'static str) -> Resource {
    let name = cell(row, 0).expect("a row begins with a name");
    let value = cell(row, 1).expect("a row has a value");
    let unit = cell(row, 2);
    let mut resource = builder.resource("Observation");
    resource.profile = Some(profile);
    let mut resource = resource
        .with("status", values.status.as_deref().unwrap_or("final"))
        .with("category", vec![concept(OBSERVATION_CATEGORY, category)])
        .with("code", code(name))
        .with("subject", builder.subject())
        .maybe("encounter", builder.encounter_at(&values.on))
        .with("effectiveDateTime", moment(&values.on));
    if let Some((systolic, diastolic)) = value.split_once('/').filter(|_| name == "血圧") {
        let part = |code, words, digits| {
            let code = Node::object().with("coding", vec![coding(LOINC, code)]).with("text", words);
            let (key, value) = value_of(digits, unit);
            Node::object().with("code", code).with(key, value)
        };
        resource = resource
            .with("component", vec![part("8480-6", "収縮期血圧", systolic), part("8462-4", "拡張期血圧", diastolic)]);
    } else {
        let (key, node) = value_of(value, unit);
        resource = resource.with(key, node);
    }
    let interpretation =
        cell(row, 4).map(|code| concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", code));
    resource
        .some("interpretation", interpretation.into_iter().collect())
        .some("referenceRange", cell(row, 3).map(|range| reference_range(range, unit)).into_iter().collect())
}

fn reference_range(range: &str, unit: Option<&str>) -> Node {
    let node = match range.split_once('-') {
        Some((low, high)) => {
            let limit = |digits: &str| {
                Node::number(digits).map(|value| Node::object().with("value", value).maybe("unit", unit))
            };
            Node::object().maybe("low", limit(low)).maybe("high", limit(high))
        }
        None => Node::object(),
    };
    node.with("text", range)
}

/// A quantity where the value is a number (with `<` or `>` before it, or not), else its words.
fn value_of(value: &str, unit: Option<&str>) -> (&'static str, Node) {
    let digits = value.trim_start_matches(['<', '>']);
    let Some(number) = Node::number(digits) else {
        return ("valueString", value.into());
    };
    let comparator = value.chars().next().filter(|sign| matches!(sign, '<' | '>')).map(String::from);
    ("valueQuantity", Node::object().with("value", number).maybe("comparator", comparator).maybe("unit", unit))
}

fn code(name: &str) -> Node {
    let loinc = match name {
        "体温" => "8310-5",
        "血圧" => "85354-9",
        "脈拍" => "8867-4",
        "呼吸数" => "9279-1",
        "SpO2" => "59408-5",
        "体重" => "29463-7",
        "身長" => "8302-2",
        _ => return text(name),
    };
    Node::object().with("coding", vec![coding(LOINC, loinc)]).with("text", name)
}

fn with_specimen(mut resource: Resource, specimen: Option<&str>) -> Resource {
    let Some(specimen) = specimen else {
        return resource;
    };
    let node = Node::object().with("resourceType", "Specimen").with("id", "specimen").with("type", text(specimen));
    resource.contained.push(node);
    resource.with("specimen", Node::object().with("reference", "#specimen").with("display", specimen))
}

pub fn observations(builder: &mut Builder) {
    for observation in &builder.source.observation {
        push_observation(builder, observation);
    }
}

fn push_observation(builder: &mut Builder, observation: &Observation) {
    let mut resource = builder.resource("Observation");
    resource.profile = Some("JP_Observation_Common");
    let mut resource = resource
        .with("status", observation.status.as_deref().unwrap_or("final"))
        .with("category", vec![concept(OBSERVATION_CATEGORY, observation.category.as_deref().unwrap_or("laboratory"))])
        .with("code", code(&observation.name))
        .with("subject", builder.subject())
        .maybe("encounter", builder.encounter_at(&observation.on))
        .with("effectiveDateTime", moment(&observation.on))
        .maybe("issued", observation.issued.as_deref().map(moment));
    if let Some(value) = &observation.value {
        let (key, node) = value_of(value, observation.unit.as_deref());
        resource = resource.with(key, node);
    }
    let resource = resource
        .maybe("dataAbsentReason", observation.absent.as_deref().map(text))
        .maybe("bodySite", observation.site.as_deref().map(text))
        .maybe("method", observation.method.as_deref().map(text))
        .note(observation.note.as_ref());
    builder.push(with_specimen(resource, observation.specimen.as_deref()));
}

pub fn reports(builder: &mut Builder) {
    for report in &builder.source.report {
        let mut resource = builder.resource("DiagnosticReport");
        resource.profile = Some("JP_DiagnosticReport_Common");
        let performer = report.by.as_deref().map(|id| builder.practitioner(&mut resource, id));
        let resource = resource
            .with("status", report.status.as_deref().unwrap_or("final"))
            .some("category", report.category.as_deref().map(text).into_iter().collect())
            .with("code", text(&report.name))
            .with("subject", builder.subject())
            .maybe("encounter", builder.encounter_at(&report.on))
            .with("effectiveDateTime", moment(&report.on))
            .maybe("issued", report.issued.as_deref().map(moment))
            .some("performer", performer.into_iter().collect())
            .with("conclusion", report.conclusion.trim());
        builder.push(resource);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn json(node: &Node) -> String {
        String::from_utf8(node.bytes()).unwrap()
    }

    #[test]
    fn a_comparator_stands_beside_the_number() {
        let (key, node) = value_of("<0.02", Some("ng/mL"));
        assert_eq!((key, json(&node).as_str()), ("valueQuantity", r#"{"value":0.02,"comparator":"<","unit":"ng/mL"}"#));
    }

    #[test]
    fn words_stay_words() {
        assert_eq!(value_of("1+", None), ("valueString", Node::from("1+")));
    }

    #[test]
    fn a_range_keeps_its_digits() {
        let node = reference_range("3.60-4.80", Some("mEq/L"));
        assert!(json(&node).contains(r#""value":3.60"#), "{}", json(&node));
    }
}
