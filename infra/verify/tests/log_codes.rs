//! Every code of the log, provoked: what an attacker with all rights over the buckets, and even with the signing key,
//! can do.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;

use ed25519_dalek::SigningKey;
use fude::audit::merkle::empty_root;
use fude::audit::{Action, LogEntry, RowKey, layout};
use fude::integrity::Digest;
use serde_json::json;
use written::documents::{Document, event};
use written::{HOUSE, House, Sample, change_record, expect, linked, options, record_path, report};

const BATCH: &str = "hospital-a/batch/000000000006-000000000259";
const NEWEST: &str = "hospital-a/checkpoints/00000000000000000263";
const OLDER: &str = "hospital-a/checkpoints/00000000000000000006";
const POINTER: &str = "hospital-a/checkpoint";
const TILE: &str = "hospital-a/tile/0/000";
const BUNDLE: &str = "hospital-a/tile/entries/000";

fn write(house: &House, key: &str, bytes: &[u8]) {
    fs::write(house.state.join("s3/audit").join(key), bytes).unwrap();
}

fn read(house: &House, key: &str) -> Vec<u8> {
    fs::read(house.state.join("s3/audit").join(key)).unwrap()
}

fn remove(house: &House, key: &str) {
    fs::remove_file(house.state.join("s3/audit").join(key)).unwrap();
    fs::remove_file(record_path(&house.state, "audit", key)).unwrap();
}

/// Keeps a checkpoint outside the state, as a careful reader does.
fn pin(house: &House, key: &str, name: &str) {
    fs::write(house.state.parent().unwrap().join(name), read(house, key)).unwrap();
}

#[test]
fn sound_log_with_its_pins_is_sound() {
    let Sample { folder: _folder, house } = Sample::new();
    pin(&house, OLDER, "older");
    pin(&house, NEWEST, "newest");
    let report = expect(&house, &["older", "newest"], &[]);
    assert_eq!(report.status(), 0);
    assert!(report.leftover.is_empty());
}

#[test]
fn checkpoint_of_another_key_is_no_signature() {
    let Sample { folder: _folder, mut house } = Sample::new();
    let honest = house.signer.clone();
    house.signer = SigningKey::from_bytes(&[8; 32]);
    let note = house.signed(6, empty_root());
    house.signer = honest;
    write(&house, OLDER, note.as_bytes());
    expect(&house, &[], &["E_SIGNATURE"]);
    write(&house, NEWEST, note.as_bytes());
    let codes = expect_codes(&house);
    assert!(codes.contains(&"E_SIGNATURE".to_owned()) && codes.contains(&"E_ROLLBACK".to_owned()), "{codes:?}");
}

#[test]
fn log_without_a_checkpoint_is_incomplete() {
    let Sample { folder: _folder, house } = Sample::new();
    for size in [6, 260, 263] {
        remove(&house, &layout::checkpoint_key(HOUSE, size));
    }
    remove(&house, POINTER);
    assert_eq!(expect(&house, &[], &[]).status(), 2);
}

#[test]
fn older_log_put_back_is_a_rollback() {
    let Sample { folder, mut house } = Sample::new();
    let older = folder.path().join("older-state");
    linked(&house.state, &older);
    let read_again = Document::new("f1f1").read(&mut house);
    house.commit_events(&[read_again]);
    pin(&house, "hospital-a/checkpoints/00000000000000000264", "newest");
    expect(&house, &["newest"], &[]);
    // The pointer was written in place, through both names
    fs::remove_file(older.join("s3/audit").join(POINTER)).unwrap();
    house.state = older;
    expect(&house, &[], &[]);
    let report = expect(&house, &["newest"], &["E_ROLLBACK"]);
    assert_eq!(report.status(), 1);
}

#[test]
fn newest_checkpoint_cut_off_is_a_rollback_that_the_pointer_tells() {
    let Sample { folder: _folder, house } = Sample::new();
    remove(&house, NEWEST);
    let codes: Vec<_> = expect_codes(&house);
    assert!(codes.contains(&"E_ROLLBACK".to_owned()), "{codes:?}");
}

fn expect_codes(house: &House) -> Vec<String> {
    report(&options(house, Vec::new())).findings.iter().map(|finding| finding.code.to_string()).collect()
}

#[test]
fn log_rewritten_and_signed_anew_is_a_fork_from_the_pin() {
    let first = Sample::new();
    pin(&first.house, OLDER, "kept");
    pin(&first.house, NEWEST, "kept-newest");
    // Another second, other salts: another log under the same key
    let second = Sample::new();
    for name in ["kept", "kept-newest"] {
        fs::copy(first.folder.path().join(name), second.folder.path().join(name)).unwrap();
    }
    expect(&second.house, &[], &[]);
    for name in ["kept", "kept-newest"] {
        let report = expect(&second.house, &[name], &["E_FORK_PIN"]);
        assert_eq!(report.status(), 1);
    }
}

