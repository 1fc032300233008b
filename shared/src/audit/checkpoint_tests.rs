//! Signed notes against the published example, and every way to be no checkpoint.

use super::*;
use ed25519_dalek::{Signer, SigningKey};

/// The example in the documentation of golang.org/x/mod/sumdb/note.
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn key() -> LogKey {
    LogKey::new("fude.example/hospital-a", signer().verifying_key().as_bytes()).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: origin("hospital-a"), size: 17, root: Digest::of(b"root") }
}

fn sign(text: &str) -> String {
    key().signed_note(text, &signer().sign(text.as_bytes()).to_bytes()).unwrap()
}

#[test]
fn published_example_opens() {
    let key = LogKey::parse(KEY).unwrap();
    assert_eq!(key.to_text(), KEY);
    assert_eq!(key.open(format!("{TEXT}\n{SIGNATURE}").as_bytes()), Ok(TEXT));
}

#[test]
fn signed_checkpoint_reads_back() {
    let note = sign(&checkpoint().text());
    assert!(note.starts_with("fude.example/hospital-a\n17\n"));
    assert_eq!(Checkpoint::open(note.as_bytes(), &key()), Ok(checkpoint()));
    assert_eq!(Checkpoint::claimed(note.as_bytes()), Ok(checkpoint()));
}

#[test]
fn every_changed_byte_is_noticed() {
    let (note, key) = (sign(&checkpoint().text()), key());
    for place in 0..note.len() {
        let mut changed = note.clone().into_bytes();
        changed[place] ^= 1;
        assert!(Checkpoint::open(&changed, &key).is_err(), "byte {place}");
    }
}

#[test]
fn many_at_once_open_as_one_by_one() {
    let key = key();
    let notes: Vec<_> = (0..5)
        .map(|size| sign(&Checkpoint { size, ..checkpoint() }.text()).into_bytes())
        .chain([sign("another text\n").into_bytes()])
        .collect();
    let one_by_one = |notes: &[Vec<u8>]| -> Vec<_> { notes.iter().map(|note| Checkpoint::open(note, &key)).collect() };
    let at_once = |notes: &[Vec<u8>]| {
        let notes: Vec<_> = notes.iter().map(Vec::as_slice).collect();
        assert_eq!(key.signed_all(&notes), notes.iter().all(|note| key.open(note).is_ok()));
        Checkpoint::open_all(&notes, &key)
    };
    assert_eq!(at_once(&notes), one_by_one(&notes));
    assert_eq!(at_once(&[]), []);
    for place in 0..notes[2].len() {
        let mut damaged = notes.clone();
        damaged[2][place] ^= 1;
        let opened = at_once(&damaged);
        assert!(opened[2].is_err() && opened[1].is_ok() && opened == one_by_one(&damaged), "byte {place}");
    }
}

#[test]
fn appended_and_missing_bytes_are_noticed() {
    let note = sign(&checkpoint().text());
    assert!(Checkpoint::open(&note.as_bytes()[..note.len() - 1], &key()).is_err());
    for more in ["\n", " ", "x", "\0"] {
        assert!(Checkpoint::open(format!("{note}{more}").as_bytes(), &key()).is_err(), "{more:?}");
    }
}

#[test]
fn signature_of_an_unknown_witness_is_passed_over() {
    let note = sign(&checkpoint().text()) + SIGNATURE;
    assert_eq!(Checkpoint::open(note.as_bytes(), &key()), Ok(checkpoint()));
    let alone = format!("{}\n{SIGNATURE}", checkpoint().text());
    assert_eq!(Checkpoint::open(alone.as_bytes(), &key()), Err(CheckpointError::NotSigned));
}

#[test]
fn another_logs_checkpoint_is_refused() {
    let other = Checkpoint { origin: origin("hospital-b"), ..checkpoint() };
    assert_eq!(Checkpoint::open(sign(&other.text()).as_bytes(), &key()), Err(CheckpointError::OtherOrigin));
}

#[test]
fn signed_text_that_is_no_checkpoint_is_refused() {
    let root = Digest::of(b"root").base64();
    for text in [
        "fude.example/hospital-a\n017\nROOT\n",
        "fude.example/hospital-a\n+17\nROOT\n",
        "fude.example/hospital-a\n17\n\n",
        "fude.example/hospital-a\n17\n",
        "fude.example/hospital-a\n17\nAAAA\n",
        "fude.example/hospital-a\n17\nROOT\n\nx\n",
    ] {
        let note = sign(&text.replace("ROOT", &root));
        assert_eq!(Checkpoint::open(note.as_bytes(), &key()), Err(CheckpointError::NotACheckpoint), "{text}");
    }
}

#[test]
fn wrong_signature_is_never_put_into_a_note() {
    assert_eq!(key().signed_note("text\n", &[0; 64]), Err(CheckpointError::BadSignature));
    assert_eq!(key().signed_note("text\n", &[0; 63]), Err(CheckpointError::BadSignature));
}

#[test]
fn key_is_read_from_der() {
    let der = [SPKI_PREFIX.as_slice(), signer().verifying_key().as_bytes()].concat();
    assert_eq!(LogKey::from_spki("fude.example/hospital-a", &der), Ok(key()));
    assert!(LogKey::from_spki("fude.example/hospital-a", &der[1..]).is_err());
    assert!(LogKey::from_spki("two words", &der).is_err());
}
