//! The log's keys in KMS: the one that the deployment names, or the one of a head after a change of key. Ed25519 is
//! deterministic: two writers get the same checkpoint bytes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use fude::audit::checkpoint::{Checkpoint, CheckpointError, LogKey};

use crate::error::Error;

pub struct Signer {
    client: Client,
    /// Signs what names no other key.
    key_id: String,
    /// DER of each public key; it never changes under one key id.
    public: Mutex<HashMap<String, Vec<u8>>>,
}

impl Signer {
    pub fn new(client: Client, key_id: String) -> Self {
        Self { client, key_id, public: Mutex::default() }
    }

    /// The public key under the name of that log; `key_id` is what the log's head names.
    pub async fn log_key(&self, origin: &str, key_id: Option<&str>) -> Result<LogKey, Error> {
        let key_id = key_id.unwrap_or(&self.key_id);
        let known = self.public.lock().unwrap_or_else(PoisonError::into_inner).get(key_id).cloned();
        let der = match known {
            Some(der) => der,
            None => {
                let der = self.fetch(key_id).await?;
                self.public.lock().unwrap_or_else(PoisonError::into_inner).insert(key_id.to_owned(), der.clone());
                der
            }
        };
        Ok(LogKey::from_spki(origin, &der)?)
    }

    async fn fetch(&self, key_id: &str) -> Result<Vec<u8>, Error> {
        let answer = self.client.get_public_key().key_id(key_id).send().await;
        let answer = answer.map_err(|error| Error::unavailable("KMS GetPublicKey", &error))?;
        Ok(answer.public_key.ok_or(CheckpointError::NotAKey)?.into_inner())
    }

    /// The signed note of a checkpoint. A signature that does not hold is never handed on.
    pub async fn sign(&self, checkpoint: &Checkpoint, key_id: Option<&str>) -> Result<String, Error> {
        let key = self.log_key(&checkpoint.origin, key_id).await?;
        let text = checkpoint.text();
        let answer = self
            .client
            .sign()
            .key_id(key_id.unwrap_or(&self.key_id))
            .signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512)
            .message_type(MessageType::Raw)
            .message(Blob::new(text.as_bytes()))
            .send()
            .await
            .map_err(|error| Error::unavailable("KMS Sign", &error))?;
        let signature = answer.signature.ok_or(CheckpointError::BadSignature)?;
        Ok(key.signed_note(&text, signature.as_ref())?)
    }
}
