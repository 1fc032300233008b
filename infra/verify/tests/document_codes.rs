//! Every code of the documents, provoked, in both directions: what the log names must be there, what is there must be
//! named.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;

use fude::audit::{Action, AuditEvent, UtcMillis};
use fude::integrity::{Digest, Manifest};
use serde_json::json;
use written::documents::Document;
use written::{DAY, HOUSE, House, Sample, change_record, expect, files, options, record_path, report};

fn house() -> (tempfile::TempDir, House) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(&folder.path().join("state"), HOUSE);
    fs::create_dir_all(&house.state).unwrap();
    house.publish_key();
    (folder, house)
}

/// Keys of a document's stored objects.
fn keys(house: &House, below: &str) -> Vec<String> {
    let all = files(&house.state.join("s3/documents"));
    all.into_iter().filter(|key| key.starts_with(below)).collect()
}

fn remove(house: &House, key: &str) {
    fs::remove_file(house.state.join("s3/documents").join(key)).unwrap();
    fs::remove_file(record_path(&house.state, "documents", key)).unwrap();
}

#[test]
fn left_out_event_is_a_gap() {
    let (_folder, mut house) = house();
    let mut document = Document::new("d0d0");
    let events = [document.request(&mut house), document.revise(&mut house), document.revise(&mut house)];
    // The manifest of the second event is not named any more either
    house.commit_events(&[events[0].clone(), events[2].clone()]);
    let report = expect(&house, &[], &["E_DOC_CHAIN", "E_DOC_SEQ_GAP"]);
    assert_eq!(report.findings[0].index, Some(1));
}

#[test]
fn event_with_another_predecessor_breaks_the_chain() {
    for previous in [None, Some(Digest::of(b"another event"))] {
        let (_folder, mut house) = house();
        let mut document = Document::new("d0d0");
        let first = document.request(&mut house);
        let drafted = AuditEvent { previous, ..document.revise(&mut house) };
        house.commit_events(&[first, drafted]);
        let report = expect(&house, &[], &["E_DOC_CHAIN"]);
        assert_eq!(report.findings[0].index, Some(1));
    }
}

#[test]
fn manifests_that_skip_a_logged_revision_break_the_chain() {
    let (_folder, mut house) = house();
    let mut document = Document::new("d0d0");
    let mut events = vec![document.request(&mut house), document.revise(&mut house)];
    // The second revision claims to be the first of its kind
    document.manifest = None;
    events.push(document.revise(&mut house));
    house.commit_events(&events);
    let report = expect(&house, &[], &["E_DOC_CHAIN"]);
    // What the chain does not reach is not locked: named, no more
    assert_eq!(report.leftover.len(), 2);
}

#[test]
fn draft_is_missed_until_it_expires() {
    let (_folder, mut house) = house();
    let mut document = Document::new("d0d0");
    let mut events = vec![document.request(&mut house), document.revise(&mut house)];
    let stored = keys(&house, "draft/");
    for key in &stored {
        remove(&house, key);
    }
    house.commit_events(&events);
    let report = expect(&house, &[], &["E_EVENT_WITHOUT_DOC"]);
    assert!(stored.iter().any(|key| report.findings[0].object == format!("documents/{key}")), "{stored:?}");
    // The hospital's term for drafts may be shorter
    document.expires = Some(UtcMillis::from_unix_ms(house.clock + 10_000).unwrap());
    events = vec![document.event(&mut house, Action::DocumentWithdrawn, "withdrawn")];
    house.commit_events(&events);
    expect(&house, &[], &[]);
}

#[test]
fn expired_draft_may_lie_under_a_delete_marker() {
    let (_folder, mut house) = house();
    let mut document = Document::new("d0d0");
    let mut events = vec![document.request(&mut house), document.revise(&mut house)];
    document.expires = Some(UtcMillis::from_unix_ms(house.clock + 10_000).unwrap());
    events.push(document.event(&mut house, Action::DocumentWithdrawn, "withdrawn"));
    house.commit_events(&events);
    for key in keys(&house, "draft/") {
        change_record(&house.state, "documents", &key, |record| {
            record["versions"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "versionId": "1", "lastModified": house.now().to_string(), "deleteMarker": true }));
        });
    }
    expect(&house, &[], &[]);
}

