//! What drafting costs in CPU time, stage by stage, over records of several sizes made from the invented patients.
//! Holds no limit: it prints, and asserts nothing about time.

mod instructions;
mod measure;
mod records;
mod stages;

use std::io::Write as _;

use stages::Timings;

const HELP: &str = "\
What drafting costs in CPU time, stage by stage.

usage: fude-bench [--json] [--instructions] [--repeats N] [--size BYTES]...

  --json            print JSON instead of a table
  --instructions    also count the instructions of one whole drafting call (needs valgrind)
  --repeats N       take the median of N runs a stage (default 15)
  --size BYTES      measure this size instead of 50 kB, 500 kB, 2.6 MB and 20 MB; may be repeated
  --help            print this
";

const SIZES: [usize; 4] = [50_000, 500_000, 2_600_000, 20_000_000];

#[derive(Default)]
struct Options {
    json: bool,
    instructions: bool,
    repeats: Option<usize>,
    sizes: Vec<usize>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if instructions::is_child(&arguments) {
        return instructions::child(&arguments);
    }
    let options = match options(&arguments) {
        Ok(Some(options)) => options,
        Ok(None) => return print(HELP),
        Err(wrong) => {
            eprint!("{wrong}\n\n{HELP}");
            std::process::exit(2);
        }
    };
    let sizes = if options.sizes.is_empty() { SIZES.to_vec() } else { options.sizes };
    let timings: Vec<Timings> =
        sizes.iter().map(|size| stages::measure(&records::record(*size), options.repeats.unwrap_or(15))).collect();
    let counted = options.instructions.then(|| instructions::count(&sizes));
    if options.json {
        let report = serde_json::json!({ "records": timings, "instructions": counted });
        print(&format!("{report:#}\n"));
    } else {
        print(&table(&timings));
        print(&counted.map(|c| instructions::table(&c)).unwrap_or_default());
    }
}

/// `None` where help is asked for.
fn options(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut out = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = || {
            let value = rest.next().ok_or_else(|| format!("{argument} needs a number"))?;
            value.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(|| format!("{value} is no positive number"))
        };
        match argument.as_str() {
            "--json" => out.json = true,
            "--instructions" => out.instructions = true,
            "--repeats" => out.repeats = Some(number()?),
            "--size" => out.sizes.push(number()?),
            "--help" | "-h" => return Ok(None),
            unknown => return Err(format!("unknown option {unknown}")),
        }
    }
    Ok(Some(out))
}

/// A closed pipe ends the output, not the program.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn table(timings: &[Timings]) -> String {
    let mut out = String::from("CPU milliseconds, median\n\n");
    let mut line = |label: &str, cell: &dyn Fn(&Timings) -> String| {
        let cells: String = timings.iter().map(|t| format!("{:>12}", cell(t))).collect();
        out.push_str(&format!("{label:<34}{cells}\n"));
    };
    let ms = |value: f64| format!("{value:.3}");
    line("bytes", &|t| t.bytes.to_string());
    line("resources", &|t| t.resources.to_string());
    line("facts", &|t| t.facts.to_string());
    line("facts offered", &|t| t.offered.to_string());
    line("syntax check", &|t| ms(t.syntax_ms));
    line("borrowed parsing", &|t| ms(t.parsing_ms));
    line("  times the syntax check", &|t| format!("{:.2}", t.parsing_to_syntax));
    line("record -> facts", &|t| ms(t.facts_ms));
    line("  per MB", &|t| ms(t.facts_ms / t.bytes as f64 * 1e6));
    line("facts -> prompt", &|t| ms(t.prompt_ms));
    line("reply -> document", &|t| ms(t.document_ms));
    line("  sentences delivered", &|t| t.sentences.to_string());
    line("whole call without the model", &|t| ms(t.whole_ms));
    for pair in timings.windows(2) {
        let (small, large) = (&pair[0], &pair[1]);
        out.push_str(&format!(
            "\n{} -> {} bytes: record {:.1} times, record -> facts {:.1} times",
            small.bytes,
            large.bytes,
            large.bytes as f64 / small.bytes as f64,
            large.facts_ms / small.facts_ms
        ));
    }
    out.push('\n');
    out
}
