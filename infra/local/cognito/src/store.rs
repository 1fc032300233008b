//! The state file: what must survive a restart, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::User;

/// Format of the state file that this code reads and writes.
const VERSION: u32 = 1;

/// Content of the state file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stored {
    version: u32,
    /// RSA private key, PKCS#8 PEM.
    pub(crate) signing_key: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) refresh_grants: Vec<RefreshGrant>,
    /// Groups that exist.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// Users who were made once because they must exist: one whom an administrator deleted stays deleted.
    #[serde(default)]
    pub(crate) seeded: Vec<String>,
}

impl Stored {
    /// A pool without users.
    pub(crate) fn new(signing_key: String) -> Self {
        Self {
            version: VERSION,
            signing_key,
            accounts: Vec::new(),
            refresh_grants: Vec::new(),
            groups: Vec::new(),
            seeded: Vec::new(),
        }
    }
}

/// A user, and how far signing in is from being possible.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    /// The TOTP secret is empty until an authenticator was tied to it.
    #[serde(flatten)]
    pub(crate) user: User,
    /// The last TOTP step that signed the user in.
    pub(crate) last_used_step: Option<u64>,
    #[serde(default)]
    pub(crate) disabled: bool,
    /// Until when a password that an administrator gave serves; none once the user chose one.
    #[serde(default)]
    pub(crate) temporary_until: Option<u64>,
    /// Unix seconds.
    #[serde(default)]
    pub(crate) created_at: u64,
}

impl Account {
    pub(crate) fn new(user: User, now: u64) -> Self {
        Self { user, last_used_step: None, disabled: false, temporary_until: None, created_at: now }
    }
}

/// A refresh token handed out, known by its hash only.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefreshGrant {
    pub(crate) token_sha256: String,
    pub(crate) user: String,
    pub(crate) origin_jti: String,
    pub(crate) auth_time: u64,
    pub(crate) expires_at: u64,
}

/// Where the state lies.
pub(crate) struct StateFile {
    path: PathBuf,
}

impl StateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The state, or none when there is no file yet. An unreadable one is an error, never a fresh start: that would
    /// forget which codes are used.
    pub(crate) fn load(&self) -> io::Result<Option<Stored>> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let stored: Stored = serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("user pool state file: {error}")))?;
        if stored.version != VERSION {
            let found = stored.version;
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("user pool state file has version {found}, not {VERSION}"),
            ));
        }
        Ok(Some(stored))
    }

    /// Replaces the state; durable once it returns. A crash leaves the old file, at worst beside a temporary one.
    pub(crate) fn save(&self, stored: &Stored) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let temporary = self.path.with_extension("tmp");
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Created anew each time: the mode of an existing file would stay as it is.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(&serde_json::to_vec_pretty(stored)?)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)?;
        File::open(folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn state_file_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("cognito.json");
        let file = StateFile::new(path.clone());
        assert!(file.load().unwrap().is_none());
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(path.with_extension("tmp"), "left by a crash").unwrap();

        file.save(&Stored::new("key".into())).unwrap();

        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.load().unwrap().unwrap().signing_key, "key");
        assert!(!path.with_extension("tmp").exists());
    }

    #[test]
    fn damaged_state_is_an_error_and_no_fresh_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cognito.json");
        let file = StateFile::new(path.clone());
        let other_version = r#"{"version":2,"signingKey":"","accounts":[],"refreshGrants":[]}"#;
        for content in ["", "{\"version\":1", other_version] {
            fs::write(&path, content).unwrap();
            let error = file.load().err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{content}");
        }
    }
}
