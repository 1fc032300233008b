//! The keys: where they are kept, what they compute, and the names that they answer to.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

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

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// By its place: the first was there from the start, the others were created later.
    Log(usize),
    Mac,
}

pub(crate) struct Keys {
    path: PathBuf,
    stored: Stored,
    logs: Vec<Ed25519KeyPair>,
    mac: hmac::Key,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    format: u32,
    log_key: StoredKey,
    mac_key: StoredKey,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    later_log_keys: Vec<StoredKey>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    key_id: String,
    secret: String,
}

impl Keys {
    /// Reads the keys from `path`, or makes them there. A crash while making leaves no file or a whole one.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        match fs::read(path) {
            Ok(bytes) => Self::of(path, serde_json::from_slice(&bytes).map_err(|_| OpenError::Damaged)?),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let (log_key, mac_key) = (StoredKey::random()?, StoredKey::random()?);
                let stored = Stored { format: FORMAT, log_key, mac_key, later_log_keys: Vec::new() };
                write(path, &serde_json::to_vec_pretty(&stored).map_err(io::Error::from)?)?;
                Self::of(path, stored)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn of(path: &Path, stored: Stored) -> Result<Self, OpenError> {
        if stored.format != FORMAT {
            return Err(OpenError::Damaged);
        }
        let mut logs = Vec::new();
        for key in std::iter::once(&stored.log_key).chain(&stored.later_log_keys) {
            logs.push(Ed25519KeyPair::from_seed_unchecked(&key.secret()?).map_err(|_| OpenError::Damaged)?);
        }
        let mac = hmac::Key::new(hmac::HMAC_SHA256, &stored.mac_key.secret()?);
        Ok(Self { path: path.to_owned(), stored, logs, mac })
    }

    /// Makes another key that can sign a log. It is kept before its name is told.
    pub fn create_log_key(&mut self) -> Result<Key, OpenError> {
        let mut stored = self.stored.clone();
        stored.later_log_keys.push(StoredKey::random()?);
        write(&self.path, &serde_json::to_vec_pretty(&stored).map_err(io::Error::from)?)?;
        *self = Self::of(&self.path, stored)?;
        Ok(Key::Log(self.logs.len() - 1))
    }

    /// The raw public key of a log; None where it is no such key.
    pub fn public_key(&self, key: Key) -> Option<[u8; 32]> {
        let Key::Log(place) = key else { return None };
        self.logs.get(place)?.public_key().as_ref().try_into().ok()
    }

    /// Signs deterministically (RFC 8032, pure Ed25519); None where it is no key of a log.
    pub fn sign(&self, key: Key, message: &[u8]) -> Option<Vec<u8>> {
        let Key::Log(place) = key else { return None };
        Some(self.logs.get(place)?.sign(message).as_ref().to_vec())
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
            Key::Log(0) => &self.stored.log_key.key_id,
            Key::Log(later) => &self.stored.later_log_keys[later - 1].key_id,
            Key::Mac => &self.stored.mac_key.key_id,
        };
        format!("{ARN}key/{id}")
    }

    /// The key of a key id, key ARN, alias or alias ARN.
    pub fn find(&self, name: &str) -> Option<Key> {
        let name = name.strip_prefix(ARN).unwrap_or(name);
        let Stored { log_key, mac_key, later_log_keys, .. } = &self.stored;
        match name.strip_prefix("key/").unwrap_or(name) {
            LOG_ALIAS => Some(Key::Log(0)),
            MAC_ALIAS => Some(Key::Mac),
            id if id == log_key.key_id => Some(Key::Log(0)),
            id if id == mac_key.key_id => Some(Key::Mac),
            id => later_log_keys.iter().position(|key| key.key_id == id).map(|place| Key::Log(place + 1)),
        }
    }
}

impl fmt::Debug for Keys {
    /// Names the keys and keeps their secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stored { log_key, mac_key, .. } = &self.stored;
        f.debug_struct("Keys").field("log", &log_key.key_id).field("mac", &mac_key.key_id).finish_non_exhaustive()
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
        let stored = Stored {
            format: FORMAT,
            log_key: key("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
            mac_key: key("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000"),
            later_log_keys: Vec::new(),
        };
        Keys::of(Path::new("keys.json"), stored).unwrap()
    }

    #[test]
    fn signatures_equal_those_of_rfc_8032() {
        let keys = from_the_rfcs();
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(hex::encode(keys.public_key(Key::Log(0)).unwrap()), public);
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(hex::encode(keys.sign(Key::Log(0), &[0x72]).unwrap()), signature);
        assert_eq!(keys.sign(Key::Log(0), b"checkpoint"), keys.sign(Key::Log(0), b"checkpoint"));
        assert_eq!(keys.sign(Key::Mac, b"checkpoint"), None);
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
        assert_eq!(first.public_key(Key::Log(0)), second.public_key(Key::Log(0)));
        assert_eq!(first.mac(b"x"), second.mac(b"x"));
        assert_eq!(first.arn(Key::Log(0)), second.arn(Key::Log(0)));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let other = Keys::open(&folder.path().join("other.json")).unwrap();
        assert_ne!(first.public_key(Key::Log(0)), other.public_key(Key::Log(0)));
        assert_ne!(first.mac(b"x"), other.mac(b"x"));
    }

    #[test]
    fn a_later_key_is_kept_beside_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let mut keys = Keys::open(&path).unwrap();
        let (first, later) = (keys.public_key(Key::Log(0)), keys.create_log_key().unwrap());
        let again = Keys::open(&path).unwrap();
        assert_eq!(again.find(&keys.arn(later)), Some(later));
        assert_eq!(again.public_key(later), keys.public_key(later));
        assert_eq!(again.public_key(Key::Log(0)), first);
        assert_ne!(again.public_key(later), first);
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
        assert_eq!(keys.find(LOG_ALIAS), Some(Key::Log(0)));
        assert_eq!(keys.find("alias/other"), None);
    }
}
