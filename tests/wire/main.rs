//! Every AWS call of every function goes wrong, in every way: refused, applied with its answer lost, cut off, or with
//! the process killed before or after it. A careful client repeats; then everything happened once.
//!
//! Short in `cargo test`; `FUDE_WIRE=full cargo test -p e2e --test wire -- --nocapture` tries every call in every mode.
//! `FUDE_WIRE_STACKS` says how many stacks work side by side, `FUDE_WIRE_ACT=Metadata` tries one act alone,
//! `FUDE_WIRE_PART=2/3` the second third of all faults.

mod check;
mod ending;
mod life;
mod plan;
mod tally;
mod worker;

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::Instant;

use e2e::target::not_run_by_wire;

use crate::life::any_reading_or_act;
use crate::plan::{Act, MODES, Plan};
use crate::tally::Tally;
use crate::worker::Worker;

/// More than the processors of a small machine: most of the time is the SDKs' back-off.
const STACKS: usize = 3;

#[test]
fn every_call_goes_wrong_and_everything_happens_once() {
    if not_run_by_wire() {
        return;
    }
    let full = std::env::var("FUDE_WIRE").is_ok_and(|v| v == "full");
    let stacks = std::env::var("FUDE_WIRE_STACKS").ok().and_then(|n| n.parse().ok()).unwrap_or(STACKS);
    let (tally, plan, began) = (Tally::default(), OnceLock::new(), Instant::now());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..stacks)
            .map(|name| {
                let (tally, plan) = (&tally, &plan);
                scope.spawn(move || work(name, tally, plan, full))
            })
            .collect();
        for worker in workers {
            worker.join().expect("a worker ends by itself");
        }
    });
    let report = format!(
        "faults at the wire ({}): {}; {} s\n",
        if full { "full" } else { "short" },
        tally.report(),
        began.elapsed().as_secs()
    );
    // Past the harness, which keeps what a passing test prints to itself
    _ = std::io::stderr().write_all(report.as_bytes());
    let counts = tally.counts();
    assert!(counts.violations.is_empty(), "{}", counts.violations.join("\n"));
    assert!(counts.unreached.is_empty(), "faults that met no call: {}", counts.unreached.join("; "));
    assert_eq!((counts.lost, counts.twice, counts.forks), (0, 0, 0));
    let modes: std::collections::BTreeSet<&str> = MODES.iter().map(|(mode, _)| *mode).collect();
    assert!(counts.faults.keys().copied().eq(modes), "a mode was never tried: {:?}", counts.faults);
}

/// `FUDE_WIRE_PART=2/3`, for a campaign in several sittings; all of it without.
fn part() -> (usize, usize) {
    let Ok(text) = std::env::var("FUDE_WIRE_PART") else { return (1, 1) };
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    let sound = parts.filter(|(part, of): &(usize, usize)| (1..=*of).contains(part));
    sound.unwrap_or_else(|| panic!("FUDE_WIRE_PART is a part of how many, 2/3, not {text}"))
}

/// Whoever waits for the plan must not wait for one that panicked.
struct Learner<'c>(&'c OnceLock<Option<Plan>>);

impl Drop for Learner<'_> {
    fn drop(&mut self) {
        _ = self.0.set(None);
    }
}

/// The first worker learns which calls every act makes; then all of them live lives until nothing is left to try.
fn work<'c>(name: usize, tally: &'c Tally, plan: &'c OnceLock<Option<Plan>>, full: bool) {
    // Before anything of it can panic
    let learner = (name == 0).then(|| Learner(plan));
    let mut worker = Worker::new(name, tally);
    if learner.is_some() {
        worker.live(false);
        worker.live(true);
        let only = std::env::var("FUDE_WIRE_ACT").ok();
        let learnt = worker.traces.len() == Act::COUNT && tally.counts().violations.is_empty();
        if !learnt {
            tally.violation(format!("{} of {} acts can be done without any fault", worker.traces.len(), Act::COUNT));
        }
        _ = plan.set(learnt.then(|| Plan::of(&worker.traces, full, only.as_deref(), part())));
    }
    let Some(plan) = plan.wait() else { return };
    worker.plan = Some(plan);
    while plan.all_left() > 0 {
        worker.settle_aside(false);
        if plan.left(&any_reading_or_act()) > 0 {
            let odd = plan.left(&[Act::ContentUnlocked, Act::AskToSeal, Act::Seal])
                > plan.left(&[Act::Finalise, Act::Withdraw]);
            worker.live(odd);
        } else {
            worker.log_only();
        }
        if full && worker.lives.is_multiple_of(20) {
            eprintln!("{} left; {}", plan.all_left(), tally.report());
        }
    }
    worker.end();
}
