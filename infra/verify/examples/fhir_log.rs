//! Writes a log with an event of every action, outcome and shape, and documents with their manifests, for
//! `fude-verify --fhir`: `cargo run -p fude-verify --example fhir_log -- FOLDER`. `tests/fhir/validate` reads what
//! comes out.

#![allow(clippy::unwrap_used, reason = "an example may panic")]

#[path = "../tests/written/mod.rs"]
mod written;

use std::path::Path;

use fude::audit::{Action, Agent, AuditEvent, Outcome};
use written::documents::{Document, event};
use written::{HOUSE, House};

const ALONE: [Action; 7] = [
    Action::DocumentRead,
    Action::MetadataRead,
    Action::ProofRead,
    Action::ChangesRead,
    Action::Search,
    Action::RequestRefused,
    Action::IntegrityFailure,
];

fn main() {
    let folder = std::env::args().nth(1).expect("usage: fhir_log FOLDER");
    let mut house = House::new(Path::new(&folder), HOUSE);
    let mut events = lives(&mut house);
    for action in ALONE {
        events.extend(alone(&mut house, action));
    }
    house.commit_events(&events);
    house.publish_key();
}

/// Documents from the request to every end.
fn lives(house: &mut House) -> Vec<AuditEvent> {
    let (mut sealed, mut withdrawn, mut failed) = (Document::new("aa"), Document::new("bb"), Document::new("cc"));
    let mut events = vec![sealed.request(house), sealed.revise(house), sealed.revise(house), sealed.finalise(house)];
    for (action, state) in [
        (Action::DocumentIssued, "final"),
        (Action::DocumentReissued, "final"),
        (Action::RetentionExtended, "final"),
        (Action::SealingRequested, "final"),
    ] {
        events.push(sealed.event(house, action, state));
    }
    events.extend([
        sealed.revise(house),
        sealed.finalise(house),
        sealed.event(house, Action::DocumentSealed, "sealed"),
    ]);
    events.extend([withdrawn.request(house), withdrawn.revise(house)]);
    events.push(withdrawn.event(house, Action::DocumentWithdrawn, "withdrawn"));
    events.extend([failed.request(house), failed.event(house, Action::DraftingFailed, "failed")]);
    events
}

/// Readings, searches and refusals: with and without document, patient, reason and a person for whom it was done.
fn alone(house: &mut House, action: Action) -> Vec<AuditEvent> {
    let mut events = Vec::new();
    for outcome in [Outcome::Success, Outcome::Refused, Outcome::Failed] {
        for (document, patient, proxy) in [(true, true, false), (false, true, true), (false, false, false)] {
            let mut event = AuditEvent { outcome, ..event(house, action) };
            event.document = Document::new("dd").read(house).document.filter(|_| document);
            event.patient_tag = event.patient_tag.filter(|_| patient);
            event.reason = (outcome != Outcome::Success).then(|| "unknown-document-type".to_owned());
            if proxy {
                event.agent = Agent { id: "kimura".into(), role: "clerk".into(), on_behalf_of: Some("sato".into()) };
            }
            events.push(event);
        }
    }
    events
}
