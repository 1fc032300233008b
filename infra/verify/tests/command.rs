//! The program as an auditor calls it: exit statuses, lines, JSON, a proof alone, FHIR.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use fude::audit::LogEntry;
use fude::audit::checkpoint::Checkpoint;
use fude::audit::merkle::{Node, inclusion_proof, leaf_hash, root_of};
use fude::audit::proof::{Proof, ProofSchema, ProvedEvent};
use fude::integrity::Digest;
use serde_json::Value;
use written::python::{Verdict, verdicts};
use written::{HOUSE, House, Sample, replace};

fn run(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fude-verify")).args(words).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn sound_state_ends_with_0_and_names_helpers_one_a_line() {
    let sample = Sample::new();
    let output = run(&["--state", path(sample.state())]);
    let lines = lines(&output);
    assert_eq!((status(&output), lines.last().unwrap().as_str()), (0, "sound"), "{lines:?}");
    assert!(lines[0].starts_with("key ") && lines[0].contains("log-public-key"), "{}", lines[0]);
    assert!(lines.contains(&"rebuildable: audit/hospital-a/checkpoint".to_owned()));
}

#[test]
fn damage_ends_with_1_and_says_code_index_object_expected_and_found() {
    let sample = Sample::new();
    let key = "audit/hospital-a/tile/0/000";
    let file = sample.state().join("s3").join(key);
    let mut bytes = fs::read(&file).unwrap();
    bytes[33] ^= 1;
    replace(&file, &bytes);
    let output = run(&["--state", path(sample.state())]);
    assert_eq!(status(&output), 1);
    let expected = leaf_hash(&sample.house.entries[1]);
    let found = hex::encode(&bytes[32..64]);
    let line = format!("E_TILE_HASH index 1 {key}: expected {expected}, found {found}");
    assert!(lines(&output).contains(&line), "{:?}", lines(&output));

    let output = run(&["--state", path(sample.state()), "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((status(&output), &report["status"]), (1, &Value::from(1)));
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["index"], &finding["object"]),
        (&Value::from("E_TILE_HASH"), &Value::from(1), &Value::from(key))
    );
    fs::remove_file(&file).unwrap();
    assert_eq!(status(&run(&["--state", path(sample.state())])), 2);
}

#[test]
fn usage_ends_with_3_and_an_unreadable_state_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for words in [vec![], vec!["--state"], vec!["--state", path(folder.path())], vec!["--nonsense"]] {
        assert_eq!(status(&run(&words)), 3, "{words:?}");
    }
    let key = "00".repeat(32);
    assert_eq!(status(&run(&["--state", path(folder.path()), "--key", &key])), 2);
    assert_eq!(status(&run(&["--proof", path(&folder.path().join("none"))])), 2);
    assert_eq!(status(&run(&["--help"])), 0);
}

#[test]
fn another_key_finds_no_checkpoint_that_holds() {
    let sample = Sample::new();
    let key = hex::encode(ed25519_dalek::SigningKey::from_bytes(&[8; 32]).verifying_key().as_bytes());
    let output = run(&["--state", path(sample.state()), "--key", &key]);
    assert_eq!(status(&output), 1);
    assert!(lines(&output).iter().any(|line| line.starts_with("E_SIGNATURE ")));
}

#[test]
fn key_of_a_running_stack_is_taken_from_its_ready_file() {
    let sample = Sample::new();
    let key = fs::read_to_string(sample.state().join("log-public-key")).unwrap();
    fs::remove_file(sample.state().join("log-public-key")).unwrap();
    let ready = serde_json::json!({ "logPublicKey": key, "buckets": { "documents": "documents", "audit": "audit" } });
    fs::write(sample.state().join("ready.json"), ready.to_string()).unwrap();
    let output = run(&["--state", path(sample.state())]);
    assert_eq!(status(&output), 0);
    assert!(lines(&output)[0].contains("ready.json"));
}

/// The proof of a document, as the API gives it.
fn proof_of(house: &House, id: &str) -> Proof {
    let leaves: Vec<_> = house.entries.iter().map(|entry| leaf_hash(entry)).collect();
    let hash_of = |node: Node| {
        leaves.get((node.index << node.level) as usize..((node.index + 1) << node.level) as usize).map(root_of)
    };
    let of_document = |entry: &Vec<u8>| LogEntry::parse(entry).unwrap().link().is_some_and(|(of, _)| of == id);
    let indexes = (0_u64..).zip(&house.entries).filter(|(_, entry)| of_document(entry));
    Proof {
        schema: ProofSchema::V1,
        hospital: HOUSE.to_owned(),
        document_id: id.to_owned(),
        checkpoint: house.signed(leaves.len() as u64, root_of(&leaves)),
        public_key: hex::encode(house.signer.verifying_key().as_bytes()),
        events: indexes
            .map(|(index, entry)| ProvedEvent {
                index,
                event: String::from_utf8(entry.clone()).unwrap(),
                proof: inclusion_proof(index, leaves.len() as u64, hash_of).unwrap(),
            })
            .collect(),
        earlier: Vec::new(),
    }
}

