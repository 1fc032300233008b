//! The key service in memory: Ed25519, so that two writers sign the same bytes.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use ed25519_dalek::{Signer as _, SigningKey};
use fude::audit::checkpoint::{Checkpoint, LogKey};

use crate::error::Error;
use crate::world::Cloud;

thread_local! {
    /// Set for most schedules: making and checking a signature is a third of their time.
    pub static STAND_IN: Cell<bool> = const { Cell::new(false) };
    static SECRET: SigningKey = SigningKey::from_bytes(&[7; 32]);
    static PUBLIC: [u8; 32] = SECRET.with(|secret| secret.verifying_key().to_bytes());
    /// Notes by text: signing each once is enough.
    static NOTES: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
}

const MOST_NOTES: usize = 4096;

pub struct Signer(pub Cloud);

impl Signer {
    /// Named by `Writer::new`, which nobody calls here.
    pub fn new(_: crate::Client, _: String) -> Self {
        Self(Cloud::default())
    }

    /// The function asks KMS once in its life: no step of its own.
    #[allow(clippy::unused_async)]
    pub async fn log_key(&self, origin: &str, _: Option<&str>) -> Result<LogKey, Error> {
        key(origin)
    }

    pub async fn sign(&self, checkpoint: &Checkpoint, _: Option<&str>) -> Result<String, Error> {
        self.0.read("KMS Sign", |_| note(checkpoint)).await?
    }
}

/// One key under the name of any log: that they differ is nothing to the order of writes.
pub fn key(origin: &str) -> Result<LogKey, Error> {
    Ok(LogKey::new(origin, &PUBLIC.with(|public| *public))?)
}

/// The signed note of a checkpoint, always the same.
pub fn note(checkpoint: &Checkpoint) -> Result<String, Error> {
    let text = checkpoint.text();
    if STAND_IN.get() {
        return Ok(format!("{text}\n\u{2014} {} c3RhbmQtaW4=\n", checkpoint.origin));
    }
    if let Some(note) = NOTES.with_borrow(|notes| notes.get(&text).cloned()) {
        return Ok(note);
    }
    let signature = SECRET.with(|secret| secret.sign(text.as_bytes()));
    let note = key(&checkpoint.origin)?.signed_note(&text, &signature.to_bytes())?;
    NOTES.with_borrow_mut(|notes| {
        if notes.len() >= MOST_NOTES {
            notes.clear();
        }
        notes.insert(text, note.clone());
    });
    Ok(note)
}
