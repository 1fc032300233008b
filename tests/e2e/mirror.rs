//! `fude-admin mirror`: a copy that an auditor holds is sound at any moment, takes only what is new, is continued after
//! a kill, and keeps what the source alters or loses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use e2e::client::{Caller, accepted, filled, order};
use e2e::stack::{Stack, binaries};
use e2e::stores::files;
use e2e::target::not_run;
use serde_json::{Value, json};

const BUCKETS: [&str; 2] = ["documents", "audit"];

fn run(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().expect("it can be started");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

fn mirror_command(stack: &Stack, to: &Path, more: &[&str]) -> Command {
    let mut command = if more.contains(&"--key") { stack.admin("mirror") } else { stack.admin_with_key("mirror") };
    command.arg("--to").arg(to).args(more);
    command
}

fn mirror(stack: &Stack, to: &Path, more: &[&str]) -> (Option<i32>, String) {
    run(&mut mirror_command(stack, to, more))
}

#[track_caller]
fn mirrored(stack: &Stack, to: &Path, code: i32, said: &[&str]) -> String {
    let (ended, printed) = mirror(stack, to, &[]);
    assert_eq!(ended, Some(code), "{printed}");
    for text in said {
        assert!(printed.contains(text), "{text}: {printed}");
    }
    printed
}

fn verify(copy: &Path, more: &[&str]) -> (Option<i32>, String) {
    run(Command::new(binaries().join("fude-verify")).arg("--state").arg(copy).args(more))
}

#[track_caller]
fn sound(copy: &Path) {
    let (code, printed) = verify(copy, &[]);
    assert_eq!(code, Some(0), "{printed}");
}

fn finalised(caller: &Caller, key: &str) -> String {
    let id = caller.draft(key, &order("84192637", "referral-letter")).expect(201).id();
    let content = caller.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&content), "reason": "記載を補った。" });
    caller.act(&id, "revisions", &format!("{key}-r"), &caller.etag(&id), &revision).expect(201);
    let content = caller.get(&format!("/documents/{id}/content?revision=2"), "application/json").expect(200);
    caller.act(&id, "finalization", &format!("{key}-f"), &caller.etag(&id), &accepted(&content)).expect(200);
    id
}

fn settled(stack: &Stack) {
    let began = Instant::now();
    while !stack.nothing_pending() {
        assert!(began.elapsed() < Duration::from_secs(100), "events wait for the log");
        std::thread::sleep(Duration::from_millis(200));
    }
    // The pointer moves last
    std::thread::sleep(Duration::from_secs(2));
}

/// Both buckets of a state or a copy, by path below `s3/`.
fn bytes(state: &Path) -> BTreeMap<String, Vec<u8>> {
    let of = |bucket: &&str| {
        let found = files(&state.join("s3").join(bucket)).into_iter();
        found.map(|(name, path)| (format!("{bucket}/{name}"), std::fs::read(path).expect("a file"))).collect::<Vec<_>>()
    };
    BUCKETS.iter().flat_map(of).collect()
}

fn record_of(state: &Path, path: &str) -> (PathBuf, Value) {
    let file = state.join("s3-meta").join(format!("{path}.json"));
    let record = serde_json::from_slice(&std::fs::read(&file).expect("a record")).expect("JSON");
    (file, record)
}

/// What a verifier and a person care for; a media type that nobody gave is given by S3.
fn records(state: &Path) -> BTreeMap<String, Value> {
    let of = |bucket: &&str| {
        files(&state.join("s3-meta").join(bucket))
            .into_iter()
            .map(|(name, path)| {
                let mut record: Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
                for version in record["versions"].as_array_mut().expect("a list") {
                    let members = version.as_object_mut().expect("an object");
                    members.retain(|_, value| *value != "binary/octet-stream");
                }
                (format!("{bucket}/{name}"), record)
            })
            .collect::<Vec<_>>()
    };
    BUCKETS.iter().flat_map(of).collect()
}

