//! Writes a state folder as the functions do on the local cloud: objects, records with locks, a signed log, documents.
//!
//! Its own code for layout and order; formats and tree are those of `fude`.

#![allow(dead_code, reason = "each test uses a part")]

pub mod documents;

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer as _, SigningKey};
use fude::audit::checkpoint::{Checkpoint, LogKey, origin};
use fude::audit::edge::Edge;
use fude::audit::{AuditEvent, UtcMillis, layout, tiles};
use serde_json::{Value, json};

pub const HOUSE: &str = "hospital-a";
pub const DAY: i64 = 86_400_000;
/// When the first event happened; the clock of the verifier stands a day later.
pub const BEGAN: i64 = 1_795_377_934_120;

/// One hospital's log and the buckets it shares.
pub struct House {
    pub state: PathBuf,
    pub hospital: String,
    pub signer: SigningKey,
    edge: Edge,
    /// Bytes of every entry.
    pub entries: Vec<Vec<u8>>,
    /// Milliseconds since 1970.
    pub clock: i64,
    /// Partial tiles and the pointer are for those who go on writing.
    pub helpers: bool,
}

impl House {
    pub fn new(state: &Path, hospital: &str) -> Self {
        Self {
            state: state.to_owned(),
            hospital: hospital.to_owned(),
            signer: SigningKey::from_bytes(&[7; 32]),
            edge: Edge::empty(),
            entries: Vec::new(),
            clock: BEGAN,
            helpers: true,
        }
    }

    pub fn now(&self) -> UtcMillis {
        UtcMillis::from_unix_ms(self.clock).unwrap()
    }

    pub fn tick(&mut self) -> UtcMillis {
        self.clock += 1000;
        self.now()
    }

    pub fn key(&self) -> LogKey {
        LogKey::new(&origin(&self.hospital), self.signer.verifying_key().as_bytes()).unwrap()
    }

    /// Appends one commit and publishes it.
    pub fn commit<B: AsRef<[u8]>>(&mut self, entries: &[B]) {
        self.clock += 1000;
        let first = self.edge.size();
        let objects = self.edge.grow(entries).unwrap();
        let last = self.edge.size() - 1;
        self.put(
            "audit",
            &layout::batch_key(&self.hospital, first, last),
            &tiles::encode_bundle(entries).unwrap(),
            true,
        );
        for object in objects {
            if self.helpers || object.tile.is_full() {
                let key = layout::tile_key(&self.hospital, &object.tile);
                self.put("audit", &key, &object.bytes, object.tile.is_full());
            }
        }
        let checkpoint = self.signed(self.edge.size(), self.edge.root());
        self.put("audit", &layout::checkpoint_key(&self.hospital, self.edge.size()), checkpoint.as_bytes(), true);
        if self.helpers {
            self.put("audit", &layout::newest_checkpoint_key(&self.hospital), checkpoint.as_bytes(), false);
        }
        self.entries.extend(entries.iter().map(|entry| entry.as_ref().to_vec()));
    }

    pub fn commit_events(&mut self, events: &[AuditEvent]) {
        let entries: Vec<_> = events.iter().map(|event| event.canonical_bytes().unwrap()).collect();
        self.commit(&entries);
    }

    pub fn signed(&self, size: u64, root: fude::integrity::Digest) -> String {
        let text = Checkpoint { origin: origin(&self.hospital), size, root }.text();
        self.key().signed_note(&text, &self.signer.sign(text.as_bytes()).to_bytes()).unwrap()
    }

    /// The log is locked for thirty days in governance mode.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8], locked: bool) {
        let lock = locked.then(|| ("GOVERNANCE", self.clock + 30 * DAY - 40));
        self.put_locked(bucket, key, bytes, lock);
    }

    pub fn put_locked(&self, bucket: &str, key: &str, bytes: &[u8], lock: Option<(&str, i64)>) {
        let path = self.state.join("s3").join(bucket).join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        let mut version = json!({
            "versionId": format!("{:032x}", self.clock), "lastModified": self.now().to_string(), "file": key,
            "size": bytes.len(), "sha256": "", "etag": "",
        });
        if let Some((mode, until)) = lock {
            let until = UtcMillis::from_unix_ms(until).unwrap().to_string();
            version["retention"] = json!({ "mode": mode, "retainUntil": until });
        }
        write_record(&self.state, bucket, key, &json!({ "format": 1, "key": key, "versions": [version] }));
    }

    /// The key where the local cloud leaves it.
    pub fn publish_key(&self) {
        let key = hex::encode(self.signer.verifying_key().as_bytes());
        fs::write(self.state.join("log-public-key"), key).unwrap();
    }
}

pub fn record_path(state: &Path, bucket: &str, key: &str) -> PathBuf {
    state.join("s3-meta").join(bucket).join(format!("{key}.json"))
}

pub fn write_record(state: &Path, bucket: &str, key: &str, record: &Value) {
    let path = record_path(state, bucket, key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, serde_json::to_vec(record).unwrap()).unwrap();
}

/// Changes the record of a key.
pub fn change_record(state: &Path, bucket: &str, key: &str, change: impl FnOnce(&mut Value)) {
    let path = record_path(state, bucket, key);
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut record);
    fs::write(path, serde_json::to_vec(&record).unwrap()).unwrap();
}
