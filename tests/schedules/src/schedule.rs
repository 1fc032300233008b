//! One random schedule: events are born, delivered in any order and number, and logged by several
//! writers that meet faults and crash; some tables go back to an earlier state in between.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Poll;

use fude::audit::{LogClosing, LogName, RowKey, Sequence, layout};

use crate::check::check;
use crate::error::Error;
use crate::plan;
use crate::settle::{append, finish, grow, row, settle, sweep};
use crate::signer::STAND_IN;
use crate::table::transact;
use crate::world::{Cloud, Counts, HOSPITAL, Mutant, Random, Rows, Verdict, Violation, Work, World, step};

/// After them, what is left is settled without faults.
const MOST_STEPS: u64 = 3000;
/// Deliveries before the record goes to the failure bucket.
const MOST_TRIES: u32 = 10;

#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub counts: Counts,
    pub violation: Option<Violation>,
}

/// What befalls the table, once in a schedule, when no writer is alive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Damage {
    /// All of it is as it was.
    Restored,
    /// The head alone is.
    HeadPutBack,
}

struct Worker {
    work: Work,
    records: Vec<Record>,
    /// The larger, the more often it is its turn.
    pace: u64,
}

struct Record {
    key: RowKey,
    tries: u32,
}

struct Schedule {
    cloud: Cloud,
    random: Random,
    workers: Vec<Worker>,
    most_workers: usize,
    stream: Vec<Record>,
    unborn: u64,
    documents: u64,
    /// Per thousand steps.
    faults: u64,
    crashes: u64,
    key_changes: u32,
    damage: Option<(Damage, u64)>,
    damaged: bool,
    /// Objects and sequence rows at the moment at which a checkpoint stood beyond the head.
    frozen: Option<(BTreeMap<String, Vec<u8>>, Rows)>,
}

/// Runs the schedule of that number; the same number is the same schedule.
pub fn run(seed: u64, mutant: Option<Mutant>) -> Outcome {
    STAND_IN.set(!seed.is_multiple_of(4));
    let mut schedule = Schedule::new(seed, mutant);
    plan::FETCH_PREDECESSORS.set(mutant != Some(Mutant::Predecessors));
    schedule.act();
    schedule.end();
    plan::FETCH_PREDECESSORS.set(true);
    let mut world = schedule.cloud.0.borrow_mut();
    world.counts.schedules = 1;
    if world.violation.is_none() {
        world.violation = check(&world, schedule.damaged).err();
    }
    STAND_IN.set(false);
    Outcome { counts: world.counts, violation: world.violation }
}

impl Schedule {
    fn new(seed: u64, mutant: Option<Mutant>) -> Self {
        let mut random = Random::new(seed);
        let damage = match seed % 8 {
            6 => Some(Damage::Restored),
            7 => Some(Damage::HeadPutBack),
            _ => None,
        };
        let mut world = World { mutant, random: Random::new(!seed), ..World::default() };
        if seed % 64 == 4 {
            grow(&mut world);
        }
        world.stale = if seed % 4 == 1 { 100 } else { 0 };
        world.backups = damage.map(|_| vec![world.rows.clone()]);
        Self {
            cloud: Cloud(Rc::new(RefCell::new(world))),
            workers: Vec::new(),
            most_workers: 1 + random.index(4),
            stream: Vec::new(),
            unborn: 3 + random.below(6),
            documents: 1 + random.below(3),
            faults: [0, 20, 60, 150][random.index(4)],
            crashes: [0, 10, 30, 80][random.index(4)],
            key_changes: if seed.is_multiple_of(3) { 1 + (seed / 3 % 2) as u32 } else { 0 },
            damage: damage.map(|damage| (damage, 20 + random.below(100))),
            damaged: false,
            frozen: None,
            random,
        }
    }