#[test]
fn drafts_of_a_final_document_may_go_and_final_ones_may_not() {
    let Sample { folder: _folder, house } = Sample::new();
    for key in keys(&house, "draft/f1f1/") {
        remove(&house, &key);
    }
    let report = expect(&house, &[], &[]);
    assert_eq!(report.rebuildable.iter().filter(|path| path.contains("draft/f1f1/")).count(), 4);
    for key in keys(&house, "final/f1f1/") {
        remove(&house, &key);
    }
    expect(&house, &[], &["E_EVENT_WITHOUT_DOC"]);
}

#[test]
fn second_version_or_delete_marker_of_a_document_is_told() {
    let Sample { folder: _folder, house } = Sample::new();
    for area in ["draft/d0d0/", "final/f1f1/1/", "final/f1f1/3/"] {
        for key in keys(&house, area) {
            let path = record_path(&house.state, "documents", &key);
            let before = fs::read(&path).unwrap();
            change_record(&house.state, "documents", &key, |record| {
                let second = record["versions"][0].clone();
                record["versions"].as_array_mut().unwrap().push(second);
            });
            let report = expect(&house, &[], &["E_VERSION_HISTORY"]);
            assert_eq!(report.findings[0].object, format!("documents/{key}"));
            fs::write(path, before).unwrap();
        }
    }
}

#[test]
fn lock_of_a_final_document_is_that_of_its_event() {
    let Sample { folder: _folder, house } = Sample::new();
    for key in keys(&house, "final/f1f1/") {
        let path = record_path(&house.state, "documents", &key);
        let before = fs::read(&path).unwrap();
        change_record(&house.state, "documents", &key, |record| {
            let until = UtcMillis::from_unix_ms(house.clock + 3652 * DAY).unwrap();
            record["versions"][0]["retention"]["retainUntil"] = json!(until.to_string());
        });
        let report = expect(&house, &[], &["E_RETENTION"]);
        assert_eq!(report.findings[0].object, format!("documents/{key}"));
        fs::write(&path, &before).unwrap();
    }
    let key = keys(&house, "final/f1f1/2/").swap_remove(0);
    change_record(&house.state, "documents", &key, |record| {
        record["versions"][0]["retention"]["mode"] = json!("GOVERNANCE");
    });
    expect(&house, &[], &["E_RETENTION"]);
    change_record(&house.state, "documents", &key, |record| {
        record["versions"][0].as_object_mut().unwrap().remove("retention");
    });
    expect(&house, &[], &["E_RETENTION"]);
}

#[test]
fn lock_that_is_just_being_put_is_waited_for() {
    let (_folder, mut house) = house();
    let mut document = Document::new("f1f1");
    let mut events = vec![document.request(&mut house), document.revise(&mut house)];
    events.push(document.finalise(&mut house));
    house.commit_events(&events);
    for key in keys(&house, "final/") {
        change_record(&house.state, "documents", &key, |record| {
            record["versions"][0].as_object_mut().unwrap().remove("retention");
        });
    }
    let mut options = options(&house, Vec::new());
    options.demands.now_ms = house.clock + 1000;
    assert_eq!(report(&options).status(), 0);
    options.demands.now_ms += 60_000;
    assert!(report(&options).findings.iter().all(|finding| finding.code.to_string() == "E_RETENTION"));
    assert_eq!(report(&options).status(), 1);
}

#[test]
fn longer_term_must_be_kept_too() {
    let Sample { folder: _folder, house: _house } = Sample::new();
    let (_folder, mut house) = house();
    let mut document = Document::new("f1f1");
    let mut events = vec![document.request(&mut house), document.revise(&mut house), document.finalise(&mut house)];
    let retention = events[2].retention.clone().unwrap();
    let mut extended = document.event(&mut house, Action::RetentionExtended, "final");
    extended.retention = Some(fude::audit::Retention { until: retention.until.plus_days(365).unwrap(), ..retention });
    events.push(document.link(extended));
    house.commit_events(&events);
    expect(&house, &[], &["E_RETENTION"]);
}

