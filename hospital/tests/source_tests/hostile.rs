//! Storages that are damaged, mixed up or meant to lead astray.

use std::fs;
use std::path::{Path, PathBuf};

use fude_hospital::source::ssmix2::{Settings, Storage};
use fude_hospital::source::{Reason, Record, SourceError};
use tempfile::TempDir;

use super::ssmix2::{PNEUMONIA, made, settings};

/// A copy of the storage that a test may damage.
fn copy() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    copy_all(&made().join("storage"), folder.path());
    let home = folder.path().join("000/204").join(PNEUMONIA);
    (folder, home)
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("made");
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

fn read(folder: &TempDir) -> Record {
    let settings = Settings { roots: vec![folder.path().to_owned()], ..settings() };
    Storage::open(&settings).expect("a storage").record(PNEUMONIA).expect("a record all the same")
}

fn has(record: &Record, reason: Reason) -> bool {
    record.warnings.iter().any(|w| w.reason == reason)
}

/// Puts a file into the patient's folder under a good name.
fn put(home: &Path, kind: &str, order: &str, bytes: &[u8]) -> PathBuf {
    let folder = home.join("20260709").join(kind);
    fs::create_dir_all(&folder).expect("made");
    let file = folder.join(format!("{PNEUMONIA}_20260709_{kind}_{order}_20260709120000000_01_1"));
    fs::write(&file, bytes).expect("written");
    file
}

/// A prescription for a number, in ISO-2022-JP.
fn prescription(pids: &[&str], name: &[u8]) -> Vec<u8> {
    let mut out = b"MSH|^~\\&|HIS||GW||20260709||RDE^O11^RDE_O11|1|P|2.5||||||~ISO IR87||ISO 2022-1994\r".to_vec();
    for pid in pids {
        out.extend(format!("PID|1||{pid}^^^^PI\r").bytes());
    }
    out.extend(b"PV1|1|I\rORC|NW|77||77_01|||||202607091200\rRXE||123456789^");
    out.extend(name);
    out.extend(b"^HOT9|1||TAB^\x1b$B>{\x1b(B^MR9P\rTQ1|1||||||20260709\r");
    out
}

#[test]
fn a_good_file_that_is_put_there_is_read() {
    let (folder, home) = copy();
    put(&home, "OMP-01", "000000000000077", &prescription(&[PNEUMONIA], b"TESTDRUG"));
    assert!(read(&folder).bundle.json().contains("TESTDRUG"), "or the tests below show nothing");
}

#[test]
fn another_patients_message_is_not_read() {
    for pids in [&["0007315590"][..], &[], &[PNEUMONIA, "0007315590"], &[PNEUMONIA, PNEUMONIA]] {
        let (folder, home) = copy();
        put(&home, "OMP-01", "000000000000077", &prescription(pids, b"TESTDRUG"));
        let record = read(&folder);
        assert!(!record.bundle.json().contains("TESTDRUG"), "{pids:?}");
        let reason = if pids.len() > 1 { Reason::SeveralPatients } else { Reason::OtherPatient };
        assert!(has(&record, reason), "{pids:?} {:?}", record.warnings);
    }
}

#[test]
fn truncated_messages_are_told_and_the_rest_is_read() {
    let whole = prescription(&[PNEUMONIA], b"TESTDRUG");
    for length in (0..whole.len()).step_by(37) {
        let (folder, home) = copy();
        put(&home, "OMP-01", "000000000000077", &whole[..length]);
        let record = read(&folder);
        assert!(record.bundle.json().contains("アムロジピン"), "what is whole stays, {length}");
        let json = record.bundle.json();
        if json.contains("TESTDRUG") {
            // The drug's name is whole only where its component has ended.
            assert!(length >= whole.windows(8).position(|w| w == b"TESTDRUG").expect("it is there") + 8);
        }
    }
    let (folder, home) = copy();
    put(&home, "OMP-01", "000000000000077", b"MSH|^~");
    put(&home, "OMP-01", "000000000000078", b"\x00\xff\xfe junk");
    put(&home, "OMP-01", "000000000000079", b"");
    let record = read(&folder);
    assert!(has(&record, Reason::NotHl7) && has(&record, Reason::CharsetNotRead));
}

#[test]
fn other_character_sets_are_refused_and_broken_characters_are_shown() {
    let (folder, home) = copy();
    // アムロジピン錠 in Shift_JIS under a header that says ISO-2022-JP
    put(&home, "OMP-01", "000000000000077", &prescription(&[PNEUMONIA], b"\x83A\x83\x80TESTDRUG"));
    let record = read(&folder);
    assert!(has(&record, Reason::CharsetNotRead) && !record.bundle.json().contains("TESTDRUG"));
    let (folder, home) = copy();
    put(&home, "OMP-01", "000000000000077", &prescription(&[PNEUMONIA], b"TESTDRUG\x1b$B>\x7f\x1b(B"));
    let record = read(&folder);
    assert!(has(&record, Reason::CharactersNotRead), "{:?}", record.warnings);
    assert!(record.bundle.json().contains("TESTDRUG〓"), "a character that cannot be read is seen to be missing");
}

