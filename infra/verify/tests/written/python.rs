//! The second verifier, `tests/verify/verify.py`, run over many states in one process.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Ends each run with a line of its own; every line of input is one command line, in JSON.
const DRIVER: &str = "import json, sys, verify
for line in sys.stdin:
    print('==', verify.main(json.loads(line)))";

/// Exit status and codes.
pub type Verdict = (u8, BTreeSet<String>);

/// One verdict for each command line; None, and told, where this machine has no Python.
pub fn verdicts(command_lines: &[Vec<String>]) -> Option<Vec<Verdict>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/verify");
    let child = Command::new("python3")
        .args(["-B", "-c", DRIVER])
        .env("PYTHONPATH", folder)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var_os("CI").is_none(), "CI has python3");
        eprintln!("NOT RUN: the second verifier, since there is no python3");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let lines: String = command_lines.iter().map(|words| serde_json::to_string(words).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the second verifier came to an end of its own");
    let (mut verdicts, mut codes) = (Vec::new(), BTreeSet::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        if let Some(status) = line.strip_prefix("== ") {
            verdicts.push((status.parse().unwrap(), std::mem::take(&mut codes)));
        } else if line.starts_with("E_") {
            codes.insert(line.split(' ').next().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(verdicts.len(), command_lines.len());
    Some(verdicts)
}
