//! Instructions of one whole drafting call: this program runs itself under callgrind twice, with and without the
//! call, and the difference is the call. No noise of clock or neighbour.

use std::process::Command;

use crate::{records, stages};

/// First argument of the program that runs under callgrind.
const CHILD: &str = "--under-callgrind";

#[derive(serde::Serialize)]
pub struct Count {
    pub bytes: usize,
    /// `None` where valgrind could not be run.
    pub instructions: Option<u64>,
}

pub fn is_child(arguments: &[String]) -> bool {
    arguments.first().is_some_and(|a| a == CHILD)
}

/// `--under-callgrind SIZE CALLS`: makes record and reply, then drafts so many times.
pub fn child(arguments: &[String]) {
    let number = |at: usize| arguments.get(at).and_then(|a| a.parse::<usize>().ok()).unwrap_or_default();
    let record = records::record(number(1));
    let reply = stages::composed(&record);
    for _ in 0..number(2) {
        std::hint::black_box(stages::whole(&record, &reply));
    }
}

pub fn count(sizes: &[usize]) -> Vec<Count> {
    sizes
        .iter()
        .map(|bytes| {
            let (without, with) = (run(*bytes, 0), run(*bytes, 1));
            Count { bytes: *bytes, instructions: with.zip(without).map(|(w, o)| w.saturating_sub(o)) }
        })
        .collect()
}

fn run(bytes: usize, calls: usize) -> Option<u64> {
    let own = std::env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(own)
        .args([CHILD, &bytes.to_string(), &calls.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|l| l.split_once("Collected :"))?.1;
    collected.trim().parse().ok()
}
