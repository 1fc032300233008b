//! `--fhir`: every event as an AuditEvent, every revision as a Provenance, in the order of the log.

use std::io;

use fude::audit::fhir::{audit_event, provenance};
use fude::audit::{Action, AuditEvent, LogEntry, layout};
use fude::integrity::{Digest, Manifest};
use serde_json::Value;

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
        each(audit_event(event, &hash));
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
