//! The bucket in memory: the functions of `bucket.rs`, one step for each request in them.

use fude::audit::checkpoint::{Checkpoint, LogKey};
use fude::audit::edge::Edge;
use fude::audit::{LogName, layout};

use crate::config::Config;
use crate::error::Error;
use crate::plan::Object;
use crate::world::{Answer, Cloud, Mutant, Violation, World, turn};

/// As in `bucket.rs`.
const MOST_MEETINGS: u32 = 5;

pub struct Bucket(pub Cloud);

#[derive(Clone)]
enum Condition {
    Absent,
    Unchanged(Vec<u8>),
}

enum Put {
    Done,
    ConditionFailed,
    MetAnother,
}

impl Bucket {
    /// Named by `Writer::new`, which nobody calls here.
    pub fn new(_: &crate::SdkConfig, _: &Config) -> Self {
        Self(Cloud::default())
    }

    pub async fn put_once(&self, object: &Object) -> Result<(), Error> {
        for _ in 0..MOST_MEETINGS {
            match self.put(&object.key, &object.bytes, Condition::Absent).await? {
                Put::Done => return Ok(()),
                Put::ConditionFailed => match self.get(&object.key).await? {
                    Some(bytes) if bytes == object.bytes => return Ok(()),
                    Some(_) if self.0.0.borrow().is(Mutant::EqualBytes) => return Ok(()),
                    Some(_) => return Err(Error::Conflict(object.key.clone())),
                    None => turn().await,
                },
                Put::MetAnother => turn().await,
            }
        }
        Err(Error::Contended)
    }

    /// Signatures are checked by the unit tests of checkpoints; here they would take most of the time.
    pub async fn point_to(&self, log: &LogName, note: &str, size: u64, _: &LogKey) -> Result<(), Error> {
        let pointer = layout::newest_checkpoint_key(log.as_str());
        for _ in 0..MOST_MEETINGS {
            let condition = match self.get(&pointer).await? {
                Some(current) => match Checkpoint::claimed(&current) {
                    Ok(newest) if newest.size > size || current == note.as_bytes() => return Ok(()),
                    _ => Condition::Unchanged(current),
                },
                None => Condition::Absent,
            };
            match self.put(&pointer, note.as_bytes(), condition).await? {
                Put::Done => return Ok(()),
                Put::ConditionFailed | Put::MetAnother => turn().await,
            }
        }
        Err(Error::Contended)
    }

    pub async fn checkpoint_beyond(&self, log: &LogName, size: u64) -> Result<Option<u64>, Error> {
        let list = |world: &mut World| {
            let beyond = layout::checkpoint_key(log.as_str(), size + 1);
            let key = world.objects.range(beyond..).next().map(|(key, _)| key.clone());
            let size = key.and_then(|key| layout::parse_checkpoint_key(log.as_str(), &key));
            size.filter(|_| !world.is(Mutant::HeadBehind))
        };
        self.0.read("S3 ListObjectsV2", list).await
    }

    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.0.read("S3 GetObject", |world| world.objects.get(key).cloned()).await
    }

    async fn put(&self, key: &str, bytes: &[u8], condition: Condition) -> Result<Put, Error> {
        let (key, bytes) = (key.to_owned(), bytes.to_vec());
        let answer = self.0.write("S3 PutObject", move |world| put(world, key, bytes, condition)).await?;
        Ok(match answer {
            Answer::Done(true) => Put::Done,
            Answer::Done(false) => Put::ConditionFailed,
            Answer::MetAnother => Put::MetAnother,
        })
    }
}

/// True where it took place.
fn put(world: &mut World, key: String, bytes: Vec<u8>, condition: Condition) -> bool {
    let current = world.objects.get(&key);
    let once = matches!(condition, Condition::Absent);
    let holds = match condition {
        Condition::Absent => current.is_none() || world.is(Mutant::CreateOnly),
        Condition::Unchanged(tag) => current == Some(&tag),
    };
    if !holds {
        return false;
    }
    if once && current.is_some_and(|current| *current != bytes) {
        world.violate(Violation::EvidenceChanged);
    }
    let log = key.split_once('/').map_or("", |(log, _)| log).to_owned();
    if let Some(size) = layout::parse_checkpoint_key(&log, &key) {
        // At this very moment, not only in the end, all of its tree has to be there
        let edge = Edge::read(size, |tile| world.objects.get(&layout::tile_key(&log, tile)).map(Vec::as_slice));
        let root = Checkpoint::claimed(&bytes).map(|checkpoint| checkpoint.root).ok();
        if edge.ok().map(|edge| edge.root()) != root {
            world.violate(Violation::TreeIncomplete);
        }
        world.checkpoints.push((key.clone(), bytes.clone()));
    }
    world.objects.insert(key, bytes);
    true
}
