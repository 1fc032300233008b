//! `--fhir`: every event as an AuditEvent, every revision as a Provenance, in the order of the log.
//!
//! An AuditEvent claims a profile of IHE BALP only where it keeps it (`tests/fhir/validate`): of successes, with the
//! object that was acted on. A search does not (the log holds no query), nor does what was refused or failed.

use std::io;

use fude::audit::fhir::{audit_event, provenance};
use fude::audit::{Action, AuditEvent, LogEntry, Outcome, layout};
use fude::integrity::{Digest, Manifest};
use serde_json::{Value, json};

use crate::batches::entries_in;
use crate::store::Bucket;
use crate::{Options, Report, logs};

/// Renders all logs; verify them first. What is damaged is left out here, and told there.
pub fn render(options: &Options, each: &mut dyn FnMut(Value)) -> io::Result<()> {
    let audit = Bucket::of_state(&options.state, &options.audit);
    let documents = Bucket::of_state(&options.state, &options.documents);
    let mut report = Report::default();
    for log in logs::names(&audit, options, &mut report)? {
        let prefix = layout::batch_prefix(log.as_str());
        for name in audit.names(&prefix)? {
            let bytes = audit.read(&format!("{prefix}{name}"))?.unwrap_or_default();
            for range in entries_in(&bytes).unwrap_or_default() {
                let Ok(LogEntry::Event(event)) = LogEntry::parse(&bytes[range]) else {
                    continue;
                };
                render_event(&event, each);
                if let Some(resource) = of_revision(&documents, &event) {
                    each(resource);
                }
            }
        }
    }
    Ok(())
}

/// Renders what a proof holds.
pub fn render_entries(entries: &[LogEntry], each: &mut dyn FnMut(Value)) {
    for entry in entries {
        if let LogEntry::Event(event) = entry {
            render_event(event, each);
        }
    }
}

fn render_event(event: &AuditEvent, each: &mut dyn FnMut(Value)) {
    if let Ok(hash) = event.hash() {
        let mut resource = audit_event(event, &hash);
        keep_profile(&mut resource, event);
        each(resource);
    }
}

/// What the profile wants and the resource alone does not have; or no claim of a profile.
fn keep_profile(resource: &mut Value, event: &AuditEvent) {
    let action = resource["action"].clone();
    let keeps = event.outcome == Outcome::Success && event.document.is_some() && action != "E";
    if !keeps && let Some(members) = resource.as_object_mut() {
        members.remove("meta");
    }
    for agent in resource["agent"].as_array_mut().into_iter().flatten() {
        let coding = &mut agent["type"]["coding"][0];
        match coding["code"].as_str() {
            // A read flows from the server to the client
            Some("110153") if action == "R" => {
                (coding["code"], coding["display"]) = (json!("110152"), json!("Destination Role ID"));
            }
            Some("110152") => {
                if action == "R" {
                    (coding["code"], coding["display"]) = (json!("110153"), json!("Source Role ID"));
                }
                // Where the server is, no event says; the log's own name says which it is
                let address = format!("https://fude.example/{}", event.hospital);
                agent["network"] = json!({ "address": address, "type": "5" });
            }
            // Who writes is the author of what is written; who reads or asks, its recipient
            Some("IRCP") if action == "C" || action == "U" => {
                (coding["code"], coding["display"]) = (json!("AUT"), json!("author (originator)"));
            }
            _ => {}
        }
    }
    for entity in resource["entity"].as_array_mut().into_iter().flatten() {
        if entity["type"]["code"] == "1" {
            entity["what"]["type"] = json!("Patient");
        }
    }
}

/// The Provenance of the revision that an event made, as long as its manifest is stored.
fn of_revision(documents: &Bucket, event: &AuditEvent) -> Option<Value> {
    let made = matches!(
        event.action,
        Action::DocumentDrafted | Action::DocumentRevised | Action::AmendmentBegun | Action::DocumentFinalised
    );
    let document = event.document.as_ref().filter(|_| made && event.changes_document())?;
    let hash = document.manifest_sha256?;
    let key = |area: &str| format!("{area}/{}/{}/{hash}", document.id, document.revision);
    let stored = |area: &str| documents.read(&key(area)).ok().flatten().filter(|bytes| Digest::of(bytes) == hash);
    let manifest = Manifest::parse(&stored("final").or_else(|| stored("draft"))?).ok()?;
    Some(provenance(&manifest, &hash, Some(event.at)))
}
