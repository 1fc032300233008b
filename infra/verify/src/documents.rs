//! Documents against the log, in both directions: what the events name must be stored, unaltered and, once final,
//! locked; and what is stored and locked must be named by an event.
//!
//! A document's manifests are followed from the newest to the first; their hashes must be those that the events named.

use std::collections::{BTreeMap, HashSet};
use std::io;

use fude::audit::RetentionMode;
use fude::integrity::{Digest, Manifest, Representation};

use crate::Demands;
use crate::events::{Documents, Standing, Trail, seconds};
use crate::finding::{Code, Finding, Harmless, Sink};
use crate::harmless;
use crate::store::{Bucket, Record};

/// How long after a copy its event may still be on its way to the log.
const LOGGING_MS: i64 = 30_000;
/// How long after a finalisation its locks may still be on their way: they follow the commit at once.
const LOCKING_MS: i64 = 5_000;
const JSON: &str = "application/json";

/// The documents bucket, against all logs that were read.
pub struct Stored<'a> {
    pub bucket: &'a Bucket,
    pub demands: &'a Demands,
    /// Hospitals whose logs were read; whether there are others.
    /// The hospital of each log, in the order in which logs are read.
    pub houses: &'a [String],
    pub all_houses: bool,
}

/// One document while its objects are looked at.
struct Followed<'a> {
    id: &'a str,
    standing: &'a Standing,
    /// Keys that the manifests name, and whether their lock was looked at.
    named: BTreeMap<String, bool>,
    /// Whether the chain of manifests could be followed to its beginning.
    whole: bool,
}

