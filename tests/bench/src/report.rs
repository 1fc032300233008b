//! All figures of a run: for a terminal, as Markdown, and, through `serde`, as JSON.

use serde::Serialize;

use crate::functions::Hosted;
use crate::goals;
use crate::hosted::Figures;
use crate::instructions::Count;
use crate::programs::{self, Said};
use crate::stages::Timings;
use crate::trips;

#[derive(Serialize)]
pub struct Report {
    pub repeats: usize,
    /// Processors, and how busy they were when the run began.
    pub machine: String,
    pub hosted: Option<Hosted>,
    pub records: Vec<Timings>,
    pub drafting: Option<Vec<Count>>,
    pub programs: Vec<Said>,
}

const INTRODUCTION: &str = "\
# Performance

`cargo run --release -p fude-bench -- --peers --instructions --programs --write docs/performance.md` writes this page
anew, on the machine that it runs on: milliseconds differ elsewhere and on a busy machine, ratios less, instruction counts
little.

Each function's release binary runs as a process of its own on a Runtime API of its own, against the local cloud's
servers over plain HTTP. CPU is what the kernel counts for all threads of the process. A cold start goes from the start
of the process until it waits again after its first answer; its wall time ends with the answer. Page faults are the
kernel's work to bring pages of binary, heap and stack into place until then. A warm call is one of
ten, after two that are not counted. The floor is a function on the same Lambda runtime without any SDK. System calls
are those before the first connection to a service; instructions are callgrind's, in user space. Peers make the AWS
calls that the function was seen to make, with the same parameters, answered with the same answers, and do nothing else:
Python by boto3 under awslambdaric, Node by the SDK for JavaScript, bundled, under a loop that does less than Lambda's
own runtime.

Where the instructions go: built with `CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_STRIP=none`,
the program with `--hosted --profiles FOLDER` keeps what `callgrind_annotate` reads.
";

const TRIPS: &str = "\
Calls to AWS that wait for each other's answers; `+` and `×` stand between those made side by side. Heard on the wire, of
the first call of a process and of a later one, which has the hospital's keys.
";

impl Report {
    pub fn text(&self) -> String {
        let mut out = format!("medians of {} repetitions, on {}\n", self.repeats, self.machine);
        if let Some(hosted) = &self.hosted {
            out.push_str(&format!("\n{}\n{}\n{}", hosts(hosted), trips::table(&hosted.trips), goals::table(self)));
        }
        if !self.records.is_empty() {
            out.push_str(&format!("\n{}", stages(&self.records)));
        }
        out.push_str(&self.drafting.as_deref().map(counts).unwrap_or_default());
        out.push_str(&programs::quoted(&self.programs));
        out
    }

    pub fn markdown(&self, plot: &str) -> String {
        let mut out = format!("{INTRODUCTION}\nMedians of {} repetitions, on {}.\n", self.repeats, self.machine);
        if let Some(hosted) = &self.hosted {
            out.push_str(&format!("\n## Goals\n\n{}", goals::table(self)));
            out.push_str(&goals::reasons(self));
            out.push_str(&format!("\n## Functions\n\n{}\n![Cold starts]({plot})\n", hosts(hosted)));
            out.push_str(&format!("\n## Round trips\n\n{TRIPS}\n{}", trips::table(&hosted.trips)));
        }
        if !self.records.is_empty() {
            out.push_str("\n## Stages of a drafting call\n\nCPU milliseconds, without the model.\n\n");
            out.push_str(&stages(&self.records));
        }
        if let Some(drafting) = &self.drafting {
            out.push_str(&counts(drafting));
        }
        out.push_str(&programs::quoted(&self.programs));
        out
    }
}

fn hosts(hosted: &Hosted) -> String {
    let mut out = row(&[
        "", "size, MB", "initialisation, CPU ms", "cold start, CPU ms", "cold start, wall ms", "warm call, CPU ms",
        "memory, MB", "page faults, cold", "system calls", "instructions: initialisation", "cold start", "warm call",
    ]);
    out.push_str(&row(&["---"; 12]));
    for figures in std::iter::once(&hosted.floor).chain(&hosted.functions) {
        out.push_str(&line(figures, &figures.name));
    }
    out.push_str(&line(&hosted.large, "generate-document, 2.6 MB record"));
    for figures in &hosted.peers {
        out.push_str(&line(figures, &figures.name));
    }
    out
}

fn line(figures: &Figures, name: &str) -> String {
    let ms = |value: f64| format!("{value:.2}");
    let none = || "–".to_owned();
    let million = |count: u64| format!("{:.2} M", count as f64 / 1e6);
    let counted = figures.instructions;
    row(&[
        name,
        &figures.bytes.map_or_else(none, |bytes| format!("{:.2}", bytes as f64 / 1e6)),
        &ms(figures.initialisation_cpu_ms),
        &ms(figures.cold_cpu_ms),
        &ms(figures.cold_wall_ms),
        &ms(figures.warm_cpu_ms),
        &format!("{:.1}", figures.peak_mb),
        &format!("{:.0}", figures.page_faults),
        &figures.system_calls.map_or_else(none, |n| n.to_string()),
        &counted.map_or_else(none, |i| million(i.initialisation)),
        &counted.map_or_else(none, |i| million(i.cold)),
        &counted.map_or_else(none, |i| million(i.warm)),
    ])
}

fn stages(timings: &[Timings]) -> String {
    let mut out = String::new();
    let mut line = |label: &str, cell: &dyn Fn(&Timings) -> String| {
        let cells: Vec<String> = std::iter::once(label.to_owned()).chain(timings.iter().map(cell)).collect();
        out.push_str(&row(&cells.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    let ms = |value: f64| format!("{value:.3}");
    line("bytes of the record", &|t| t.bytes.to_string());
    line("---", &|_| "---".to_owned());
    line("resources", &|t| t.resources.to_string());
    line("facts", &|t| t.facts.to_string());
    line("facts offered", &|t| t.offered.to_string());
    line("syntax check", &|t| ms(t.syntax_ms));
    line("borrowed parsing", &|t| ms(t.parsing_ms));
    line("… times the syntax check", &|t| format!("{:.2}", t.parsing_to_syntax));
    line("record → facts", &|t| ms(t.facts_ms));
    line("… per MB", &|t| ms(t.facts_ms / t.bytes as f64 * 1e6));
    line("facts → prompt", &|t| ms(t.prompt_ms));
    line("reply → document", &|t| ms(t.document_ms));
    line("… sentences delivered", &|t| t.sentences.to_string());
    line("whole call", &|t| ms(t.whole_ms));
    for pair in timings.windows(2) {
        let (small, large) = (&pair[0], &pair[1]);
        out.push_str(&format!(
            "\n{} → {} bytes: record {:.1} times, record → facts {:.1} times\n",
            small.bytes,
            large.bytes,
            large.bytes as f64 / small.bytes as f64,
            large.facts_ms / small.facts_ms
        ));
    }
    out
}

fn counts(counts: &[Count]) -> String {
    let mut out = String::from("\nInstructions of one whole drafting call, without the model:\n\n");
    out.push_str(&row(&["bytes of the record", "instructions", "a byte"]));
    out.push_str(&row(&["---"; 3]));
    for Count { bytes, instructions } in counts {
        let shown = instructions.map_or_else(|| "valgrind could not be run".to_owned(), |n| n.to_string());
        let each = instructions.map_or_else(String::new, |n| format!("{:.1}", n as f64 / *bytes as f64));
        out.push_str(&row(&[&bytes.to_string(), &shown, &each]));
    }
    out
}

pub fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
