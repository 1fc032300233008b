//! Every file of evidence and every helper in turn: one byte changed, one appended, removed, swapped with another. What
//! is evidence is found and named, what is none is named as such, and the second verifier says the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;
use std::path::Path;

use fude_verify::Report;
use written::python::verdicts;
use written::{Sample, files, linked, options, replace, report, verdict_of};

/// A damaged copy: what was done to which paths below `s3/`.
struct Case {
    what: &'static str,
    paths: Vec<String>,
}

/// Damages the object at a path below that folder, given all paths; which ones are hit.
type Damage = dyn Fn(&Path, &str, &[String]) -> Vec<String>;

fn check(what: &'static str, damage: impl Fn(&Path, &str, &[String]) -> Vec<String> + 'static) {
    check_one(what, Sample::new(), &damage);
    check_one(what, Sample::of_two_keys(), &damage);
}

fn check_one(what: &'static str, mut sample: Sample, damage: &Damage) {
    let original = sample.state().to_owned();
    let sound = report(&options(&sample.house, Vec::new()));
    assert_eq!(verdict_of(&sound).0, 0, "{:?} {:?}", sound.findings, sound.unreadable);
    let paths = files(&original.join("s3"));
    assert!(paths.len() > 35, "{}", paths.len());
    let mut cases = Vec::new();
    let mut command_lines = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let state = sample.folder.path().join(format!("case-{number}"));
        linked(&original, &state);
        let paths = damage(&state.join("s3"), path, &paths);
        sample.house.state.clone_from(&state);
        let found = report(&options(&sample.house, Vec::new()));
        judge(&Case { what, paths }, &sound, &found);
        cases.push(verdict_of(&found));
        command_lines.push(vec!["--state".to_owned(), state.to_str().unwrap().to_owned()]);
    }
    let Some(second) = verdicts(&command_lines) else { return };
    for ((path, first), second) in paths.iter().zip(cases).zip(second) {
        assert_eq!(first, second, "{what} {path}: the verifiers disagree");
    }
}

/// A path that is no evidence is named in the sound report or in this one; any other ends with 1 or 2 and is named.
fn judge(case: &Case, sound: &Report, found: &Report) {
    let Case { what, paths } = case;
    let harmless = |path: &String| {
        [sound, found].iter().any(|report| report.rebuildable.contains(path) || report.leftover.contains(path))
    };
    let evidence: Vec<_> = paths.iter().filter(|path| !harmless(path)).collect();
    if evidence.is_empty() {
        assert_eq!(found.status(), 0, "{what} {paths:?}: {:?}", found.findings);
        for path in paths {
            let named = [&found.rebuildable, &found.leftover].iter().any(|list| list.contains(path));
            assert!(named, "{what} {path} is not named");
        }
        return;
    }
    assert!(matches!(found.status(), 1 | 2), "{what} {paths:?} is not noticed");
    for path in evidence {
        let named = found.findings.iter().any(|finding| {
            finding.object == **path
                || finding.expected.contains(path.as_str())
                || finding.found.contains(path.as_str())
        });
        assert!(named, "{what} {path} is not named: {:?}", found.findings);
    }
}

#[test]
fn changed_byte_is_found_and_named() {
    check("changed", |root, path, _| {
        let mut bytes = fs::read(root.join(path)).unwrap();
        let place = bytes.len() / 2;
        bytes[place] ^= 1;
        replace(&root.join(path), &bytes);
        vec![path.to_owned()]
    });
}

#[test]
fn changed_first_byte_is_found_and_named() {
    check("changed at its begin", |root, path, _| {
        let mut bytes = fs::read(root.join(path)).unwrap();
        bytes[0] ^= 1;
        replace(&root.join(path), &bytes);
        vec![path.to_owned()]
    });
}

#[test]
fn appended_byte_is_found_and_named() {
    check("appended", |root, path, _| {
        let bytes = [fs::read(root.join(path)).unwrap(), b"\n".to_vec()].concat();
        replace(&root.join(path), &bytes);
        vec![path.to_owned()]
    });
}

#[test]
fn removed_object_is_found_and_named() {
    check("removed", |root, path, _| {
        fs::remove_file(root.join(path)).unwrap();
        vec![path.to_owned()]
    });
}

#[test]
fn swapped_objects_are_found_and_named() {
    check("swapped", |root, path, all| {
        let bytes = fs::read(root.join(path)).unwrap();
        let at = all.iter().position(|other| other == path).unwrap();
        // The next that holds other bytes: a copy is the same wherever it lies
        let other = (1..all.len())
            .map(|step| &all[(at + step) % all.len()])
            .find(|other| fs::read(root.join(other)).unwrap() != bytes)
            .unwrap();
        let others = fs::read(root.join(other)).unwrap();
        replace(&root.join(path), &others);
        replace(&root.join(other), &bytes);
        vec![path.to_owned(), other.clone()]
    });
}
