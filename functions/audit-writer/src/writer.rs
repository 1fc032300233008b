//! The algorithm: read the head, read the events, commit, publish. One log, one hospital.
//!
//! Only the transaction decides what the log holds. All after it can be repeated by anybody
//! with the same result, so a crash anywhere is repaired by whoever comes next: the redelivered
//! batch, the next event, or the sweep, which finds an unpublished head by the pending index.

use std::collections::BTreeMap;
use std::time::Duration;

use fude::audit::RowKey;

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
    pub fn new(config: &Config, sdk: &aws_config::SdkConfig) -> Self {
        Self {
            table: Table::new(aws_sdk_dynamodb::Client::new(sdk), config.table.clone()),
            bucket: Bucket::new(aws_sdk_s3::Client::new(sdk), config),
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
            let head = self.settled_head(hospital).await?;
            let (rows, gone) = self.unlogged(keys).await?;
            let batch = plan::next_batch(rows);
            if batch.is_empty() {
                return gone.map_or(Ok(()), |key| Err(Error::RowGone(key.pk())));
            }
            let commit = plan::commit(head, &batch)?;
            // A crash before the transaction leaves nothing. After it, head, sequence row and
            // indexes name entries that S3 does not hold yet: `settled_head` publishes them.
            match self.table.commit(hospital, &commit).await? {
                Committed::Yes => {
                    self.publish(hospital, &commit.after, &commit.entries).await?;
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

    /// The head, once all that it names is published; None where the log begins.
    async fn settled_head(&self, hospital: &str) -> Result<Option<Head>, Error> {
        for race in 0..MOST_RACES {
            let stored = self.table.head(hospital).await?;
            let head = stored.clone().unwrap_or_else(Head::empty);
            if head.published < head.size() {
                let entries = self.committed(hospital, &head).await?;
                self.publish(hospital, &head, &entries).await?;
                continue;
            }
            let Some(checkpoint) = self.bucket.checkpoint_beyond(hospital, head.size()).await? else {
                return Ok(stored);
            };
            // Another writer may have published between the two readings: only a head that is
            // still behind was taken from a backup
            let again = self.table.head(hospital).await?.map_or(0, |head| head.size());
            if again < checkpoint {
                return Err(Error::HeadBehind { head: again, checkpoint });
            }
            pause(race).await;
        }
        Err(Error::Contended)
    }

    /// The entries between `published` and the size, as another writer committed them.
    async fn committed(&self, hospital: &str, head: &Head) -> Result<Vec<Vec<u8>>, Error> {
        let first = head.published;
        let sequence = self.table.sequence(hospital, first).await?;
        let sequence = sequence
            .filter(|sequence| first + sequence.leaves.len() as u64 == head.size())
            .ok_or_else(|| Error::Unreadable(format!("LOG#{hospital} SEQ#{first:012}")))?;
        let keys: Vec<_> = sequence.leaves.iter().map(|(key, _)| key.clone()).collect();
        let mut rows = self.table.rows(&keys).await?;
        let mut entries = Vec::with_capacity(keys.len());
        for (key, leaf) in &sequence.leaves {
            let row = rows.remove(key).ok_or_else(|| Error::RowGone(key.pk()))?;
            let entry = row.entry()?;
            if fude::audit::merkle::leaf_hash(&entry) != *leaf {
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
