//! The seam between two logs of one hospital: what an attacker with all rights over the buckets, and with the old key,
//! can do there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;

use ed25519_dalek::SigningKey;
use fude::audit::{LogClosing, LogEntry, LogName, LogOpening};
use written::documents::Document;
use written::{HOUSE, House, Sample, expect, options, report};

const OTHER: [u8; 32] = [9; 32];

fn house() -> (tempfile::TempDir, House) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(&folder.path().join("state"), HOUSE);
    (folder, house)
}

/// A log with one event that names the next key and ends.
fn closed() -> (tempfile::TempDir, House, Document) {
    let (folder, mut house) = house();
    let mut document = Document::new("f1f1");
    let events = [document.request(&mut house)];
    house.commit_events(&events);
    let closing = closing(&house, &SigningKey::from_bytes(&OTHER));
    house.commit(&[closing]);
    (folder, house, document)
}

fn closing(house: &House, key: &SigningKey) -> Vec<u8> {
    let closing = LogClosing::new(&house.log, key.verifying_key().as_bytes(), "key-2");
    LogEntry::Closing(closing).canonical_bytes().unwrap()
}

/// Goes on under the next name without a word in the old log.
fn go_on(house: &mut House, signer: SigningKey, entries: &[Vec<u8>]) {
    let mut next = House::new(&house.state, HOUSE);
    (next.log, next.signer, next.clock) = (house.log.next(), signer, house.clock);
    next.commit(entries);
    next.publish_key();
    *house = next;
}

fn opening(house: &House) -> Vec<u8> {
    let opening = LogOpening::new(&house.log, &house.key(), &house.newest());
    LogEntry::Opening(opening).canonical_bytes().unwrap()
}

#[test]
fn any_key_of_the_hospital_leads_to_all() {
    let Sample { folder: _folder, mut house } = Sample::of_two_keys();
    assert_eq!(expect(&house, &[], &[]).status(), 0);
    let read = Document::new("f1f1").read(&mut house);
    house.change_key(SigningKey::from_bytes(&[11; 32]));
    house.commit_events(&[read]);
    for seed in [7, 9, 11] {
        house.signer = SigningKey::from_bytes(&[seed; 32]);
        house.publish_key();
        assert_eq!(expect(&house, &[], &[]).status(), 0, "{seed}");
    }
    house.signer = SigningKey::from_bytes(&[8; 32]);
    house.publish_key();
    let report = report(&options(&house, Vec::new()));
    assert_eq!(report.status(), 1);
}

#[test]
fn closed_log_without_its_successor_is_incomplete() {
    let Sample { folder: _folder, mut house } = Sample::new();
    let closing = closing(&house, &SigningKey::from_bytes(&OTHER));
    house.commit(&[closing]);
    assert_eq!(expect(&house, &[], &[]).status(), 2);
}

#[test]
fn entry_behind_the_end_is_none_of_the_log() {
    let (_folder, mut house, document) = closed();
    let late = document.read(&mut house);
    house.commit_events(&[late]);
    let opening = opening(&house);
    go_on(&mut house, SigningKey::from_bytes(&OTHER), &[opening]);
    assert_eq!(expect(&house, &[], &["E_NOT_CANONICAL"]).status(), 1);
}

#[test]
fn log_that_nobody_announced_is_not_believed() {
    let (_folder, mut house) = house();
    let events = [Document::new("f1f1").request(&mut house)];
    house.commit_events(&events);
    let opening = opening(&house);
    go_on(&mut house, SigningKey::from_bytes(&OTHER), &[opening]);
    expect(&house, &[], &["E_SIGNATURE"]);
}

#[test]
fn log_that_does_not_begin_with_the_one_before_is_noticed() {
    let (_folder, mut house, document) = closed();
    let read = document.read(&mut house).canonical_bytes().unwrap();
    let old = house.signer.clone();
    go_on(&mut house, SigningKey::from_bytes(&OTHER), &[read]);
    // By the new key alone nothing leads back to the old one; by the old key all but the opening is sound
    house.signer = old;
    house.publish_key();
    expect(&house, &[], &["E_NOT_CANONICAL"]);
}

#[test]
fn old_log_cut_off_or_rewritten_is_noticed_by_the_new_one() {
    // Cut off behind its next to last checkpoint, with the old key at hand and the pointer put right
    let Sample { folder: _folder, house } = Sample::of_two_keys();
    for name in ["checkpoints/00000000000000000264", "batch/000000000263-000000000263", "checkpoint"] {
        fs::remove_file(house.state.join("s3/audit").join(HOUSE).join(name)).unwrap();
        fs::remove_file(house.state.join("s3-meta/audit").join(HOUSE).join(format!("{name}.json"))).unwrap();
    }
    let codes = expect(&house, &[], &["E_ROLLBACK", "E_SIGNATURE"]);
    assert_eq!(codes.status(), 1);
    // Written anew under the old key: as many entries, others
    let (_folder, mut house) = self::house();
    let mut document = Document::new("f1f1");
    let events = [document.request(&mut house)];
    house.commit_events(&events);
    let closing = closing(&house, &SigningKey::from_bytes(&OTHER));
    house.commit(std::slice::from_ref(&closing));
    let kept = opening(&house);
    for tree in ["s3", "s3-meta"] {
        fs::remove_dir_all(house.state.join(tree)).unwrap();
    }
    let mut forged = House::new(&house.state, HOUSE);
    let mut document = Document::new("e2e2");
    let events = [document.request(&mut forged)];
    forged.commit_events(&events);
    forged.commit(&[closing]);
    go_on(&mut forged, SigningKey::from_bytes(&OTHER), &[kept]);
    expect(&forged, &[], &["E_FORK_PIN"]);
}

#[test]
fn old_log_that_is_gone_is_a_rollback() {
    let Sample { folder: _folder, house } = Sample::of_two_keys();
    for tree in ["s3", "s3-meta"] {
        fs::remove_dir_all(house.state.join(tree).join("audit").join(HOUSE)).unwrap();
    }
    let report = report(&options(&house, Vec::new()));
    let codes: Vec<_> = report.findings.iter().map(|finding| finding.code.to_string()).collect();
    assert!(codes.contains(&"E_ROLLBACK".to_owned()), "{codes:?}");
}

#[test]
fn event_of_the_old_log_again_in_the_new_is_a_duplicate() {
    let Sample { folder: _folder, mut house } = Sample::new();
    let read = Document::new("f1f1").read(&mut house);
    house.commit_events(std::slice::from_ref(&read));
    house.change_key(SigningKey::from_bytes(&OTHER));
    house.commit_events(&[read]);
    house.publish_key();
    expect(&house, &[], &["E_DUPLICATE_EVENT"]);
    assert_eq!(LogName::parse("hospital-a.2"), Some(house.log));
}
