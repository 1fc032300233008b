//! `cargo run -p fude-eval`: all metrics over all cases, as a table, JSON and one HTML page.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use fude_eval::model::Model;
use fude_eval::{case, classes, export, faults, hostile, mixups, page, report, run, sentences};

/// Measures Fude's drafts: evidence, required content, planted faults, true sentences, mix-ups, hostile records.
///
/// Without options this is tier 0: the model is the stand-in, so the figures measure pipeline and checks, not a model.
/// Exit status 0 only where every goal is met.
#[derive(Parser)]
#[command(name = "fude-eval", version)]
struct Arguments {
    /// Folder for report.json and report.html.
    #[arg(long, default_value = "target/eval")]
    out: PathBuf,
    /// Folder with cases, sentences, mix-ups and hostile records.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR")))]
    data: PathBuf,
    /// Only cases whose name holds this.
    #[arg(long)]
    case: Option<String>,
    /// Tier 1: replies of a model, recorded in this folder as <prompt hash>.json.
    #[arg(long, value_name = "DIR")]
    replies: Option<PathBuf>,
    /// Asks this shell command for replies that are not recorded yet: it reads a Converse request from its input and
    /// prints the text of the reply. Needs --replies.
    #[arg(long, value_name = "COMMAND", requires = "replies")]
    model_command: Option<String>,
    /// Writes the public set as JSON into this folder, and nothing else.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Judges the sets of the public set from this name to that one (25-38), by class of error, and nothing else.
    #[arg(long, value_name = "FROM-TO", value_parser = numbers)]
    sets: Option<(String, String)>,
    /// Prints the facts that the model is offered in each case, and nothing else.
    #[arg(long)]
    facts: bool,
    /// Prints the drafts of the cases as plain text.
    #[arg(long)]
    print: bool,
}

fn main() -> ExitCode {
    match evaluate(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("fude-eval: {error}");
            ExitCode::from(2)
        }
    }
}

fn numbers(range: &str) -> Result<(String, String), String> {
    let (from, to) = range.split_once('-').ok_or("two numbers, as in 25-38")?;
    Ok((from.to_owned(), to.to_owned()))
}

fn evaluate(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let sets = sentences::load(&arguments.data.join("sentences"))?;
    if let Some(folder) = &arguments.export {
        export::write(&sets, folder)?;
        println!("{} sets written: {}", sets.len(), folder.display());
        return Ok(true);
    }
    if let Some((from, to)) = &arguments.sets {
        let within = |name: &str| name.get(..2).is_some_and(|n| (from.as_str()..=to.as_str()).contains(&n));
        let sets = sets.iter().filter(|s| within(&s.name));
        let judged: Vec<_> = sets.map(|s| s.judge(&sentences::checks(None))).collect::<Result<_, _>>()?;
        print!("{}", classes::table(&judged.concat()));
        return Ok(true);
    }
    let model = match &arguments.replies {
        Some(folder) => Model::Recorded { folder: folder.clone(), command: arguments.model_command.clone() },
        None => Model::StandIn,
    };
    let wanted = |name: &str| arguments.case.as_ref().is_none_or(|w| name.contains(w.as_str()));
    let cases: Vec<_> = case::load(&arguments.data.join("cases"))?.into_iter().filter(|c| wanted(&c.name)).collect();
    if arguments.facts {
        for case in &cases {
            println!("── {} ──", case.name);
            for fact in case.prepare()?.facts.offered() {
                println!("[{}] {} {}", fact.id, fact.word(), fact.text());
            }
        }
        return Ok(true);
    }
    eprintln!("{} cases", cases.len());
    let judged = cases.iter().map(|c| run::run(c, &model)).collect::<Result<Vec<_>, _>>()?;
    if arguments.print {
        for j in &judged {
            println!("── {} ──\n{}\n", j.case, j.text);
        }
    }
    eprintln!("fault matrix");
    let matrix = faults::matrix(&cases)?;
    eprintln!("public set");
    let mut sentences_judged = Vec::new();
    for set in &sets {
        sentences_judged.extend(set.judge(&sentences::checks(None))?);
    }
    eprintln!("mix-ups and hostile records");
    let mixups = mixups::run(&arguments.data.join("mixups"))?;
    let hostile = hostile::run(&arguments.data.join("hostile"))?;
    let report = report::Report::new(model.tier(), judged, matrix, sentences_judged, mixups, hostile);
    std::fs::create_dir_all(&arguments.out)?;
    std::fs::write(arguments.out.join("report.json"), serde_json::to_vec_pretty(&report)?)?;
    std::fs::write(arguments.out.join("report.html"), page::html(&report)?)?;
    print!("{}", report::table(&report));
    println!("written: {}", arguments.out.join("report.html").display());
    Ok(report.good())
}
