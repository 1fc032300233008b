//! Events as FHIR R4 AuditEvent (IHE BALP, DICOM codes) and manifests as Provenance: rendered on demand, never stored.
//!
//! An AuditEvent claims a profile of BALP only where it keeps it (`tests/fhir/validate`): of successes, with the object
//! that was acted on. A search does not (the log holds no query), nor does what was refused or failed.
//!
//! One event, one AuditEvent. A patient is the tag of the hospital, a person the id of the token: as in the log, no
//! name is there to be told, except that of the finaliser in a manifest, who signs with it.

use serde_json::{Map, Value, json};

use super::event::{Action, Agent, AuditEvent, Outcome};
use crate::integrity::{Digest, Manifest};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const OBJECT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
const OPERATION: &str = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition";

/// What an action is to the record: BALP's profile and interaction, and the code of FHIR's `action`.
struct Kind {
    profile: &'static str,
    interaction: &'static str,
    action: &'static str,
}

const fn kind_of(action: Action) -> Kind {
    let (profile, interaction, action) = match action {
        Action::DraftRequested | Action::DocumentDrafted | Action::DraftingFailed => ("PatientCreate", "create", "C"),
        Action::DocumentRevised
        | Action::DocumentFinalised
        | Action::AmendmentBegun
        | Action::DocumentWithdrawn
        | Action::SealingRequested
        | Action::DocumentSealed
        | Action::RetentionExtended => ("PatientUpdate", "update", "U"),
        Action::DocumentIssued
        | Action::DocumentReissued
        | Action::DocumentRead
        | Action::MetadataRead
        | Action::ProofRead
        | Action::ChangesRead
        | Action::IntegrityFailure => ("PatientRead", "read", "R"),
        Action::Search | Action::RequestRefused => ("PatientQuery", "search-type", "E"),
    };
    Kind { profile, interaction, action }
}

/// FHIR's outcome: 0 success, 4 the caller's fault, 8 ours.
const fn outcome_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "0",
        Outcome::Refused => "4",
        Outcome::Failed => "8",
    }
}

