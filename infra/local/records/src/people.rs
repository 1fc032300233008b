//! Patient, relatives, staff, organisations and encounters.

use crate::builder::{Builder, coded_text, coding, concept, moment, period, text};
use crate::node::Node;
use crate::source::{Encounter, Person, Staff};

/// The logical id of every Patient here: on purpose not the patient number.
pub const PATIENT: &str = "pat-1";

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

pub fn patient_system(institution: &str) -> String {
    format!("urn:oid:1.2.392.100495.20.3.51.1{institution}")
}

fn number_identifier(builder: &Builder) -> Node {
    Node::object()
        .with("system", patient_system(&builder.hospital.number))
        .with("value", &builder.source.patient.number)
}

fn insured_identifier(value: &str) -> Node {
    Node::object().with("system", "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID").with("value", value)
}

/// The identifier by which a record without Patient references names its subject.
pub fn subject_identifier(builder: &Builder) -> Node {
    match &builder.source.patient.insured {
        Some(insured) => insured_identifier(insured),
        None => number_identifier(builder),
    }
}

pub fn patient(builder: &mut Builder) {
    let person = &builder.source.patient;
    let mut identifiers = vec![number_identifier(builder)];
    identifiers.extend(person.insured.as_deref().map(insured_identifier));
    let resource = Builder::named("Patient", PATIENT)
        .with("identifier", identifiers)
        .with("active", true)
        .with("name", names(&person.name, person.kana.as_deref()))
        .some("telecom", phone(person.phone.as_deref()))
        .maybe("gender", person.gender.as_ref())
        .maybe("birthDate", person.birth.as_ref())
        .maybe("deceasedDateTime", person.deceased.as_deref().map(moment))
        .some("address", address(person.postal.as_deref(), person.address.as_deref()));
    builder.push(resource);
    if let Some(occupation) = &person.occupation {
        let category = concept("http://terminology.hl7.org/CodeSystem/observation-category", "social-history");
        let resource = builder
            .resource("Observation")
            .with("status", "final")
            .with("category", vec![category])
            .with("code", text("職業"))
            .with("subject", builder.subject())
            .with("effectiveDateTime", &builder.source.as_of[..10])
            .with("valueString", occupation);
        builder.push(resource);
    }
}

pub fn relatives(builder: &mut Builder) {
    for person in &builder.source.contact {
        let Person { name, kana, relation, .. } = person;
        let resource = builder
            .resource("RelatedPerson")
            .with("patient", builder.subject())
            .some("relationship", relation.as_deref().map(text).into_iter().collect())
            .with("name", names(name, kana.as_deref()))
            .some("telecom", phone(person.phone.as_deref()))
            .some("address", address(person.postal.as_deref(), person.address.as_deref()));
        builder.push(resource);
    }
}

pub fn organisations(builder: &mut Builder) {
    let hospital = builder.hospital;
    let own = Builder::named("Organization", "org-self")
        .with("identifier", vec![institution(&hospital.number)])
        .with("name", &hospital.name)
        .some("telecom", phone(Some(&hospital.phone)))
        .some("address", address(Some(&hospital.postal), Some(&hospital.address)));
    builder.push(own);
    for organisation in &builder.source.organisation {
        let resource = Builder::named("Organization", &format!("org-{}", organisation.id))
            .some("identifier", organisation.number.as_deref().map(institution).into_iter().collect())
            .with("name", &organisation.name)
            .some("telecom", phone(organisation.phone.as_deref()))
            .some("address", address(organisation.postal.as_deref(), organisation.address.as_deref()));
        builder.push(resource);
    }
}

fn institution(number: &str) -> Node {
    Node::object()
        .with("system", "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no")
        .with("value", number)
}

pub fn encounters(builder: &mut Builder) {
    for encounter in &builder.source.encounter {
        push_encounter(builder, encounter);
    }
}

