//! Required elements of R4 and BALP, and that nothing but ids, hashes and codes gets into an AuditEvent.

use std::collections::BTreeMap;

use super::super::event::tests::event;
use super::*;
use crate::audit::UtcMillis;
use crate::integrity::{Author, Finaliser, ManifestSchema, Template};

fn rendered(event: &AuditEvent) -> Value {
    audit_event(event, &event.hash().unwrap())
}

fn manifest() -> Manifest {
    Manifest {
        schema: ManifestSchema::V1,
        hospital: "hospital-a".into(),
        document_id: "5d0c".into(),
        revision: 2,
        kind: "discharge-summary".into(),
        patient_tag: Digest::of(b"patient"),
        data_source: "ehr-main".into(),
        record_sha256: Digest::of(b"record"),
        template: Template { id: "discharge-summary@1".into(), sha256: Digest::of(b"template") },
        prompt_sha256: None,
        model: Some(crate::integrity::Model { id: "jp.example".into(), parameters: BTreeMap::new() }),
        reply_sha256: None,
        author: Author { id: "clerk-1".into(), role: "clerk".into(), on_behalf_of: Some("sato".into()) },
        finaliser: None,
        answers: Vec::new(),
        previous_manifest: Some(Digest::of(b"before")),
        data_key: None,
        representations: Vec::new(),
    }
}

#[test]
fn draft_is_a_creation_with_all_required_elements() {
    let resource = rendered(&event());
    for member in ["resourceType", "type", "recorded", "agent", "source", "entity", "action", "outcome"] {
        assert!(!resource[member].is_null(), "{member}");
    }
    assert_eq!(resource["meta"]["profile"][0], format!("{PROFILES}/IHE.BasicAudit.PatientCreate"));
    assert_eq!((&resource["action"], &resource["outcome"]), (&json!("C"), &json!("0")));
    assert_eq!(resource["recorded"], "2026-11-22T20:05:34.123Z");
    assert_eq!(resource["subtype"][1]["code"], "document-drafted");
    assert_eq!(resource["id"].as_str().unwrap().len(), 32);
    let requestors = resource["agent"].as_array().unwrap().iter().filter(|agent| agent["requestor"] == true).count();
    assert_eq!(requestors, 1);
    let patient = &resource["entity"][1];
    assert_eq!(patient["what"]["identifier"]["value"], Digest::of(b"patient").to_string());
    assert_eq!(resource["entity"][2]["what"]["identifier"]["value"], "5d0c");
}

#[test]
fn profile_is_claimed_where_it_is_kept() {
    let plain = rendered(&AuditEvent { action: Action::DocumentRead, patient_tag: None, ..event() });
    assert_eq!(plain["meta"]["profile"][0], format!("{PROFILES}/IHE.BasicAudit.Read"));
    // A read flows from the server, with the index 1, to the client
    assert_eq!(plain["agent"][1]["type"]["coding"][0]["code"], "110153");
    let written = rendered(&event());
    assert_eq!(written["agent"][1]["type"]["coding"][0]["code"], "110152");
    assert_eq!(written["agent"][2]["type"]["coding"][0]["code"], "AUT");
    let refused = AuditEvent {
        action: Action::RequestRefused,
        outcome: Outcome::Refused,
        document: None,
        patient_tag: None,
        reason: Some("unknown-document-type".into()),
        ..event()
    };
    let resource = rendered(&refused);
    assert!(resource["meta"].is_null(), "{resource}");
    assert_eq!((&resource["outcome"], &resource["outcomeDesc"]), (&json!("4"), &json!("unknown-document-type")));
    assert_eq!(resource["entity"].as_array().unwrap().len(), 1);
}

#[test]
fn proxy_entry_names_both_persons() {
    let agent = Agent { id: "clerk-1".into(), role: "clerk".into(), on_behalf_of: Some("sato".into()) };
    let resource = rendered(&AuditEvent { agent, ..event() });
    let ids: Vec<_> = resource["agent"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|agent| agent["who"]["identifier"]["value"].as_str())
        .collect();
    assert_eq!(ids, ["clerk-1", "sato"]);
}

#[test]
fn every_event_has_an_id_of_its_own() {
    let other = AuditEvent { sequence: 3, ..event() };
    assert_ne!(rendered(&event())["id"], rendered(&other)["id"]);
}

#[test]
fn provenance_names_who_typed_for_whom_and_what_it_came_from() {
    let (manifest, at) = (manifest(), UtcMillis::parse("2026-11-22T20:05:34.123Z").unwrap());
    let resource = provenance(&manifest, &manifest.hash().unwrap(), Some(at));
    assert_eq!(resource["recorded"], "2026-11-22T20:05:34.123Z");
    assert_eq!(resource["target"][0]["identifier"]["value"], "5d0c/2");
    assert_eq!(resource["activity"]["coding"][0]["code"], "UPDATE");
    assert_eq!(resource["agent"][0]["type"]["coding"][0]["code"], "enterer");
    assert_eq!(resource["agent"][0]["onBehalfOf"]["identifier"]["value"], "sato");
    assert_eq!(resource["agent"][1]["who"]["display"], "jp.example");
    assert_eq!(resource["entity"][1]["role"], "revision");
}

#[test]
fn final_version_has_its_legal_authenticator_and_moment() {
    let at = UtcMillis::parse("2026-11-23T08:00:00.000Z").unwrap();
    let finaliser = Finaliser {
        id: "sato".into(),
        role: "physician".into(),
        name: "佐藤 一郎".into(),
        qualification: "医師".into(),
        department: "内科".into(),
        at,
    };
    let manifest = Manifest { finaliser: Some(finaliser), previous_manifest: None, model: None, ..manifest() };
    let resource = provenance(&manifest, &manifest.hash().unwrap(), None);
    let legal = &resource["agent"][1];
    assert_eq!((&legal["type"]["coding"][0]["code"], &legal["who"]["display"]), (&json!("legal"), &json!("佐藤 一郎")));
    assert_eq!(
        (&resource["recorded"], &resource["activity"]["coding"][0]["code"]),
        (&json!(at.to_string()), &json!("CREATE"))
    );
}