/// The AuditEvent of an event; its id is the first half of the event's hash.
pub fn audit_event(event: &AuditEvent, hash: &Digest) -> Value {
    let kind = kind_of(event.action);
    let patient = event.patient_tag.is_some();
    let mut resource = json!({
        "resourceType": "AuditEvent",
        "id": &hash.to_string()[..32],
        "type": coding(EVENT_TYPE, "rest", "RESTful Operation"),
        "subtype": [
            coding(INTERACTION, kind.interaction, kind.interaction),
            coding(&system(event, "action"), event.action.name(), event.action.name()),
        ],
        "action": kind.action,
        "recorded": event.at.to_string(),
        "outcome": outcome_of(event.outcome),
        "agent": agents(event, kind.action),
        "source": {
            "site": event.hospital,
            "observer": { "display": "fude" },
            "type": [coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server")],
        },
        "entity": entities(event),
    });
    let members = object(&mut resource);
    if event.outcome == Outcome::Success && event.document.is_some() && kind.action != "E" {
        // BALP's patient profiles want a patient
        let profile = if patient { kind.profile.to_owned() } else { kind.profile.replace("Patient", "") };
        members.insert("meta".to_owned(), json!({ "profile": [format!("{PROFILES}/IHE.BasicAudit.{profile}")] }));
    }
    if let Some(reason) = &event.reason {
        members.insert("outcomeDesc".to_owned(), json!(reason));
    }
    resource
}

fn agents(event: &AuditEvent, action: &str) -> Value {
    let Agent { id, role, on_behalf_of } = &event.agent;
    let role_system = system(event, "role");
    let source = codeable(DCM, "110153", "Source Role ID");
    let destination = codeable(DCM, "110152", "Destination Role ID");
    // A read flows from the server to the client
    let (client, server) = if action == "R" { (destination, source) } else { (source, destination) };
    // Who writes is the author of what is written; who reads or asks, its recipient
    let (part, words) = match action {
        "C" | "U" => ("AUT", "author (originator)"),
        _ => ("IRCP", "information recipient"),
    };
    let mut agents = vec![
        json!({
            "type": client,
            "who": { "display": event.source.certificate },
            "requestor": false,
            "network": { "address": event.source.address, "type": "2" },
        }),
        json!({
            "type": server,
            "who": { "display": "fude" },
            "requestor": false,
            // Where the server is, no event says; the log's own name says which it is
            "network": { "address": format!("https://fude.example/{}", event.hospital), "type": "5" },
        }),
        json!({
            "type": codeable("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", part, words),
            "role": [codeable(&role_system, role, role)],
            "who": { "identifier": { "system": system(event, "staff"), "value": id } },
            "requestor": true,
        }),
    ];
    if let Some(physician) = on_behalf_of {
        agents.push(json!({
            "type": codeable("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", "healthcare provider"),
            "who": { "identifier": { "system": system(event, "staff"), "value": physician } },
            "requestor": false,
        }));
    }
    Value::Array(agents)
}

fn entities(event: &AuditEvent) -> Value {
    let mut entities = vec![json!({
        "what": { "identifier": { "system": system(event, "request"), "value": event.request_id } },
        "type": coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", "X-Request-Id"),
    })];
    if let Some(tag) = &event.patient_tag {
        entities.push(json!({
            "what": {
                "type": "Patient",
                "identifier": { "system": system(event, "patient-tag"), "value": tag.to_string() },
            },
            "type": coding(OBJECT_TYPE, "1", "Person"),
            "role": coding(OBJECT_ROLE, "1", "Patient"),
        }));
    }
    if let Some(document) = &event.document {
        let detail = |name: &str, value: String| json!({ "type": name, "valueString": value });
        let mut details = vec![
            detail("kind", document.kind.clone()),
            detail("revision", document.revision.to_string()),
            detail("state", document.state.clone()),
        ];
        let hashes = [("contentSha256", document.content_sha256), ("manifestSha256", document.manifest_sha256)];
        details.extend(hashes.iter().filter_map(|(name, hash)| Some(detail(name, (*hash)?.to_string()))));
        details.extend(event.retention.as_ref().map(|lock| detail("lockedUntil", lock.until.to_string())));
        entities.push(json!({
            "what": { "identifier": { "system": system(event, "document"), "value": document.id } },
            "type": coding(OBJECT_TYPE, "2", "System Object"),
            "role": coding(OBJECT_ROLE, "3", "Report"),
            "detail": details,
        }));
    }
    Value::Array(entities)
}

/// The Provenance of one revision; its id is the first half of the manifest's hash.
pub fn provenance(manifest: &Manifest, hash: &Digest, recorded: Option<super::UtcMillis>) -> Value {
    let system = |what: &str| format!("https://fude.example/{}/{what}", manifest.hospital);
    let document = |revision: u32| {
        let value = format!("{}/{revision}", manifest.document_id);
        json!({ "identifier": { "system": system("document"), "value": value } })
    };
    let person = |kind: &str, display: &str, id: &str| {
        json!({
            "type": codeable(PARTICIPANT, kind, display),
            "who": { "identifier": { "system": system("staff"), "value": id } },
        })
    };
    let mut author = person("author", "Author", &manifest.author.id);
    let mut agents = Vec::new();
    if let Some(physician) = &manifest.author.on_behalf_of {
        author = person("enterer", "Enterer", &manifest.author.id);
        object(&mut author).insert(
            "onBehalfOf".to_owned(),
            json!({ "identifier": { "system": system("staff"), "value": physician } }),
        );
    }
    agents.push(author);
    if let Some(model) = &manifest.model {
        agents.push(json!({
            "type": codeable(PARTICIPANT, "assembler", "Assembler"),
            "who": { "display": model.id },
        }));
    }
    let mut entities = vec![json!({
        "role": "source",
        "what": { "identifier": { "system": system("record-sha256"), "value": manifest.record_sha256.to_string() } },
    })];
    if let Some(previous) = &manifest.previous_manifest {
        let value = json!({ "system": system("manifest-sha256"), "value": previous.to_string() });
        entities.push(json!({ "role": "revision", "what": { "identifier": value } }));
    }
    let finaliser = manifest.finaliser.as_ref();
    if let Some(finaliser) = finaliser {
        let mut legal = person("legal", "Legal Authenticator", &finaliser.id);
        object(&mut object(&mut legal)["who"]).insert("display".to_owned(), json!(finaliser.name));
        agents.push(legal);
    }
    let code = if manifest.previous_manifest.is_some() { "UPDATE" } else { "CREATE" };
    let mut resource = json!({
        "resourceType": "Provenance",
        "id": &hash.to_string()[..32],
        "target": [document(manifest.revision)],
        "activity": codeable(OPERATION, code, &code.to_lowercase()),
        "agent": agents,
        "entity": entities,
    });
    // R4 wants the moment; a draft's manifest holds none, its event does
    if let Some(recorded) = finaliser.map(|finaliser| finaliser.at).or(recorded) {
        object(&mut resource).insert("recorded".to_owned(), json!(recorded.to_string()));
    }
    resource
}

fn system(event: &AuditEvent, what: &str) -> String {
    format!("https://fude.example/{}/{what}", event.hospital)
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

fn codeable(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [coding(system, code, display)] })
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().expect("written as an object above")
}

#[cfg(test)]
#[path = "fhir_tests.rs"]
mod tests;
