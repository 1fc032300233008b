//! OML-11: results of examinations of specimens (SPM, OBR, OBX, NTE), and the measures of ADT-00.

use fude::fhir::Node;

use super::super::Reason;
use super::Filed;
use super::codes;
use super::dates;
use super::hl7::Segment;
use super::making::{Making, order_identifier};

pub fn make(making: &mut Making, files: &[Filed]) {
    for file in making.of(files, "OML-11") {
        let (mut specimen, mut request, mut orc) = (None, None, None);
        let segments = &file.message.segments;
        for (i, segment) in segments.iter().enumerate() {
            match segment.name.as_str() {
                "SPM" => specimen = Some(segment),
                "OBR" => request = Some(segment),
                "ORC" => orc = Some(segment),
                "OBX" => {
                    let remarks = segments[i + 1..].iter().take_while(|s| s.name == "NTE");
                    let remarks = remarks.map(|n| n.field(3).text()).collect();
                    let around = Around { specimen, request, orc, remarks, measure: false };
                    observation(making, file, segment, &around);
                }
                _ => {}
            }
        }
        making.unread_segments(file, &["PV1", "PV2", "SPM", "OBR", "ORC", "OBX", "NTE", "TQ1"]);
    }
}

/// Height, weight, blood group and the like of ADT-00.
pub fn measures(making: &mut Making, file: &Filed) {
    for obx in file.message.all("OBX") {
        let around = Around { specimen: None, request: None, orc: None, remarks: Vec::new(), measure: true };
        observation(making, file, obx, &around);
    }
}

/// What stands around a result.
struct Around<'f> {
    specimen: Option<&'f Segment>,
    request: Option<&'f Segment>,
    orc: Option<&'f Segment>,
    remarks: Vec<String>,
    measure: bool,
}

fn observation(making: &mut Making, file: &Filed, obx: &Segment, around: &Around) {
    making.unread(file, obx, &[1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 15, 16, 17, 19, 23, 24, 25]);
    // HL70085
    let status = match obx.field(11).text().as_str() {
        "D" | "W" => return,
        "P" | "R" | "S" => "preliminary",
        "I" | "O" => "registered",
        "X" => "cancelled",
        "C" => "corrected",
        _ => "final",
    };
    let name = codes::label(obx.field(3));
    if name.is_empty() {
        making.warn_at(file, obx, 3, Reason::WithoutName);
        return;
    }
    let (member, value) = match value(making, file, obx) {
        Some((member, value)) => (member, Some(value)),
        None => ("valueString", None),
    };
    let at = making.moment(file, obx, 14);
    let at =
        at.or_else(|| making.moment(file, around.specimen?, 17)).or_else(|| making.moment(file, around.request?, 7));
    let filed = || dates::moment(&file.stored.day);
    let at = at.or_else(|| filed().filter(|_| !around.measure));
    let encounter = if around.measure { None } else { making.encounter(file, &[at.as_deref()]) };
    let specimen = around.specimen.map(|s| s.field(4)).filter(|f| !f.is_empty());
    let contained = specimen.map(|s| {
        let node = Node::resource("Specimen").with("id", "specimen").with("type", codes::concept(s));
        vec![node.with("subject", Making::subject())]
    });
    let category =
        if around.measure && matches!(name.as_str(), "身長" | "体重") { "vital-signs" } else { "laboratory" };
    let category = Node::object()
        .with("system", "http://terminology.hl7.org/CodeSystem/observation-category")
        .with("code", category);
    let range = Some(obx.field(7).text()).filter(|r| !r.is_empty()).map(|r| vec![codes::text(&r)]);
    let id = making.id(&[&file.stored.kind, &file.stored.day, &file.stored.order, &obx.number.to_string()]);
    let refers = contained.is_some();
    let notes: Vec<Node> = around.remarks.iter().filter(|r| !r.is_empty()).map(|r| codes::text(r)).collect();
    let resource = Making::resource("Observation", Some("Observation_Common"), &id)
        .maybe("contained", contained)
        .maybe("identifier", around.orc.and_then(order_identifier))
        .with("status", status)
        .with("category", vec![Node::object().with("coding", vec![category])])
        .with("code", codes::concept(obx.field(3)))
        .with("subject", Making::subject())
        .maybe("encounter", encounter)
        .maybe("effectiveDateTime", at)
        .maybe(member, value)
        .maybe("interpretation", Some(interpretations(obx)))
        .maybe("note", Some(notes))
        .maybe("method", (!obx.field(17).is_empty()).then(|| codes::concept(obx.field(17))))
        .maybe("specimen", refers.then(|| Node::object().with("reference", "#specimen")))
        .maybe("referenceRange", range);
    making.push(resource);
}