#[test]
fn two_roots_of_one_size_are_a_fork() {
    let Sample { folder: _folder, house } = Sample::new();
    let other = house.signed(260, Digest::of(b"another tree"));
    write(&house, POINTER, other.as_bytes());
    expect(&house, &[], &["E_FORK_SAME_SIZE"]);
}

#[test]
fn second_version_of_a_checkpoint_is_a_fork_under_one_name() {
    let Sample { folder: _folder, house } = Sample::new();
    let other = house.signed(263, Digest::of(b"another tree"));
    write(&house, &format!("{NEWEST}@1"), other.as_bytes());
    change_record(&house.state, "audit", NEWEST, |record| {
        let mut second = record["versions"][0].clone();
        second["file"] = json!(format!("{NEWEST}@1"));
        record["versions"].as_array_mut().unwrap().push(second);
    });
    expect(&house, &[], &["E_FORK_SAME_SIZE", "E_VERSION_HISTORY"]);
}

#[test]
fn older_checkpoint_of_another_tree_is_inconsistent() {
    let Sample { folder: _folder, house } = Sample::new();
    write(&house, OLDER, house.signed(6, Digest::of(b"another tree")).as_bytes());
    let report = expect(&house, &[], &["E_INCONSISTENT_CHECKPOINT"]);
    assert_eq!(report.findings[0].object, format!("audit/{OLDER}"));
    assert_eq!(report.findings[0].index, Some(6));
}

#[test]
fn hole_in_the_history_of_checkpoints_is_noticed_by_the_batches() {
    let Sample { folder: _folder, house } = Sample::new();
    remove(&house, OLDER);
    let report = expect(&house, &[], &["E_INCONSISTENT_CHECKPOINT"]);
    assert_eq!(report.findings[0].object, format!("audit/{OLDER}"));
}

#[test]
fn entries_that_do_not_give_the_signed_root_are_told_at_the_newest_checkpoint() {
    let Sample { folder: _folder, house } = Sample::new();
    let note = house.signed(263, Digest::of(b"another tree"));
    write(&house, NEWEST, note.as_bytes());
    write(&house, POINTER, note.as_bytes());
    let report = expect(&house, &[], &["E_ROOT"]);
    assert_eq!(report.findings[0].object, format!("audit/{NEWEST}"));
}

#[test]
fn entry_changed_in_every_copy_does_not_give_the_root() {
    let Sample { folder: _folder, house } = Sample::new();
    for (key, from) in [(BATCH, house.entries[7].clone()), (BUNDLE, house.entries[7].clone())] {
        let bytes = read(&house, key);
        let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
        let changed = String::from_utf8(from).unwrap().replace("sato", "tani");
        let bytes = [&bytes[..place], changed.as_bytes(), &bytes[place + changed.len()..]].concat();
        write(&house, key, &bytes);
    }
    // The tile of hashes alone still tells the truth: two damaged copies outvote it, the root does not
    let report = expect(&house, &[], &["E_INCONSISTENT_CHECKPOINT", "E_ROOT", "E_TILE_HASH"]);
    assert_eq!(report.status(), 1);
}

#[test]
fn missing_and_damaged_tiles_have_their_codes() {
    let Sample { folder: _folder, house } = Sample::new();
    let (tile, bundle) = (read(&house, TILE), read(&house, BUNDLE));
    remove(&house, TILE);
    assert_eq!(expect(&house, &[], &["E_TILE_MISSING"]).status(), 2);
    house.put("audit", TILE, &tile[..8160], true);
    expect(&house, &[], &["E_TILE_HASH"]);
    house.put("audit", TILE, &tile, true);
    remove(&house, BUNDLE);
    assert_eq!(expect(&house, &[], &["E_BUNDLE_MISSING"]).status(), 2);
    house.put("audit", BUNDLE, &[], true);
    expect(&house, &[], &["E_BUNDLE_LENGTH"]);
    let mut changed = bundle;
    changed[5] ^= 1;
    house.put("audit", BUNDLE, &changed, true);
    let report = expect(&house, &[], &["E_LEAF_HASH"]);
    assert_eq!((report.findings[0].index, report.status()), (Some(0), 1));
}

#[test]
fn missing_batch_is_named_by_the_checkpoints_around_it() {
    let Sample { folder: _folder, house } = Sample::new();
    remove(&house, BATCH);
    let report = expect(&house, &[], &["E_BUNDLE_MISSING"]);
    assert_eq!(report.findings[0].object, format!("audit/{BATCH}"));
    assert_eq!(report.findings[0].index, Some(6));
}

