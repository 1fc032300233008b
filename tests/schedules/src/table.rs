//! The table in memory: the calls of `table.rs` and `table/commit.rs`, with their conditions.

use std::collections::BTreeMap;

use fude::audit::{LogName, RowKey};

use crate::error::Error;
use crate::plan::{Commit, Head, Pending, Row, Sequence};
use crate::world::{Answer, Cloud, HOSPITAL, Mutant, Violation, World};

pub struct Table(pub Cloud);

pub enum Committed {
    Yes,
    OthersWereFaster,
}

impl Table {
    /// Named by `Writer::new`, which nobody calls here.
    pub fn new(_: crate::Client, _: String) -> Self {
        Self(Cloud::default())
    }

    pub async fn head(&self, log: &LogName) -> Result<Option<Head>, Error> {
        let read = |world: &mut World| {
            let mut head = world.rows.head(log).cloned()?;
            if world.is(Mutant::Closed) {
                head.next_key_id = None;
            }
            if world.is(Mutant::Unfinished) || world.is(Mutant::UnfinishedAnywhere) {
                head.published = head.size();
            }
            Some(head)
        };
        self.0.read("DynamoDB GetItem", read).await
    }

    pub async fn sequence(&self, log: &LogName, first: u64) -> Result<Option<Sequence>, Error> {
        let read = |world: &mut World| world.rows.logs.get(log)?.sequences.get(&first).cloned();
        self.0.read("DynamoDB GetItem", read).await
    }

    pub async fn sequences(&self, log: &LogName, from: u64, to: u64) -> Result<Vec<Sequence>, Error> {
        let mut sequences = Vec::new();
        let mut end = to;
        while end > from {
            let before = |world: &mut World| {
                let mut below = world.rows.logs.get(log)?.sequences.range(..end);
                below.next_back().map(|(_, row)| row.clone())
            };
            let sequence = self.0.read("DynamoDB Query", before).await?;
            let sequence = sequence
                .filter(|sequence| sequence.end() == end)
                .ok_or_else(|| Error::Unreadable(format!("LOG#{log} SEQ before {end}")))?;
            end = sequence.first;
            sequences.insert(0, sequence);
        }
        Ok(sequences)
    }

    /// Some rows come from a replica that is behind. The function's reads are consistent; where one
    /// were not, the condition on the index is what keeps an event from being logged twice.
    pub async fn rows(&self, keys: &[RowKey]) -> Result<BTreeMap<RowKey, Row>, Error> {
        let mut rows = BTreeMap::new();
        for key in keys {
            let read = |world: &mut World| {
                let mut row = world.rows.events.get(key).cloned()?;
                if row.log_index.is_some() && !world.calm && world.random.per_thousand(world.stale) {
                    world.counts.stale_reads += 1;
                    row.log_index = None;
                }
                Some(row)
            };
            if let Some(row) = self.0.read("DynamoDB BatchGetItem", read).await? {
                rows.insert(key.clone(), row);
            }
        }
        Ok(rows)
    }

    /// The index may lag behind the table, but while faults last only.
    pub async fn pending(&self) -> Result<Pending, Error> {
        let scan = |world: &mut World| {
            let lags = !world.calm && world.random.below(2) == 0;
            let mut pending = BTreeMap::<String, Vec<RowKey>>::new();
            for row in world.rows.events.values() {
                let shown = row.log_index.is_none() != (lags && world.random.below(8) == 0);
                if shown {
                    pending.entry(HOSPITAL.to_owned()).or_default().push(row.key.clone());
                }
            }
            if world.rows.is_unpublished() {
                pending.entry(HOSPITAL.to_owned()).or_default();
            }
            Pending { by_hospital: pending, oldest: None }
        };
        self.0.read("DynamoDB Scan", scan).await
    }

    pub async fn commit(&self, log: &LogName, commit: &Commit) -> Result<Committed, Error> {
        let (before, after, sequence) = (commit.before.clone(), commit.after.clone(), commit.sequence.clone());
        let log = log.clone();
        let transaction = move |world: &mut World| transact(world, &log, before.as_ref(), after, sequence);
        match self.0.write("DynamoDB TransactWriteItems", transaction).await? {
            Answer::Done(answer) => answer,
            Answer::MetAnother => Ok(Committed::OthersWereFaster),
        }
    }

    pub async fn raise_published(&self, log: &LogName, size: u64) -> Result<(), Error> {
        let log = log.clone();
        let raise = move |world: &mut World| {
            let regardless = world.is(Mutant::PublishedLowered);
            let Some(head) = world.rows.logs.get_mut(&log).and_then(|rows| rows.head.as_mut()) else { return };
            if regardless || (head.size() == size && head.published < size) {
                let lowered = head.published > size;
                head.published = size;
                if lowered {
                    world.violate(Violation::PublishedLowered);
                }
                world.back_up();
            }
        };
        match self.0.write("DynamoDB UpdateItem", raise).await? {
            Answer::Done(()) => Ok(()),
            Answer::MetAnother => {
                Err(Error::Unavailable { operation: "DynamoDB UpdateItem", cause: "TransactionConflict".to_owned() })
            }
        }
    }
}

/// All of it or nothing.
pub fn transact(
    world: &mut World,
    log: &LogName,
    before: Option<&Head>,
    after: Head,
    sequence: Sequence,
) -> Result<Committed, Error> {
    let stored = world.rows.head(log);
    let head_holds = world.is(Mutant::HeadCondition)
        || world.is(Mutant::HeadAndSequence)
        || match (before, stored) {
            (None, None) => true,
            (Some(before), Some(stored)) => {
                stored.frontier == before.frontier
                    && (stored.published == before.size() || world.is(Mutant::UnfinishedAnywhere))
            }
            _ => false,
        };
    let place_free = world.is(Mutant::SequenceCondition)
        || world.is(Mutant::HeadAndSequence)
        || world.rows.logs.get(log).is_none_or(|rows| !rows.sequences.contains_key(&sequence.first));
    let no_index = sequence.leaves.iter().all(|(key, _)| {
        let row = world.rows.events.get(key);
        row.is_some_and(|row| row.log_index.is_none() || world.is(Mutant::IndexCondition))
    });
    if head_holds && !place_free {
        return Err(Error::Conflict(format!("LOG#{log} SEQ#{:012}", sequence.first)));
    }
    if !(head_holds && no_index) {
        return Ok(Committed::OthersWereFaster);
    }
    if stored.is_some_and(|stored| stored.published > after.published) {
        world.violate(Violation::PublishedLowered);
    }
    for (index, key) in sequence.rows() {
        if let Some(row) = world.rows.events.get_mut(key) {
            row.log_index = Some(index);
            world.rows.in_log.insert(key.clone(), log.clone());
        }
    }
    let rows = world.rows.logs.entry(log.clone()).or_default();
    rows.head = Some(after);
    rows.sequences.insert(sequence.first, sequence);
    world.counts.commits += 1;
    world.back_up();
    Ok(Committed::Yes)
}