impl Stored<'_> {
    pub fn check(&self, documents: &mut Documents, sink: &mut dyn Sink) -> io::Result<()> {
        let mut unknown = HashSet::new();
        let mut failed = None;
        for area in self.bucket.names("")? {
            if area != "draft/" && area != "final/" {
                harmless::leftovers(self.bucket, &area, sink)?;
                continue;
            }
            // Streamed: a hospital has more documents than fit into memory by name
            self.bucket.each_name(&area, |name| {
                let Some(id) = name.strip_suffix('/') else {
                    sink.harmless(Harmless::Leftover, &self.bucket.path_of(&format!("{area}{name}")));
                    return;
                };
                let standing = documents.of(id);
                let seen = standing.as_ref().map_or_else(|| !unknown.insert(id.to_owned()), |standing| standing.seen);
                if !seen {
                    let checked = self.check_one(id, standing.as_deref(), sink);
                    failed = failed.take().or(checked.err());
                }
                if let Some(standing) = standing {
                    standing.seen = true;
                }
            })?;
        }
        failed.map_or(Ok(()), Err)
    }

    /// Documents of which nothing at all is stored.
    pub fn gone<'d>(&self, documents: &'d Documents) -> impl Iterator<Item = &'d Standing> {
        let now = seconds(self.demands.now_ms);
        documents
            .all()
            .iter()
            .filter(move |standing| !standing.seen && standing.manifests > 0 && !may_be_gone(standing, now))
    }

    pub fn tell_gone(&self, id: &str, standing: &Standing, sink: &mut dyn Sink) {
        let area = if standing.finals == 0 { "draft" } else { "final" };
        let hash = standing.manifest.map(|hash| hash.to_string()).unwrap_or_default();
        let key = format!("{area}/{id}/{}/{hash}", standing.revision);
        self.tell(Code::EEventWithoutDoc, &key, Some(u64::from(standing.index)), &hash, "nothing", sink);
    }

    fn check_one(&self, id: &str, standing: Option<&Standing>, sink: &mut dyn Sink) -> io::Result<()> {
        let mut keys = self.bucket.keys_below(&format!("draft/{id}/"))?;
        keys.extend(self.bucket.keys_below(&format!("final/{id}/"))?);
        let (mut named, mut whole) = (BTreeMap::new(), true);
        if let Some(standing) = standing {
            let mut followed = Followed { id, standing, named, whole };
            self.follow(&mut followed, sink)?;
            Followed { named, whole, .. } = followed;
        } else if !self.all_houses && self.of_another_house(&keys) {
            return Ok(());
        }
        for key in keys.iter().filter(|key| !named.contains_key(*key)) {
            let record = self.record(key, sink);
            let Some(version) = record.versions.iter().find(|version| version.retention.is_some()) else {
                sink.harmless(Harmless::Leftover, &self.bucket.path_of(key));
                continue;
            };
            // Where the chain is broken, nobody knows what it named
            if whole && version.last_modified + LOGGING_MS < self.demands.now_ms {
                let index = standing.map(|standing| u64::from(standing.index));
                let (expected, found) = ("an event that names it", "none");
                self.tell(Code::EDocNotLogged, key, index, expected, found, sink);
            } else {
                sink.harmless(Harmless::Leftover, &self.bucket.path_of(key));
            }
        }
        Ok(())
    }

    /// With one hospital's log alone, documents of others cannot be judged.
    fn of_another_house(&self, keys: &[String]) -> bool {
        let manifests = keys.iter().filter_map(|key| Manifest::parse(&self.bucket.read(key).ok()??).ok());
        manifests.into_iter().any(|manifest| !self.houses.contains(&manifest.hospital))
    }

    /// Follows the manifests from the newest back to revision 1.
    fn follow(&self, followed: &mut Followed<'_>, sink: &mut dyn Sink) -> io::Result<()> {
        let standing = followed.standing;
        let Some(mut hash) = standing.manifest else {
            return Ok(());
        };
        let (mut revision, mut left) = (standing.revision, standing.manifests);
        let mut manifests = Vec::new();
        let unnamed;
        loop {
            let name = Name { revision, hash: &hash };
            let Some(manifest) = self.manifest(followed, left, &name, sink)? else {
                followed.whole = false;
                return Ok(());
            };
            let content = self.representations(followed, left, &name, &manifest, sink)?;
            manifests.push((revision, hash, content));
            left = left.saturating_sub(1);
            match manifest.previous_manifest {
                Some(previous) if left > 0 => hash = previous,
                previous => {
                    unnamed = previous.is_some();
                    break;
                }
            }
            // A final manifest follows that of the same revision
            revision = if manifest.finaliser.is_some() { revision } else { revision.saturating_sub(1) };
        }
        let trail = manifests
            .iter()
            .rev()
            .fold(Trail::default(), |trail, (revision, hash, content)| trail.and(*revision, hash, content.as_ref()));
        if trail != standing.trail || left != 0 || unnamed {
            let key = format!("{}/{}", followed.id, standing.revision);
            let expected = format!("the {} manifests that the events named, in their order", standing.manifests);
            let more = if unnamed { " and more" } else { "" };
            let found = format!("a chain of {}{more} that differs", manifests.len());
            self.tell(Code::EDocChain, &key, Some(u64::from(standing.index)), &expected, &found, sink);
        }
        Ok(())
    }

    /// The manifest that is the `place`th of its document, from whichever copy is sound.
    fn manifest(
        &self,
        followed: &mut Followed<'_>,
        place: u32,
        name: &Name<'_>,
        sink: &mut dyn Sink,
    ) -> io::Result<Option<Manifest>> {
        let Some(bytes) = self.object(followed, place, name, None, sink)? else {
            return Ok(None);
        };
        let (key, index) = (followed.key(name), Some(u64::from(followed.standing.index)));
        let expected = format!("the manifest of {} revision {}", followed.id, name.revision);
        match Manifest::parse(&bytes) {
            Ok(manifest)
                if manifest.document_id == followed.id
                    && manifest.revision == name.revision
                    && Some(&manifest.hospital) == self.houses.get(usize::from(followed.standing.log)) =>
            {
                Ok(Some(manifest))
            }
            Ok(other) => {
                let found = format!("that of {} revision {}", other.document_id, other.revision);
                self.tell(Code::EDocContent, &key, index, &expected, &found, sink);
                Ok(None)
            }
            Err(error) => {
                self.tell(Code::EDocContent, &key, index, &expected, &error.to_string(), sink);
                Ok(None)
            }
        }
    }

    /// Every stored representation of a manifest; returns the hash of the content.
    fn representations(
        &self,
        followed: &mut Followed<'_>,
        place: u32,
        of: &Name<'_>,
        manifest: &Manifest,
        sink: &mut dyn Sink,
    ) -> io::Result<Option<Digest>> {
        for stored in &manifest.representations {
            let Some((revision, in_draft)) = read_key(&stored.key, followed.id, &stored.sha256) else {
                let expected = format!("the key of {}", stored.sha256);
                let index = Some(u64::from(followed.standing.index));
                self.tell(Code::EDocContent, &stored.key, index, &expected, "another", sink);
                continue;
            };
            let name = Name { revision, hash: &stored.sha256 };
            self.object(followed, place, &name, Some(stored), sink)?;
            if in_draft && followed.standing.finals > 0 {
                self.name_copy(followed, &name, sink);
                self.name_copy(followed, of, sink);
            }
        }
        Ok(manifest.representation(JSON, None).map(|stored| stored.sha256))
    }

    /// Reads a named object from where it is evidence; returns its bytes if any copy holds.
    fn object(
        &self,
        followed: &mut Followed<'_>,
        place: u32,
        name: &Name<'_>,
        described: Option<&Representation>,
        sink: &mut dyn Sink,
    ) -> io::Result<Option<Vec<u8>>> {
        let standing = followed.standing;
        let index = Some(u64::from(standing.index));
        let key = followed.key(name);
        let may_be_gone = may_be_gone(standing, seconds(self.demands.now_ms));
        let (is_final, known) = (place <= standing.finals, followed.named.get(&key).copied());
        followed.named.insert(key.clone(), is_final || known == Some(true));
        let record = self.record(&key, sink);
        let bytes = self.bucket.read(&key)?.filter(|_| !(record.is_deleted() && may_be_gone));
        if bytes.is_some() && known.is_none() {
            self.one_version(standing, &key, &record, sink);
        }
        if bytes.is_some() && is_final && known != Some(true) {
            self.lock(standing, &key, &record, sink);
        }
        let size = described.map_or_else(|| bytes.as_ref().map_or(0, Vec::len) as u64, |stored| stored.size);
        let (expected, found) = match &bytes {
            None if may_be_gone => return Ok(None),
            None => (name.hash.to_string(), "nothing".to_owned()),
            Some(bytes) if Digest::of(bytes) != *name.hash => (name.hash.to_string(), Digest::of(bytes).to_string()),
            Some(bytes) if bytes.len() as u64 != size => (format!("{size} bytes"), format!("{} bytes", bytes.len())),
            Some(_) => return Ok(bytes),
        };
        let code = if bytes.is_some() { Code::EDocContent } else { Code::EEventWithoutDoc };
        if known.is_none() {
            self.tell(code, &key, index, &expected, &found, sink);
        }
        // The draft that it was copied from tells as well how the chain goes on
        let copy = self.bucket.read(&name.draft(followed.id))?;
        Ok(copy.filter(|bytes| Digest::of(bytes) == *name.hash))
    }

    /// The draft that a final object was copied from is no evidence any more, and goes when its time has come.
    fn name_copy(&self, followed: &mut Followed<'_>, name: &Name<'_>, sink: &mut dyn Sink) {
        let key = name.draft(followed.id);
        let there = self.bucket.holds(&key) || !self.record(&key, sink).versions.is_empty();
        let known = followed.named.insert(key.clone(), true).is_some();
        if !known && (there || seconds(self.demands.now_ms) < followed.standing.expires) {
            sink.harmless(Harmless::Rebuildable, &self.bucket.path_of(&key));
        }
    }

    fn one_version(&self, standing: &Standing, key: &str, record: &Record, sink: &mut dyn Sink) {
        if record.only().is_none() && !record.versions.is_empty() {
            let found = format!("{} versions or delete markers", record.versions.len());
            let index = Some(u64::from(standing.index));
            self.tell(Code::EVersionHistory, key, index, "one version", &found, sink);
        }
    }

    fn lock(&self, standing: &Standing, key: &str, record: &Record, sink: &mut dyn Sink) {
        let index = Some(u64::from(standing.index));
        if i64::from(standing.finalised_at) * 1000 + LOCKING_MS >= self.demands.now_ms {
            return;
        }
        let until = i64::from(standing.locked_until) * 1000;
        let compliance = standing.compliance || self.demands.mode == Some(RetentionMode::Compliance);
        let mode = if compliance { "compliance" } else { "governance" };
        let expected = format!("a lock of {mode} until {}", moment(until));
        match record.lock() {
            Some(lock) if lock.retain_until < until || (compliance && lock.mode != RetentionMode::Compliance) => {
                let found = format!("{:?} until {}", lock.mode, moment(lock.retain_until));
                self.tell(Code::ERetention, key, index, &expected, &found, sink);
            }
            None => self.tell(Code::ERetention, key, index, &expected, "none", sink),
            Some(_) => {}
        }
    }

    fn record(&self, key: &str, sink: &mut dyn Sink) -> Record {
        self.bucket.record(key).map_or_else(
            |_| {
                sink.unreadable(&format!("the record of {}", self.bucket.path_of(key)));
                Record::default()
            },
            Option::unwrap_or_default,
        )
    }

    fn tell(&self, code: Code, key: &str, index: Option<u64>, expected: &str, found: &str, sink: &mut dyn Sink) {
        let (object, expected, found) = (self.bucket.path_of(key), expected.to_owned(), found.to_owned());
        sink.finding(Finding { code, object, index, expected, found });
    }
}

