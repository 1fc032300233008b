//! `fude-controls`: what a hospital's auditor asks for, printed from `docs/` and checked against the repository.

use std::path::PathBuf;
use std::process::ExitCode;

use fude_controls::check;
use fude_controls::controls::Controls;
use fude_controls::cost::{self, Prices};
use fude_controls::dependencies::Reasons;
use fude_controls::repository::Repository;
use fude_controls::risks::Register;
use fude_controls::{Error, sbom, scale, sheet};

const USAGE: &str = "\
fude-controls                 the disclosure sheet (Markdown, Japanese)
fude-controls risks           the risk register (Markdown, Japanese)
fude-controls cost            cost of documents (Markdown)
fude-controls scale           a ward, a hospital and a country against AWS quotas (Markdown)
fude-controls sbom            bill of materials of Cargo.lock (CycloneDX 1.5, JSON)
fude-controls dependencies    direct dependencies with version, licence and reason (Markdown)
  --check                     every proof, risk, reason and command in docs/ exists
  --json                      sheet or register for a program
  --documents N               cost: of so many documents, 1000 unless given
  --model NAME                cost, scale: a model of the price file, haiku unless given
  --input-tokens N, --output-tokens N
                              cost: of one model call
  --prices FILE               cost, scale: another price file
  --root DIR                  the repository, else the nearest folder from here up
Ends 0 done, 1 a check failed, 2 unreadable, 3 usage.";

#[derive(Default)]
struct Args {
    command: Option<String>,
    check: bool,
    json: bool,
    help: bool,
    documents: Option<u32>,
    model: Option<String>,
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
    prices: Option<PathBuf>,
    root: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = Args::parse(std::env::args().skip(1)).and_then(|args| run(&args));
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fude-controls: {error}");
            if let Error::Usage(_) = error {
                eprintln!("{USAGE}");
                return ExitCode::from(3);
            }
            ExitCode::from(2)
        }
    }
}

impl Args {
    fn parse(words: impl Iterator<Item = String>) -> Result<Self, Error> {
        let mut args = Self::default();
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Error::Usage(format!("{word} needs a value")));
            match word.as_str() {
                "--check" => args.check = true,
                "--json" => args.json = true,
                "--help" | "-h" => args.help = true,
                "--documents" => args.documents = Some(number(&word, &value()?)?),
                "--input-tokens" => args.input_tokens = Some(number::<u32>(&word, &value()?)?.into()),
                "--output-tokens" => args.output_tokens = Some(number::<u32>(&word, &value()?)?.into()),
                "--model" => args.model = Some(value()?),
                "--prices" => args.prices = Some(value()?.into()),
                "--root" => args.root = Some(value()?.into()),
                "risks" | "cost" | "scale" | "sbom" | "dependencies" if args.command.is_none() => {
                    args.command = Some(word);
                }
                _ => return Err(Error::Usage(format!("{word} is not understood"))),
            }
        }
        Ok(args)
    }

    fn model(&self) -> &str {
        self.model.as_deref().unwrap_or("haiku")
    }
}

fn number<N: std::str::FromStr>(word: &str, text: &str) -> Result<N, Error> {
    text.parse().map_err(|_| Error::Usage(format!("{word} is a whole number")))
}

fn run(args: &Args) -> Result<ExitCode, Error> {
    if args.help {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let repository = match &args.root {
        Some(root) => Repository::open(root)?,
        None => Repository::around(&std::env::current_dir().map_err(|_| Error::NoRepository)?)?,
    };
    if args.check {
        let findings = check::all(&repository)?;
        print!("{}", findings.report());
        return Ok(if findings.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let printed = match args.command.as_deref() {
        None if args.json => json(&Controls::read(&repository)?.with_standing()),
        None => sheet::markdown(&Controls::read(&repository)?),
        Some("risks") if args.json => json(&Register::read(&repository)?),
        Some("risks") => Register::read(&repository)?.markdown(),
        Some("sbom") => json(&sbom::cyclonedx(&repository)?),
        Some("dependencies") => Reasons::read(&repository)?.markdown(&repository)?,
        Some("scale") => {
            let model = scale::Model::parse(&repository.text(scale::FILE)?, scale::FILE)?;
            model.markdown(&prices(args, &repository)?, args.model())?
        }
        Some(_) => prices(args, &repository)?.markdown(args.model(), args.documents.unwrap_or(1000))?,
    };
    println!("{}", printed.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("plain data becomes JSON")
}

/// The price file, with what the command line changes.
fn prices(args: &Args, repository: &Repository) -> Result<Prices, Error> {
    let mut prices = match &args.prices {
        None => Prices::parse(&repository.text(cost::FILE)?, cost::FILE)?,
        Some(file) => {
            let name = file.display().to_string();
            let text =
                std::fs::read_to_string(file).map_err(|e| Error::Read { path: name.clone(), cause: e.to_string() })?;
            Prices::parse(&text, &name)?
        }
    };
    let document = &mut prices.document;
    document.input_tokens = args.input_tokens.unwrap_or(document.input_tokens);
    document.output_tokens = args.output_tokens.unwrap_or(document.output_tokens);
    Ok(prices)
}
