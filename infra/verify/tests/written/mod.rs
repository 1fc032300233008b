//! Writes a state folder as the functions do on the local cloud: objects, records with locks, a signed log, documents.
//!
//! Its own code for layout and order; formats and tree are those of `fude`.

#![allow(dead_code, reason = "each test uses a part")]

pub mod documents;
pub mod python;

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer as _, SigningKey};
use fude::audit::checkpoint::{Checkpoint, LogKey, origin};
use fude::audit::edge::Edge;
use fude::audit::{Action, AuditEvent, LogClosing, LogEntry, LogName, LogOpening, UtcMillis, layout, tiles};
use fude_verify::{Demands, Options, Pin, Report, verify};
use serde_json::{Value, json};

use documents::Document;
use python::Verdict;

pub const HOUSE: &str = "hospital-a";
pub const DAY: i64 = 86_400_000;

/// The real clock, since the command line knows no other.
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// One hospital's log and the buckets it shares.
pub struct House {
    pub state: PathBuf,
    pub hospital: String,
    /// Where it writes now.
    pub log: LogName,
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
            log: LogName::first(hospital),
            signer: SigningKey::from_bytes(&[7; 32]),
            edge: Edge::empty(),
            entries: Vec::new(),
            clock: now_ms() - DAY,
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
        LogKey::new(&origin(self.log.as_str()), self.signer.verifying_key().as_bytes()).unwrap()
    }

    /// Appends one commit and publishes it.
    pub fn commit<B: AsRef<[u8]>>(&mut self, entries: &[B]) {
        self.clock += 1000;
        let first = self.edge.size();
        let objects = self.edge.grow(entries).unwrap();
        let last = self.edge.size() - 1;
        self.put(
            "audit",
            &layout::batch_key(self.log.as_str(), first, last),
            &tiles::encode_bundle(entries).unwrap(),
            true,
        );
        for object in objects {
            if self.helpers || object.tile.is_full() {
                let key = layout::tile_key(self.log.as_str(), &object.tile);
                self.put("audit", &key, &object.bytes, object.tile.is_full());
            }
        }
        let checkpoint = self.signed(self.edge.size(), self.edge.root());
        self.put("audit", &layout::checkpoint_key(self.log.as_str(), self.edge.size()), checkpoint.as_bytes(), true);
        if self.helpers {
            self.put("audit", &layout::newest_checkpoint_key(self.log.as_str()), checkpoint.as_bytes(), false);
        }
        self.entries.extend(entries.iter().map(|entry| entry.as_ref().to_vec()));
    }

    pub fn commit_events(&mut self, events: &[AuditEvent]) {
        let entries: Vec<_> = events.iter().map(|event| event.canonical_bytes().unwrap()).collect();
        self.commit(&entries);
    }

    /// Closes the log and opens the next under another key. What the old one held is handed back.
    pub fn change_key(&mut self, signer: SigningKey) -> Vec<Vec<u8>> {
        let closing = LogClosing::new(&self.log, signer.verifying_key().as_bytes(), "key-2");
        self.commit(&[LogEntry::Closing(closing).canonical_bytes().unwrap()]);
        let opening = LogOpening::new(&self.log, &self.key(), &self.newest());
        (self.log, self.signer, self.edge) = (self.log.next(), signer, Edge::empty());
        let entries = std::mem::take(&mut self.entries);
        self.commit(&[LogEntry::Opening(opening).canonical_bytes().unwrap()]);
        entries
    }

    /// The newest checkpoint.
    pub fn newest(&self) -> String {
        self.signed(self.edge.size(), self.edge.root())
    }

    pub fn signed(&self, size: u64, root: fude::integrity::Digest) -> String {
        let text = Checkpoint { origin: origin(self.log.as_str()), size, root }.text();
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
        fs::create_dir_all(&self.state).unwrap();
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

/// Sample and what the verifiers are to say about it.
pub struct Sample {
    pub folder: tempfile::TempDir,
    pub house: House,
}

impl Sample {
    /// A log of 263 entries, with a draft, a final document with an amendment, and one that failed.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::new(&folder.path().join("state"), HOUSE);
        let house_ref = &mut house;
        let (mut draft, mut last, mut failed) = (Document::new("d0d0"), Document::new("f1f1"), Document::new("e2e2"));
        let events = [
            last.request(house_ref),
            last.revise(house_ref),
            draft.request(house_ref),
            last.revise(house_ref),
            failed.request(house_ref),
            last.finalise(house_ref),
        ];
        house_ref.commit_events(&events);
        let mut events: Vec<_> = (0..253).map(|_| last.read(house_ref)).collect();
        events.push(last.revise(house_ref));
        house_ref.commit_events(&events);
        let events = [
            failed.event(house_ref, Action::DraftingFailed, "failed"),
            draft.revise(house_ref),
            last.finalise(house_ref),
        ];
        house_ref.commit_events(&events);
        house.publish_key();
        Self { folder, house }
    }

    /// The same, the key changed after the first finalisation: a full log and one of a few entries.
    pub fn of_two_keys() -> Self {
        let Self { folder, mut house } = Self::new();
        let house_ref = &mut house;
        let mut later = Document::new("a3a3");
        house_ref.change_key(SigningKey::from_bytes(&[9; 32]));
        let events = [later.request(house_ref), later.revise(house_ref), later.finalise(house_ref)];
        house_ref.commit_events(&events);
        let read = later.read(house_ref);
        house_ref.commit_events(&[read]);
        house.publish_key();
        Self { folder, house }
    }

    pub fn state(&self) -> &Path {
        &self.house.state
    }
}

/// How a state is to be verified.
pub fn options(house: &House, pins: Vec<Pin>) -> Options {
    Options {
        state: house.state.clone(),
        documents: "documents".to_owned(),
        audit: "audit".to_owned(),
        keys: vec![house.signer.verifying_key().to_bytes()],
        hospital: None,
        pins,
        demands: Demands { now_ms: now_ms(), log_days: None, mode: None, strict: true },
    }
}

pub fn report(options: &Options) -> Report {
    let mut report = Report::default();
    verify(options, &mut report).unwrap();
    report
}

pub fn verdict_of(report: &Report) -> Verdict {
    (report.status(), report.findings.iter().map(|finding| finding.code.to_string()).collect())
}

/// A folder of the same files, each under a second name, so that a thousand of them cost little. Whoever changes one
/// must replace it.
pub fn linked(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, next) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            linked(&path, &next);
        } else {
            fs::hard_link(&path, next).unwrap();
        }
    }
}

/// Every file below a folder, by its path there.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Puts other bytes in the place of a file, leaving what else is linked to the old ones.
pub fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Both verifiers must find exactly these codes; what the first reports is handed back.
#[track_caller]
pub fn expect(house: &House, pins: &[&str], codes: &[&str]) -> Report {
    let paths: Vec<_> = pins.iter().map(|name| house.state.parent().unwrap().join(name)).collect();
    let read = paths.iter().map(|path| Pin::read(path).unwrap().unwrap()).collect();
    let found = report(&options(house, read));
    let (status, names) = verdict_of(&found);
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), codes, "{:#?}", found.findings);
    let mut words = vec!["--state".to_owned(), house.state.to_str().unwrap().to_owned()];
    for path in &paths {
        words.extend(["--pin".to_owned(), path.to_str().unwrap().to_owned()]);
    }
    if let Some(verdicts) = python::verdicts(&[words]) {
        assert_eq!(verdicts[0], (status, names), "the verifiers disagree");
    }
    found
}