/// An object by what it must hash to.
struct Name<'a> {
    revision: u32,
    hash: &'a Digest,
}

impl Name<'_> {
    fn draft(&self, id: &str) -> String {
        format!("draft/{id}/{}/{}", self.revision, self.hash)
    }
}

impl Followed<'_> {
    /// Where the object is evidence: `draft/` until the document is final for the first time.
    fn key(&self, name: &Name<'_>) -> String {
        if self.standing.finals == 0 {
            name.draft(self.id)
        } else {
            format!("final/{}/{}/{}", self.id, name.revision, name.hash)
        }
    }
}

/// Drafts that nobody finalised go when their time has come.
fn may_be_gone(standing: &Standing, now: u32) -> bool {
    standing.finals == 0 && standing.expires > 0 && standing.expires < now
}

/// Revision of an object's key, and whether it is a draft's.
fn read_key(key: &str, id: &str, hash: &Digest) -> Option<(u32, bool)> {
    let mut parts = key.split('/');
    let area = parts.next()?;
    let (of, revision, name) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let sound = matches!(area, "draft" | "final") && of == id && name == hash.to_string() && parts.next().is_none();
    sound.then_some((revision, area == "draft"))
}

fn moment(ms: i64) -> String {
    fude::audit::UtcMillis::from_unix_ms(ms).map_or_else(|_| ms.to_string(), |moment| moment.to_string())
}
