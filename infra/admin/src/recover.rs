//! `fude-admin recover`: the published log put back into a table that was restored from a backup.
//!
//! The log is the truth: it is signed, locked, and every act stands in it before it is told of. The table is rebuilt
//! in the order event rows and sequence rows, document states, head. Only with the head does the log go on, so a crash
//! anywhere leaves the writers stopped by `E_HEAD_BEHIND`, and the next run finds done what is done.
//!
//! Not in the log, hence gone with the table: reasons and addressees of issued copies (of both stands a salted hash),
//! what a repeat of an `Idempotency-Key` would have been answered, and acts that were never published.

mod documents;
mod fold;
pub mod log;
mod replay;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};

use fude::audit::checkpoint::{LogKey, origin};
use fude::audit::{Head, LogClosing, LogName, RowKey, is_hospital_id, layout};
use fude::integrity::Digest;
use fude_aws::clients::cause;

use crate::place::Place;
use log::Published;
use table::Table;

/// Why recovering stopped. Carries keys of rows and objects, nothing out of them.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("{operation} failed: {cause}")]
    Unavailable { operation: &'static str, cause: String },
    #[error("E_CHECKPOINT: {0} is not a checkpoint of this log under this key")]
    Checkpoint(String),
    #[error("E_BATCH: {0} is not the batch of entries that its place in the log wants")]
    Batch(String),
    #[error(
        "E_ROOT: head and entries do not lead to the checkpoint of size {0}: the table is of another log, or \
             entries were altered; let fude-verify name them"
    )]
    Root(u64),
    #[error("E_ENTRY: entry {0} belongs to no row of this hospital")]
    Entry(u64),
    #[error("the row {0} of the table cannot be read")]
    Row(String),
    #[error("the row {0} changes all the time: functions are still running on this table")]
    Contended(String),
    #[error("{0} is not the id of a hospital")]
    Hospital(String),
    #[error("E_SEAM: the log {0} does not follow the end of the one before it; let fude-verify name what is wrong")]
    Follows(String),
    #[error("{0}")]
    Key(String),
}

impl Stop {
    fn unavailable(operation: &'static str, error: &dyn std::error::Error) -> Self {
        Self::Unavailable { operation, cause: cause(error) }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Table and log agree, now or from the start.
    Agrees,
    /// Something would be written, or could not be.
    Left,
}

/// Entries between two lines that say how far it has come.
const PROGRESS: u64 = 1000;

/// How often a head may move while the log is read.
const RACES: u32 = 12;

/// One run.
pub struct Recover<'p> {
    pub place: &'p Place,
    pub apply: bool,
}

