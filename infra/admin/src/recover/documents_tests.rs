//! Which rows are the chain, which are left of another one, and up to where two chains tell the same.

use std::collections::HashMap;

use fude::audit::{Action, Agent, DocumentRef, EventSchema, LogName, Outcome, RowKey, Salt, Source, UtcMillis};
use fude_aws::metadata::{Person, Step};

use super::*;

const ID: &str = "5d0c5d0c5d0c5d0c5d0c5d0c5d0c5d0c";

fn event(sequence: u64, action: Action, text: &str, previous: Option<Digest>) -> AuditEvent {
    AuditEvent {
        schema: EventSchema::V1,
        hospital: "hospital-a".to_owned(),
        action,
        outcome: Outcome::Success,
        at: UtcMillis::parse(&format!("2026-11-22T10:{sequence:02}:00.000Z")).unwrap(),
        request_id: format!("r-{sequence}"),
        agent: Agent { id: "sub-sato".to_owned(), role: "physician".to_owned(), on_behalf_of: None },
        document: Some(DocumentRef {
            id: ID.to_owned(),
            kind: "referral-letter".to_owned(),
            revision: 1,
            version: sequence,
            state: "draft".to_owned(),
            content_sha256: Some(Digest::of(text.as_bytes())),
            manifest_sha256: Some(Digest::of(b"manifest")),
            expires_at: None,
        }),
        patient_tag: Some(Digest::of(b"patient")),
        source: Source { certificate: "CN=gateway".to_owned(), address: "192.0.2.7".to_owned() },
        reason: None,
        stated_sha256: None,
        retention: None,
        review: None,
        previous,
        sequence,
        salt: Salt::from_bytes([7; 16]),
    }
}

/// Requested, drafted and revised; each names the one before.
fn chain(texts: [&str; 3]) -> Vec<AuditEvent> {
    let actions = [Action::DraftRequested, Action::DocumentDrafted, Action::DocumentRevised];
    let mut previous = None;
    let one = |(sequence, (action, text))| {
        let event = event(sequence, action, text, previous);
        previous = Some(event.hash().unwrap());
        event
    };
    (1..).zip(actions.into_iter().zip(texts)).map(one).collect()
}

fn row(event: &AuditEvent, logged: bool) -> EventRow {
    EventRow {
        key: RowKey::of_document("hospital-a", ID, event.sequence).unwrap(),
        event: Some(event.canonical_bytes().unwrap()),
        logged: logged.then(|| (LogName::first("hospital-a"), event.sequence)),
        item: HashMap::default(),
    }
}

fn sequences(links: &[Link]) -> Vec<u64> {
    links.iter().map(|link| link.event.sequence).collect()
}

#[test]
fn rows_in_any_order_make_one_chain() {
    let rows = chain(["", "draft", "revision"]).iter().rev().map(|event| row(event, true)).collect();
    let (links, strays) = follow(rows).ok().unwrap();
    assert_eq!((sequences(&links), strays.len()), (vec![1, 2, 3], 0));
}

#[test]
fn what_follows_a_lost_event_and_is_not_logged_is_left_aside() {
    let (published, lost) = (chain(["", "draft", "revision"]), chain(["", "another draft", "its revision"]));
    let rows = vec![row(&published[0], true), row(&published[1], true), row(&lost[2], false)];
    let (links, strays) = follow(rows).ok().unwrap();
    assert_eq!((sequences(&links), strays.len()), (vec![1, 2], 1));
    assert_eq!(strays[0].key.sequence(), 3);
    // Nothing stands on what was left aside
    let rows = vec![row(&published[0], true), row(&lost[2], false)];
    assert_eq!(follow(rows).ok().map(|(links, strays)| (links.len(), strays.len())), Some((1, 1)));
}

#[test]
fn a_logged_event_that_does_not_follow_is_an_error() {
    let (published, lost) = (chain(["", "draft", "revision"]), chain(["", "another draft", "its revision"]));
    let rows = vec![row(&published[0], true), row(&published[1], true), row(&lost[2], true)];
    assert_eq!(follow(rows).err(), Some(3));
}

#[test]
fn a_row_that_was_logged_as_malformed_keeps_its_place() {
    let events = chain(["", "draft", "revision"]);
    let mut rows: Vec<_> = events.iter().map(|event| row(event, true)).collect();
    rows[2].event = Some(b"no event".to_vec());
    let (links, strays) = follow(rows).ok().unwrap();
    assert_eq!((sequences(&links), strays.len()), (vec![1, 2], 0));
}

#[test]
fn two_chains_tell_the_same_up_to_the_first_other_text() {
    let step = |event: &AuditEvent| {
        let document = event.document.as_ref().unwrap();
        let text = fold::brings_text(event.action);
        Step {
            version: document.version,
            action: event.action.name().to_owned(),
            revision: document.revision,
            at: event.at.to_string(),
            by: Person { id: event.agent.id.clone(), ..Person::default() },
            on_behalf_of: None,
            reason: None,
            issue: None,
            content_sha256: document.content_sha256.filter(|_| text),
            manifest_sha256: document.manifest_sha256.filter(|_| text),
        }
    };
    let published = chain(["", "draft", "revision"]);
    let links = follow(published.iter().map(|event| row(event, true)).collect()).ok().unwrap().0;
    let of = |events: &[AuditEvent]| State { history: events.iter().map(step).collect(), ..State::default() };
    assert_eq!(common_version(&of(&published), &links), 3);
    assert_eq!(common_version(&of(&chain(["", "draft", "another revision"])), &links), 2);
    assert_eq!(common_version(&of(&chain(["", "another draft", "revision"])), &links), 1);
    assert_eq!(common_version(&State::default(), &links), 0);
}
