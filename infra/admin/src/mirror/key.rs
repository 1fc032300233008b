//! One key: what the source has of it now against what the copy has, and what is new copied.
//!
//! A version that the copy has is never written again, whatever the source says of it by now, except that a lock may
//! get longer.

use fude::audit::UtcMillis;

use super::folder::{Bucket, Folder, is_path, is_version_id};
use super::record::{Content, Lock, Record, Version};
use super::source::{Listed, Missed, Source};
use super::tally::{Tally, Told};
use super::{Options, Stop};

/// What all keys of a run share.
pub struct Run {
    pub source: Source,
    pub folder: Folder,
    pub options: Options,
    pub began: UtcMillis,
}

impl Run {
    /// Brings the copy of one key up to the source.
    pub async fn take(
        &self,
        bucket: Bucket,
        key: &str,
        listed: &[Listed],
        kept: Option<Record>,
    ) -> Result<Tally, Stop> {
        let mut tally = Tally::default();
        let name = format!("{}/{key}", bucket.name());
        if !is_path(key) {
            tally.tell(Told::Unread, &name, "this key cannot be a path, and Fude writes none like it");
            return Ok(tally);
        }
        let old = kept.unwrap_or_else(|| Record::empty(key));
        // Known file names: those of the copy, and those that are given out here
        let mut names = old.clone();
        let mut versions = Vec::with_capacity(listed.len());
        for listed in listed {
            let known = old.versions.iter().find(|version| version.id == listed.id);
            let one = One { run: self, bucket, key, name: &name, listed };
            let version = match known {
                Some(known) if one.has_bytes(known) => Some(one.compare(known.clone(), &mut tally).await?),
                Some(known) => one.restore(known, &mut tally).await?,
                None => {
                    if let Some(under) =
                        old.versions.iter().find(|v| v.is_locked(self.began) && v.last_modified <= listed.modified)
                    {
                        let what = if listed.object.is_some() { "version" } else { "delete marker" };
                        let text = format!("a {what} {} was put over the locked version {}", listed.id, under.id);
                        tally.tell(Told::Changed, &name, &text);
                    }
                    one.copy(names.file_of(&listed.id), &mut tally).await?
                }
            };
            if let Some(version) = version {
                if known.is_none() {
                    names.versions.push(version.clone());
                }
                versions.push(version);
            }
        }
        let gone = old.versions.iter().filter(|version| !listed.iter().any(|listed| listed.id == version.id));
        for version in gone {
            let version = self.vanished(&name, version.clone(), &mut tally);
            let place = versions.iter().position(|later| later.last_modified > version.last_modified);
            versions.insert(place.unwrap_or(versions.len()), version);
        }
        if versions != old.versions && !versions.is_empty() {
            self.folder.write_record(bucket, &Record { versions, ..old })?;
        }
        Ok(tally)
    }

    fn vanished(&self, name: &str, mut version: Version, tally: &mut Tally) -> Version {
        let lock = version.lock().filter(|lock| lock.holds(self.began));
        match (lock, version.vanished) {
            (Some(lock), _) => {
                tally.tell(Told::Vanished, name, &format!("version {}, locked in {lock}", version.id));
            }
            // What nothing locks may go, and is told once
            (None, None) => tally.tell(Told::Gone, name, &format!("version {}, which nothing locked", version.id)),
            (None, Some(_)) => {}
        }
        version.vanished.get_or_insert(self.began);
        version
    }

