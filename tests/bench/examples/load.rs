//! How many documents a second the local cloud drafts, with a model that answers at once and with one that takes ten
//! seconds, from one hospital and from two, and which program uses the processors meanwhile. Asserts nothing about time.
//!
//! `cargo run --release -p fude-bench --example load -- [--drafts 40] [--callers 1,4,16] [--slow-callers 40]`

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::client::{Caller, order};
use e2e::stack::Stack;

/// Linux counts CPU time in hundredths of a second, on every machine that Rust knows.
const TICKS_A_SECOND: f64 = 100.0;
const PATIENCE: Duration = Duration::from_secs(300);
/// Names of the programs, as the kernel keeps their first fifteen letters.
const PROGRAMS: [&str; 5] = ["generate-docume", "fetch-document", "finalize-docume", "audit-writer", "fude-local-clou"];

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let value = |name: &str| words.get(words.iter().position(|word| word == name)? + 1).cloned();
    let drafts: usize = value("--drafts").and_then(|n| n.parse().ok()).unwrap_or(40);
    let slow: u32 = value("--slow-callers").and_then(|n| n.parse().ok()).unwrap_or(40);
    let callers = value("--callers").unwrap_or_else(|| "1,4,16".to_owned());
    let stack = Stack::start("rest");
    let (ours, theirs) = (stack.caller("sato"), caller_of_the_other_house(&stack));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!("drafts on the local cloud, {build} build, {cores} processors; seconds of one draft: median and most\n");
    println!(
        "{:<44}{:>8}{:>10}{:>8}{:>8}  CPU by program, of all processors",
        "", "drafts", "a second", "median", "most"
    );
    for number in callers.split(',').filter_map(|n| n.trim().parse().ok()) {
        run(&stack, &format!("model at once, {number} callers"), drafts, number, &[&ours]);
    }
    let both = [&ours, &theirs];
    run(&stack, "model at once, 16 callers of two hospitals", drafts, 16, &both);
    stack.arm("usual-time", slow);
    let slow = slow as usize;
    run(&stack, &format!("model takes 10 s, {slow} callers"), slow, slow, &[&ours]);
}

/// Somebody of the second hospital, with a patient of it.
fn caller_of_the_other_house(stack: &Stack) -> Caller {
    let users = stack.hospital("hospital-b")["users"].as_array().expect("users").clone();
    let physician = users.iter().find(|user| user["role"] == "physician").expect("a physician");
    stack.caller(physician["name"].as_str().expect("a name"))
}

/// Drafts until so many are made; prints a line.
fn run(stack: &Stack, name: &str, drafts: usize, callers: usize, houses: &[&Caller]) {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let next = AtomicUsize::new(0);
    let (before, began) = (cpu_seconds(), Instant::now());
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let work = |caller: usize| {
            let (next, house) = (&next, houses[caller % houses.len()]);
            let patient = if caller.is_multiple_of(houses.len()) { "20481937" } else { "83710546" };
            move || {
                let mut waits = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= drafts {
                        return waits;
                    }
                    let asked = Instant::now();
                    let key = format!("load-{run}-{number}");
                    let answer = house.draft_until_done(&key, &order(patient, "discharge-summary"), PATIENCE);
                    assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
                    waits.push(asked.elapsed());
                }
            }
        };
        let threads: Vec<_> = (0..callers).map(|caller| scope.spawn(work(caller))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a caller ends by itself")).collect()
    });
    let spent = began.elapsed().as_secs_f64();
    waits.sort_unstable();
    let cores = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
    let shares: Vec<String> = cpu_seconds()
        .iter()
        .map(|(program, after)| (program, (after - before.get(program).unwrap_or(&0.0)) / spent / cores))
        .filter(|(_, share)| *share >= 0.01)
        .map(|(program, share)| format!("{program} {:.0} %", share * 100.0))
        .collect();
    println!(
        "{name:<44}{drafts:>8}{:>10.2}{:>8.2}{:>8.2}  {}",
        drafts as f64 / spent,
        waits[waits.len() / 2].as_secs_f64(),
        waits[waits.len() - 1].as_secs_f64(),
        shares.join(", ")
    );
    settle(stack);
}

/// The log catches up before the next run is measured.
fn settle(stack: &Stack) {
    let began = Instant::now();
    while !stack.nothing_pending() {
        assert!(began.elapsed() < PATIENCE, "events wait for the log");
        std::thread::sleep(Duration::from_millis(100));
    }
    eprintln!("the log caught up {:.1} s after the last draft", began.elapsed().as_secs_f64());
}

/// CPU time of each program, over all its processes that live.
fn cpu_seconds() -> BTreeMap<&'static str, f64> {
    let mut spent = BTreeMap::new();
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    for stat in processes.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok()) {
        // The name stands in parentheses and may hold anything; numbers follow
        let Some((head, numbers)) = stat.rsplit_once(')') else { continue };
        let name = head.split_once('(').map_or("", |(_, name)| name);
        let Some(program) = PROGRAMS.iter().find(|program| **program == name) else { continue };
        let ticks = |place: usize| numbers.split_whitespace().nth(place)?.parse::<f64>().ok();
        *spent.entry(*program).or_default() += (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / TICKS_A_SECOND;
    }
    spent
}
