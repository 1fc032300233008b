//! How long an event waits for the log: from its own moment, which is before it is written, to the checkpoint that
//! covers it, by the bucket's clock. The shipped binaries in the local cloud; holds no limit and asserts nothing about
//! time.
//!
//! `cargo run --release -p fude-bench --example log -- [--events 200] [--callers 8] [--drafts 40]`

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::client::{Caller, order};
use e2e::log::Log;
use e2e::stack::Stack;
use fude::audit::{UtcMillis, layout};
use serde_json::Value;

const HOUSE: &str = "hospital-a";
/// Longer than publishing takes, so that each event finds the log idle.
const PAUSE: Duration = Duration::from_millis(400);

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let value = |name: &str, usual: usize| {
        let place = words.iter().position(|word| word == name);
        place.and_then(|place| words.get(place + 1)?.parse().ok()).unwrap_or(usual)
    };
    let (events, callers, drafts) = (value("--events", 200), value("--callers", 8), value("--drafts", 40));
    let stack = Stack::start("rest");
    let sato = stack.caller("sato");
    let id = sato.draft("bench", &order("84192637", "referral-letter")).expect(201).id();
    let mut phases = vec![Phase::run(&stack, format!("{events} readings, one at a time"), || {
        for _ in 0..events {
            sato.metadata(&id).expect(200);
            std::thread::sleep(PAUSE);
        }
    })];
    phases.push(Phase::run(&stack, format!("{} readings, {callers} callers", events * callers), || {
        at_once(&sato, callers, events * callers, |caller, _| drop(caller.metadata(&id).expect(200)));
    }));
    phases.push(Phase::run(&stack, format!("{drafts} drafts, {callers} callers"), || {
        at_once(&sato, callers, drafts, |caller, number| {
            caller.draft(&format!("bench-{number}"), &order("20481937", "discharge-summary")).expect(201);
        });
    }));
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!("event to published checkpoint on the local cloud, {build} build, in milliseconds\n");
    println!("{:<32}{:>8}{:>12}{:>9}{:>9}{:>9}{:>9}", "", "events", "checkpoints", "median", "p90", "p99", "most");
    let published = checkpoints(&stack);
    let log = Log::read(&stack, HOUSE);
    for phase in &phases {
        phase.print(&log, &published);
    }
}

/// Requests from several callers without a pause.
fn at_once(caller: &Caller, callers: usize, requests: usize, act: impl Fn(&Caller, usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= requests {
                        return;
                    }
                    act(caller, number);
                }
            });
        }
    });
}

/// What was done in one way, and which entries of the log came of it.
struct Phase {
    name: String,
    first: u64,
    end: u64,
}

impl Phase {
    fn run(stack: &Stack, name: String, work: impl FnOnce()) -> Self {
        let first = settled(stack);
        eprintln!("{name} …");
        work();
        Self { name, first, end: settled(stack) }
    }

    /// `published`: size and moment of every checkpoint, ascending.
    fn print(&self, log: &Log, published: &[(u64, i64)]) {
        let mut waits: Vec<i64> = (self.first..self.end)
            .zip(log.events().skip(usize::try_from(self.first).expect("a small log")))
            .map(|(index, event)| {
                let covering = published.partition_point(|(size, _)| *size <= index);
                published[covering].1 - event.at.unix_ms()
            })
            .collect();
        waits.sort_unstable();
        let at = |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)];
        let checkpoints = published.iter().filter(|(size, _)| (self.first + 1..=self.end).contains(size)).count();
        let (events, most) = (waits.len(), waits[waits.len() - 1]);
        println!("{:<32}{events:>8}{checkpoints:>12}{:>9}{:>9}{:>9}{most:>9}", self.name, at(50), at(90), at(99));
    }
}

/// Waits until the log holds everything; returns its size.
fn settled(stack: &Stack) -> u64 {
    let began = Instant::now();
    while !stack.nothing_pending() {
        assert!(began.elapsed() < Duration::from_secs(400), "events wait for the log");
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_secs(1));
    Log::read(stack, HOUSE).checkpoint.size
}

/// Size and moment of every published checkpoint.
fn checkpoints(stack: &Stack) -> Vec<(u64, i64)> {
    let bucket = stack.ready["buckets"]["audit"].as_str().expect("a bucket");
    let keys = stack.keys("audit", &layout::checkpoint_prefix(HOUSE));
    let moment = |key: &String| {
        let record = std::fs::read(stack.state.join("s3-meta").join(bucket).join(format!("{key}.json")));
        let record: Value = serde_json::from_slice(&record.expect("a record")).expect("JSON");
        let modified = record["versions"][0]["lastModified"].as_str().expect("a moment");
        let size = layout::parse_checkpoint_key(HOUSE, key).expect("the key of a checkpoint");
        (size, UtcMillis::parse(modified).expect("a moment").unix_ms())
    };
    keys.iter().map(moment).collect()
}
