//! The two keys: where they are kept, what they compute, and the names that they answer to.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Alias of the Ed25519 key that signs checkpoints.
pub const LOG_ALIAS: &str = "alias/fude-log";
/// Alias of the HMAC key that per-hospital keys are derived from.
pub const MAC_ALIAS: &str = "alias/fude-mac";

/// What stands before a key id or an alias in an ARN.
const ARN: &str = "arn:aws:kms:ap-northeast-1:000000000000:";

const FORMAT: u32 = 1;

/// Why the keys could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state file cannot be read or written.
    #[error("the key file cannot be read or written")]
    File(#[from] io::Error),
    /// The state file is not one that this version wrote. New keys would break the log, so none are made.
    #[error("the key file is damaged or of an unknown format")]
    Damaged,
    /// The system gave no random bytes.
    #[error("the system has no randomness")]
    Randomness,
}

/// Which of the two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Log,
    Mac,
}

pub(crate) struct Keys {
    log_id: String,
    mac_id: String,
    log: Ed25519KeyPair,
    mac: hmac::Key,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    format: u32,
    log_key: StoredKey,
    mac_key: StoredKey,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    key_id: String,
    secret: String,
}

impl Keys {
    /// Reads the keys from `path`, or makes them there. A crash while making leaves no file or a whole one.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        match fs::read(path) {
            Ok(bytes) => Self::from_stored(&serde_json::from_slice(&bytes).map_err(|_| OpenError::Damaged)?),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let stored = Stored { format: FORMAT, log_key: StoredKey::random()?, mac_key: StoredKey::random()? };
                write(path, &serde_json::to_vec_pretty(&stored).map_err(io::Error::from)?)?;
                Self::from_stored(&stored)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn from_stored(stored: &Stored) -> Result<Self, OpenError> {
        if stored.format != FORMAT {
            return Err(OpenError::Damaged);
        }
        Ok(Self {
            log_id: stored.log_key.key_id.clone(),
            mac_id: stored.mac_key.key_id.clone(),
            log: Ed25519KeyPair::from_seed_unchecked(&stored.log_key.secret()?).map_err(|_| OpenError::Damaged)?,
            mac: hmac::Key::new(hmac::HMAC_SHA256, &stored.mac_key.secret()?),
        })
    }

    /// The raw public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.log.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes")
    }

    /// Signs deterministically (RFC 8032, pure Ed25519).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.log.sign(message).as_ref().to_vec()
    }

    /// HMAC-SHA-256.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        hmac::sign(&self.mac, message).as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
    }

    /// Compares in constant time.
    pub fn mac_holds(&self, message: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.mac, message, mac).is_ok()
    }

    /// A key's ARN.
    pub fn arn(&self, key: Key) -> String {
        let id = match key {
            Key::Log => &self.log_id,
            Key::Mac => &self.mac_id,
        };
        format!("{ARN}key/{id}")
    }

    /// The key of a key id, key ARN, alias or alias ARN.
    pub fn find(&self, name: &str) -> Option<Key> {
        let name = name.strip_prefix(ARN).unwrap_or(name);
        match name.strip_prefix("key/").unwrap_or(name) {
            LOG_ALIAS => Some(Key::Log),
            MAC_ALIAS => Some(Key::Mac),
            id if id == self.log_id => Some(Key::Log),
            id if id == self.mac_id => Some(Key::Mac),
            _ => None,
        }
    }
}

impl fmt::Debug for Keys {
    /// Names the keys and keeps their secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("log", &self.log_id).field("mac", &self.mac_id).finish_non_exhaustive()
    }
}

impl StoredKey {
    fn random() -> Result<Self, OpenError> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).map_err(|_| OpenError::Randomness)?;
        Ok(Self { key_id: Uuid::new_v4().to_string(), secret: hex::encode(secret) })
    }

    fn secret(&self) -> Result<[u8; 32], OpenError> {
        let mut secret = [0; 32];
        hex::decode_to_slice(&self.secret, &mut secret).map_err(|_| OpenError::Damaged)?;
        Ok(secret)
    }
}

/// Writes a new file for the owner alone, durably and at once.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let temporary = folder.join(format!(".{}.new", Uuid::new_v4().simple()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    // The name must be as durable as the bytes: a lost key cannot be made again
    if folder.as_os_str().is_empty() { Ok(()) } else { File::open(folder)?.sync_all() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// RFC 8032, 7.1, TEST 2, and RFC 4231, 4.2 (its 20-byte key padded with zeros, which HMAC does anyway).
    fn from_the_rfcs() -> Keys {
        let key = |secret: &str| StoredKey { key_id: Uuid::new_v4().to_string(), secret: secret.to_owned() };
        Keys::from_stored(&Stored {
            format: FORMAT,
            log_key: key("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
            mac_key: key("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000"),
        })
        .unwrap()
    }

    #[test]
    fn signatures_equal_those_of_rfc_8032() {
        let keys = from_the_rfcs();
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(hex::encode(keys.public_key()), public);
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(hex::encode(keys.sign(&[0x72])), signature);
        assert_eq!(keys.sign(b"checkpoint"), keys.sign(b"checkpoint"));
    }

    #[test]
    fn macs_equal_those_of_rfc_4231() {
        let keys = from_the_rfcs();
        let mac = keys.mac(b"Hi There");
        assert_eq!(hex::encode(mac), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert!(keys.mac_holds(b"Hi There", &mac));
        assert!(!keys.mac_holds(b"Hi there", &mac));
    }

    #[test]
    fn keys_are_made_once_and_are_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kms/keys.json");
        let first = Keys::open(&path).unwrap();
        let second = Keys::open(&path).unwrap();
        assert_eq!(first.public_key(), second.public_key());
        assert_eq!(first.mac(b"x"), second.mac(b"x"));
        assert_eq!(first.arn(Key::Log), second.arn(Key::Log));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let other = Keys::open(&folder.path().join("other.json")).unwrap();
        assert_ne!(first.public_key(), other.public_key());
        assert_ne!(first.mac(b"x"), other.mac(b"x"));
    }

    #[test]
    fn a_damaged_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        fs::write(&path, b"{").unwrap();
        assert!(matches!(Keys::open(&path), Err(OpenError::Damaged)));
        assert_eq!(fs::read(&path).unwrap(), b"{");
    }

    #[test]
    fn a_key_answers_to_its_four_names() {
        let keys = from_the_rfcs();
        let arn = keys.arn(Key::Mac);
        let id = arn.rsplit('/').next().unwrap();
        for name in [arn.as_str(), id, MAC_ALIAS, &format!("{ARN}{MAC_ALIAS}")] {
            assert_eq!(keys.find(name), Some(Key::Mac), "{name}");
        }
        assert_eq!(keys.find(LOG_ALIAS), Some(Key::Log));
        assert_eq!(keys.find("alias/other"), None);
    }
}
