//! OMP-11 and OMP-12: what was really given (RXA), as MedicationAdministrations.

use fude::fhir::Node;

use super::super::Reason;
use super::Filed;
use super::codes::{self, Amount};
use super::dosage::words;
use super::hl7::Segment;
use super::making::{Making, order_identifier};
use super::medication::coded;

pub fn make(making: &mut Making, files: &[Filed]) {
    for kind in ["OMP-11", "OMP-12"] {
        for file in making.of(files, kind) {
            for group in file.message.groups("ORC") {
                let route = group.iter().find(|s| s.name == "RXR");
                for rxa in group.iter().filter(|s| s.name == "RXA") {
                    administration(making, file, &group[0], rxa, route);
                }
            }
            making.unread_segments(file, &["PV1", "PV2", "ORC", "RXA", "RXR", "TQ1", "RXE", "RXC", "NTE"]);
        }
    }
}

fn administration(making: &mut Making, file: &Filed, orc: &Segment, rxa: &Segment, route: Option<&Segment>) {
    making.unread(file, rxa, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 18, 20, 21, 22]);
    // RXA-21: D deletes.
    if rxa.field(21).text() == "D" {
        return;
    }
    let name = codes::label(rxa.field(5));
    if name.is_empty() {
        making.warn_at(file, rxa, 5, Reason::WithoutName);
        return;
    }
    // HL70322: RE 拒否, NA 未実施, PA 一部実施, CP 完了.
    let status = match rxa.field(20).text().as_str() {
        "RE" | "NA" => "not-done",
        "PA" => "stopped",
        _ => "completed",
    };
    let [start, end] = [3, 4].map(|n| making.moment(file, rxa, n));
    let encounter = making.encounter(file, &[start.as_deref()]);
    let amount = Amount::of(rxa.field(6), rxa.field(7)).filter(|a| a.digits != "0");
    let part = |n: usize| route.map(|r| r.field(n)).filter(|f| !f.is_empty());
    let mut said: Vec<String> = [1, 4, 3].into_iter().filter_map(part).flat_map(words).collect();
    said.extend(amount.as_ref().map(|a| format!("1回{}", a.words())));
    said.extend(Some(rxa.field(12).text()).filter(|t| !t.is_empty()));
    let dosage = Node::object()
        .maybe("text", Some(said.join(" ")))
        .maybe("site", part(2).map(codes::concept))
        .maybe("route", part(1).map(codes::concept))
        .maybe("method", part(4).map(codes::concept))
        .maybe("dose", amount.map(|a| a.quantity()));
    let notes: Vec<Node> = words(rxa.field(9)).iter().map(|w| codes::text(w)).collect();
    let reasons: Vec<Node> = words(rxa.field(18)).iter().map(|w| codes::text(w)).collect();
    let id = making.id(&[&file.stored.kind, &file.stored.day, &file.stored.order, &rxa.number.to_string()]);
    let resource = Making::resource("MedicationAdministration", Some("MedicationAdministration"), &id)
        .maybe("identifier", order_identifier(orc))
        .with("status", status)
        .maybe("statusReason", Some(reasons))
        .with("medicationCodeableConcept", coded([rxa.field(5)].into_iter(), &name))
        .with("subject", Making::subject())
        .maybe("context", encounter);
    let resource = match (start, end) {
        (Some(start), Some(end)) if start != end => {
            resource.with("effectivePeriod", Node::object().with("start", start).with("end", end))
        }
        (start, _) => resource.maybe("effectiveDateTime", start),
    };
    making.push(resource.maybe("note", Some(notes)).maybe("dosage", Some(dosage)));
}