#[test]
fn last_batch_is_blamed_where_the_helpers_lead_to_the_root() {
    let Sample { folder: _folder, house } = Sample::new();
    let key = "hospital-a/batch/000000000260-000000000262";
    let mut bytes = read(&house, key);
    bytes[40] ^= 1;
    write(&house, key, &bytes);
    let report = expect(&house, &[], &["E_LEAF_HASH"]);
    assert_eq!(report.findings[0].object, format!("audit/{key}"));
    // Forged helpers accuse nobody: they do not lead to the root
    for helper in ["hospital-a/tile/0/001.p/7", "hospital-a/tile/entries/001.p/7"] {
        let mut bytes = read(&house, helper);
        bytes[60] ^= 1;
        write(&house, helper, &bytes);
    }
    assert!(expect_codes(&house).contains(&"E_ROOT".to_owned()));
}

#[test]
fn tiles_of_the_second_level_are_evidence_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::new(folder.path(), HOUSE);
    let entries: Vec<_> = (0..65_536_u32).map(|index| index.to_string()).collect();
    house.commit(&entries);
    let mut options = options(&house, Vec::new());
    options.demands.strict = false;
    assert_eq!(report(&options).status(), 0);
    let key = "hospital-a/tile/1/000";
    let mut bytes = read(&house, key);
    bytes[8191] ^= 1;
    write(&house, key, &bytes);
    let found = report(&options);
    assert_eq!(found.findings.len(), 1);
    assert_eq!((found.findings[0].code.to_string().as_str(), found.status()), ("E_TILE_HASH", 1));
    remove(&house, key);
    let found = report(&options);
    assert_eq!((found.findings[0].code.to_string().as_str(), found.status()), ("E_TILE_MISSING", 2));
}

#[test]
fn entry_in_another_spelling_is_not_canonical() {
    for spoil in [
        |text: String| text.replace("\"action\"", " \"action\""),
        |text: String| text.replace("\"sequence\":1", "\"sequence\":1.0"),
        |text: String| text.replace("hospital-a", "hospital-b"),
        |text: String| text.replace("\"agent\"", "\"actor\""),
    ] {
        let Sample { folder: _folder, mut house } = Sample::new();
        let search = event(&mut house, Action::Search).canonical_bytes().unwrap();
        house.commit(&[spoil(String::from_utf8(search).unwrap())]);
        let report = expect(&house, &[], &["E_NOT_CANONICAL"]);
        assert_eq!(report.findings[0].index, Some(263));
    }
}

#[test]
fn malformed_row_in_the_log_is_told() {
    let Sample { folder: _folder, mut house } = Sample::new();
    let row = RowKey::of_access(HOUSE, "random").unwrap();
    let entry = LogEntry::of_row(&row, Some(b"damaged in the table"), None);
    house.commit(&[entry.canonical_bytes().unwrap()]);
    expect(&house, &[], &["E_NOT_CANONICAL"]);
}

#[test]
fn event_that_stands_twice_is_told() {
    let Sample { folder: _folder, mut house } = Sample::new();
    // A reading, which no chain covers
    let twice = house.entries[10].clone();
    house.commit(&[twice]);
    let report = expect(&house, &[], &["E_DUPLICATE_EVENT"]);
    assert_eq!(report.findings[0].index, Some(263));
    let Sample { folder: _folder, mut house } = Sample::new();
    let twice = house.entries[1].clone();
    house.commit(&[twice]);
    expect(&house, &[], &["E_DUPLICATE_EVENT"]);
}

#[test]
fn what_comes_after_the_newest_checkpoint_is_left_alone() {
    let Sample { folder: _folder, mut house } = Sample::new();
    let events: Vec<_> = (0..300).map(|_| event(&mut house, Action::Search)).collect();
    let pointer = read(&house, POINTER);
    house.commit_events(&events);
    // As if the writer had been stopped before it signed
    remove(&house, "hospital-a/checkpoints/00000000000000000563");
    write(&house, POINTER, &pointer);
    let report = expect(&house, &[], &[]);
    for beyond in ["batch/000000000263-000000000562", "tile/0/001", "tile/entries/001"] {
        assert!(report.leftover.contains(&format!("audit/hospital-a/{beyond}")), "{beyond}: {:?}", report.leftover);
    }
}

#[test]
fn strange_objects_are_leftovers() {
    let Sample { folder: _folder, house } = Sample::new();
    for key in ["stray", "Not-A-House/x", "hospital-a/batch/1-2", "hospital-a/tile/0/x", "hospital-a/other/y"] {
        house.put("audit", key, b"x", false);
    }
    let report = expect(&house, &[], &[]);
    assert_eq!(report.leftover.len(), 5, "{:?}", report.leftover);
}

#[test]
fn helpers_that_are_gone_or_were_never_written_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::new(&folder.path().join("state"), HOUSE);
    house.helpers = false;
    let events: Vec<_> = (0..300).map(|_| event(&mut house, Action::Search)).collect();
    house.commit_events(&events);
    house.publish_key();
    let report = expect(&house, &[], &[]);
    assert!(report.rebuildable.contains(&"audit/hospital-a/tile/entries/001.p/44".to_owned()));
    assert!(report.rebuildable.contains(&"audit/hospital-a/checkpoint".to_owned()));
}
