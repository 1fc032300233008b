//! The report for a person: one line a finding, as it is found.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::finding::{Finding, Harmless, Sink};

/// After so long without a word, progress is told to who waits.
const SILENCE: Duration = Duration::from_secs(1);

/// Prints as it goes; `end` gives the exit status.
pub struct Printed {
    out: std::io::BufWriter<std::io::Stdout>,
    status: u8,
    findings: u64,
    told: Instant,
    terminal: bool,
}

impl Default for Printed {
    fn default() -> Self {
        Self::new()
    }
}

impl Printed {
    pub fn new() -> Self {
        Self {
            out: std::io::BufWriter::new(std::io::stdout()),
            status: 0,
            findings: 0,
            told: Instant::now(),
            terminal: std::io::stderr().is_terminal(),
        }
    }

    fn line(&mut self, line: &str) {
        // A reader that went away needs no report
        _ = writeln!(self.out, "{line}");
    }

    /// The last line, and the exit status.
    pub fn end(mut self) -> u8 {
        let said = match self.status {
            0 => "sound".to_owned(),
            1 => format!("TAMPERED: {} findings", self.findings),
            _ => format!("INCOMPLETE: {} findings", self.findings),
        };
        self.line(&said);
        _ = self.out.flush();
        self.status
    }
}

impl Sink for Printed {
    fn finding(&mut self, finding: Finding) {
        self.findings += 1;
        self.status = if self.status == 1 { 1 } else { finding.code.status() };
        self.line(&finding.to_string());
    }

    fn harmless(&mut self, kind: Harmless, path: &str) {
        match kind {
            Harmless::Rebuildable => self.line(&format!("rebuildable: {path}")),
            Harmless::Leftover => self.line(&format!("leftover: {path}")),
        }
    }

    fn unreadable(&mut self, what: &str) {
        self.status = if self.status == 1 { 1 } else { 2 };
        self.line(&format!("unreadable: {what}"));
    }

    fn note(&mut self, text: &str) {
        self.line(text);
    }

    fn progress(&mut self, hospital: &str, done: u64, of: u64) {
        if self.told.elapsed() < SILENCE {
            return;
        }
        self.told = Instant::now();
        let end = if self.terminal { "\r" } else { "\n" };
        eprint!("{hospital}: {done} of {of} entries{end}");
    }
}
