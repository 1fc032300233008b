//! KMS on one machine: two keys, and the four operations that the functions call with them.
//!
//! Implemented over KMS's JSON 1.1 protocol: `Sign` and `GetPublicKey` for the log key ([`LOG_ALIAS`], Ed25519),
//! `GenerateMac` and `VerifyMac` for the MAC key ([`MAC_ALIAS`], HMAC-SHA-256); for the operator who changes the log's
//! key, `CreateKey` of another Ed25519 key. Every other operation is refused by name.
//! Signatures of requests are not checked: the server is for loopback alone.
//!
//! The keys are made at the first start and kept in one file that only its owner can read:
//!
//! ```json
//! { "format": 1, "logKey": { "keyId": "uuid", "secret": "hex of the 32-byte Ed25519 seed" },
//!   "macKey": { "keyId": "uuid", "secret": "hex of the 32-byte HMAC key" },
//!   "laterLogKeys": [ as logKey, absent where none was created ] }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod keys;
mod protocol;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::net::TcpListener;

pub use crate::keys::{LOG_ALIAS, MAC_ALIAS, OpenError};

use crate::keys::{Key, Keys};

/// Where the keys are kept.
#[derive(Debug, Clone)]
pub struct Config {
    /// Created at the first start; its folder as well.
    pub state_file: PathBuf,
}

/// The keys, and a server for them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kms {
    keys: Arc<RwLock<Keys>>,
}

impl Kms {
    /// Reads the keys, or makes and keeps new ones.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        Ok(Self { keys: Arc::new(RwLock::new(Keys::open(&config.state_file)?)) })
    }

    /// The raw Ed25519 public key that checkpoints are verified with, unless a log's key was changed.
    pub fn log_public_key(&self) -> [u8; 32] {
        self.keys().public_key(Key::Log(0)).expect("there is a first key")
    }

    /// All keys that can sign a log, oldest first.
    pub fn log_public_keys(&self) -> Vec<[u8; 32]> {
        let keys = self.keys();
        (0..).map_while(|place| keys.public_key(Key::Log(place))).collect()
    }

    /// The HMAC-SHA-256 that `GenerateMac` would answer, without the request.
    pub fn generate_mac(&self, message: &[u8]) -> [u8; 32] {
        self.keys().mac(message)
    }

    /// The log key's ARN.
    pub fn log_key_arn(&self) -> String {
        self.keys().arn(Key::Log(0))
    }

    /// The MAC key's ARN.
    pub fn mac_key_arn(&self) -> String {
        self.keys().arn(Key::Mac)
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers requests until the future is dropped.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        axum::serve(listener, protocol::router(self.keys)).await
    }
}