#[test]
fn a_copy_takes_what_is_new_and_keeps_what_the_source_alters_or_loses() {
    if not_run("the copy is compared, byte for byte, with the stand-in's own folder, which is then altered") {
        return;
    }
    let stack = Stack::start("rest");
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    let sato = stack.caller("sato");
    let first = finalised(&sato, "mirror-1");
    // At once, while the log still takes the last events
    let (code, printed) = mirror(&stack, &copy, &["--verify"]);
    assert!(code == Some(0) && printed.contains("complete") && printed.ends_with("sound\n"), "{printed}");
    sound(&copy);

    // All versions, a delete marker
    for text in [b"one".as_slice(), b"two"] {
        stack.s3("PUT", "documents", "notes/a", text).expect(200);
    }
    stack.s3("DELETE", "documents", "notes/a", b"").expect(204);
    settled(&stack);
    let printed = mirrored(&stack, &copy, 0, &["fude.example/hospital-a, ", "signed by the log's key"]);
    assert_eq!(bytes(&copy), bytes(&stack.state));
    assert_eq!(records(&copy), records(&stack.state));
    let versions = record_of(&copy, "documents/notes/a").1["versions"].clone();
    assert_eq!((versions.as_array().map(Vec::len), &versions[2]["deleteMarker"]), (Some(3), &json!(true)));
    let pin = printed.lines().find_map(|line| line.trim().strip_prefix("--pin ")?.split("  (").next()).expect("a pin");
    let kept = folder.path().join("pin");
    std::fs::copy(pin, &kept).expect("it is a file");
    mirrored(&stack, &copy, 0, &[" 0 copied (0 bytes), 0 locks"]);

    let before = bytes(&copy);
    let second = finalised(&sato, "mirror-2");
    settled(&stack);
    let printed = mirrored(&stack, &copy, 0, &["complete"]);
    let after = bytes(&copy);
    let copied = printed.split(" copied").next().and_then(|p| p.rsplit(' ').next()?.parse().ok());
    assert_eq!(copied, Some(after.len() - before.len()), "only what is new: {printed}");
    assert!(after.keys().any(|path| path.contains(&second)));
    assert_eq!(after, bytes(&stack.state));
    let (code, printed) = verify(&copy, &["--pin", kept.to_str().expect("a path")]);
    assert_eq!(code, Some(0), "{printed}");

    tampering(&stack, &copy, &first);
}

fn tampering(stack: &Stack, copy: &Path, id: &str) {
    let before = bytes(copy);
    // Bytes under an unchanged description are seen where they are asked for
    let batch = stack.keys("audit", "hospital-a/batch/").pop().expect("a batch");
    let file = stack.file_of("audit", &batch);
    let held = std::fs::read(&file).expect("its bytes");
    std::fs::write(&file, [held.as_slice(), b" "].concat()).expect("written");
    let (code, printed) = mirror(stack, copy, &["--bytes"]);
    assert!(code == Some(1) && printed.contains(&format!("changed: audit/{batch}: ")), "{printed}");
    // As they are they come into a new copy, where `fude-verify` names them
    let fresh = copy.with_file_name("fresh");
    mirrored(stack, &fresh, 1, &[&format!("changed: audit/{batch}: "), "copied as they came"]);
    let (code, printed) = verify(&fresh, &[]);
    assert!(code == Some(1) && printed.contains(&batch), "{printed}");
    let (code, printed) = mirror(stack, &fresh, &["--verify"]);
    assert!(code == Some(1) && printed.contains("E_BUNDLE_LENGTH") && printed.contains("TAMPERED"), "{printed}");
    std::fs::write(&file, held).expect("written");

    let (mode, until) = ("/versions/0/retention/mode", "/versions/0/retention/retainUntil");
    let locked = stack.keys("documents", &format!("final/{id}/")).pop().expect("a final object");
    let (record, sound_record) = record_of(&stack.state, &format!("documents/{locked}"));
    let mut weaker = sound_record.clone();
    assert!(weaker.pointer(mode).is_some(), "{weaker}");
    *weaker.pointer_mut(until).expect("a lock") = json!("2026-01-01T00:00:00.000Z");
    std::fs::write(&record, weaker.to_string()).expect("written");
    mirrored(stack, copy, 1, &[&format!("changed: documents/{locked}: "), "its lock is", "DIFFERS"]);
    // A longer one is taken over
    let mut longer = sound_record.clone();
    *longer.pointer_mut(until).expect("a lock") = json!("2099-01-01T00:00:00.000Z");
    std::fs::write(&record, longer.to_string()).expect("written");
    mirrored(stack, copy, 0, &["1 locks brought up to date"]);
    assert_eq!(record_of(copy, &format!("documents/{locked}")).1.pointer(until), longer.pointer(until));

    // What is locked must not go; the copy has it still, and is as sound as before
    let checkpoint = stack.keys("audit", "hospital-a/checkpoints/").swap_remove(0);
    std::fs::remove_file(stack.file_of("audit", &checkpoint)).expect("removed");
    std::fs::remove_file(record_of(&stack.state, &format!("audit/{checkpoint}")).0).expect("removed");
    for _ in 0..2 {
        mirrored(stack, copy, 1, &[&format!("vanished: audit/{checkpoint}: "), "1 vanished"]);
    }
    // What nothing locks may, and is told once
    let version = record_of(&stack.state, "documents/notes/a").1["versions"][0]["versionId"].clone();
    let version = version.as_str().expect("an id");
    stack.s3("DELETE", "documents", &format!("notes/a?versionId={version}"), b"").expect(204);
    mirrored(stack, copy, 1, &[&format!("gone: documents/notes/a: version {version}")]);
    assert!(!mirrored(stack, copy, 1, &[]).contains("gone: "));
    assert_eq!(bytes(copy), before, "nothing that was copied changed");
    sound(copy);

    stack.s3("DELETE", "documents", &locked, b"").expect(204);
    mirrored(stack, copy, 1, &[&format!("changed: documents/{locked}: a delete marker")]);
    let (code, printed) = verify(copy, &[]);
    assert!(code == Some(1) && printed.contains("E_VERSION_HISTORY"), "{printed}");
}

