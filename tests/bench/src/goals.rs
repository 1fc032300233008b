//! What was aimed at, beside what was measured.

use std::borrow::Cow;

use crate::functions::Hosted;
use crate::hosted::Figures;
use crate::programs;
use crate::report::{Report, row};
use crate::stages::Timings;

struct Goal {
    figure: &'static str,
    aim: &'static str,
    /// In words, and whether it is within the aim; `None` where this run did not measure it.
    measured: Option<(String, bool)>,
    /// Why it is missed, where it is.
    why: Cow<'static, str>,
}

/// Admission with what is known of the document, record, claim, model, objects, state with its event.
const DRAFTING: usize = 6;
/// A record of many years.
const LARGE: usize = 2_500_000;

pub fn table(report: &Report) -> String {
    let mut out = row(&["figure", "goal", "measured", ""]);
    out.push_str(&row(&["---"; 4]));
    for goal in goals(report) {
        let (measured, verdict) = match &goal.measured {
            None => ("not measured in this run", "–"),
            Some((measured, true)) => (measured.as_str(), "met"),
            Some((measured, false)) => (measured.as_str(), "**not met**"),
        };
        out.push_str(&row(&[goal.figure, goal.aim, measured, verdict]));
    }
    out
}

/// Of the goals that are missed.
pub fn reasons(report: &Report) -> String {
    let missed = goals(report).into_iter().filter(|g| matches!(g.measured, Some((_, false))) && !g.why.is_empty());
    missed.map(|goal| format!("\n**{}**: {}\n", goal.figure, goal.why)).collect()
}

fn goals(report: &Report) -> Vec<Goal> {
    let Some(hosted) = &report.hosted else { return Vec::new() };
    let by = |language: &str| peers(hosted, language);
    let large = report.records.iter().position(|t| (LARGE..10_000_000).contains(&t.bytes));
    let goal = |figure, aim, measured, why: &'static str| Goal { figure, aim, measured, why: why.into() };
    vec![
        Goal {
            figure: "cold start CPU, each function",
            aim: "at most 3 × the floor",
            measured: Some(each(hosted, |f| (f.cold_cpu_ms / hosted.floor.cold_cpu_ms, 3.0), "×")),
            why: cold(hosted).into(),
        },
        goal(
            "cold start CPU beside Python",
            "at most 1/80",
            beside(hosted, &by("Python"), |f| f.cold_cpu_ms, 80.0),
            PEERS,
        ),
        goal("cold start CPU beside Node", "at most 1/45", beside(hosted, &by("Node"), |f| f.cold_cpu_ms, 45.0), PEERS),
        goal("instructions of initialisation", "at most 4 million", instructions(hosted), INITIALISATION),
        goal(
            "warm CPU of fetch-document beside Python",
            "at most 1/6",
            beside_one(hosted, &by("Python"), 1, 6.0),
            FETCH,
        ),
        goal(
            "warm CPU of generate-document, 50 kB, beside Python",
            "at most the same",
            beside_one(hosted, &by("Python"), 0, 1.0),
            GENERATE,
        ),
        goal(
            "2.6 MB record → facts",
            "at most 10 ms",
            large.map(|at| within(report.records[at].facts_ms, 10.0, "ms")),
            "",
        ),
        goal("… growing", "no faster than the record", large.and_then(|at| growth(&report.records, at)), ""),
        goal(
            "checks and rendering of a full draft",
            "at most 5 ms",
            large.map(|at| within(report.records[at].document_ms, 5.0, "ms")),
            "",
        ),
        goal("memory, 2.6 MB record", "at most 32 MB", Some(within(hosted.large.peak_mb, 32.0, "MB")), ""),
        goal(
            "binary",
            "at most 9 MB each",
            Some(each(hosted, |f| (f.bytes.map_or(0.0, |b| b as f64 / 1e6), 9.0), "MB")),
            SIZE,
        ),
        goal("system calls before the first AWS call", "at most 200", system_calls(hosted), ""),
        goal(
            "`fude-verify`, a million events",
            "at least 1.5 million leaves a CPU second",
            programs::leaves(&report.programs).map(|rate| (format!("{rate:.2} million"), rate >= 1.5)),
            "",
        ),
        goal(
            "round trips of a drafting call that wait for each other",
            "those of the design: 6, the model's among them",
            hosted.trips.first().map(|t| (format!("{}, listed below", t.warm.len()), t.warm.len() <= DRAFTING)),
            "",
        ),
    ]
}