    fn act(&mut self) {
        for number in 0..MOST_STEPS {
            let idle = self.workers.is_empty() && self.stream.is_empty() && self.unborn == 0;
            if let Some((damage, moment)) = self.damage {
                let world = self.cloud.0.borrow();
                let unpublished = world.rows.is_unpublished();
                drop(world);
                if idle || (number >= moment && (unpublished || number >= moment + 100)) {
                    self.befall(damage);
                }
            } else if idle || self.cloud.0.borrow().violation.is_some() {
                return;
            }
            match self.random.below(100) {
                0..=7 if self.unborn > 0 => self.bear(),
                8..=19 if self.workers.len() < self.most_workers => self.deliver(),
                20 if self.workers.len() < self.most_workers => self.start(sweep(&self.cloud), Vec::new()),
                24 if self.key_changes > 0 && self.random.below(4) == 0 => self.change_key(),
                21..=23 => self.arrive_late(),
                _ if !self.workers.is_empty() => self.step(),
                _ if self.stream.is_empty() => self.bear(),
                _ => self.deliver(),
            }
        }
    }

    /// A function writes the next event of a document, or one access.
    fn bear(&mut self) {
        self.unborn = self.unborn.saturating_sub(1);
        let nonce = self.random.next();
        let mut world = self.cloud.0.borrow_mut();
        let key = if self.random.below(4) == 0 {
            RowKey::of_access(HOSPITAL, &format!("{nonce:016x}"))
        } else {
            let document = format!("d{}", self.random.below(self.documents));
            let mut keys = (1..).map(|sequence| RowKey::of_document(HOSPITAL, &document, sequence));
            keys.find(|key| key.as_ref().is_ok_and(|key| !world.rows.events.contains_key(key)))
                .unwrap_or_else(|| RowKey::of_access(HOSPITAL, &document))
        };
        let Ok(key) = key else { return };
        world.rows.events.insert(key.clone(), row(key.clone(), nonce));
        world.counts.events += 1;
        world.back_up();
        // The stream may forget a record, or deliver it more than once
        let copies: u8 = [0, 1, 1, 1, 1, 1, 2, 3][self.random.index(8)];
        world.counts.duplicates += u64::from(copies.saturating_sub(1));
        for _ in 0..copies {
            self.stream.push(Record { key: key.clone(), tries: 0 });
        }
    }

    /// As `fude-admin change-log-key`: one transaction, where the newest log is published whole, and not beyond.
    fn change_key(&mut self) {
        let mut world = self.cloud.0.borrow_mut();
        let newest = world.rows.heads().last().map(|(log, head)| (log.clone(), head.clone()));
        let Some((log, head)) = newest.filter(|(_, head)| head.published == head.size() && head.next_key_id.is_none())
        else {
            return;
        };
        let size_of = |key: &str| layout::parse_checkpoint_key(log.as_str(), key);
        if world.checkpoints.iter().any(|(key, _)| size_of(key) > Some(head.size())) {
            return;
        }
        let closed = LogClosing::new(&log, &[0; 32], "next").close(&head, head.key_id.as_deref().unwrap_or("first"));
        if let Ok((after, sequence)) = closed
            && transact(&mut world, &log, Some(&head), after, sequence).is_ok()
        {
            self.key_changes -= 1;
            world.counts.key_changes += 1;
        }
    }

    fn deliver(&mut self) {
        let mut records = Vec::new();
        for _ in 0..=self.random.below(4) {
            if !self.stream.is_empty() {
                records.push(self.stream.swap_remove(self.random.index(self.stream.len())));
            }
        }
        if !records.is_empty() {
            let keys = records.iter().map(|record| record.key.clone()).collect();
            self.start(append(&self.cloud, keys), records);
        }
    }

    fn start(&mut self, work: Work, records: Vec<Record>) {
        let pace = [1, 4, 16, 64][self.random.index(4)];
        self.workers.push(Worker { work, records, pace });
        self.cloud.0.borrow_mut().counts.writers += 1;
    }

    fn arrive_late(&mut self) {
        let mut world = self.cloud.0.borrow_mut();
        if !world.late.is_empty() {
            let effect = self.random.index(world.late.len());
            world.late.swap_remove(effect)(&mut world);
        }
    }

