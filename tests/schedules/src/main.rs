//! `cargo run --release -p fude-schedules -- --schedules 200000 [--from N]`: schedules without a
//! mutant, then 2,000 with each. Ends with 1 where a violation was seen or a mutant
//! survived.

use std::collections::BTreeMap;
use std::process::ExitCode;

use fude_schedules::schedule::run;
use fude_schedules::world::{Counts, Mutant, Violation};
use rustix::time::{ClockId, clock_gettime};

/// For each mutant.
const MUTANT_SCHEDULES: u64 = 2000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (mut schedules, mut from) = (200_000, 0);
    for pair in arguments.chunks(2) {
        match (pair[0].as_str(), pair.get(1).and_then(|value| value.parse().ok())) {
            ("--schedules", Some(value)) => schedules = value,
            ("--from", Some(value)) => from = value,
            _ => {
                eprintln!("usage: fude-schedules [--schedules N] [--from N]");
                return ExitCode::from(3);
            }
        }
    }
    let mut counts = Counts::default();
    let mut violations = BTreeMap::<Violation, (u64, u64)>::new();
    for seed in from..from + schedules {
        let outcome = run(seed, None);
        counts.add(&outcome.counts);
        if let Some(violation) = outcome.violation {
            violations.entry(violation).or_insert((0, seed)).0 += 1;
        }
    }
    let of = |violation| violations.get(&violation).map_or(0, |(number, _)| *number);
    println!("{counts:#?}");
    println!("lost {}, twice {}, forks {}", of(Violation::Lost), of(Violation::Twice), of(Violation::Fork));
    for (violation, (number, seed)) in &violations {
        println!("{violation:?}: {number} schedules, first {seed}");
    }
    let mut survived = 0;
    for mutant in Mutant::ALL {
        let caught: Vec<_> =
            (0..MUTANT_SCHEDULES).filter_map(|seed| Some((seed, run(seed, Some(mutant)).violation?))).collect();
        match caught.first() {
            Some((seed, violation)) => {
                let (number, all) = (seed + 1, caught.len());
                println!(
                    "mutant {mutant:?}: caught by schedule {number}, {violation:?}; by {all} of {MUTANT_SCHEDULES}"
                );
            }
            None => {
                survived += 1;
                println!("mutant {mutant:?}: survived {MUTANT_SCHEDULES} schedules");
            }
        }
    }
    let time = clock_gettime(ClockId::ProcessCPUTime);
    println!("{} CPU seconds", time.tv_sec);
    if violations.is_empty() && survived == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
