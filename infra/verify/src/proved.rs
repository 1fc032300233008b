//! A proof alone, without the log: what a court or a patient can check.

use fude::audit::chain::ChainError;
use fude::audit::checkpoint::{Checkpoint, LogKey};
use fude::audit::proof::{Proof, ProofError, Proved};

use crate::finding::{Code, Finding, Sink};
use crate::history::Pin;

/// Checks a proof by that key; `name` is what to call it.
pub fn check_proof(proof: &Proof, key: &LogKey, pins: &[Pin], name: &str, sink: &mut dyn Sink) -> Option<Proved> {
    let mut tell = |code, index, expected: String, found: String| {
        sink.finding(Finding { code, object: name.to_owned(), index, expected, found });
    };
    if let Ok(claimed) = Checkpoint::open(proof.checkpoint.as_bytes(), key) {
        for pin in pins.iter().filter(|pin| pin.claimed.origin == claimed.origin) {
            // Of other sizes nothing can be said without the log
            let (size, root) = (pin.claimed.size, pin.claimed.root);
            if size == claimed.size && root != claimed.root {
                let (expected, found) = (format!("{root}, as in {}", pin.name), claimed.root.to_string());
                tell(Code::EForkPin, Some(size), expected, found);
            }
        }
    }
    match proof.check(key) {
        Ok(proved) => Some(proved),
        Err(error) => {
            let (code, index) = code_of(&error);
            tell(code, index, "a proof that holds".to_owned(), error.to_string());
            None
        }
    }
}

fn code_of(error: &ProofError) -> (Code, Option<u64>) {
    match *error {
        ProofError::Checkpoint(_) => (Code::ESignature, None),
        ProofError::Empty => (Code::EDocSeqGap, None),
        ProofError::NotCanonical { index } => (Code::ENotCanonical, Some(index)),
        ProofError::NotIncluded { index } => (Code::ELeafHash, Some(index)),
        ProofError::OtherDocument { index } => (Code::EDocChain, Some(index)),
        ProofError::OutOfOrder { index } => (Code::EDuplicateEvent, Some(index)),
        ProofError::Chain { index, why } => match why {
            ChainError::Duplicate { .. } => (Code::EDuplicateEvent, Some(index)),
            ChainError::Gap { .. } => (Code::EDocSeqGap, Some(index)),
            ChainError::OtherPredecessor { .. } => (Code::EDocChain, Some(index)),
        },
    }
}
