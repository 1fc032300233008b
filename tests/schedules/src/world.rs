//! Table, bucket and faults in memory, and how a call of a writer reaches them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fude::audit::{LogName, RowKey};

use crate::error::Error;
use crate::plan::{Head, Row, Sequence};

/// The one hospital: logs of two share nothing.
pub const HOSPITAL: &str = "h";

/// A condition that is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// The transaction puts the head over any other.
    HeadCondition,
    /// An event that has an index gets another one.
    IndexCondition,
    /// The transaction puts its sequence row over another one.
    SequenceCondition,
    /// Neither head nor sequence row is compared.
    HeadAndSequence,
    /// Puts overwrite what is there.
    CreateOnly,
    /// Different bytes under the same key pass for success.
    EqualBytes,
    /// `published` is set whatever it was.
    PublishedLowered,
    /// The event before an event is not asked for.
    Predecessors,
    /// A writer takes an unpublished head for a published one.
    Unfinished,
    /// The same, and the transaction does not ask either.
    UnfinishedAnywhere,
    /// A checkpoint beyond the head is not looked for.
    HeadBehind,
    /// A writer does not see that a log is closed.
    Closed,
}

impl Mutant {
    pub const ALL: [Self; 12] = [
        Self::HeadCondition,
        Self::IndexCondition,
        Self::SequenceCondition,
        Self::HeadAndSequence,
        Self::CreateOnly,
        Self::EqualBytes,
        Self::PublishedLowered,
        Self::Predecessors,
        Self::Unfinished,
        Self::UnfinishedAnywhere,
        Self::HeadBehind,
        Self::Closed,
    ];
}

/// What must never be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    Lost,
    Twice,
    Fork,
    /// An event of a document stands before its predecessor.
    Order,
    PublishedLowered,
    EvidenceChanged,
    /// A checkpoint names what is not there, or something else.
    TreeIncomplete,
    /// Something was written although a checkpoint stood beyond the head.
    WentOnBehind,
    /// A writer stopped a log that is sound.
    StoppedForNothing,
    /// A closed log goes on, or the next does not begin with its last checkpoint.
    Seam,
    /// Without further faults, the log does not come to an end.
    Unfinished,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Applied,
    Refused,
    /// Refused because another call on the same row or key is under way.
    MetAnother,
    AnswerLost,
    /// The answer is an error, and the call takes place at some later moment.
    AppliedLate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub schedules: u64,
    pub steps: u64,
    pub writers: u64,
    pub events: u64,
    pub commits: u64,
    pub crashes: u64,
    pub lost_answers: u64,
    pub late: u64,
    pub refused: u64,
    pub duplicates: u64,
    pub stale_reads: u64,
    pub restored: u64,
    pub key_changes: u64,
    pub stopped: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.steps += other.steps;
        self.writers += other.writers;
        self.events += other.events;
        self.commits += other.commits;
        self.crashes += other.crashes;
        self.lost_answers += other.lost_answers;
        self.late += other.late;
        self.refused += other.refused;
        self.duplicates += other.duplicates;
        self.stale_reads += other.stale_reads;
        self.restored += other.restored;
        self.key_changes += other.key_changes;
        self.stopped += other.stopped;
    }
}

/// All rows of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub logs: BTreeMap<LogName, LogRows>,
    pub events: BTreeMap<RowKey, Row>,
    /// Which log holds an event that has an index.
    pub in_log: BTreeMap<RowKey, LogName>,
}

/// The rows of one log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogRows {
    pub head: Option<Head>,
    pub sequences: BTreeMap<u64, Sequence>,
}

impl Rows {
    pub fn head(&self, log: &LogName) -> Option<&Head> {
        self.logs.get(log)?.head.as_ref()
    }

    pub fn heads(&self) -> impl Iterator<Item = (&LogName, &Head)> {
        self.logs.iter().filter_map(|(log, rows)| Some((log, rows.head.as_ref()?)))
    }

    /// Entries of all logs.
    pub fn size(&self) -> u64 {
        self.heads().map(|(_, head)| head.size()).sum()
    }

    pub fn is_unpublished(&self) -> bool {
        self.heads().any(|(_, head)| head.published < head.size())
    }
}

type Effect = Box<dyn FnOnce(&mut World)>;

#[derive(Default)]
pub struct World {
    pub rows: Rows,
    pub objects: BTreeMap<String, Vec<u8>>,
    /// Every checkpoint that was ever put, key and bytes.
    pub checkpoints: Vec<(String, Vec<u8>)>,
    pub mutant: Option<Mutant>,
    /// For the next call; none lets it through.
    pub verdict: Option<Verdict>,
    pub late: Vec<Effect>,
    pub counts: Counts,
    pub violation: Option<Violation>,
    /// Per thousand: row reads that a replica answers which has not heard of the row's index.
    pub stale: u64,
    pub random: Random,
    /// The last part of a schedule, in which nothing goes wrong.
    pub calm: bool,
    /// The table after each commit and each new event, where the schedule goes back to one.
    pub backups: Option<Vec<Rows>>,
}

impl World {
    pub fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// The first one counts.
    pub fn violate(&mut self, violation: Violation) {
        self.violation.get_or_insert(violation);
    }

    pub fn back_up(&mut self) {
        if let Some(backups) = &mut self.backups {
            backups.push(self.rows.clone());
        }
    }
}

/// How a write ended that was answered.
pub enum Answer<R> {
    Done(R),
    MetAnother,
}

/// The world as a writer reaches it.
#[derive(Clone, Default)]
pub struct Cloud(pub Rc<RefCell<World>>);

impl Cloud {
    pub async fn read<R>(&self, operation: &'static str, effect: impl FnOnce(&mut World) -> R) -> Result<R, Error> {
        turn().await;
        let mut world = self.0.borrow_mut();
        match world.verdict.take() {
            None | Some(Verdict::Applied) => Ok(effect(&mut world)),
            Some(_) => {
                world.counts.refused += 1;
                Err(unanswered(operation))
            }
        }
    }

    pub async fn write<R: 'static>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut World) -> R + 'static,
    ) -> Result<Answer<R>, Error> {
        turn().await;
        let mut world = self.0.borrow_mut();
        match world.verdict.take().unwrap_or(Verdict::Applied) {
            Verdict::Applied => return Ok(Answer::Done(effect(&mut world))),
            Verdict::MetAnother => {
                world.counts.refused += 1;
                return Ok(Answer::MetAnother);
            }
            Verdict::Refused => world.counts.refused += 1,
            Verdict::AnswerLost => {
                world.counts.lost_answers += 1;
                effect(&mut world);
            }
            Verdict::AppliedLate => {
                world.counts.late += 1;
                world.late.push(Box::new(|world| {
                    effect(world);
                }));
            }
        }
        Err(unanswered(operation))
    }
}

fn unanswered(operation: &'static str) -> Error {
    Error::Unavailable { operation, cause: "fault".to_owned() }
}

/// Hands the turn to the scheduler, once.
pub async fn turn() {
    let mut passed = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut passed, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// A writer at work.
pub type Work = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Lets it do one step: the call it stands at and the computing up to the next.
pub fn step(work: &mut Work) -> Poll<Result<(), Error>> {
    work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// SplitMix64.
#[derive(Debug, Clone, Default)]
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `bound`, which is not 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub const fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    pub const fn per_thousand(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }
}
