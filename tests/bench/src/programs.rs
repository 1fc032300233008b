//! Measuring programs of their own, run as a person would and quoted: the verifier over a long log, the time from event to
//! published checkpoint, the load that the local cloud bears.

use serde::Serialize;

use crate::hosted::build;

const PROGRAMS: [(&str, [&str; 4]); 3] = [
    ("Verifying a million events", ["-p", "fude-verify", "--example", "bench"]),
    ("From event to published checkpoint", ["-p", "fude-bench", "--example", "log"]),
    ("Load on the local cloud", ["-p", "fude-bench", "--example", "load"]),
];

#[derive(Serialize)]
pub struct Said {
    title: &'static str,
    command: String,
    pub output: String,
}

pub fn run() -> Result<Vec<Said>, String> {
    let said = |(title, names): &(&'static str, [&str; 4])| {
        let arguments = [&["run", "--release"][..], names].concat();
        let output = build::output(&[&["run", "--release", "--quiet"][..], names].concat())?;
        Ok(Said { title, command: format!("cargo {}", arguments.join(" ")), output })
    };
    PROGRAMS.iter().map(said).collect()
}

/// Of the verifier, out of its words: million leaves in a second of CPU.
pub fn leaves(said: &[Said]) -> Option<f64> {
    let words = said.iter().find_map(|s| s.output.split_once(" million a CPU second"))?.0;
    words.rsplit(' ').next()?.parse().ok()
}

pub fn quoted(said: &[Said]) -> String {
    let one = |Said { title, command, output }: &Said| format!("\n## {title}\n\n`{command}`\n\n```text\n{output}```\n");
    said.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{Said, leaves};

    #[test]
    fn the_verifiers_rate_is_found_among_its_words() {
        let output = "1000000 leaves in 0.60 CPU s: 1.67 million a CPU second; at most 3524 kB of memory\n".to_owned();
        let said = Said { title: "", command: String::new(), output };
        assert_eq!(leaves(&[said]), Some(1.67));
        assert_eq!(leaves(&[]), None);
    }
}