#[test]
fn files_in_the_wrong_place_are_not_read() {
    let (folder, home) = copy();
    let file = put(&home, "OMP-01", "000000000000077", &prescription(&[PNEUMONIA], b"TESTDRUG"));
    let to = |name: &str| file.with_file_name(name);
    for name in [
        "0007315590_20260709_OMP-01_000000000000077_20260709120000000_01_1",
        "0002046813_20260710_OMP-01_000000000000077_20260709120000000_01_1",
        "0002046813_20260709_OMP-02_000000000000077_20260709120000000_01_1",
        "0002046813_20260709_OMP-01.bak",
    ] {
        fs::copy(&file, to(name)).expect("copied");
    }
    fs::remove_file(&file).expect("removed");
    let record = read(&folder);
    assert!(has(&record, Reason::MisplacedFile) && !record.bundle.json().contains("TESTDRUG"));
}

#[test]
fn an_admission_without_a_discharge_does_not_swallow_later_stays() {
    let (folder, home) = copy();
    let admission = home.join("20260705/ADT-22");
    let file = fs::read_dir(&admission).expect("a folder").next().expect("a file").expect("an entry").path();
    let text = String::from_utf8(fs::read(file).expect("read")).expect("ISO-2022-JP is ASCII by bytes");
    let old = home.join("20190101/ADT-22");
    fs::create_dir_all(&old).expect("made");
    let name = format!("{PNEUMONIA}_20190101_ADT-22_999999999999999_20190101100000000_01_1");
    fs::write(old.join(name), text.replace("202607051420", "201901011000")).expect("written");
    let record = read(&folder);
    let all = super::resources(&record.bundle.json());
    let stays: Vec<_> = super::of(&all, "Encounter").into_iter().filter(|e| e["class"]["code"] == "IMP").collect();
    assert_eq!(stays.len(), 2);
    let ended = stays.iter().find(|s| s["status"] == "finished").expect("the later stay");
    assert_eq!(ended["period"]["start"], "2026-07-05T14:20:00+09:00");
    let own = format!("Encounter/{}", ended["id"].as_str().expect("an id"));
    assert!(super::of(&all, "MedicationRequest").iter().all(|m| m["encounter"]["reference"] == own));
}

#[test]
fn void_files_are_not_read_whatever_their_flag() {
    for flag in ["0", "2", "9", ""] {
        let (folder, home) = copy();
        let file = put(&home, "OMP-01", "000000000000077", &prescription(&[PNEUMONIA], b"TESTDRUG"));
        let name = file.file_name().expect("a name").to_string_lossy().trim_end_matches('1').to_owned() + flag;
        fs::rename(&file, file.with_file_name(name)).expect("renamed");
        assert!(!read(&folder).bundle.json().contains("TESTDRUG"), "{flag}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_outside_the_storage() {
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret");
    fs::write(&secret, prescription(&[PNEUMONIA], b"TESTDRUG")).expect("written");
    let (folder, home) = copy();
    let file = put(&home, "OMP-01", "000000000000077", b"");
    fs::remove_file(&file).expect("removed");
    std::os::unix::fs::symlink(&secret, &file).expect("linked");
    let record = read(&folder);
    assert!(has(&record, Reason::LinkOutside) && !record.bundle.json().contains("TESTDRUG"));
    // A patient's whole folder elsewhere is no patient of this storage.
    let elsewhere = outside.path().join("9999999999");
    fs::create_dir_all(&elsewhere).expect("made");
    fs::create_dir_all(folder.path().join("999/999")).expect("made");
    std::os::unix::fs::symlink(&elsewhere, folder.path().join("999/999/9999999999")).expect("linked");
    let settings = Settings { roots: vec![folder.path().to_owned()], ..settings() };
    assert!(matches!(Storage::open(&settings).expect("a storage").record("9999999999"), Err(SourceError::NotFound)));
}

#[test]
fn numbers_that_are_paths_find_nobody() {
    let settings = Settings { roots: vec![made().join("storage/000")], ..settings() };
    let storage = Storage::open(&settings).expect("a storage");
    for number in
        ["../000/204/0002046813", "..", "", "/etc/passwd", "000\0", "０００２０４６８１３", "0002046813/", "*"]
    {
        assert!(matches!(storage.record(number), Err(SourceError::NotFound)), "{number:?}");
    }
}

#[test]
fn a_storage_that_is_not_there_refuses_to_start() {
    for roots in [vec![], vec!["/nowhere/at/all".into()]] {
        assert!(matches!(Storage::open(&Settings { roots, ..Settings::default() }), Err(SourceError::Unusable(_))));
    }
}
