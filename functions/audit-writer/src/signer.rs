//! The log's key in KMS. Ed25519 is deterministic: two writers get the same checkpoint bytes.

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use fude::audit::checkpoint::{Checkpoint, CheckpointError, LogKey};
use tokio::sync::OnceCell;

use crate::error::Error;

pub struct Signer {
    client: Client,
    key_id: String,
    /// DER of the public key; it never changes under one key id.
    public: OnceCell<Vec<u8>>,
}

impl Signer {
    pub fn new(client: Client, key_id: String) -> Self {
        Self { client, key_id, public: OnceCell::new() }
    }

    /// The public key under the name of that log.
    pub async fn log_key(&self, origin: &str) -> Result<LogKey, Error> {
        let der = self.public.get_or_try_init(|| self.fetch()).await?;
        Ok(LogKey::from_spki(origin, der)?)
    }

    async fn fetch(&self) -> Result<Vec<u8>, Error> {
        let answer = self.client.get_public_key().key_id(&self.key_id).send().await;
        let answer = answer.map_err(|error| Error::unavailable("KMS GetPublicKey", &error))?;
        Ok(answer.public_key.ok_or(CheckpointError::NotAKey)?.into_inner())
    }

    /// The signed note of a checkpoint. A signature that does not hold is never handed on.
    pub async fn sign(&self, checkpoint: &Checkpoint) -> Result<String, Error> {
        let key = self.log_key(&checkpoint.origin).await?;
        let text = checkpoint.text();
        let answer = self
            .client
            .sign()
            .key_id(&self.key_id)
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
