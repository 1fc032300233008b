//! `fude-verify`: reads what is stored, compares it with what was signed, and says what does not fit.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod args;

use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use args::{Args, Ready, USAGE};
use fude::audit::proof::Proof;
use fude_verify::{
    Demands, Figures, Key, Options, Period, Pin, Printed, Report, Sink, check_proof, figures, render, render_entries,
    verify,
};
use serde::Serialize;
use serde_json::json;

const USAGE_STATUS: u8 = 3;
const UNREADABLE_STATUS: u8 = 2;

/// Why nothing was verified.
enum Refused {
    Usage(String),
    Unreadable(String),
}

fn main() -> ExitCode {
    let ended = Args::parse(std::env::args().skip(1)).map_err(Refused::Usage).and_then(|args| {
        if args.help {
            println!("{USAGE}");
            return Ok(0);
        }
        run(&args)
    });
    ExitCode::from(ended.unwrap_or_else(|refused| match refused {
        Refused::Usage(why) => {
            eprintln!("{why}\n\n{USAGE}");
            USAGE_STATUS
        }
        Refused::Unreadable(why) => {
            println!("unreadable: {why}");
            UNREADABLE_STATUS
        }
    }))
}

fn run(args: &Args) -> Result<u8, Refused> {
    let mut pins = Vec::new();
    for path in &args.pins {
        let read = Pin::read(path).map_err(|error| Refused::Usage(format!("{}: {error}", path.display())))?;
        pins.push(read.map_err(|error| Refused::Usage(format!("{}: {error}", path.display())))?);
    }
    match (&args.state, &args.proof) {
        (Some(state), _) => of_state(args, state, pins),
        (None, Some(proof)) => of_proof(args, proof, &pins),
        (None, None) => Err(Refused::Usage("either --state or --proof".to_owned())),
    }
}

fn of_state(args: &Args, state: &Path, pins: Vec<Pin>) -> Result<u8, Refused> {
    let ready = Ready::read(state);
    let (keys, source) = ready
        .keys(args, state)
        .ok_or_else(|| Refused::Usage(format!("no public key of the log lies in {}: give --key", state.display())))?;
    let (documents, audit) = ready.buckets(args);
    let demands =
        Demands { now_ms: now(), log_days: args.log_days, mode: args.mode, strict: !args.hashes_only || args.fhir };
    let options =
        Options { state: state.to_owned(), documents, audit, keys, hospital: args.hospital.clone(), pins, demands };
    if let Some((which, period)) = args.report {
        return of_period(args, &options, which, period);
    }
    let status = report(args, &options.keys, &source, |sink| verify(&options, sink).map_err(|error| error.to_string()));
    if args.fhir {
        let rendered = render(&options, &mut |resource| println!("{resource}"));
        rendered.map_err(|error| Refused::Unreadable(error.to_string()))?;
    }
    Ok(status)
}

/// Figures of a sound log alone: what does not fit is told in their place.
fn of_period(args: &Args, options: &Options, which: Figures, period: Period) -> Result<u8, Refused> {
    let mut found = Report::default();
    let counted = figures(options, which, period, &mut found);
    let counted = counted.map_err(|error| Refused::Unreadable(error.to_string()))?;
    if found.status() != 0 {
        tell(&found);
        eprintln!("no figures: the log does not verify");
        return Ok(found.status());
    }
    if args.json {
        println!("{}", counted.json());
    } else {
        print!("{}", counted.markdown());
    }
    Ok(0)
}

/// On standard error, where something else has standard output to itself.
fn tell(report: &Report) {
    for finding in &report.findings {
        eprintln!("{finding}");
    }
    for what in &report.unreadable {
        eprintln!("unreadable: {what}");
    }
}

fn of_proof(args: &Args, path: &Path, pins: &[Pin]) -> Result<u8, Refused> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Refused::Unreadable(format!("{name}: {error}")))?;
    let proof: Proof =
        serde_json::from_slice(&bytes).map_err(|error| Refused::Unreadable(format!("{name}: {error}")))?;
    let (key, source) = match &args.keys[..] {
        [first, ..] => {
            let opens = |key: &&Key| proof.key(key).is_ok_and(|key| key.open(proof.checkpoint.as_bytes()).is_ok());
            (proof.key(args.keys.iter().find(opens).unwrap_or(first)), "--key".to_owned())
        }
        [] => (proof.own_key(), "the proof itself, only as good as this file; give --key to trust another".to_owned()),
    };
    let key = key.map_err(|error| Refused::Unreadable(format!("{name}: {error}")))?;
    Ok(report(args, &[*key.public_key()], &source, |sink| {
        if let Some(proved) = check_proof(&proof, &key, pins, &name, sink) {
            let (events, size) = (proved.entries.len(), proved.checkpoint.size);
            sink.note(&format!("{} of {}: {events} events below {size} entries", proof.document_id, proof.hospital));
            if args.fhir {
                render_entries(&proved.entries, &mut |resource| println!("{resource}"));
            }
        }
        Ok(())
    }))
}

/// Runs a check and tells its outcome in the form that was asked for.
fn report(args: &Args, keys: &[Key], source: &str, check: impl FnOnce(&mut dyn Sink) -> Result<(), String>) -> u8 {
    let key = keys.iter().map(hex::encode).collect::<Vec<_>>().join(",");
    if args.fhir {
        let mut report = Report::default();
        if let Err(error) = check(&mut report) {
            report.unreadable(&error);
        }
        tell(&report);
        return report.status();
    }
    if args.json {
        let mut report = Report::default();
        if let Err(error) = check(&mut report) {
            report.unreadable(&error);
        }
        let status = report.status();
        println!("{}", json!(Told { status, key: &key, key_source: source, report: &report }));
        return status;
    }
    let mut printed = Printed::new();
    printed.note(&format!("key {key} from {source}"));
    if let Err(error) = check(&mut printed) {
        printed.unreadable(&error);
    }
    printed.end()
}

/// The report for a program.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    status: u8,
    key: &'a str,
    key_source: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
