//! The algorithm: read the head, read the events, commit, publish. One hospital at a time.
//!
//! Only the transaction decides what the log holds. All after it can be repeated by anybody
//! with the same result, so a crash anywhere is repaired by whoever comes next: the redelivered
//! batch, the next event, or the sweep, which finds an unpublished head by the pending index.

use std::collections::BTreeMap;
use std::time::Duration;

use fude::audit::checkpoint::origin;
use fude::audit::merkle::leaf_hash;
use fude::audit::{LogName, LogOpening, RowKey, layout};

use crate::bucket::Bucket;
use crate::config::Config;
use crate::error::Error;
use crate::plan::{self, Head, Pending, Row};
use crate::signer::Signer;
use crate::table::{Committed, Table};

/// How often another writer may be faster before the batch is handed back.
const MOST_RACES: u32 = 12;

pub struct Writer {
    pub(crate) table: Table,
    pub(crate) bucket: Bucket,
    pub(crate) signer: Signer,
}

impl Writer {
    /// Builds every client once, on one shared configuration.
    pub fn new(config: &Config, sdk: &aws_types::SdkConfig) -> Self {
        Self {
            table: Table::new(aws_sdk_dynamodb::Client::new(sdk), config.table.clone()),
            bucket: Bucket::new(sdk, config),
            signer: Signer::new(aws_sdk_kms::Client::new(sdk), config.log_key_id.clone()),
        }
    }

    /// What waits for the log.
    pub async fn pending(&self) -> Result<Pending, Error> {
        self.table.pending().await
    }

    /// Logs these events, and what has to come before them, in as many commits as it takes.
    ///
    /// Returns once all of them are published; calling again does nothing.
    pub async fn append(&self, hospital: &str, keys: &[RowKey]) -> Result<(), Error> {
        let mut races = 0;
        loop {
            let (log, head) = self.current(hospital).await?;
            let (rows, gone) = self.unlogged(keys).await?;
            let batch = plan::next_batch(rows);
            if batch.is_empty() {
                return gone.map_or(Ok(()), |key| Err(Error::RowGone(key.pk())));
            }
            let commit = plan::commit(head, &batch)?;
            // A crash before the transaction leaves nothing. After it, head, sequence row and
            // indexes name entries that S3 does not hold yet: `settled_head` publishes them.
            match self.table.commit(&log, &commit).await? {
                Committed::Yes => {
                    self.publish(&log, &commit.after, &commit.entries).await?;
                    tracing::info!(hospital.id = hospital, log.size = commit.after.size(), "events logged");
                    races = 0;
                }
                Committed::OthersWereFaster => {
                    races += 1;
                    if races > MOST_RACES {
                        return Err(Error::Contended);
                    }
                    pause(races).await;
                }
            }
        }
    }

    /// The log of the hospital that goes on, with its head, past those that a change of key closed.
    async fn current(&self, hospital: &str) -> Result<(LogName, Option<Head>), Error> {
        let mut log = LogName::first(hospital);
        let mut head = self.settled_head(&log).await?;
        let mut races = 0;
        loop {
            let Some(next_key_id) = head.as_ref().and_then(|head| head.next_key_id.as_deref()) else {
                return Ok((log, head));
            };
            let next = log.next();
            // Without its opening no later log begins: only a head that was read is gone on with
            if let Some(there) = self.settled_head(&next).await? {
                (log, head) = (next, Some(there));
                continue;
            }
            if let Committed::OthersWereFaster = self.open(&log, head.as_ref(), next_key_id).await? {
                races += 1;
                if races > MOST_RACES {
                    return Err(Error::Contended);
                }
                pause(races).await;
            }
        }
    }

