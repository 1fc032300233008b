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
mod log;
mod replay;
mod table;

use std::collections::BTreeSet;

use fude::audit::{Head, is_hospital_id};

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
}

impl Stop {
    fn unavailable(operation: &'static str, error: &dyn std::error::Error) -> Self {
        let mut cause = error.to_string();
        let mut next = error.source();
        while let Some(error) = next {
            cause.push_str(&format!(": {error}"));
            next = error.source();
        }
        Self::Unavailable { operation, cause }
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

/// One run.
pub struct Recover<'p> {
    pub place: &'p Place,
    pub apply: bool,
}

impl Recover<'_> {
    /// All of these, or all that have a log.
    pub async fn hospitals(&self, named: &[String]) -> Result<Outcome, Stop> {
        let hospitals = if named.is_empty() { log::hospitals(self.place).await? } else { named.to_vec() };
        let mut outcome = Outcome::Agrees;
        for hospital in hospitals {
            if !is_hospital_id(&hospital) {
                return Err(Stop::Hospital(hospital));
            }
            outcome = outcome.max(self.hospital(&hospital).await?);
        }
        Ok(outcome)
    }

    async fn hospital(&self, hospital: &str) -> Result<Outcome, Stop> {
        let table = Table::new(self.place);
        let before = table.head(hospital).await?;
        let head = before.clone().unwrap_or_else(Head::empty);
        let published = Published::read(self.place, hospital, &head).await?;
        let size = published.after.size();
        if published.batches.is_empty() {
            println!("{hospital}: table and log agree at {} entries", head.size());
            return Ok(Outcome::Agrees);
        }
        println!("{hospital}: the table knows {} entries, the log {size}, as its checkpoint proves", head.size());

        let mut tally = replay::Tally::default();
        let mut waiting = table.waiting_accesses(hospital).await?;
        for batch in &published.batches {
            let entries = batch.read(self.place).await?;
            tally.add(replay::batch(&table, hospital, batch.first, &entries, &mut waiting, self.apply).await?);
            if self.apply && batch.last / PROGRESS > batch.first / PROGRESS {
                eprintln!("{hospital}: {} of {size} entries are in the table", batch.last + 1);
            }
        }
        let verb = if self.apply { "" } else { "to be " };
        println!("{hospital}: events {verb}put back {}, numbered {}", tally.put, tally.numbered);
        let mut failed = 0;
        let mut rebuilt = 0;
        let mut persons = fold::Persons::default();
        table.each_state(hospital, |state| persons.learn(state)).await?;
        let touched: BTreeSet<String> = std::mem::take(&mut tally.documents);
        for id in &touched {
            let document = documents::Document { place: self.place, table: &table, hospital, id };
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
        if !self.apply {
            return Ok(Outcome::Left);
        }
        // From here on the writers go on. A crash before leaves them stopped
        table.raise_head(hospital, before.as_ref(), &published.after).await?;
        println!("{hospital}: the head stands at {size}");
        Ok(if failed == 0 { Outcome::Agrees } else { Outcome::Left })
    }
}
