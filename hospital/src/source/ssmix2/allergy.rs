//! ADT-61 (IAM) and the list of ADT-00 (AL1): allergies. One that stands in both is told once.

use std::collections::BTreeSet;

use fude::fhir::Node;

use super::super::Reason;
use super::hl7::{Field, Segment};
use super::making::Making;
use super::{Filed, codes};

pub fn make(making: &mut Making, files: &[Filed]) {
    let mut told = BTreeSet::new();
    for file in making.of(files, "ADT-61") {
        for iam in file.message.all("IAM") {
            // IAM-6: D is a deletion, which leaves nothing to tell.
            if iam.field(6).component(1) != "D" {
                allergy(making, file, iam, 11, &mut told);
            }
            making.unread(file, iam, &[1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 17, 20]);
        }
        making.unread_segments(file, &["PV1", "IAM"]);
    }
    for file in files.iter().filter(|f| f.stored.kind == "ADT-00") {
        for al1 in file.message.all("AL1") {
            allergy(making, file, al1, 6, &mut told);
            making.unread(file, al1, &[1, 2, 3, 4, 5, 6]);
        }
    }
}

/// IAM and AL1 agree in fields 2 to 5; the onset stands in another.
fn allergy(making: &mut Making, file: &Filed, segment: &Segment, onset: usize, told: &mut BTreeSet<String>) {
    let substance = segment.field(3);
    let name = codes::label(substance);
    if name.is_empty() {
        making.warn_at(file, segment, 3, Reason::WithoutName);
        return;
    }
    if !told.insert(name) {
        return;
    }
    let category = match segment.field(2).component(1).as_str() {
        "DA" => Some("medication"),
        "FA" => Some("food"),
        "EA" | "LA" | "PA" | "AA" => Some("environment"),
        _ => None,
    };
    let mut notes = Vec::new();
    let words = |field: Field| Some(codes::label(field)).filter(|w| !w.is_empty());
    notes.extend(words(segment.field(4)).map(|severity| format!("重症度：{severity}")));
    if segment.name == "IAM" {
        notes.extend(Some(segment.field(12).text()).filter(|t| !t.is_empty()).map(|when| format!("発症時期：{when}")));
        notes.extend(Some(segment.field(8).text()).filter(|t| !t.is_empty()));
    }
    let status = match segment.field(17).component(1).as_str() {
        "I" if segment.name == "IAM" => "inactive",
        _ => "active",
    };
    let reactions: Vec<Node> = segment.field(5).repetitions().map(|r| codes::text(&r.text())).collect();
    let reaction = (!reactions.is_empty()).then(|| vec![Node::object().with("manifestation", reactions)]);
    let onset = making.moment(file, segment, onset);
    let clinical = Node::object().with("system", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical");
    let id = making.id(&["allergy", &segment.name, &segment.number.to_string()]);
    let resource = Making::resource("AllergyIntolerance", Some("AllergyIntolerance"), &id)
        .with("clinicalStatus", Node::object().with("coding", vec![clinical.with("code", status)]))
        .maybe("category", category.map(|c| vec![Node::from(c)]))
        .with("code", codes::concept(substance))
        .with("patient", Making::subject())
        .maybe("onsetDateTime", onset)
        .maybe("note", (!notes.is_empty()).then(|| vec![codes::text(&notes.join("、"))]))
        .maybe("reaction", reaction);
    making.push(resource);
}
