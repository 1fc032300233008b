//! Reads every JSON file of a folder of FHIR R4 instances through record, facts, prompt, extractive draft, a cited reply,
//! text, HTML and FHIR, and prints counts. It measures robustness, not quality; any panic ends it and names the file.
//!
//! `fude-sweep FOLDER` for the npm package `hl7.fhir.r4.examples`, unpacked. Each instance is read alone, in a Bundle with a
//! Patient made for its subject; then all instances of one patient together; then records made here that are large.

mod draft;
mod large;
mod wrap;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use draft::Swept;
use serde_json::Value;

/// What is being read: a panic names it.
static READING: Mutex<String> = Mutex::new(String::new());

/// What takes longer is told at once.
const SLOW: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Counts {
    records: usize,
    refused: BTreeMap<String, usize>,
    drafted: Swept,
    slowest: (Duration, String),
}

impl Counts {
    /// `one` kind of document a record, in turn, or all.
    fn sweep(&mut self, name: &str, patient: &str, record: &str, one: bool) {
        name.clone_into(&mut READING.lock().expect("one thread"));
        let started = Instant::now();
        self.records += 1;
        match draft::through(record, patient, one.then_some(self.records)) {
            Ok(swept) => self.drafted += swept,
            Err(error) => *self.refused.entry(error.to_string()).or_default() += 1,
        }
        let took = started.elapsed();
        if took > SLOW {
            eprintln!("{} ms: {name}", took.as_millis());
        }
        if took > self.slowest.0 {
            self.slowest = (took, name.to_owned());
        }
    }

    fn print(&self, what: &str) {
        let d = &self.drafted;
        println!(
            "{what}: {} records; drafted {}, facts {}, offered {}, sentences {}, dropped {}, warnings {}, prompt bytes {}, text bytes {}, HTML bytes {}, FHIR bytes {}; slowest {} ms ({})",
            self.records,
            d.drafts,
            d.facts,
            d.offered,
            d.sentences,
            d.dropped,
            d.warnings,
            d.prompt,
            d.text,
            d.html,
            d.fhir,
            self.slowest.0.as_millis(),
            self.slowest.1
        );
        for (error, count) in &self.refused {
            println!("  refused {count}: {error}");
        }
    }
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: fude-sweep FOLDER");
        return ExitCode::from(2);
    };
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        eprintln!("while reading {}", READING.lock().map(|r| r.clone()).unwrap_or_default());
        default(panic);
    }));
    let files = match json_files(&folder) {
        Ok(files) if !files.is_empty() => files,
        Ok(_) => {
            eprintln!("no JSON file under {}", folder.display());
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    };

    let (mut alone, mut together, mut large) = (Counts::default(), Counts::default(), Counts::default());
    let mut unreadable = 0;
    let mut by_patient: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let Ok(resource) = serde_json::from_str::<Value>(&text) else {
            unreadable += 1;
            continue;
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let patient = wrap::patient_of(&resource);
        if resource["resourceType"] == "Bundle" {
            alone.sweep(&name, &patient, &text, true);
        } else {
            alone.sweep(&name, &patient, &wrap::bundle(&patient, std::slice::from_ref(&resource)), true);
            by_patient.entry(patient).or_default().push(resource);
        }
    }
    println!("files: {}, of which {unreadable} are no JSON", files.len());
    alone.print("alone");
    for (patient, resources) in &by_patient {
        together.sweep(&format!("all of {patient}"), patient, &wrap::bundle(patient, resources), false);
    }
    together.print("by patient");
    for name in large::NAMES {
        large.sweep(name, large::PATIENT, &large::record(name), true);
    }
    large.print("large");
    let enough = alone.drafted.drafts > 0 && large.drafted.drafts == large.records;
    if enough { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every `.json` below a folder, in order.
fn json_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