    /// Begins the log that follows a closed one. Whoever else does so at the same time writes the same bytes.
    async fn open(&self, closed: &LogName, head: Option<&Head>, key_id: &str) -> Result<Committed, Error> {
        let key = layout::checkpoint_key(closed.as_str(), head.map_or(0, Head::size));
        let note = self.bucket.get(&key).await?.and_then(|note| String::from_utf8(note).ok());
        let note = note.ok_or(Error::Conflict(key))?;
        let own = head.and_then(|head| head.key_id.as_deref());
        let opening = LogOpening::new(closed, &self.signer.log_key(&origin(closed.as_str()), own).await?, &note);
        let commit = plan::opening(opening, key_id)?;
        // A crash before leaves a closed log, which the next append opens; after it, one that the next publishes
        let committed = self.table.commit(&closed.next(), &commit).await?;
        if matches!(committed, Committed::Yes) {
            tracing::info!(hospital.id = closed.hospital(), log.name = closed.next().as_str(), "log opened");
        }
        Ok(committed)
    }

    /// The head, once all that it names is published; None where the log begins.
    async fn settled_head(&self, log: &LogName) -> Result<Option<Head>, Error> {
        for race in 0..MOST_RACES {
            let stored = self.table.head(log).await?;
            let head = stored.clone().unwrap_or_else(Head::empty);
            if head.published < head.size() {
                let entries = self.committed(log, &head).await?;
                self.publish(log, &head, &entries).await?;
                continue;
            }
            if head.next_key_id.is_some() {
                return Ok(stored);
            }
            let Some(checkpoint) = self.bucket.checkpoint_beyond(log, head.size()).await? else {
                return Ok(stored);
            };
            // Another writer may have published between the two readings: only a head that is
            // still behind was taken from a backup
            let again = self.table.head(log).await?.map_or(0, |head| head.size());
            if again < checkpoint {
                return Err(Error::HeadBehind { head: again, checkpoint });
            }
            pause(race).await;
        }
        Err(Error::Contended)
    }

    /// The entries between `published` and the size, as another writer committed them.
    async fn committed(&self, log: &LogName, head: &Head) -> Result<Vec<Vec<u8>>, Error> {
        let first = head.published;
        let sequence = self.table.sequence(log, first).await?;
        let sequence = sequence
            .filter(|sequence| sequence.end() == head.size())
            .ok_or_else(|| Error::Unreadable(format!("LOG#{log} SEQ#{first:012}")))?;
        let keys: Vec<_> = sequence.rows().map(|(_, key)| key.clone()).collect();
        let mut rows = self.table.rows(&keys).await?;
        let mut entries: Vec<Vec<u8>> = sequence.seam.clone().into_iter().collect();
        for (key, leaf) in &sequence.leaves {
            let row = rows.remove(key).ok_or_else(|| Error::RowGone(key.pk()))?;
            let entry = row.entry()?;
            if leaf_hash(&entry) != *leaf {
                return Err(Error::Conflict(format!("{} {}", key.pk(), key.sk())));
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    /// The rows of these events and of all before them that have no index; and one that is gone.
    async fn unlogged(&self, keys: &[RowKey]) -> Result<(Vec<Row>, Option<RowKey>), Error> {
        let mut known = BTreeMap::new();
        // A record that comes twice in one batch is one row, which must not look gone the second time
        let mut wanted: Vec<RowKey> = keys.to_vec();
        wanted.sort();
        wanted.dedup();
        while !wanted.is_empty() {
            let mut rows = self.table.rows(&wanted).await?;
            known.extend(wanted.into_iter().map(|key| {
                let row = rows.remove(&key);
                (key, row)
            }));
            wanted = plan::missing_predecessors(&known).into_iter().collect();
        }
        // What follows a row that is gone is logged all the same: better a gap that the auditor
        // sees than events that nobody sees
        let gone = known.iter().find(|(_, row)| row.is_none()).map(|(key, _)| key.clone());
        if let Some(key) = &gone {
            tracing::error!(row.pk = key.pk(), row.sk = key.sk(), "an event row is gone");
        }
        Ok((known.into_values().flatten().collect(), gone))
    }
}

/// Lets the faster writer finish.
pub async fn pause(race: u32) {
    tokio::time::sleep(Duration::from_millis(20 * u64::from(race + 1))).await;
}
