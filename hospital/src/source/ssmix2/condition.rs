//! PPR-01: diagnoses with their modifiers, certainty, outcome and the stay they were made for (PRB, ZPR, ZI1).

use fude::fhir::Node;

use super::super::Reason;
use super::hl7::{Field, Segment};
use super::making::{Making, order_identifier};
use super::{Filed, codes, dates};

/// What stays need to know of a diagnosis.
pub struct Diagnosis {
    pub id: String,
    /// When it was set, `2026-07-05`.
    pub day: String,
    /// HL7 diagnosis role: AD on admission, DD at discharge; none where nothing says so.
    pub role: Option<&'static str>,
}

pub fn make(making: &mut Making, files: &[Filed]) -> Vec<Diagnosis> {
    let mut out = Vec::new();
    for file in making.of(files, "PPR-01") {
        for group in file.message.groups("PRB") {
            out.extend(condition(making, file, group));
        }
        making.unread_segments(file, &["PV1", "PRB", "ZPR", "ZI1", "ORC", "NTE"]);
    }
    out
}

fn condition(making: &mut Making, file: &Filed, group: &[Segment]) -> Option<Diagnosis> {
    let prb = &group[0];
    making.unread(file, prb, &[1, 2, 3, 4, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 25]);
    // A deletion leaves nothing to tell.
    if prb.field(1).component(1) == "DE" {
        return None;
    }
    let said = |text: String| Some(text).filter(|t| !t.is_empty());
    let Some(name) = said(prb.field(3).component(2)).or_else(|| said(prb.field(17).text())) else {
        making.warn_at(file, prb, 3, Reason::WithoutName);
        return None;
    };
    let [set, solved, outcome_at, onset] = [7, 9, 15, 16].map(|n| making.moment(file, prb, n));
    let zpr = group.iter().find(|s| s.name == "ZPR");
    let outcome = prb.field(14);
    let status = status(&outcome.component(1), solved.is_some());
    let ended = solved.or_else(|| outcome_at.filter(|_| status != "active"));
    // JHSD0004 of PRB-10's second code: H 入院時, L 退院時, F 最終, O 外来時; PRB-18: 主診断.
    let phase = prb.field(10).component(4);
    let main = prb.field(18).component(2).contains('主');
    let suspected = prb.field(13).component(1) == "1"
        || name.contains("疑")
        || modifiers(zpr, 6, 3).iter().any(|m| m.1.contains("疑"));
    let role = match phase.as_str() {
        "H" => Some("AD"),
        "L" | "F" if !suspected => Some("DD"),
        "" if main && !suspected => Some("DD"),
        _ => None,
    };
    // What an insurance segment follows was entered for a claim, unless the physician made it a diagnosis of the stay.
    let claim = group.iter().any(|s| s.name == "ZI1") && role.is_none() && !main;
    let id = making.id(&["condition", &prb.number.to_string()]);
    let resource = Making::resource("Condition", Some("Condition"), &id);
    let resource = restricted(making, file, prb, resource)
        .maybe("extension", Some(extensions(zpr)))
        .maybe("identifier", group.iter().find(|s| s.name == "ORC").and_then(order_identifier))
        .with("clinicalStatus", state("condition-clinical", status))
        .with("verificationStatus", state("condition-ver-status", if suspected { "provisional" } else { "confirmed" }))
        .maybe("category", claim.then(|| vec![codes::text("レセプト病名")]))
        .with("code", code(prb, &name))
        .with("subject", Making::subject())
        .maybe("onsetDateTime", onset.clone())
        .maybe("abatementDateTime", ended)
        .maybe("recordedDate", set.clone())
        .maybe("note", Some(notes(&outcome, zpr, group)));
    making.push(resource);
    let day = set.or(onset).as_deref().and_then(dates::day).unwrap_or_default().to_owned();
    Some(Diagnosis { id, day, role })
}

/// HL70241 and JHSD0006 outcomes: F 治癒, M 寛解 end an illness; a date of solution does without them.
fn status(outcome: &str, solved: bool) -> &'static str {
    match outcome {
        "F" => "resolved",
        "M" => "remission",
        "N" | "R" | "W" | "C" => "active",
        _ if solved => "resolved",
        _ => "active",
    }
}

fn state(system: &str, code: &str) -> Node {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    Node::object().with("coding", vec![Node::object().with("system", system).with("code", code)])
}

fn code(prb: &Segment, name: &str) -> Node {
    let (own, class) = (prb.field(3), prb.field(10));
    let mut codings: Vec<Node> = codes::coding(&own.component(1), name, &own.component(3)).into_iter().collect();
    codings.extend(codes::coding(&class.component(1), &class.component(2), &class.component(3)));
    Node::object().maybe("coding", Some(codings)).with("text", name)
}

/// Code, words and table of modifiers: by exchange code (ZPR-4, -6), else by management number (ZPR-1, -3).
fn modifiers(zpr: Option<&Segment>, field: usize, otherwise: usize) -> Vec<(String, String)> {
    let Some(zpr) = zpr else { return Vec::new() };
    let read = |n: usize| -> Vec<(String, String)> {
        let all = zpr.field(n).repetitions().map(|m: Field| (m.component(1), m.component(2)));
        all.filter(|(_, words)| !words.is_empty()).collect()
    };
    Some(read(field)).filter(|m| !m.is_empty()).unwrap_or_else(|| read(otherwise))
}

/// 「右」「急性」 before, 「の疑い」 behind a name, as JP Core keeps them.
fn extensions(zpr: Option<&Segment>) -> Vec<Node> {
    let one = |which: &str, (code, words): (String, String)| {
        let coding = (code.len() == 4).then(|| {
            vec![
                Node::object()
                    .with("system", "urn:oid:1.2.392.200119.4.201.5")
                    .with("code", code)
                    .with("display", &words),
            ]
        });
        let url =
            format!("http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Condition_Disease{which}Modifier");
        let concept = Node::object().maybe("coding", coding).with("text", words);
        Node::object().with("url", url).with("valueCodeableConcept", concept)
    };
    let before = modifiers(zpr, 4, 1).into_iter().map(|m| one("Prefix", m));
    let behind = modifiers(zpr, 6, 3).into_iter().map(|m| one("Postfix", m));
    before.chain(behind).collect()
}

fn notes(outcome: &Field, zpr: Option<&Segment>, group: &[Segment]) -> Vec<Node> {
    let told = Some(outcome.component(2)).filter(|o| !o.is_empty()).map(|o| format!("転帰：{o}"));
    let comment = zpr.map(|z| z.field(7).text());
    let remarks = group.iter().filter(|s| s.name == "NTE").map(|n| n.field(3).text());
    let all = told.into_iter().chain(comment).chain(remarks).filter(|t| !t.is_empty());
    all.map(|t| codes::text(&t)).collect()
}

/// PRB-25: what is restricted goes to nobody; the physician is told that something was held back.
fn restricted(making: &mut Making, file: &Filed, prb: &Segment, resource: Node) -> Node {
    let level = prb.field(25).component(1);
    if !matches!(level.as_str(), "V" | "R") {
        return resource;
    }
    making.warn_at(file, prb, 25, Reason::Restricted);
    let mut resource = resource;
    let meta = resource.remove("meta").unwrap_or_else(Node::object);
    let tag = Node::object()
        .with("system", "http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication")
        .with("code", "UNDELIVERED");
    let security =
        Node::object().with("system", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality").with("code", level);
    resource.with("meta", meta.with("security", vec![security]).with("tag", vec![tag]))
}