/// What the program says of a proof in a folder that holds nothing else.
fn verdict_of(words: &[&str]) -> Verdict {
    let output = run(words);
    let lines = lines(&output);
    let codes =
        lines.iter().filter(|line| line.starts_with("E_")).map(|line| line.split(' ').next().unwrap().to_owned());
    (u8::try_from(status(&output)).unwrap(), codes.collect())
}

#[test]
fn proof_of_one_document_is_checked_alone_by_both() {
    let sample = Sample::new();
    let sound = proof_of(&sample.house, "f1f1");
    assert_eq!(sound.events.len(), 6);
    let folder = tempfile::tempdir().unwrap();
    let mut cases: Vec<(&str, Proof)> = vec![("", sound.clone())];
    let mut case = |code, change: &dyn Fn(&mut Proof)| {
        let mut proof = sound.clone();
        change(&mut proof);
        cases.push((code, proof));
    };
    case("E_LEAF_HASH", &|proof| proof.events[2].event = proof.events[2].event.replace("sato", "tani"));
    case("E_LEAF_HASH", &|proof| proof.events[1].proof[0] = Digest::of(b"other"));
    case("E_LEAF_HASH", &|proof| proof.events[1].index = 2);
    case("E_DOC_SEQ_GAP", &|proof| drop(proof.events.remove(3)));
    case("E_DOC_SEQ_GAP", &|proof| proof.events.clear());
    case("E_DUPLICATE_EVENT", &|proof| proof.events[1] = proof.events[0].clone());
    case("E_DOC_CHAIN", &|proof| proof.document_id = "d0d0".to_owned());
    case("E_SIGNATURE", &|proof| proof.checkpoint = proof.checkpoint.replacen("263", "264", 1));
    case("E_SIGNATURE", &|proof| proof.hospital = "hospital-b".to_owned());
    let mut words = Vec::new();
    let mut first = Vec::new();
    for (number, (code, proof)) in cases.iter().enumerate() {
        let file = folder.path().join(number.to_string());
        fs::write(&file, serde_json::to_vec(proof).unwrap()).unwrap();
        let verdict = verdict_of(&["--proof", path(&file)]);
        let codes: Vec<_> = verdict.1.iter().map(String::as_str).collect();
        let expected: Vec<_> = Some(*code).filter(|code| !code.is_empty()).into_iter().collect();
        assert_eq!((verdict.0, codes), (u8::from(!code.is_empty()), expected), "case {number}");
        first.push(verdict);
        words.push(vec!["--proof".to_owned(), path(&file).to_owned()]);
    }
    if let Some(second) = verdicts(&words) {
        assert_eq!(first, second);
    }
}

#[test]
fn proof_is_measured_by_the_key_and_the_pin_that_the_reader_has() {
    let sample = Sample::new();
    let folder = tempfile::tempdir().unwrap();
    let (file, pin) = (folder.path().join("proof.json"), folder.path().join("pin"));
    fs::write(&file, serde_json::to_vec(&proof_of(&sample.house, "f1f1")).unwrap()).unwrap();
    assert!(lines(&run(&["--proof", path(&file)]))[0].contains("only as good as this file"));
    let own = hex::encode(sample.house.signer.verifying_key().as_bytes());
    let other = hex::encode(ed25519_dalek::SigningKey::from_bytes(&[8; 32]).verifying_key().as_bytes());
    fs::write(&pin, sample.house.signed(263, Digest::of(b"another tree"))).unwrap();
    let cases = [(&own, false, ""), (&other, false, "E_SIGNATURE"), (&own, true, "E_FORK_PIN")];
    for (key, pinned, code) in cases {
        let mut words = vec!["--proof", path(&file), "--key", key];
        if pinned {
            words.extend(["--pin", path(&pin)]);
        }
        let verdict = verdict_of(&words);
        assert_eq!(verdict.1.iter().map(String::as_str).collect::<String>(), code);
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        assert!(verdicts(&[words]).is_none_or(|second| second[0] == verdict));
    }
    assert!(Checkpoint::claimed(&fs::read(&pin).unwrap()).is_ok());
}

#[test]
fn fhir_has_an_audit_event_for_each_event_and_a_provenance_for_each_revision() {
    let sample = Sample::new();
    let output = run(&["--state", path(sample.state()), "--fhir"]);
    assert_eq!(status(&output), 0);
    let resources: Vec<Value> = lines(&output).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| resources.iter().filter(|resource| resource["resourceType"] == kind).count();
    assert_eq!((of("AuditEvent"), of("Provenance")), (263, 6));
    assert!(resources.iter().all(|resource| resource["recorded"].is_string()));
}
