//! How fast a long log is verified, and in how much memory.
//!
//! `cargo run --release -p fude-verify --example bench -- [--events 1000000] [--commit 90] [--bytes 120]
//! [--strict]` writes a log of searches, as small as events get, in commits as large as the writer makes them, and
//! verifies it in a process of its own: the tree alone (`--no-canonical`), or everything. `--bytes` cuts the entries,
//! for the tree alone; with everything, a checkpoint costs as much as a hundred entries, so `--commit` matters as well.

#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "../tests/written/mod.rs"]
mod written;

use std::path::Path;
use std::process::Command;

use fude::audit::Action;
use fude::audit::merkle::{leaf_hash, node_hash};
use fude::integrity::Digest;
use rustix::time::{ClockId, clock_gettime};
use written::documents::event;
use written::{HOUSE, House, options, report};

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = words.iter().position(|word| word == name)?;
        words.get(place + 1)?.parse::<u64>().ok()
    };
    let strict = words.iter().any(|word| word == "--strict");
    if words.first().is_some_and(|word| word == "verify") {
        verify(Path::new(&words[1]), value("--bytes").unwrap_or(0) as usize, strict);
        return;
    }
    let (events, commit) = (value("--events").unwrap_or(1_000_000), value("--commit").unwrap_or(90));
    let folder = tempfile::tempdir().unwrap();
    let bytes = write(folder.path(), events, commit, value("--bytes"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.arg("verify").arg(folder.path()).args(["--bytes", &bytes.to_string()]);
    if strict {
        child.arg("--strict");
    }
    assert!(child.status().unwrap().success());
}

/// Gives how many bytes an entry has.
fn write(state: &Path, events: u64, commit: u64, bytes: Option<u64>) -> u64 {
    let mut house = House::new(state, HOUSE);
    let search = event(&mut house, Action::Search);
    let text = String::from_utf8(search.canonical_bytes().unwrap()).unwrap();
    let (before, after) = text.split_once(&search.request_id).unwrap();
    let mut written = 0;
    while written < events {
        let next = events.min(written + commit);
        let entries: Vec<_> = (written..next)
            .map(|number| match bytes {
                Some(bytes) => format!("{number:0width$}", width = bytes as usize),
                None => format!("{before}{number:018}{after}"),
            })
            .collect();
        house.commit(&entries);
        house.entries.clear();
        written = next;
    }
    let bytes = bytes.unwrap_or(text.len() as u64);
    eprintln!("{events} events of about {bytes} bytes, {commit} a commit");
    bytes
}

fn verify(state: &Path, bytes: usize, strict: bool) {
    let house = House::new(state, HOUSE);
    let mut options = options(&house, Vec::new());
    options.demands.strict = strict;
    let before = cpu_seconds();
    let report = report(&options);
    let spent = cpu_seconds() - before;
    assert_eq!(report.status(), 0, "{:?} {:?}", report.findings.first(), report.unreadable);
    let leaves: u64 = report.notes[0].split(' ').nth(1).unwrap().parse().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    let rate = leaves as f64 / spent / 1e6;
    println!("{leaves} leaves in {spent:.2} CPU s: {rate:.2} million a CPU second; at most {memory} of memory");
    let bare = hashing(leaves, bytes);
    println!(
        "the hashes alone, of as many leaves and nodes in memory: {bare:.2} CPU s; {:.1} times that",
        spent / bare
    );
}

/// What no verifier can go below on this machine.
fn hashing(leaves: u64, bytes: usize) -> f64 {
    let (entry, mut root) = (vec![b'x'; bytes], Digest::of(b""));
    let before = cpu_seconds();
    for _ in 0..leaves {
        root = node_hash(&root, &leaf_hash(&entry));
    }
    std::hint::black_box(root);
    cpu_seconds() - before
}

fn cpu_seconds() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}
