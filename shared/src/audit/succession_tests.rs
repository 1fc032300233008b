//! Two logs of one hospital, the key changed between them.

use super::super::event::tests::event;
use super::super::event::{Action, AuditEvent};
use super::super::merkle::{Node, inclusion_proof, root_of};
use super::super::proof::{EarlierLog, Proof, ProofError, ProofSchema, ProvedEvent};
use super::*;
use ed25519_dalek::{Signer, SigningKey};

const HOUSE: &str = "hospital-a";

/// A log that holds these entries under its newest checkpoint.
struct Written {
    name: LogName,
    signer: SigningKey,
    entries: Vec<Vec<u8>>,
}

impl Written {
    fn new(name: LogName, seed: u8, entries: Vec<Vec<u8>>) -> Self {
        Self { name, signer: SigningKey::from_bytes(&[seed; 32]), entries }
    }

    fn key(&self) -> LogKey {
        LogKey::new(&origin(self.name.as_str()), self.signer.verifying_key().as_bytes()).unwrap()
    }

    fn note(&self) -> String {
        let leaves: Vec<_> = self.entries.iter().map(|entry| leaf_hash(entry)).collect();
        let origin = origin(self.name.as_str());
        let text = Checkpoint { origin, size: leaves.len() as u64, root: root_of(&leaves) }.text();
        self.key().signed_note(&text, &self.signer.sign(text.as_bytes()).to_bytes()).unwrap()
    }

    fn proved(&self, index: u64) -> ProvedEvent {
        let leaves: Vec<_> = self.entries.iter().map(|entry| leaf_hash(entry)).collect();
        let hash_of = |node: Node| {
            leaves.get((node.index << node.level) as usize..((node.index + 1) << node.level) as usize).map(root_of)
        };
        let proof = inclusion_proof(index, leaves.len() as u64, hash_of).unwrap();
        let event = String::from_utf8(self.entries[index as usize].clone()).unwrap();
        ProvedEvent { index, event, proof }
    }
}

fn bytes(entry: LogEntry) -> Vec<u8> {
    entry.canonical_bytes().unwrap()
}

/// The document's first event in the first log, its second in the second.
fn logs() -> [Written; 2] {
    let (first, second) = (LogName::first(HOUSE), LogName::first(HOUSE).next());
    let of = |action, sequence, previous| {
        let mut event = AuditEvent { action, previous, sequence, ..event() };
        event.document.as_mut().unwrap().id = "5d0c".to_owned();
        event
    };
    let requested = of(Action::DraftRequested, 1, None);
    let drafted = of(Action::DocumentDrafted, 2, Some(requested.hash().unwrap()));
    let new_key = SigningKey::from_bytes(&[2; 32]).verifying_key().to_bytes();
    let closing = LogEntry::Closing(LogClosing::new(&first, &new_key, "key-2"));
    let old = Written::new(first.clone(), 1, vec![requested.canonical_bytes().unwrap(), bytes(closing)]);
    let opening = LogEntry::Opening(LogOpening::new(&first, &old.key(), &old.note()));
    let new = Written::new(second, 2, vec![bytes(opening), drafted.canonical_bytes().unwrap()]);
    [old, new]
}

fn proof() -> Proof {
    let [old, new] = logs();
    Proof {
        schema: ProofSchema::V1,
        hospital: HOUSE.to_owned(),
        document_id: "5d0c".to_owned(),
        checkpoint: new.note(),
        public_key: hex::encode(new.key().public_key()),
        events: vec![new.proved(1)],
        earlier: vec![EarlierLog { opening: new.proved(0), events: vec![old.proved(0)] }],
    }
}

fn checked(proof: &Proof) -> Result<usize, ProofError> {
    proof.check(&proof.own_key().unwrap()).map(|proved| proved.entries.len())
}

#[test]
fn each_key_leads_to_the_other() {
    let [old, new] = logs();
    let (Ok(LogEntry::Closing(closing)), Ok(LogEntry::Opening(opening))) =
        (LogEntry::parse(&old.entries[1]), LogEntry::parse(&new.entries[0]))
    else {
        panic!("no seam")
    };
    assert_eq!((closing.key(), opening.key()), (Ok(new.key()), Ok(old.key())));
    assert_eq!(opening.last().map(|last| last.size), Ok(2));
    let strange = LogOpening { previous_key: hex::encode(new.key().public_key()), ..opening };
    assert_eq!(strange.last(), Err(CheckpointError::NotSigned));
}

#[test]
fn seam_stands_at_its_place_alone() {
    let [old, new] = logs();
    let entry = |log: &Written, index: usize| LogEntry::parse(&log.entries[index]).unwrap();
    let (event, closing, opening) = (entry(&old, 0), entry(&old, 1), entry(&new, 0));
    for (log, index, entry, admitted) in [
        (&old, 0, &event, true),
        (&old, 5, &closing, true),
        (&new, 0, &opening, true),
        (&new, 1, &event, true),
        (&old, 0, &opening, false),
        (&new, 1, &opening, false),
        (&new, 0, &event, false),
        (&new, 0, &closing, false),
        (&new, 1, &closing, false),
    ] {
        assert_eq!(log.name.admits(index, entry).is_ok(), admitted, "{} {index} {entry:?}", log.name);
    }
    assert!(new.name.next().admits(0, &opening).is_err());
}

#[test]
fn closed_head_is_one_longer_and_names_the_key() {
    let mut head = Head::empty();
    head.frontier.push(leaf_hash(b"event"));
    head.published = 1;
    let log = LogName::first(HOUSE);
    let (after, sequence) = LogClosing::new(&log, &[7; 32], "key-2").close(&head, "key-1").unwrap();
    assert_eq!((after.size(), after.published), (2, 1));
    assert_eq!((after.key_id.as_deref(), after.next_key_id.as_deref()), (Some("key-1"), Some("key-2")));
    assert_eq!((sequence.first, sequence.end()), (1, 2));
    head.frontier.push(sequence.hashes().next().unwrap());
    assert_eq!(head.frontier.root(), after.frontier.root());
}

#[test]
fn proof_over_both_logs_holds() {
    let proof = proof();
    assert_eq!(checked(&proof), Ok(2));
    let text = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof);
    // A document that ended before the change
    let mut ended = proof;
    ended.events.clear();
    assert_eq!(checked(&ended), Ok(1));
}

#[test]
fn spoilt_seam_proves_nothing() {
    let [old, new] = logs();
    let mut left_out = proof();
    left_out.earlier.clear();
    assert!(matches!(checked(&left_out), Err(ProofError::Chain { index: 1, .. })));
    let mut no_opening = proof();
    no_opening.earlier[0].opening = new.proved(1);
    assert_eq!(checked(&no_opening), Err(ProofError::NotCanonical { index: 1 }));
    let mut altered = proof();
    altered.earlier[0].opening.event = altered.earlier[0].opening.event.replace("hospital-a", "hospital-b");
    assert_eq!(checked(&altered), Err(ProofError::NotIncluded { index: 0 }));
    let mut of_another = proof();
    of_another.earlier[0].events = vec![old.proved(1)];
    assert_eq!(checked(&of_another), Err(ProofError::OtherDocument { index: 1 }));
    let mut too_many = proof();
    too_many.earlier.push(EarlierLog { opening: old.proved(0), events: Vec::new() });
    assert_eq!(checked(&too_many), Err(CheckpointError::OtherOrigin.into()));
}
