//! A folder of bundles.

use std::fs;
use std::path::Path;

use fude_hospital::source::folder::{Folder, Settings};
use fude_hospital::source::{Reason, SourceError};
use serde_json::json;

fn bundle(numbers: &[&str]) -> String {
    let entry = |number: &&str| {
        json!({ "resource": { "resourceType": "Patient", "id": format!("p{number}"),
            "identifier": [{ "system": "urn:oid:1.2", "value": number }], "name": [{ "text": "試験 患者" }] } })
    };
    json!({ "resourceType": "Bundle", "type": "collection", "entry": numbers.iter().map(entry).collect::<Vec<_>>() })
        .to_string()
}

fn open(folder: &Path) -> Folder {
    Folder::open(&Settings { folder: folder.to_owned(), identifier_system: None }).expect("a folder")
}

#[test]
fn a_record_is_found_by_number_and_by_file_name_and_changes_are_seen() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("a.json"), bundle(&["0001"])).expect("written");
    let folder = open(home.path());
    assert_eq!(folder.record("0001").expect("by number").bundle.entries.len(), 1);
    assert!(folder.record("a").is_ok(), "by file name");
    assert!(matches!(folder.record("0002"), Err(SourceError::NotFound)));
    fs::write(home.path().join("b.json"), bundle(&["0002"])).expect("written");
    assert!(folder.record("0002").is_ok(), "a new file");
    fs::write(home.path().join("a.json"), bundle(&["0001", "00033"])).expect("written");
    assert!(folder.record("00033").is_ok(), "a changed file");
    fs::remove_file(home.path().join("b.json")).expect("removed");
    assert!(matches!(folder.record("0002"), Err(SourceError::NotFound)), "a file that is gone");
}

#[test]
fn two_files_of_a_number_are_not_chosen_between() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("a.json"), bundle(&["0001"])).expect("written");
    fs::write(home.path().join("b.json"), bundle(&["0001"])).expect("written");
    assert!(matches!(open(home.path()).record("0001"), Err(SourceError::Ambiguous)));
}

#[test]
fn only_the_registered_system_counts_where_there_is_one() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("a.json"), bundle(&["0001"])).expect("written");
    let of = |system: &str| {
        let settings = Settings { folder: home.path().to_owned(), identifier_system: Some(system.to_owned()) };
        Folder::open(&settings).expect("a folder").record("0001").is_ok()
    };
    assert!(of("urn:oid:1.2") && !of("urn:oid:9.9"));
}

#[test]
fn what_cannot_be_read_is_told() {
    let home = tempfile::tempdir().expect("a folder");
    let text = bundle(&["0001"]).replace(r#"{"resource""#, r#"{"fullUrl":"x"},{"resource""#);
    fs::write(home.path().join("a.json"), text).expect("written");
    fs::write(home.path().join("broken.json"), "{").expect("written");
    fs::write(home.path().join("note.txt"), bundle(&["0009"])).expect("written");
    let folder = open(home.path());
    let record = folder.record("0001").expect("a record");
    assert!(record.warnings.iter().any(|w| w.place == "entry 0" && w.reason == Reason::EntryUnreadable));
    assert!(matches!(folder.record("broken"), Err(SourceError::Unusable(_))));
    for number in ["0009", "", "../a", "note"] {
        assert!(matches!(folder.record(number), Err(SourceError::NotFound)), "{number}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_the_folder() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("x.json"), bundle(&["0001"])).expect("written");
    let home = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(outside.path().join("x.json"), home.path().join("a.json")).expect("linked");
    assert!(matches!(open(home.path()).record("0001"), Err(SourceError::NotFound)));
}