    /// Asks for locks that were still to be set when the versions were copied. Returns whether all are there.
    pub async fn locks_follow(&self, bucket: Bucket, key: &str, tally: &mut Tally) -> Result<bool, Stop> {
        let super::folder::Kept::Record(mut record) = self.folder.record(bucket, key)? else { return Ok(true) };
        let (mut all, mut changed) = (true, false);
        for version in record.versions.iter_mut().filter(|version| version.vanished.is_none()) {
            let Some(content) = version.content.as_mut().filter(|content| content.retention.is_none()) else {
                continue;
            };
            match self.source.lock(bucket, key, &version.id).await {
                Ok(Some(lock)) => {
                    content.retention = Some(lock);
                    changed = true;
                    tally.locks += 1;
                }
                Err(Missed::Stop(stop)) => return Err(stop),
                Ok(None) | Err(_) => all = false,
            }
        }
        if changed {
            self.folder.write_record(bucket, &record)?;
        }
        Ok(all)
    }
}

/// One version that the source lists.
struct One<'r> {
    run: &'r Run,
    bucket: Bucket,
    key: &'r str,
    name: &'r str,
    listed: &'r Listed,
}

impl One<'_> {
    fn has_bytes(&self, known: &Version) -> bool {
        known.content.as_ref().is_none_or(|content| self.run.folder.holds(self.bucket, content))
    }

    fn tell(&self, told: Told, text: &str, tally: &mut Tally) {
        tally.tell(told, self.name, &format!("version {}: {text}", self.listed.id));
    }

    /// A version that the copy does not have. None where it could not be had, and was told.
    async fn copy(&self, file: String, tally: &mut Tally) -> Result<Option<Version>, Stop> {
        let (id, last_modified) = (self.listed.id.clone(), self.listed.modified);
        let Some((size, _)) = &self.listed.object else {
            tally.copied += 1;
            return Ok(Some(Version { id, last_modified, delete_marker: true, vanished: None, content: None }));
        };
        if !is_version_id(&id) {
            tally.tell(Told::Unread, self.name, "its version id cannot be part of a file name");
            return Ok(None);
        }
        let Some(content) = self.fetch(file, tally).await? else { return Ok(None) };
        if content.size != *size {
            let text = format!("{size} bytes are listed, {} came; copied as they came", content.size);
            self.tell(Told::Changed, &text, tally);
        }
        if let Some(sum) = content.checksums.get("sha256").filter(|sum| !is_base64_of(sum, &content.sha256)) {
            let text = format!("its bytes are not those of its checksum {sum}; copied as they came");
            self.tell(Told::Changed, &text, tally);
        }
        tally.copied += 1;
        tally.bytes += content.size;
        Ok(Some(Version { id, last_modified, delete_marker: false, vanished: None, content: Some(content) }))
    }

    /// Fetches into the copy.
    async fn fetch(&self, file: String, tally: &mut Tally) -> Result<Option<Content>, Stop> {
        let Run { source, folder, .. } = self.run;
        let (temporary, place) = (folder.incoming(), folder.path_of(self.bucket, &file));
        match source.fetch(self.bucket, self.key, self.listed, &temporary, file).await {
            Ok(content) => Folder::take_in(&temporary, &place).map(|()| Some(content)),
            Err(missed) => {
                _ = std::fs::remove_file(&temporary);
                self.missed(missed, tally).map(|()| None)
            }
        }
    }

    fn missed(&self, missed: Missed, tally: &mut Tally) -> Result<(), Stop> {
        match missed {
            Missed::Stop(stop) => return Err(stop),
            Missed::Gone => self.tell(Told::Unread, "it went while it was to be read", tally),
            Missed::Unread(why) => self.tell(Told::Unread, &why, tally),
        }
        Ok(())
    }

    /// A version whose bytes the copy lost.
    async fn restore(&self, known: &Version, tally: &mut Tally) -> Result<Option<Version>, Stop> {
        let Some(content) = &known.content else { return Ok(Some(known.clone())) };
        let restored = self.copy(content.file.clone(), tally).await?;
        // Without bytes the record still says what there was
        let Some(restored) = restored else { return Ok(Some(known.clone())) };
        self.tell(Told::Restored, "the copy had lost its bytes", tally);
        if restored.content.as_ref().is_none_or(|now| now.sha256 != content.sha256) {
            let text = format!("the copy lost the bytes of SHA-256 {}, the source has others now", content.sha256);
            self.tell(Told::Changed, &text, tally);
        }
        Ok(Some(restored))
    }

    /// A version that the copy has: returns what the copy says of it from now on.
    async fn compare(&self, mut known: Version, tally: &mut Tally) -> Result<Version, Stop> {
        if known.vanished.take().is_some() {
            self.tell(Told::Back, "it had vanished before", tally);
        }
        let kept = known.content.as_ref().map(|content| (content.size, content.etag.clone()));
        if kept != self.listed.object || known.last_modified != self.listed.modified {
            let say = |object: &Option<(u64, String)>, at: UtcMillis| match object {
                Some((size, etag)) => format!("{size} bytes, ETag {etag}, of {at}"),
                None => format!("a delete marker of {at}"),
            };
            let (before, now) = (say(&kept, known.last_modified), say(&self.listed.object, self.listed.modified));
            self.tell(Told::Changed, &format!("{before} in the copy, {now} in the source"), tally);
        }
        let Some(content) = &mut known.content else { return Ok(known) };
        let options = &self.run.options;
        let lock = if options.bytes {
            match self.read_again(content, tally).await? {
                Some(lock) => lock,
                None => return Ok(known),
            }
        } else if options.locks || (self.bucket == Bucket::Documents && self.key.starts_with("final/")) {
            match self.run.source.lock(self.bucket, self.key, &self.listed.id).await {
                Ok(lock) => lock,
                Err(missed) => {
                    self.missed(missed, tally)?;
                    return Ok(known);
                }
            }
        } else {
            return Ok(known);
        };
        self.compare_locks(content, lock, tally);
        Ok(known)
    }

    /// Bytes and description as they are now; returns the lock.
    async fn read_again(&self, content: &Content, tally: &mut Tally) -> Result<Option<Option<Lock>>, Stop> {
        let Run { source, folder, .. } = self.run;
        let temporary = folder.incoming();
        let fetched = source.fetch(self.bucket, self.key, self.listed, &temporary, content.file.clone()).await;
        _ = std::fs::remove_file(&temporary);
        let now = match fetched {
            Ok(now) => now,
            Err(missed) => return self.missed(missed, tally).map(|()| None),
        };
        if now.sha256 != content.sha256 || now.size != content.size {
            let (before, after) = ((content.size, &content.sha256), (now.size, &now.sha256));
            let text = format!(
                "{} bytes of SHA-256 {} in the copy, {} of {} in the source",
                before.0, before.1, after.0, after.1
            );
            self.tell(Told::Changed, &text, tally);
        }
        let described = |c: &Content| (c.checksums.clone(), c.media_type.clone(), c.metadata.clone());
        if described(&now) != described(content) {
            self.tell(Told::Changed, "media type, metadata or checksums are others in the source", tally);
        }
        Ok(Some(now.retention))
    }

    fn compare_locks(&self, content: &mut Content, now: Option<Lock>, tally: &mut Tally) {
        let say = |lock: Option<Lock>| lock.map_or_else(|| "none".to_owned(), |lock| lock.to_string());
        match (content.retention, now) {
            (before, now) if before == now => {}
            (None, Some(_)) => {
                content.retention = now;
                tally.locks += 1;
            }
            (Some(before), Some(after)) if after.covers(&before) => {
                content.retention = now;
                tally.locks += 1;
            }
            // One that ran out binds nobody
            (Some(before), _) if !before.holds(self.run.began) => {}
            (before, now) => {
                let text = format!("its lock is {} in the copy, {} in the source", say(before), say(now));
                self.tell(Told::Changed, &text, tally);
            }
        }
    }
}

fn is_base64_of(base64: &str, sha256: &str) -> bool {
    fude::integrity::Digest::parse(sha256).is_ok_and(|digest| digest.base64() == base64)
}
