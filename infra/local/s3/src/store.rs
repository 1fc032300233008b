//! Object versions on the disk: the folder layout, the order of writes, and the conditions under which one is made or
//! removed. No HTTP. Everything here blocks and is meant for a blocking thread.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Config;
use crate::key::Key;
use crate::record::{Content, NULL_VERSION, Record, Version};
use crate::refused::Refused;
use crate::retention::{self, Retention};
use crate::terms::{Condition, Description, Found, Place, Rules};
use crate::upload::{Temporary, Upload};

/// Keys that share a lock wait for each other; enough of them that 200 requests seldom do.
const LOCKS: usize = 1024;

/// The buckets of one server.
pub(crate) struct Store {
    root: PathBuf,
    meta: PathBuf,
    buckets: HashMap<String, Rules>,
    locks: Vec<Mutex<()>>,
}

impl Store {
    /// Creates missing buckets and removes what interrupted uploads left behind.
    pub fn open(config: &Config) -> io::Result<Self> {
        let incoming = config.meta.join(".incoming");
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&incoming)?,
        }
        let mut buckets = HashMap::new();
        for bucket in &config.buckets {
            if !s3s::path::check_bucket_name(&bucket.name) {
                return Err(io::Error::new(ErrorKind::InvalidInput, "not a bucket name"));
            }
            fs::create_dir_all(config.root.join(&bucket.name))?;
            fs::create_dir_all(config.meta.join(&bucket.name))?;
            let versioned = bucket.versioned || bucket.object_lock;
            buckets.insert(bucket.name.clone(), Rules { object_lock: bucket.object_lock, versioned });
        }
        Ok(Self {
            root: config.root.clone(),
            meta: config.meta.clone(),
            buckets,
            locks: (0..LOCKS).map(|_| Mutex::new(())).collect(),
        })
    }

    /// Where bodies arrive. On the same file system as the buckets, so that they can be moved in.
    pub fn incoming(&self) -> PathBuf {
        self.meta.join(".incoming")
    }

    /// The folder of a bucket's metadata.
    pub fn metadata_of(&self, bucket: &str) -> Result<PathBuf, Refused> {
        self.buckets.get(bucket).ok_or(Refused::NoSuchBucket)?;
        Ok(self.meta.join(bucket))
    }

    /// Checks bucket and key of a request.
    pub fn place(&self, bucket: &str, key: &str) -> Result<Place, Refused> {
        let rules = *self.buckets.get(bucket).ok_or(Refused::NoSuchBucket)?;
        Ok(Place { bucket: bucket.to_owned(), key: Key::parse(key)?, rules })
    }

    /// Makes a received body the newest version.
    ///
    /// The bytes are moved in first. A crash before the record is written leaves a file that no record names: no object,
    /// and the next put takes its place.
    pub fn put(
        &self,
        place: &Place,
        upload: Upload,
        description: Description,
        condition: &Condition,
        now: OffsetDateTime,
    ) -> Result<Found, Refused> {
        if description.retention.is_some() && !place.rules.object_lock {
            return Err(Refused::NoObjectLock);
        }
        let _guard = self.lock(place);
        let mut record = self.record(place)?.unwrap_or_else(|| Record::empty(&place.key));
        match (condition, record.current()) {
            (Condition::CreateOnly, Some(_)) => return Err(Refused::PreconditionFailed),
            (Condition::Replace(_), None) => {
                return Err(Refused::NoSuchKey { delete_marker: None });
            }
            (Condition::Replace(etag), Some((_, current))) if *etag != current.etag => {
                return Err(Refused::PreconditionFailed);
            }
            _ => {}
        }
        if !place.rules.versioned {
            record.versions.clear();
        }
        let id = if place.rules.versioned { Uuid::new_v4().simple().to_string() } else { NULL_VERSION.to_owned() };
        let plain = place.key.as_str();
        let taken = record.versions.iter().filter_map(|v| v.content.as_ref()).any(|content| content.file == plain);
        let file = if taken { format!("{plain}@{id}") } else { plain.to_owned() };
        let path = self.root.join(&place.bucket).join(&file);
        move_in(upload.file.path(), &path)?;
        let content = Content {
            file,
            size: upload.size,
            etag: upload.sha256[..32].to_owned(),
            sha256: upload.sha256,
            checksums: upload.checksums,
            media_type: description.media_type,
            metadata: description.metadata,
            encryption: description.encryption,
            retention: description.retention,
        };
        let version = Version { id, last_modified: now.into(), delete_marker: false, content: Some(content.clone()) };
        record.versions.push(version.clone());
        self.write(place, &record)?;
        Ok(Found { id: place.version_id(&version), version, content })
    }

    /// Opens a version's bytes, whatever the file holds by now.
    pub fn open_version(&self, place: &Place, id: Option<&str>) -> Result<(Found, File), Refused> {
        let _guard = self.lock(place);
        let found = self.find(place, id)?;
        match File::open(self.root.join(&place.bucket).join(&found.content.file)) {
            Ok(file) => Ok((found, file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Refused::NoSuchKey { delete_marker: None }),
            Err(error) => Err(error.into()),
        }
    }

    /// The record of a version: the newest, or the one named.
    pub fn find(&self, place: &Place, id: Option<&str>) -> Result<Found, Refused> {
        let record = self.record(place)?.ok_or(match id {
            Some(_) => Refused::NoSuchVersion,
            None => Refused::NoSuchKey { delete_marker: None },
        })?;
        let position = position(&record, id)?;
        let version = record.versions[position].clone();
        match version.content.clone() {
            Some(content) => Ok(Found { id: place.version_id(&version), version, content }),
            None if id.is_some() => Err(Refused::IsDeleteMarker),
            None => Err(Refused::NoSuchKey { delete_marker: Some(version.id) }),
        }
    }

    /// Puts a delete marker over a versioned object, and removes an unversioned one. Returns the marker's id.
    pub fn delete(&self, place: &Place, now: OffsetDateTime) -> Result<Option<String>, Refused> {
        let _guard = self.lock(place);
        let record = self.record(place)?;
        if !place.rules.versioned {
            if let Some(mut record) = record {
                let gone = std::mem::take(&mut record.versions);
                self.remove(place, &record, gone)?;
            }
            return Ok(None);
        }
        let mut record = record.unwrap_or_else(|| Record::empty(&place.key));
        let id = Uuid::new_v4().simple().to_string();
        let marker = Version { id: id.clone(), last_modified: now.into(), delete_marker: true, content: None };
        record.versions.push(marker);
        self.write(place, &record)?;
        Ok(Some(id))
    }

    /// Removes one version for good, unless it is locked. Returns whether it was a delete marker; an unknown id is no
    /// error, as in S3.
    pub fn delete_version(&self, place: &Place, id: &str, bypass: bool, now: OffsetDateTime) -> Result<bool, Refused> {
        let _guard = self.lock(place);
        let Some(mut record) = self.record(place)? else {
            return Ok(false);
        };
        let Ok(position) = position(&record, Some(id)) else {
            return Ok(false);
        };
        let version = record.versions.remove(position);
        let lock = version.content.as_ref().and_then(|content| content.retention.as_ref());
        retention::may_delete(lock, now, bypass)?;
        let marker = version.delete_marker;
        self.remove(place, &record, vec![version])?;
        Ok(marker)
    }

    /// Changes a version's lock; `None` lifts it.
    pub fn retain(
        &self,
        place: &Place,
        id: Option<&str>,
        wanted: Option<Retention>,
        bypass: bool,
        now: OffsetDateTime,
    ) -> Result<(), Refused> {
        if !place.rules.object_lock {
            return Err(Refused::NoObjectLock);
        }
        let _guard = self.lock(place);
        self.find(place, id)?;
        let mut record = self.record(place)?.ok_or(Refused::NoSuchVersion)?;
        let position = position(&record, id)?;
        let content = record.versions[position].content.as_mut().ok_or(Refused::IsDeleteMarker)?;
        retention::may_replace(content.retention.as_ref(), wanted.as_ref(), now, bypass)?;
        content.retention = wanted;
        Ok(self.write(place, &record)?)
    }

    /// The record goes first: a crash in between leaves a file that no record names.
    fn remove(&self, place: &Place, left: &Record, gone: Vec<Version>) -> io::Result<()> {
        if left.versions.is_empty() {
            fs::remove_file(self.record_path(place))?;
        } else {
            self.write(place, left)?;
        }
        for content in gone.into_iter().filter_map(|version| version.content) {
            match fs::remove_file(self.root.join(&place.bucket).join(content.file)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn lock(&self, place: &Place) -> MutexGuard<'_, ()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&place.bucket, place.key.as_str()));
        // The lock guards files, not memory: after a panic they are as after a crash
        self.locks[hash as usize % LOCKS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_path(&self, place: &Place) -> PathBuf {
        self.meta.join(&place.bucket).join(format!("{}.json", place.key.as_str()))
    }

    fn record(&self, place: &Place) -> io::Result<Option<Record>> {
        Record::read(&self.record_path(place))
    }

    fn write(&self, place: &Place, record: &Record) -> io::Result<()> {
        let path = self.record_path(place);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        record.write(&path, Temporary::within(&self.incoming()).path())
    }
}

fn position(record: &Record, id: Option<&str>) -> Result<usize, Refused> {
    match id {
        None => record.versions.len().checked_sub(1).ok_or(Refused::NoSuchKey { delete_marker: None }),
        Some(id) => record.versions.iter().position(|v| v.id == id).ok_or(Refused::NoSuchVersion),
    }
}

/// Moves a file to where it belongs, making folders as needed.
fn move_in(from: &Path, to: &Path) -> Result<(), Refused> {
    let folder = to.parent().ok_or(Refused::Key)?;
    fs::create_dir_all(folder).and_then(|()| fs::rename(from, to)).map_err(|error| match error.kind() {
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::IsADirectory => Refused::KeyIsFolder,
        _ => Refused::Storage(error),
    })
}
