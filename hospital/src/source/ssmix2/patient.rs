//! ADT-00: who the patient is, relatives, body measures and blood group (PID, NK1, OBX).

use fude::fhir::Node;

use super::hl7::{Field, Segment};
use super::making::{Making, person_name};
use super::{Filed, codes, observation};

/// The Patient from ADT-00; from the newest message of any kind where the storage has none.
pub fn make(making: &mut Making, files: &[Filed]) {
    making.learn_departments(files);
    let own = making.of(files, "ADT-00");
    let newest = || files.iter().max_by(|a, b| a.stored.written.cmp(&b.stored.written));
    let Some(file) = own.last().copied().or_else(newest) else { return };
    let Some(pid) = file.message.first("PID") else { return };
    let birth = making.moment(file, pid, 7);
    let died = making.moment(file, pid, 29);
    making.unread(file, pid, &[1, 2, 3, 5, 7, 8, 11, 13, 14, 29, 30, 33]);
    let gender = match pid.field(8).text().as_str() {
        "M" => Some("male"),
        "F" => Some("female"),
        "O" => Some("other"),
        "U" => Some("unknown"),
        _ => None,
    };
    let identifier = Node::object().maybe("system", making.settings.identifier_system.as_ref());
    let dead = (died.is_none() && pid.field(30).text() == "Y").then_some(Node::Boolean(true));
    let patient = Making::resource("Patient", Some("Patient"), Making::patient_id())
        .with("identifier", vec![identifier.with("value", making.number)])
        .maybe("name", Some(names(pid.field(5))))
        .maybe("telecom", Some(telephones(pid, &[13, 14])))
        .maybe("gender", gender)
        .maybe("birthDate", birth.as_deref().map(|b| &b[..b.len().min(10)]))
        .maybe("deceasedDateTime", died)
        .maybe("deceasedBoolean", dead)
        .maybe("address", Some(addresses(pid.field(11))));
    making.push(patient);
    for file in own {
        relatives(making, file);
        observation::measures(making, file);
        making.unread_segments(file, &["PV1", "PV2", "NK1", "OBX", "AL1", "NTE"]);
    }
}

fn relatives(making: &mut Making, file: &Filed) {
    for nk1 in file.message.all("NK1") {
        let relation = nk1.field(3);
        // A patient is often listed as the own contact.
        if relation.component(1) == "SEL" {
            continue;
        }
        let id = making.id(&["relative", &nk1.field(1).text()]);
        let relative = Making::resource("RelatedPerson", None, &id)
            .with("patient", Making::subject())
            .maybe("relationship", (!relation.is_empty()).then(|| vec![codes::concept(relation)]))
            .maybe("name", Some(names(nk1.field(2))))
            .maybe("telecom", Some(telephones(nk1, &[5, 6])))
            .maybe("address", Some(addresses(nk1.field(4))));
        making.push(relative);
        making.unread(file, nk1, &[1, 2, 3, 4, 5, 6, 13]);
    }
}

/// Kanji and kana by the name's representation code (XPN.8), which ISO 21090 writes `IDE` and `SYL`.
fn names(field: Field) -> Vec<Node> {
    let one = |name: Field| {
        let representation = match name.component(8).as_str() {
            "I" => Some("IDE"),
            "P" => Some("SYL"),
            "A" => Some("ABC"),
            _ => None,
        };
        let url = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
        let extension = representation.map(|code| vec![Node::object().with("url", url).with("valueCode", code)]);
        let given = Some(name.component(2)).filter(|g| !g.is_empty()).map(|g| vec![Node::from(g)]);
        Node::object()
            .maybe("extension", extension)
            .with("use", "official")
            .maybe("text", Some(person_name(name, 1)))
            .maybe("family", Some(name.subcomponent(1, 1)))
            .maybe("given", given)
    };
    field.repetitions().map(one).collect()
}

fn telephones(segment: &Segment, fields: &[usize]) -> Vec<Node> {
    let all = fields.iter().flat_map(|n| segment.field(*n).repetitions());
    let number = |f: Field| [f.component(12), f.component(1)].into_iter().find(|n| !n.is_empty());
    all.filter_map(number).map(|n| Node::object().with("system", "phone").with("value", n)).collect()
}

/// Japanese addresses stand whole in XAD.8 or spread over 1 to 4.
fn addresses(field: Field) -> Vec<Node> {
    let one = |address: Field| {
        let parts = [4, 3, 1, 2, 8].into_iter().map(|n| address.component(n)).filter(|p| !p.is_empty());
        let text = parts.collect::<String>();
        Node::object().maybe("text", Some(text)).maybe("postalCode", Some(address.component(5)))
    };
    field.repetitions().map(one).filter(|a| !a.is_empty()).collect()
}