#[test]
fn a_killed_run_is_continued_and_a_copy_of_a_running_house_is_sound() {
    if not_run("the copy is compared, byte for byte, with the stand-in's own folder") {
        return;
    }
    let stack = Stack::start("rest");
    let folder = tempfile::tempdir().expect("a folder");
    let sato = stack.caller("sato");
    for number in 0..400 {
        stack.s3("PUT", "documents", &format!("notes/{number}"), b"a note").expect(200);
    }
    let copy = folder.path().join("killed");
    let mut kills = 0;
    for files_before in [3, 60, 200] {
        let mut child = mirror_command(&stack, &copy, &[]).stdout(Stdio::null()).spawn().expect("it can be started");
        let there = || BUCKETS.map(|b| count(&copy.join("s3").join(b))).iter().sum::<usize>();
        while there() < files_before && child.try_wait().expect("a child").is_none() {}
        kills += usize::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("it can be killed");
        child.wait().expect("a child");
        assert!(there() < bytes(&stack.state).len(), "it was killed on its way");
    }
    assert!(kills > 0);
    settled(&stack);
    mirrored(&stack, &copy, 0, &["complete"]);
    assert_eq!(bytes(&copy), bytes(&stack.state));
    assert_eq!(records(&copy), records(&stack.state));

    // Snapshots of the copy, taken while documents are finalised; an auditor looks at them later
    let began = Instant::now();
    let done = std::sync::atomic::AtomicBool::new(false);
    let mut snapshots = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..5 {
                finalised(&sato, &format!("running-{number}"));
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            mirrored(&stack, &copy, 0, &[]);
            let snapshot = folder.path().join(format!("snapshot-{}", snapshots.len()));
            run(Command::new("cp").arg("-r").arg(&copy).arg(&snapshot));
            snapshots.push(snapshot);
        }
    });
    assert!(snapshots.len() > 2, "{} snapshots", snapshots.len());
    // Longer than `fude-verify` waits for an event to be logged
    std::thread::sleep(Duration::from_secs(33));
    eprintln!("{} snapshots in {:.0} s", snapshots.len(), began.elapsed().as_secs_f32());
    for snapshot in &snapshots {
        sound(snapshot);
    }
}

/// Files below a folder that somebody is writing.
fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
}

#[test]
fn a_folder_that_is_no_copy_and_a_stack_that_is_not_there_are_refused() {
    let stack = Stack::shared();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("letter"), b"of somebody else").expect("written");
    let (code, printed) = mirror(stack, folder.path(), &[]);
    assert!(code == Some(2) && printed.contains("something else than a copy"), "{printed}");
    let (code, printed) = mirror(stack, &folder.path().join("copy"), &["--key", "12"]);
    assert!(code == Some(2) && printed.contains("64 hex"), "{printed}");
    let copy = folder.path().join("other-key");
    let (code, printed) = mirror(stack, &copy, &["--key", &"ab".repeat(32)]);
    assert!(code == Some(0) && printed.contains("NOT signed"), "{printed}");
    let (code, printed) = mirror(stack, &copy, &[]);
    assert!(code == Some(1) && printed.contains("changed: log-public-key: "), "{printed}");
    let nowhere = Command::new(binaries().join("fude-admin"))
        .args(["mirror", "--state"])
        .arg(folder.path())
        .args(["--to", "/dev/null/x"])
        .output();
    assert_eq!(nowhere.expect("it can be started").status.code(), Some(2));
}
