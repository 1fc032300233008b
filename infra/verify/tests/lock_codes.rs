//! Versions and locks of the log's evidence, read from the records beside the bytes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;

use serde_json::json;
use written::{DAY, House, Sample, change_record, expect, options, record_path, report};

const BATCH: &str = "hospital-a/batch/000000000006-000000000259";
const NEWEST: &str = "hospital-a/checkpoints/00000000000000000263";
const OLDER: &str = "hospital-a/checkpoints/00000000000000000006";
const TILE: &str = "hospital-a/tile/0/000";
const BUNDLE: &str = "hospital-a/tile/entries/000";

fn shorten(house: &House, key: &str, days: i64) {
    change_record(&house.state, "audit", key, |record| {
        let until = fude::audit::UtcMillis::from_unix_ms(house.clock + days * DAY).unwrap();
        record["versions"][0]["retention"]["retainUntil"] = json!(until.to_string());
    });
}

#[test]
fn second_version_and_delete_marker_of_evidence_are_told() {
    for key in [BATCH, OLDER, TILE, BUNDLE] {
        let Sample { folder: _folder, house } = Sample::new();
        change_record(&house.state, "audit", key, |record| {
            record["versions"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "versionId": "1", "lastModified": "2026-11-28T00:00:00.000Z", "deleteMarker": true }));
        });
        let report = expect(&house, &[], &["E_VERSION_HISTORY"]);
        assert_eq!(report.findings[0].object, format!("audit/{key}"));
    }
}

#[test]
fn shortened_lifted_and_weakened_locks_are_told() {
    for key in [BATCH, OLDER, NEWEST, TILE, BUNDLE] {
        let Sample { folder: _folder, house } = Sample::new();
        shorten(&house, key, 29);
        let report = expect(&house, &[], &["E_RETENTION"]);
        assert_eq!(report.findings[0].object, format!("audit/{key}"));
        change_record(&house.state, "audit", key, |record| {
            record["versions"][0].as_object_mut().unwrap().remove("retention");
        });
        expect(&house, &[], &["E_RETENTION"]);
        fs::remove_file(record_path(&house.state, "audit", key)).unwrap();
        expect(&house, &[], &["E_RETENTION"]);
    }
}

#[test]
fn longer_lock_of_one_object_accuses_no_other() {
    let Sample { folder: _folder, house } = Sample::new();
    shorten(&house, BATCH, 3650);
    expect(&house, &[], &[]);
}

#[test]
fn governance_among_compliance_is_told() {
    let Sample { folder: _folder, house } = Sample::new();
    for key in [
        BATCH,
        OLDER,
        NEWEST,
        TILE,
        BUNDLE,
        "hospital-a/checkpoints/00000000000000000260",
        "hospital-a/batch/000000000000-000000000005",
    ] {
        change_record(&house.state, "audit", key, |record| {
            record["versions"][0]["retention"]["mode"] = json!("COMPLIANCE");
        });
    }
    expect(&house, &[], &["E_RETENTION"]);
}

#[test]
fn auditor_may_demand_more_than_the_log_says_of_itself() {
    let Sample { folder: _folder, house } = Sample::new();
    let mut options = options(&house, Vec::new());
    options.demands.log_days = Some(30);
    assert_eq!(report(&options).status(), 0);
    options.demands.log_days = Some(31);
    let found = report(&options);
    assert_eq!(found.findings.len(), 8, "{:?}", found.findings);
    options.demands.log_days = None;
    options.demands.mode = Some(fude::audit::RetentionMode::Compliance);
    assert!(report(&options).findings.iter().all(|finding| finding.code.to_string() == "E_RETENTION"));
    assert_eq!(report(&options).status(), 1);
}
