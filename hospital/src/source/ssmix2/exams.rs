//! What is ordered or done besides drugs: examinations without a result yet (OML-01), imaging, endoscopy and physiology
//! that took place (OMG-11 to -13), meals (OMD).

use std::collections::BTreeSet;

use fude::fhir::Node;

use super::super::Reason;
use super::Filed;
use super::codes;
use super::dates;
use super::making::{Making, order_identifier};

pub fn make(making: &mut Making, files: &[Filed]) {
    pending(making, files);
    for (kind, category) in [("OMG-11", "放射線検査"), ("OMG-12", "内視鏡検査"), ("OMG-13", "生理検査")] {
        done(making, files, kind, category);
    }
    meals(making, files);
}

/// A specimen that was taken and whose order has no result is a result that is not there yet; one that was not taken
/// is a plan.
fn pending(making: &mut Making, files: &[Filed]) {
    let with_result: BTreeSet<&str> =
        files.iter().filter(|f| f.stored.kind == "OML-11").map(|f| f.stored.order.as_str()).collect();
    for file in making.of(files, "OML-01") {
        if with_result.contains(file.stored.order.as_str()) {
            continue;
        }
        let (mut specimen, mut orc) = (None, None);
        for segment in &file.message.segments {
            match segment.name.as_str() {
                "SPM" => specimen = Some(segment),
                "ORC" => orc = Some(segment),
                _ => {}
            }
            let cancelled = orc.is_some_and(|o| matches!(&*o.field(1).text(), "CA" | "OC" | "DC" | "OD"));
            if segment.name != "OBX" || cancelled {
                continue;
            }
            let name = codes::label(segment.field(3));
            if name.is_empty() {
                making.warn_at(file, segment, 3, Reason::WithoutName);
                continue;
            }
            let taken = specimen.and_then(|s| making.moment(file, s, 17));
            let day = taken.clone().or_else(|| dates::moment(&file.stored.day));
            let encounter = making.encounter(file, &[day.as_deref()]);
            let id = making.id(&[&file.stored.kind, &file.stored.day, &file.stored.order, &segment.number.to_string()]);
            let kind = if taken.is_some() { "Observation" } else { "ServiceRequest" };
            let resource = Making::resource(kind, None, &id)
                .maybe("identifier", orc.and_then(order_identifier))
                .with("status", if taken.is_some() { "registered" } else { "active" })
                .maybe("intent", taken.is_none().then_some("order"))
                .with("code", codes::concept(segment.field(3)))
                .with("subject", Making::subject())
                .maybe("encounter", encounter)
                .maybe(if taken.is_some() { "effectiveDateTime" } else { "occurrenceDateTime" }, day);
            making.push(resource);
        }
    }
}

fn done(making: &mut Making, files: &[Filed], kind: &'static str, category: &str) {
    for file in making.of(files, kind) {
        let mut told = BTreeSet::new();
        for obr in file.message.all("OBR") {
            let name = codes::label(obr.field(4));
            let day = making.moment(file, obr, 7).or_else(|| dates::moment(&file.stored.day));
            // Parent and child orders repeat each other.
            if name.is_empty() || !told.insert((name.clone(), day.clone())) {
                continue;
            }
            let encounter = making.encounter(file, &[day.as_deref()]);
            let id = making.id(&[kind, &file.stored.day, &file.stored.order, &obr.number.to_string()]);
            let resource = Making::resource("Procedure", Some("Procedure"), &id)
                .with("status", "completed")
                .with("category", codes::text(category))
                .with("code", codes::concept(obr.field(4)))
                .with("subject", Making::subject())
                .maybe("encounter", encounter)
                .maybe("performedDateTime", day);
            making.push(resource);
        }
        making.unread_segments(file, &["PV1", "PV2", "ORC", "TQ1", "OBR", "ZE1", "IPC", "OBX", "NTE"]);
    }
}

/// Meals by their words; a code of the house alone says nothing.
fn meals(making: &mut Making, files: &[Filed]) {
    for file in making.of(files, "OMD") {
        for ods in file.message.all("ODS") {
            let said = Some(ods.field(3).component(2)).filter(|t| !t.is_empty());
            let instruction = Some(ods.field(4).text()).filter(|t| !t.is_empty());
            if said.is_none() {
                making.warn_at(file, ods, 3, Reason::CodeNotRead);
                if instruction.is_none() {
                    continue;
                }
            }
            let start = file.message.first("TQ1").and_then(|t| making.moment(file, t, 7));
            let start = start.or_else(|| dates::moment(&file.stored.day));
            let encounter = making.encounter(file, &[start.as_deref()]);
            let id = making.id(&["omd", &file.stored.day, &file.stored.order, &ods.number.to_string()]);
            let diet =
                Node::object().maybe("type", said.map(|t| vec![codes::text(&t)])).maybe("instruction", instruction);
            let resource = Making::resource("NutritionOrder", None, &id)
                .with("status", "active")
                .with("intent", "order")
                .with("patient", Making::subject())
                .maybe("encounter", encounter)
                .maybe("dateTime", start)
                .with("oralDiet", diet);
            making.push(resource);
        }
        making.unread_segments(file, &["PV1", "ORC", "TQ1", "ODS", "NTE"]);
    }
}
