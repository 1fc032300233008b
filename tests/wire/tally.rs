//! What was done and found, over all workers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

#[derive(Default)]
pub struct Counts {
    pub calls: u64,
    pub attempts: u64,
    pub acts: u64,
    /// By mode.
    pub faults: BTreeMap<&'static str, u64>,
    pub met: u64,
    pub repeats: u64,
    /// Draftings whose lease had to run out.
    pub leases: u64,
    pub events: u64,
    pub lost: u64,
    pub twice: u64,
    pub forks: u64,
    /// Faults whose call never came.
    pub unreached: Vec<String>,
    /// The same, of rounds that the log's writer makes only now and then.
    pub later_rounds: Vec<String>,
    pub violations: Vec<String>,
}

#[derive(Default)]
pub struct Tally(Mutex<Counts>);

impl Tally {
    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().expect("no holder panics")
    }

    pub fn violation(&self, what: String) {
        // Told at once, since a campaign may last
        eprintln!("VIOLATION {what}");
        self.counts().violations.push(what);
    }

    pub fn report(&self) -> String {
        let c = self.counts();
        let faults: u64 = c.faults.values().sum();
        let by_mode: Vec<String> = c.faults.iter().map(|(mode, n)| format!("{mode} {n}")).collect();
        format!(
            "{} acts, {} calls in {} attempts; {faults} faults ({}) that met {} attempts; {} repeats by the client, \
             {} leases run out; {} events logged; lost {}, twice {}, forks {}; not reached {}, {} of a round that \
             the writer did not need, violations {}",
            c.acts,
            c.calls,
            c.attempts,
            by_mode.join(", "),
            c.met,
            c.repeats,
            c.leases,
            c.events,
            c.lost,
            c.twice,
            c.forks,
            c.unreached.len(),
            c.later_rounds.len(),
            c.violations.len()
        )
    }
}