/// A drafted document whose manifest was changed before it was logged.
fn drafted_with(house: &mut House, change: impl FnOnce(&mut Manifest)) {
    let mut document = Document::new("d0d0");
    let request = document.request(house);
    let before = document.clone();
    document.revise(house);
    let mut manifest = document.manifest.clone().unwrap().1;
    change(&mut manifest);
    let bytes = manifest.canonical_bytes().unwrap();
    document.put(house, "draft", 1, &bytes, None);
    (document.sequence, document.last) = (before.sequence, before.last);
    document.manifest = Some((Digest::of(&bytes), manifest));
    let drafted = document.event(house, Action::DocumentDrafted, "draft");
    house.commit_events(&[request, drafted]);
}

#[test]
fn manifest_that_does_not_fit_its_document_is_told() {
    let changes: [fn(&mut Manifest); 5] = [
        |manifest| manifest.representations[0].size += 1,
        |manifest| manifest.representations[0].key = "draft/other/1/x".into(),
        |manifest| manifest.document_id = "other".into(),
        |manifest| manifest.hospital = "hospital-b".into(),
        |manifest| manifest.revision = 7,
    ];
    for change in changes {
        let (_folder, mut house) = house();
        drafted_with(&mut house, change);
        expect(&house, &[], &["E_DOC_CONTENT"]);
    }
}

#[test]
fn content_that_the_event_does_not_name_breaks_the_chain() {
    let (_folder, mut house) = house();
    drafted_with(&mut house, |manifest| {
        let mut other = manifest.representations[0].clone();
        other.media_type = "text/plain".into();
        manifest.representations = vec![other];
    });
    expect(&house, &[], &["E_DOC_CHAIN"]);
}

#[test]
fn object_that_no_event_names_is_told_where_it_is_locked() {
    let Sample { folder: _folder, house } = Sample::new();
    let until = house.clock + 3650 * DAY;
    for key in ["final/f1f1/1/stray", "final/0123/1/stray", "draft/d0d0/1/stray"] {
        house.put_locked("documents", key, b"x", Some(("GOVERNANCE", until)));
        let report = expect(&house, &[], &["E_DOC_NOT_LOGGED"]);
        assert_eq!(report.findings[0].object, format!("documents/{key}"));
        remove(&house, key);
    }
    for key in ["final/f1f1/1/stray", "final/0123/1/stray", "draft/d0d0/1/stray", "stray", "other/stray"] {
        house.put_locked("documents", key, b"x", None);
        let report = expect(&house, &[], &[]);
        assert_eq!(report.leftover, [format!("documents/{key}")]);
        remove(&house, key);
    }
}

#[test]
fn copies_of_a_finalisation_that_was_never_committed_are_leftovers() {
    let (_folder, mut house) = house();
    let mut document = Document::new("f1f1");
    let events = [document.request(&mut house), document.revise(&mut house)];
    house.commit_events(&events);
    for (revision, bytes) in document.chain.clone() {
        document.put(&house, "final", revision, &bytes, None);
    }
    let report = expect(&house, &[], &[]);
    assert_eq!(report.leftover.len(), 2);
}

#[test]
fn two_hospitals_share_the_bucket_and_one_may_be_read_alone() {
    let (_folder, mut first) = house();
    let mut second = House::new(&first.state, "hospital-b");
    for (house, id) in [(&mut first, "a0a0"), (&mut second, "b0b0")] {
        let mut document = Document::new(id);
        let events = [document.request(house), document.revise(house), document.finalise(house)];
        house.commit_events(&events);
    }
    expect(&first, &[], &[]);
    for house in [&first, &second] {
        let mut options = options(house, Vec::new());
        options.hospital = Some(house.hospital.clone());
        let report = report(&options);
        assert_eq!(report.status(), 0, "{:?}", report.findings);
    }
    // The other's log gone: its documents have no event
    fs::remove_dir_all(first.state.join("s3/audit/hospital-b")).unwrap();
    fs::remove_dir_all(first.state.join("s3-meta/audit/hospital-b")).unwrap();
    let report = expect(&first, &[], &["E_DOC_NOT_LOGGED"]);
    assert!(report.findings.iter().all(|finding| finding.object.contains("b0b0")));
}