fn push_encounter(builder: &mut Builder, encounter: &Encounter) {
    let mut resource = Builder::named("Encounter", &format!("enc-{}", encounter.id));
    let attending = builder.practitioner(&mut resource, &encounter.attending);
    let location = encounter.ward.as_ref().map(|ward| {
        let place = builder.resource("Location").with("name", ward);
        let reference = builder.reference("Location", &place.id).with("display", ward);
        builder.push(place);
        Node::object().with("location", reference)
    });
    let disposition = encounter.discharge.as_deref().map(|words| {
        let code = encounter.disposition.as_deref().unwrap_or("oth");
        coded_text("http://terminology.hl7.org/CodeSystem/discharge-disposition", code, words)
    });
    let destination = encounter.destination.as_deref().map(|id| {
        let organisation = builder.source.organisation.iter().find(|o| o.id == id);
        let name = &organisation.expect("a destination is an organisation of the source").name;
        builder.reference("Organization", &format!("org-{id}")).with("display", name)
    });
    let stay = (encounter.admit.is_some() || disposition.is_some()).then(|| {
        Node::object()
            .maybe("admitSource", encounter.admit.as_deref().map(text))
            .maybe("destination", destination)
            .maybe("dischargeDisposition", disposition)
    });
    let display = if encounter.class == "IMP" { "入院" } else { "外来" };
    let class = coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", &encounter.class).with("display", display);
    let role = Node::object()
        .with("coding", vec![coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "ATND")]);
    let resource = resource
        .with("status", if encounter.end.is_some() { "finished" } else { "in-progress" })
        .with("class", class)
        .with("serviceType", text(&encounter.department))
        .with("subject", builder.subject())
        .with("participant", vec![Node::object().with("type", vec![role]).with("individual", attending)])
        .with("period", period(&encounter.start, encounter.end.as_ref()))
        .some("reasonCode", encounter.reason.as_deref().map(text).into_iter().collect())
        .some("diagnosis", crate::clinical::encounter_diagnoses(builder, encounter))
        .maybe("hospitalization", stay)
        .some("location", location.into_iter().collect())
        .with("serviceProvider", builder.reference("Organization", "org-self"));
    builder.push(resource);
}

/// Staff that some resource referred to, with the role that each has.
pub fn staff(builder: &mut Builder) {
    if builder.source.contained_staff {
        return;
    }
    for id in builder.staff_named.clone() {
        let staff = builder.staff(&id);
        let practitioner =
            Builder::named("Practitioner", &format!("prac-{id}")).with("name", names(&staff.name, Some(&staff.kana)));
        let organisation =
            staff.organisation.as_deref().map_or_else(|| "org-self".to_owned(), |id| format!("org-{id}"));
        let role = Builder::named("PractitionerRole", &format!("role-{id}"))
            .with("practitioner", builder.reference("Practitioner", &practitioner.id))
            .with("organization", builder.reference("Organization", &organisation))
            .with("code", vec![text(&staff.role)])
            .some("specialty", staff.department.as_deref().map(text).into_iter().collect());
        builder.push(practitioner);
        builder.push(role);
    }
}

pub fn contained_practitioner(id: &str, staff: &Staff) -> Node {
    Node::object()
        .with("resourceType", "Practitioner")
        .with("id", format!("prac-{id}"))
        .with("name", names(&staff.name, Some(&staff.kana)))
        .with("qualification", vec![Node::object().with("code", text(&staff.role))])
}

fn names(kanji: &str, kana: Option<&str>) -> Vec<Node> {
    let mut names = vec![name(kanji, "IDE")];
    names.extend(kana.map(|kana| name(kana, "SYL")));
    names
}

fn name(full: &str, representation: &str) -> Node {
    let extension = Node::object().with("url", REPRESENTATION).with("valueCode", representation);
    let (family, given) = full.split_once(' ').unwrap_or((full, ""));
    Node::object()
        .with("extension", vec![extension])
        .with("use", "official")
        .with("text", full)
        .with("family", family)
        .some("given", if given.is_empty() { Vec::new() } else { vec![given.into()] })
}

fn phone(number: Option<&str>) -> Vec<Node> {
    number.map(|number| Node::object().with("system", "phone").with("value", number)).into_iter().collect()
}

fn address(postal: Option<&str>, words: Option<&str>) -> Vec<Node> {
    let whole = words.map(|words| Node::object().with("text", words).maybe("postalCode", postal).with("country", "JP"));
    whole.into_iter().collect()
}
