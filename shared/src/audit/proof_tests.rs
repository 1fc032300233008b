//! A proof out of a small log of two documents, and every way to spoil it.

use super::super::event::tests::event;
use super::super::event::{Action, AuditEvent};
use super::super::merkle::{Node, inclusion_proof, root_of};
use super::*;
use ed25519_dalek::{Signer, SigningKey};

const HOUSE: &str = "hospital-a";

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// Entries 0, 2, 4 and 5 are of the document: three changes and a reading.
fn entries() -> Vec<AuditEvent> {
    let of = |id: &str, action, sequence, previous| {
        let mut event = AuditEvent { action, previous, sequence, ..event() };
        event.document.as_mut().unwrap().id = id.to_owned();
        event
    };
    let hash = |event: &AuditEvent| event.hash().unwrap();
    let first = of("5d0c", Action::DraftRequested, 1, None);
    let other = of("ffff", Action::DraftRequested, 1, None);
    let second = of("5d0c", Action::DocumentDrafted, 2, Some(hash(&first)));
    let third = of("5d0c", Action::DocumentRevised, 3, Some(hash(&second)));
    let read = of("5d0c", Action::DocumentRead, 1, None);
    let elsewhere = of("ffff", Action::DraftingFailed, 2, Some(hash(&other)));
    vec![first, other, second, elsewhere, third, read]
}

fn proof_of(entries: &[AuditEvent], indexes: &[u64]) -> Proof {
    let bytes: Vec<_> = entries.iter().map(|event| event.canonical_bytes().unwrap()).collect();
    let leaves: Vec<_> = bytes.iter().map(|bytes| leaf_hash(bytes)).collect();
    let hash_of = |node: Node| {
        leaves.get((node.index << node.level) as usize..((node.index + 1) << node.level) as usize).map(root_of)
    };
    let size = leaves.len() as u64;
    let text = Checkpoint { origin: origin(HOUSE), size, root: root_of(&leaves) }.text();
    let public = signer().verifying_key().to_bytes();
    let key = LogKey::new(&origin(HOUSE), &public).unwrap();
    Proof {
        schema: ProofSchema::V1,
        hospital: HOUSE.to_owned(),
        document_id: "5d0c".to_owned(),
        checkpoint: key.signed_note(&text, &signer().sign(text.as_bytes()).to_bytes()).unwrap(),
        public_key: hex::encode(public),
        events: indexes
            .iter()
            .map(|&index| ProvedEvent {
                index,
                event: String::from_utf8(bytes[index as usize].clone()).unwrap(),
                proof: inclusion_proof(index, size, hash_of).unwrap(),
            })
            .collect(),
        earlier: Vec::new(),
    }
}

fn checked(proof: &Proof) -> Result<usize, ProofError> {
    proof.check(&proof.own_key().unwrap()).map(|proved| proved.entries.len())
}

#[test]
fn sound_proof_holds_and_reads_back() {
    let proof = proof_of(&entries(), &[0, 2, 4, 5]);
    assert_eq!(checked(&proof), Ok(4));
    let text = serde_json::to_string(&proof).unwrap();
    assert!(text.starts_with(r#"{"schema":"fude/proof/1","hospital":"hospital-a","documentId":"5d0c","checkpoint":""#));
    assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof);
}

#[test]
fn left_out_event_is_noticed() {
    let why = ChainError::Gap { expected: 2, found: 3 };
    assert_eq!(checked(&proof_of(&entries(), &[0, 4])), Err(ProofError::Chain { index: 4, why }));
    let why = ChainError::Gap { expected: 1, found: 2 };
    assert_eq!(checked(&proof_of(&entries(), &[2, 4])), Err(ProofError::Chain { index: 2, why }));
    assert_eq!(checked(&proof_of(&entries(), &[5])), Err(ProofError::Empty));
    assert_eq!(checked(&proof_of(&entries(), &[])), Err(ProofError::Empty));
}

#[test]
fn repeated_and_reordered_events_are_noticed() {
    assert_eq!(checked(&proof_of(&entries(), &[0, 0])), Err(ProofError::OutOfOrder { index: 0 }));
    assert_eq!(
        checked(&proof_of(&entries(), &[2, 0])),
        Err(ProofError::Chain { index: 2, why: ChainError::Gap { expected: 1, found: 2 } })
    );
    let mut twice = entries();
    twice[3] = twice[2].clone();
    let why = ChainError::Duplicate { found: 2 };
    assert_eq!(checked(&proof_of(&twice, &[0, 2, 3])), Err(ProofError::Chain { index: 3, why }));
}

#[test]
fn another_documents_event_is_refused() {
    assert_eq!(checked(&proof_of(&entries(), &[0, 1])), Err(ProofError::OtherDocument { index: 1 }));
}

#[test]
fn altered_events_paths_and_indexes_do_not_lead_to_the_root() {
    let sound = proof_of(&entries(), &[0, 2, 4]);
    for place in 0..3 {
        let index = sound.events[place].index;
        let mut altered = sound.clone();
        altered.events[place].event = altered.events[place].event.replace("sato", "tani");
        assert_eq!(checked(&altered), Err(ProofError::NotIncluded { index }));
        let mut altered = sound.clone();
        altered.events[place].proof[0] = Digest::of(b"other");
        assert_eq!(checked(&altered), Err(ProofError::NotIncluded { index }));
        let mut altered = sound.clone();
        altered.events[place].index += 1;
        assert_eq!(checked(&altered), Err(ProofError::NotIncluded { index: index + 1 }));
    }
}

#[test]
fn entry_in_another_spelling_is_refused_though_the_log_holds_it() {
    let bytes = [entries()[0].canonical_bytes().unwrap(), b" ".to_vec()].concat();
    let root = leaf_hash(&bytes);
    let text = Checkpoint { origin: origin(HOUSE), size: 1, root }.text();
    let mut proof = proof_of(&entries(), &[0]);
    let key = proof.own_key().unwrap();
    proof.checkpoint = key.signed_note(&text, &signer().sign(text.as_bytes()).to_bytes()).unwrap();
    proof.events = vec![ProvedEvent { index: 0, event: String::from_utf8(bytes).unwrap(), proof: Vec::new() }];
    assert_eq!(checked(&proof), Err(ProofError::NotCanonical { index: 0 }));
}

#[test]
fn another_key_or_hospital_is_not_accepted() {
    let proof = proof_of(&entries(), &[0, 2, 4]);
    let stranger = SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
    let key = LogKey::new(&origin(HOUSE), &stranger).unwrap();
    assert_eq!(proof.check(&key), Err(CheckpointError::NotSigned.into()));
    let renamed = Proof { hospital: "hospital-b".to_owned(), ..proof.clone() };
    assert_eq!(renamed.check(&proof.own_key().unwrap()), Err(CheckpointError::OtherOrigin.into()));
    assert_eq!(checked(&renamed), Err(CheckpointError::NotSigned.into()));
    assert!(Proof { public_key: "00".to_owned(), ..proof }.own_key().is_err());
}