    /// One writer does its next step, with or without a fault, or crashes before it.
    fn step(&mut self) {
        let mut turn = self.random.below(self.workers.iter().map(|worker| worker.pace).sum());
        let chosen = self.workers.iter().position(|worker| {
            let chosen = turn < worker.pace;
            turn = turn.saturating_sub(worker.pace);
            chosen
        });
        let chosen = chosen.unwrap_or(0);
        if self.random.per_thousand(self.crashes) {
            self.cloud.0.borrow_mut().counts.crashes += 1;
            let crashed = self.workers.swap_remove(chosen);
            return self.deliver_again(crashed.records);
        }
        let faults = [Verdict::Refused, Verdict::MetAnother, Verdict::AnswerLost, Verdict::AppliedLate];
        let fault = self.random.per_thousand(self.faults).then(|| faults[self.random.index(faults.len())]);
        let mut world = self.cloud.0.borrow_mut();
        world.verdict = fault;
        world.counts.steps += 1;
        drop(world);
        let Poll::Ready(end) = step(&mut self.workers[chosen].work) else { return };
        let ended = self.workers.swap_remove(chosen);
        if let Err(error) = end {
            self.expect_no_stop(&error);
            self.deliver_again(ended.records);
        }
    }

    fn expect_no_stop(&self, error: &Error) {
        if error.stops_the_log() && !self.damaged {
            self.cloud.0.borrow_mut().violate(Violation::StoppedForNothing);
        }
    }

    fn deliver_again(&mut self, records: Vec<Record>) {
        let again = records.into_iter().map(|record| Record { tries: record.tries + 1, ..record });
        self.stream.extend(again.filter(|record| record.tries <= MOST_TRIES));
    }

    /// No writer outlives it: a table takes longer to be restored than an invocation may last.
    fn befall(&mut self, damage: Damage) {
        self.damage = None;
        self.workers.clear();
        let mut world = self.cloud.0.borrow_mut();
        world.late.clear();
        let Some(mut backups) = world.backups.take() else { return };
        let now = world.rows.size();
        // As often as not the state before the newest commit, which may lie in S3 in part
        let last = backups.iter().rposition(|rows| rows.size() < now).filter(|_| self.random.below(2) == 0);
        let chosen = backups.swap_remove(last.unwrap_or_else(|| self.random.index(backups.len())));
        match damage {
            Damage::Restored => world.rows = chosen,
            Damage::HeadPutBack => {
                for (log, rows) in &mut world.rows.logs {
                    rows.head = chosen.head(log).cloned();
                }
            }
        }
        self.damaged = true;
        self.unborn += 3;
        self.stream.retain(|record| world.rows.events.contains_key(&record.key));
        world.counts.restored += 1;
        let is_beyond = |key: &str| {
            let log = key.split_once('/').and_then(|(log, _)| LogName::parse(log));
            let size = log.as_ref().and_then(|log| layout::parse_checkpoint_key(log.as_str(), key));
            size > log.map(|log| world.rows.head(&log).map_or(0, plan::Head::size))
        };
        if world.checkpoints.iter().any(|(key, _)| is_beyond(key)) {
            self.frozen = Some((world.objects.clone(), world.rows.clone()));
        }
    }

    /// Nothing goes wrong any more.
    fn end(&mut self) {
        for mut worker in std::mem::take(&mut self.workers) {
            if let Err(error) = finish(&self.cloud, &mut worker.work) {
                self.expect_no_stop(&error);
            }
        }
        let end = settle(&self.cloud);
        let mut world = self.cloud.0.borrow_mut();
        match &end {
            Err(error) if self.damaged => world.counts.stopped += u64::from(error.stops_the_log()),
            Err(error) if error.stops_the_log() => world.violate(Violation::StoppedForNothing),
            Err(_) => world.violate(Violation::Unfinished),
            Ok(()) => {}
        }
        if let Some((objects, rows)) = &self.frozen
            && (world.objects != *objects || commits(&world.rows) != commits(rows))
        {
            world.violate(Violation::WentOnBehind);
        }
    }
}

/// What commits put where.
fn commits(rows: &Rows) -> Vec<(&LogName, &Sequence)> {
    rows.logs.iter().flat_map(|(log, rows)| rows.sequences.values().map(move |sequence| (log, sequence))).collect()
}
