//! What the copied logs say of documents of late, so that a copy of a running house is sound.
//!
//! Objects of a final version come before their event, the event comes before the log. Copied in between, they would
//! stand in the copy as a document that no event names. So the logs are copied first, and of final versions younger
//! than [`RECENT_MS`] only those that the copied logs name; the others wait for the next run.

use std::collections::{HashMap, HashSet};

use fude::audit::tiles::decode_bundle;
use fude::audit::{Action, LogEntry, UtcMillis, layout};
use fude::integrity::Digest;

use super::Stop;
use super::folder::{Bucket, Folder, Kept};
use super::source::Listed;

/// For so long an event may be on its way to the log; one that is not there by then is missing, and told by `fude-verify`.
const RECENT_MS: i64 = 600_000;
/// Between the clock of this machine, of the functions and of the bucket.
const CLOCKS_MS: i64 = 60_000;

/// Of the events that were logged of late.
#[derive(Debug)]
pub struct Logged {
    since: i64,
    /// Latest finalised revision, by document.
    finalised: HashMap<String, u32>,
    /// Texts and manifests of amendments, which lie beside the final version from the first.
    amended: HashSet<String>,
}

impl Logged {
    /// Reads the youngest batches below the newest checkpoint of each copied log.
    pub fn read(folder: &Folder, began: UtcMillis) -> Result<Self, Stop> {
        let since = began.unix_ms() - RECENT_MS;
        let mut logged = Self { since, finalised: HashMap::new(), amended: HashSet::new() };
        for name in folder.names(Bucket::Audit, "")? {
            if let Some(log) = name.strip_suffix('/') {
                logged.read_log(folder, log)?;
            }
        }
        Ok(logged)
    }

    fn read_log(&mut self, folder: &Folder, log: &str) -> Result<(), Stop> {
        let size = newest(folder, log)?.unwrap_or(0);
        let prefix = layout::batch_prefix(log);
        for name in folder.names(Bucket::Audit, &prefix)?.iter().rev() {
            let key = format!("{prefix}{name}");
            let Some((first, _)) = layout::parse_batch_key(log, &key).filter(|(first, _)| *first < size) else {
                continue;
            };
            let Kept::Record(record) = folder.record(Bucket::Audit, &key)? else { continue };
            if record.versions.iter().all(|v| v.last_modified.unix_ms() < self.since - CLOCKS_MS) {
                break;
            }
            let path = folder.path_of(Bucket::Audit, &key);
            let bytes = std::fs::read(&path).map_err(|error| Stop::Disk(path, error))?;
            for (index, entry) in (first..).zip(decode_bundle(&bytes).unwrap_or_default()) {
                match LogEntry::parse(entry) {
                    Ok(LogEntry::Event(event)) if index < size => self.add(&event),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, event: &fude::audit::AuditEvent) {
        let Some(document) = event.document.as_ref().filter(|_| event.changes_document()) else { return };
        if event.action == Action::DocumentFinalised {
            let latest = self.finalised.entry(document.id.clone()).or_default();
            *latest = document.revision.max(*latest);
        }
        // Only what was final once has drafts without an end
        if document.expires_at.is_none() {
            let hashes: [Option<Digest>; 2] = [document.content_sha256, document.manifest_sha256];
            self.amended
                .extend(hashes.iter().flatten().map(|hash| format!("{}/{}/{hash}", document.id, document.revision)));
        }
    }

    /// Whether it is of a final version whose event may still be on its way.
    pub fn lacks(&self, key: &str, versions: &[Listed]) -> bool {
        let Some(path) = key.strip_prefix("final/") else { return false };
        let mut parts = path.split('/');
        let (Some(id), Some(revision)) = (parts.next(), parts.next().and_then(|r| r.parse::<u32>().ok())) else {
            return false;
        };
        versions.iter().any(|version| version.modified.unix_ms() > self.since)
            && self.finalised.get(id).is_none_or(|latest| *latest < revision)
            && !self.amended.contains(path)
    }
}

/// Size of the newest copied checkpoint of a log.
pub fn newest(folder: &Folder, log: &str) -> Result<Option<u64>, Stop> {
    let prefix = layout::checkpoint_prefix(log);
    let names = folder.names(Bucket::Audit, &prefix)?;
    Ok(names.iter().rev().find_map(|name| layout::parse_checkpoint_key(log, &format!("{prefix}{name}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_young_final_versions_without_their_event_wait() {
        let now = UtcMillis::parse("2026-11-22T10:00:00.000Z").unwrap();
        let logged = Logged {
            since: now.unix_ms() - RECENT_MS,
            finalised: HashMap::from([("d".to_owned(), 2)]),
            amended: HashSet::from(["a/3/c0".to_owned()]),
        };
        let listed = |minute: u32| {
            let modified = UtcMillis::parse(&format!("2026-11-22T09:{minute:02}:00.000Z")).unwrap();
            [Listed { id: "v".to_owned(), modified, newest: true, object: Some((1, String::new())) }]
        };
        for (key, minute, waits) in [
            ("final/d/2/aa", 59, false),
            ("final/d/1/aa", 59, false),
            ("final/d/3/aa", 59, true),
            ("final/d/3/aa", 40, false),
            ("final/e/1/aa", 59, true),
            ("final/a/3/c0", 59, false),
            ("final/a/3/c1", 59, true),
            ("draft/e/1/aa", 59, false),
            ("final/stray", 59, false),
        ] {
            assert_eq!(logged.lacks(key, &listed(minute)), waits, "{key} {minute}");
        }
    }
}
