//! What clocks cannot tell: system calls by strace, instructions by callgrind. Neither knows noise of neighbours.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::instance::{Instance, Program};
use super::work::Work;
use super::{Bench, SETTLE, call};

/// Warm calls of which the mean is taken.
const CALLS: usize = 4;

/// In user space, of all threads.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Instructions {
    /// Until the process asks for its first event.
    pub initialisation: u64,
    /// Until it asks for its second.
    pub cold: u64,
    /// Of one call more.
    pub warm: u64,
}

impl Bench<'_> {
    /// System calls of a cold start before the first connection to a service.
    pub(super) fn system_calls(&self, program: &Program, work: &mut Work) -> Option<usize> {
        let trace = self.log.with_extension("strace");
        let tracer = ["strace", "-f", "-qq", "-o", trace.to_str()?].map(str::to_owned);
        let started = self.start(&program.under(&tracer)).and_then(|instance| {
            let mut instance = instance;
            let answer = instance.invoke(&work.event(true)?)?.0;
            work.answered(&answer)?;
            instance.end()
        });
        if let Err(why) = started {
            eprintln!("  system calls not counted: {why}");
            return None;
        }
        let services: Vec<String> = program.environment.iter().filter_map(|(name, value)| port(name, value)).collect();
        let text = fs::read_to_string(&trace).ok()?;
        let calls = text.lines().filter(|line| is_call(line));
        Some(calls.take_while(|line| !services.iter().any(|s| line.contains("connect(") && line.contains(s))).count())
    }

    pub(super) fn instructions(&self, program: &Program, work: &mut Work) -> Option<Instructions> {
        let mut counted = |calls: &[usize]| {
            self.under_callgrind(program, work, calls)
                .map_err(|why| eprintln!("  instructions not counted: {why}"))
                .ok()
        };
        let initialisation = counted(&[])?;
        let cold = counted(&[1])?;
        let (few, many) = (counted(&[1, SETTLE])?, counted(&[1, SETTLE, CALLS])?);
        Some(Instructions { initialisation, cold, warm: many.saturating_sub(few) / CALLS as u64 })
    }

    /// Named by the function and the calls it had answered: `fetch-document.1.2.4` beside `fetch-document.1.2` shows four
    /// warm calls.
    fn profile(&self, program: &Program, calls: &[usize]) -> PathBuf {
        let Some(folder) = &self.profiles else { return PathBuf::from("/dev/null") };
        let calls: String = calls.iter().map(|n| format!(".{n}")).collect();
        folder.join(format!("{}{calls}.callgrind", program.name))
    }

    fn under_callgrind(&self, program: &Program, work: &mut Work, calls: &[usize]) -> Result<u64, String> {
        let told = self.log.with_extension("callgrind");
        let tracer = [
            "valgrind".to_owned(),
            "--tool=callgrind".to_owned(),
            format!("--callgrind-out-file={}", self.profile(program, calls).display()),
            format!("--log-file={}", told.display()),
        ];
        let mut instance: Instance = self.start(&program.under(&tracer))?;
        if let Some((_, rest)) = calls.split_first() {
            let answer = instance.invoke(&work.event(true)?)?.0;
            work.answered(&answer)?;
            for further in rest {
                call(&mut instance, work, *further)?;
            }
        }
        instance.end()?;
        let text = fs::read_to_string(&told).map_err(|e| format!("{}: {e}", told.display()))?;
        let collected = text.lines().find_map(|l| l.split_once("Collected :")).map(|(_, number)| number.trim().parse());
        collected.and_then(Result::ok).ok_or_else(|| "callgrind says nothing".to_owned())
    }
}

/// `sin_port=htons(4566)` of a service's address.
fn port(name: &str, address: &str) -> Option<String> {
    name.starts_with("AWS_ENDPOINT_URL_").then_some(())?;
    Some(format!("htons({})", address.rsplit(':').next()?))
}

/// A line of strace that begins a call, rather than ends one or tells of a signal or an exit.
fn is_call(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    rest.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::{is_call, port};

    #[test]
    fn a_line_counts_where_a_call_begins() {
        assert!(is_call("12 openat(AT_FDCWD, \"/etc/ld.so.cache\", O_RDONLY) = 3"));
        assert!(is_call("12 epoll_wait(4,  <unfinished ...>"));
        for line in
            ["12 <... epoll_wait resumed>[], 1024, 1) = 0", "12 --- SIGTERM ---", "12 +++ exited with 0 +++", ""]
        {
            assert!(!is_call(line), "{line}");
        }
    }

    #[test]
    fn services_are_known_by_their_ports() {
        assert_eq!(port("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4566").as_deref(), Some("htons(4566)"));
        assert_eq!(port("AWS_REGION", "ap-northeast-1"), None);
    }
}