/// How much of a cold start is the call that it answers.
fn cold(hosted: &Hosted) -> String {
    let mut out = "the floor calls nothing and does nothing; a cold start here holds a whole call.".to_owned();
    let shares = hosted.functions.iter().filter_map(|f| {
        let counted = f.instructions?;
        let of_cold = |part: u64| 100.0 * part as f64 / counted.cold as f64;
        let (call, initialisation) = (of_cold(counted.warm).min(100.0), of_cold(counted.initialisation));
        Some(format!("{}: {call:.0} and {initialisation:.0}", f.name))
    });
    let shares: Vec<String> = shares.collect();
    if !shares.is_empty() {
        out.push_str(" In 100 of its instructions, those of a warm call and those of initialisation: ");
        out.push_str(&shares.join("; "));
        out.push('.');
    }
    out
}

const PEERS: &str = "\
theirs is imports, nearly all of it, and then the AWS calls alone; the functions' is the work of the call, which the peers \
do not do: hashing, reading, checking, drafting, the log's proofs.";
const FETCH: &str = "\
the peer throws away what it read. By callgrind, 54 in 100 instructions hash what is read and what is answered \
(callgrind's processor has no instructions for SHA-256; with them it is a tenth of that), 13 read and write JSON, 6 are \
the SDK and HTTP, 6 the allocator.";
const GENERATE: &str = "\
the peer drafts nothing. By callgrind, of 100 instructions 44 are the checks of each sentence, no check more than 8; 26 go \
from the record to the prompt, of which names 8, choosing facts 7, the record's hash 6; 10 store it, nearly all hashing; 6 \
compose the document, 2 are SDK and HTTP.";
const INITIALISATION: &str = "\
most goes, by callgrind, into three things of the SDK: each service client parses a table of partitions, JSON in the \
binary, when it is built, whether or not that is asked; the four pinned roots are read from PEM; and the dynamic linker \
relocates.";
const SIZE: &str = "\
by `nm`, Fude's own code, compiled for speed, and generic code of the standard library are the largest parts, then the \
SDK's clients, unwinding tables, TLS and HTTP/2.";

fn within(value: f64, limit: f64, unit: &str) -> (String, bool) {
    (format!("{value:.2} {unit}"), value <= limit)
}

/// The least and the most of the functions.
fn each(hosted: &Hosted, figure: impl Fn(&Figures) -> (f64, f64), unit: &str) -> (String, bool) {
    let values: Vec<(f64, f64)> = hosted.functions.iter().map(figure).collect();
    let least = values.iter().map(|v| v.0).fold(f64::INFINITY, f64::min);
    let most = values.iter().map(|v| v.0).fold(0.0, f64::max);
    (format!("{least:.2} to {most:.2} {unit}"), values.iter().all(|(value, limit)| value <= limit))
}

fn peers<'h>(hosted: &'h Hosted, language: &str) -> Vec<&'h Figures> {
    hosted.peers.iter().filter(|f| f.name.ends_with(language)).collect()
}

fn beside(hosted: &Hosted, peers: &[&Figures], figure: impl Fn(&Figures) -> f64, times: f64) -> Option<(String, bool)> {
    let ratios: Vec<f64> = hosted.functions.iter().zip(peers).map(|(own, peer)| figure(peer) / figure(own)).collect();
    let least = ratios.iter().copied().reduce(f64::min)?;
    let most = ratios.iter().copied().reduce(f64::max)?;
    Some((format!("1/{least:.0} to 1/{most:.0}"), least >= times))
}

fn beside_one(hosted: &Hosted, peers: &[&Figures], at: usize, times: f64) -> Option<(String, bool)> {
    let (own, peer) = (hosted.functions.get(at)?.warm_cpu_ms, peers.get(at)?.warm_cpu_ms);
    let ratio = if own <= peer { format!("1/{:.1}", peer / own) } else { format!("{:.1} ×", own / peer) };
    Some((format!("{own:.2} ms beside {peer:.2} ms: {ratio}"), peer / own >= times))
}

fn instructions(hosted: &Hosted) -> Option<(String, bool)> {
    let counts: Option<Vec<u64>> = hosted.functions.iter().map(|f| f.instructions.map(|i| i.initialisation)).collect();
    let counts = counts?;
    let (least, most) = (counts.iter().min()?, counts.iter().max()?);
    Some((format!("{:.2} to {:.2} million", *least as f64 / 1e6, *most as f64 / 1e6), *most <= 4_000_000))
}

fn system_calls(hosted: &Hosted) -> Option<(String, bool)> {
    let counts: Option<Vec<usize>> = hosted.functions.iter().map(|f| f.system_calls).collect();
    let counts = counts?;
    let (least, most) = (counts.iter().min()?, counts.iter().max()?);
    Some((format!("{least} to {most}"), *most <= 200))
}

fn growth(records: &[Timings], at: usize) -> Option<(String, bool)> {
    let (small, large) = (records.get(at.checked_sub(1)?)?, records.get(at)?);
    let (bytes, time) = (large.bytes as f64 / small.bytes as f64, large.facts_ms / small.facts_ms);
    Some((format!("record {bytes:.1} times, time {time:.1} times"), time <= bytes))
}