impl Recover<'_> {
    /// All of these, or all that have a log.
    pub async fn hospitals(&self, named: &[String]) -> Result<Outcome, Stop> {
        if let Some(strange) = named.iter().find(|hospital| !is_hospital_id(hospital)) {
            return Err(Stop::Hospital(strange.clone()));
        }
        let mut logs = log::logs(self.place).await?;
        logs.retain(|log| named.is_empty() || named.iter().any(|hospital| hospital == log.hospital()));
        for hospital in named.iter().filter(|hospital| !logs.iter().any(|log| log.hospital() == **hospital)) {
            println!("{hospital}: there is no log");
        }
        let mut outcome = Outcome::Agrees;
        for logs in logs.chunk_by(|one, next| one.hospital() == next.hospital()) {
            outcome = outcome.max(self.hospital(logs).await?);
        }
        Ok(outcome)
    }

    /// `logs` are those of one hospital, oldest first.
    async fn hospital(&self, logs: &[LogName]) -> Result<Outcome, Stop> {
        let table = Table::new(self.place);
        let Some(hospital) = logs.first().map(LogName::hospital) else { return Ok(Outcome::Agrees) };
        let mut tally = replay::Tally::default();
        let mut waiting = table.waiting_accesses(hospital).await?;
        let mut raised = Vec::new();
        let mut before: Option<(LogName, Head)> = None;
        for log in logs {
            if log.previous().as_ref() != before.as_ref().map(|(name, _)| name) {
                return Err(Stop::Follows(log.to_string()));
            }
            let (key, key_id) = self.key(log, before.as_ref().map(|(_, head)| head), tally.closing.take()).await?;
            let (head, known, mut published) = self.behind(&table, log, &key, key_id).await?;
            if published.batches.is_empty() {
                println!("{log}: table and log agree at {} entries", known.size());
            } else {
                self.replay(&table, log, &known, &published, &mut waiting, &mut tally).await?;
                if let Some(closing) = &tally.closing {
                    published.after.next_key_id = Some(closing.next_key_id.clone());
                }
                raised.push((log, head, published.after.clone()));
            }
            before = Some((log.clone(), published.after));
        }
        if raised.is_empty() {
            return Ok(Outcome::Agrees);
        }
        let failed = self.documents(&table, hospital, &mut tally).await?;
        if !self.apply {
            return Ok(Outcome::Left);
        }
        // From here on the writers go on, once the newest head stands. A crash before leaves them stopped
        for (log, before, after) in raised {
            table.raise_head(log, before.as_ref(), &after).await?;
            println!("{log}: the head stands at {}", after.size());
        }
        Ok(if failed == 0 { Outcome::Agrees } else { Outcome::Left })
    }

    /// The head of a log, stored and as it is taken, and what was published beyond it.
    ///
    /// A writer may commit and publish between the two readings: only a head that then still stands there is behind.
    async fn behind(
        &self,
        table: &Table<'_>,
        log: &LogName,
        key: &LogKey,
        key_id: Option<String>,
    ) -> Result<(Option<Head>, Head, Published), Stop> {
        let mut head = table.head(log).await?;
        for _ in 0..RACES {
            let known = head.clone().unwrap_or_else(|| Head { key_id: key_id.clone(), ..Head::empty() });
            let published = Published::read(self.place, log, key, &known).await?;
            let now = if published.batches.is_empty() { head.clone() } else { table.head(log).await? };
            if now == head {
                return Ok((head, known, published));
            }
            head = now;
        }
        Err(Stop::Contended(format!("LOG#{log} HEAD")))
    }

    /// What signs a log, and its id where the log's head is to name it: as the end of the log before says.
    async fn key(
        &self,
        log: &LogName,
        before: Option<&Head>,
        closing: Option<LogClosing>,
    ) -> Result<(LogKey, Option<String>), Stop> {
        let wrong = || Stop::Follows(log.to_string());
        if let Some(closing) = closing {
            return Ok((closing.key().map_err(|_| wrong())?, Some(closing.next_key_id)));
        }
        let Some(before) = before else {
            let key = LogKey::new(&origin(log.as_str()), &self.place.key);
            let wrong = |_| Stop::Checkpoint(layout::checkpoint_prefix(log.as_str()));
            return Ok((key.map_err(wrong)?, None));
        };
        let id = before.next_key_id.as_ref().ok_or_else(wrong)?;
        let (key, _) = self.place.log_key(log, id).await.map_err(Stop::Key)?;
        Ok((key, Some(id.clone())))
    }

    async fn replay(
        &self,
        table: &Table<'_>,
        log: &LogName,
        known: &Head,
        published: &Published,
        waiting: &mut BTreeMap<Digest, RowKey>,
        tally: &mut replay::Tally,
    ) -> Result<(), Stop> {
        let size = published.after.size();
        println!("{log}: the table knows {} entries, the log {size}, as its checkpoint proves", known.size());
        for batch in &published.batches {
            let entries = batch.read(self.place).await?;
            tally.add(replay::batch(table, log, batch.first, &entries, waiting, self.apply).await?);
            if self.apply && batch.last / PROGRESS > batch.first / PROGRESS {
                eprintln!("{log}: {} of {size} entries are in the table", batch.last + 1);
            }
        }
        Ok(())
    }

    /// The documents whose events were put back; how many could not be rebuilt.
    async fn documents(&self, table: &Table<'_>, hospital: &str, tally: &mut replay::Tally) -> Result<usize, Stop> {
        let verb = if self.apply { "" } else { "to be " };
        println!("{hospital}: events {verb}put back {}, numbered {}", tally.put, tally.numbered);
        let (mut failed, mut rebuilt) = (0, 0);
        let mut persons = fold::Persons::default();
        table.each_state(hospital, |state| persons.learn(state)).await?;
        let touched: BTreeSet<String> = std::mem::take(&mut tally.documents);
        for id in &touched {
            let document = documents::Document { place: self.place, table, hospital, id };
            match document.rebuild(&mut persons, self.apply).await? {
                documents::Rebuilt::Agrees => {}
                documents::Rebuilt::Written { displaced } => {
                    rebuilt += 1;
                    tally.displaced.extend(displaced);
                }
                documents::Rebuilt::Cannot(why) => {
                    failed += 1;
                    println!("{hospital}: document {id} cannot be rebuilt: {why}");
                }
            }
        }
        if self.apply || tally.put == 0 {
            println!("{hospital}: documents {verb}rebuilt {rebuilt} of {} with events in the log", touched.len());
        } else {
            println!("{hospital}: documents to be rebuilt, as far as their objects are there, {}", touched.len());
        }
        for key in &tally.displaced {
            println!("{hospital}: {key} contradicts the log: {verb}moved aside under DISPLACED#{hospital}");
        }
        Ok(failed)
    }
}
