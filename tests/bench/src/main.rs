//! What Fude costs: a drafting call stage by stage, over records of several sizes made from the invented patients, and
//! each function's binary as Lambda would run it. Holds no limit: it prints, and asserts nothing about time.

mod functions;
mod goals;
mod hosted;
mod instructions;
mod measure;
mod options;
mod peers;
mod plot;
mod programs;
mod records;
mod report;
mod stages;
mod trips;

use std::io::Write as _;
use std::path::Path;

use options::{HELP, Options};
use report::Report;

const SIZES: [usize; 4] = [50_000, 500_000, 2_600_000, 20_000_000];
const REPEATS: usize = 15;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if instructions::is_child(&arguments) {
        return instructions::child(&arguments);
    }
    let options = match Options::parse(&arguments) {
        Ok(Some(options)) => options,
        Ok(None) => return print(HELP),
        Err(wrong) => {
            eprint!("{wrong}\n\n{HELP}");
            std::process::exit(2);
        }
    };
    if let Err(why) = run(&options) {
        eprintln!("fude-bench: {why}");
        std::process::exit(1);
    }
}

fn run(options: &Options) -> Result<(), String> {
    let repeats = options.repeats.unwrap_or(REPEATS);
    let machine = measure::machine();
    let hosted = if options.stages { None } else { Some(functions::measure(options, repeats)?) };
    let sizes = match (options.hosted, options.sizes.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => SIZES.to_vec(),
        (false, false) => options.sizes.clone(),
    };
    let stages = |size: &usize| {
        eprintln!("stages of a drafting call, {size} bytes …");
        stages::measure(&records::record(*size), repeats)
    };
    let records = sizes.iter().map(stages).collect();
    let drafting = options.instructions.then(|| instructions::count(&sizes));
    let programs = if options.programs { programs::run()? } else { Vec::new() };
    let report = Report { repeats, machine, hosted, records, drafting, programs };
    print(&report.text());
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
        write(path, &format!("{json}\n"))?;
    }
    if let Some(path) = &options.write {
        let plot = path.with_extension("svg");
        write(&plot, &plot::cold_starts(&report))?;
        let name = plot.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        write(path, &report.markdown(&name))?;
    }
    Ok(())
}

/// A closed pipe ends the output, not the program.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