/// The value by its type (OBX-2); figures that are none stay words.
fn value(making: &mut Making, file: &Filed, obx: &Segment) -> Option<(&'static str, Node)> {
    let field = obx.field(5);
    if field.is_empty() {
        return None;
    }
    let unit = Some(codes::label(obx.field(6))).filter(|u| !u.is_empty());
    let quantity = |comparator: &str, digits: String| {
        let comparator = Some(comparator).filter(|c| !c.is_empty());
        Node::object().with("value", Node::Number(digits)).maybe("comparator", comparator).maybe("unit", unit.as_ref())
    };
    let with_unit = |text: String| unit.as_ref().map_or(text.clone(), |u| format!("{text} {u}"));
    match obx.field(2).text().as_str() {
        "NM" => {
            let text = field.text();
            let comparator = ["<=", ">=", "<", ">"].into_iter().find(|c| text.starts_with(c)).unwrap_or_default();
            if let Some(digits) = codes::number(&text[comparator.len()..]) {
                return Some(("valueQuantity", quantity(comparator, digits)));
            }
            making.warn_at(file, obx, 5, Reason::NumberNotRead);
            // 「検体不良」 is no amount: a unit behind it would read wrong.
            Some(("valueString", text.into()))
        }
        "SN" => {
            let [comparator, first, separator, second] = [1, 2, 3, 4].map(|n| field.component(n));
            let plain = matches!(comparator.as_str(), "" | "=" | "<" | "<=" | ">" | ">=");
            match codes::number(&first).filter(|_| plain && separator.is_empty()) {
                Some(digits) => Some(("valueQuantity", quantity(comparator.trim_start_matches('='), digits))),
                None => Some(("valueString", with_unit([comparator, first, separator, second].concat()).into())),
            }
        }
        "CE" | "CWE" | "CF" | "CNE" => Some(("valueCodeableConcept", codes::concept(field))),
        "DT" | "TS" | "TM" => match dates::moment(&field.text()) {
            Some(moment) => Some(("valueDateTime", moment.into())),
            None => Some(("valueString", field.text().into())),
        },
        "ED" | "RP" => {
            making.warn_at(file, obx, 5, Reason::AttachmentNotRead);
            None
        }
        _ => {
            let lines: Vec<String> = field.repetitions().map(|r| r.text()).collect();
            Some(("valueString", with_unit(lines.join("\n")).into()))
        }
    }
}

/// High, low and the like (OBX-8).
fn interpretations(obx: &Segment) -> Vec<Node> {
    const KNOWN: &[&str] = &["H", "L", "HH", "LL", "N", "A", "AA", "S", "R", "I", "POS", "NEG", "<", ">", "U", "D"];
    let one = |flag: String| {
        let system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
        let coding = KNOWN.contains(&&*flag).then(|| vec![Node::object().with("system", system).with("code", &flag)]);
        let text = coding.is_none().then_some(flag);
        Node::object().maybe("coding", coding).maybe("text", text)
    };
    obx.field(8).repetitions().map(|f| one(f.text())).collect()
}
