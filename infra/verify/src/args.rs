//! The command line, by hand: one program less to trust.

use std::path::{Path, PathBuf};

use fude::audit::RetentionMode;
use fude_verify::{Figures, Period};
use serde::Deserialize;

pub const USAGE: &str = "\
fude-verify --state DIR | --proof FILE
  --state DIR               folder with s3/ and s3-meta/, such as .fude
  --bucket documents=NAME,audit=NAME
                            names of the buckets below s3/
  --proof FILE              body of GET /documents/{id}/proof, alone
  --key HEX                 public key of the log; else what lies beside the state or in the proof; where the key
                            was changed, any of a hospital's keys leads to the others; may be repeated
  --pin FILE                a checkpoint that you kept; may be repeated
  --hospital ID             this log alone
  --log-retention-days N    the log was locked for at least so long
  --mode governance|compliance
  --no-canonical            the tree alone, for a quick look: bundles and tiles against the newest checkpoint and the pins;
                            no batch, older checkpoint, lock, event or document is looked at
  --fhir                    AuditEvent and Provenance (FHIR R4), one a line, in place of the report
  --report monthly|effect   what a sound log says, in Japanese (with --json for a program), in place of the report:
                            monthly counts by day, person and act, and hasty approvals; effect by kind of document
  --period 2026-11|2026-04..2027-03
                            months of the report, as the calendar in Japan has them
  --hasty-seconds N         finalised sooner after the first reading is hasty; 30 unless given
  --json                    the report for a program
Ends 0 sound, 1 tampered, 2 incomplete or unreadable, 3 usage.";

/// Nobody reads a page in half a minute.
const HASTY_SECONDS: u64 = 30;

/// What to do.
#[derive(Debug, Default)]
pub struct Args {
    pub state: Option<PathBuf>,
    pub documents: Option<String>,
    pub audit: Option<String>,
    pub proof: Option<PathBuf>,
    pub keys: Vec<[u8; 32]>,
    pub pins: Vec<PathBuf>,
    pub hospital: Option<String>,
    pub log_days: Option<u32>,
    pub mode: Option<RetentionMode>,
    pub hashes_only: bool,
    pub fhir: bool,
    pub report: Option<(Figures, Period)>,
    pub json: bool,
    pub help: bool,
}

impl Args {
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = Self::default();
        let mut words = words.into_iter();
        let (mut report, mut period, mut hasty_seconds) = (None, None, None);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--state" => args.state = Some(value()?.into()),
                "--bucket" => args.buckets(&value()?)?,
                "--proof" => args.proof = Some(value()?.into()),
                "--key" => args.keys.push(read_key(&value()?).ok_or("--key is 64 hex characters")?),
                "--pin" => args.pins.push(value()?.into()),
                "--hospital" => args.hospital = Some(value()?),
                "--log-retention-days" => {
                    args.log_days = Some(value()?.parse().map_err(|_| "--log-retention-days is a number")?);
                }
                "--mode" => args.mode = Some(read_mode(&value()?)?),
                "--canonical" => args.hashes_only = false,
                "--no-canonical" => args.hashes_only = true,
                "--fhir" => args.fhir = true,
                "--report" => report = Some(value()?),
                "--period" => period = Some(Period::parse(&value()?).map_err(|e| format!("--period: {e}"))?),
                "--hasty-seconds" => {
                    hasty_seconds = Some(value()?.parse().map_err(|_| "--hasty-seconds is a number")?);
                }
                "--json" => args.json = true,
                "--help" | "-h" => args.help = true,
                other => return Err(format!("{other} is not known")),
            }
        }
        if !args.help && args.state.is_some() == args.proof.is_some() {
            return Err("either --state or --proof".to_owned());
        }
        args.report = match (report.as_deref(), period) {
            (None, None) if hasty_seconds.is_none() => None,
            (Some("monthly"), Some(period)) => {
                Some((Figures::Monthly { hasty_seconds: hasty_seconds.unwrap_or(HASTY_SECONDS) }, period))
            }
            (Some("effect"), Some(period)) if hasty_seconds.is_none() => Some((Figures::Effect, period)),
            _ => {
                return Err(
                    "--report is monthly or effect, with --period; --hasty-seconds goes with monthly".to_owned()
                );
            }
        };
        if args.report.is_some() && (args.state.is_none() || args.fhir || args.hashes_only) {
            return Err("--report needs --state, and goes neither with --fhir nor with --no-canonical".to_owned());
        }
        if args.hashes_only && !args.fhir && (args.log_days.is_some() || args.mode.is_some()) {
            return Err(
                "--log-retention-days and --mode ask for locks, which --no-canonical does not look at".to_owned()
            );
        }
        Ok(args)
    }

    fn buckets(&mut self, names: &str) -> Result<(), String> {
        for pair in names.split(',') {
            match pair.split_once('=') {
                Some(("documents", name)) if is_folder(name) => self.documents = Some(name.to_owned()),
                Some(("audit", name)) if is_folder(name) => self.audit = Some(name.to_owned()),
                _ => return Err("--bucket is documents=NAME,audit=NAME".to_owned()),
            }
        }
        Ok(())
    }
}

fn is_folder(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && name != ".." && name != "."
}

fn read_mode(name: &str) -> Result<RetentionMode, String> {
    match name {
        "governance" => Ok(RetentionMode::Governance),
        "compliance" => Ok(RetentionMode::Compliance),
        _ => Err("--mode is governance or compliance".to_owned()),
    }
}

pub fn read_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key).ok().map(|()| key)
}

/// What a running local cloud says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ready {
    log_public_key: Option<String>,
    buckets: Names,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names {
    documents: Option<String>,
    audit: Option<String>,
}

impl Ready {
    pub fn read(state: &Path) -> Self {
        let bytes = std::fs::read(state.join("ready.json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    pub fn buckets(&self, args: &Args) -> (String, String) {
        let name = |given: &Option<String>, ready: &Option<String>, usual: &str| {
            given.clone().or_else(|| ready.clone()).unwrap_or_else(|| usual.to_owned())
        };
        (name(&args.documents, &self.buckets.documents, "documents"), name(&args.audit, &self.buckets.audit, "audit"))
    }

    /// The keys and where they come from. One from the state is only as good as the state.
    pub fn keys(&self, args: &Args, state: &Path) -> Option<(Vec<[u8; 32]>, String)> {
        if !args.keys.is_empty() {
            return Some((args.keys.clone(), "--key".to_owned()));
        }
        let file = state.join("log-public-key");
        let kept = std::fs::read_to_string(&file).ok().and_then(|text| read_key(&text));
        let kept = kept.map(|key| (vec![key], format!("{}; give --key to trust another", file.display())));
        kept.or_else(|| {
            let key = read_key(self.log_public_key.as_deref()?)?;
            Some((vec![key], format!("{}; give --key to trust another", state.join("ready.json").display())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read() {
        let args =
            parse("--state .fude --pin a --pin b --hospital h --bucket documents=d,audit=a --mode compliance").unwrap();
        assert_eq!((args.pins.len(), args.hospital.as_deref()), (2, Some("h")));
        assert_eq!((args.documents.as_deref(), args.audit.as_deref()), (Some("d"), Some("a")));
        assert_eq!((args.mode, args.hashes_only), (Some(RetentionMode::Compliance), false));
        assert!(parse("--help").unwrap().help);
        let monthly = parse("--state a --report monthly --period 2026-11").unwrap().report.unwrap();
        assert_eq!(monthly, (Figures::Monthly { hasty_seconds: 30 }, Period::parse("2026-11").unwrap()));
        let hasty = parse("--state a --report monthly --period 2026-11 --hasty-seconds 5").unwrap().report.unwrap();
        assert_eq!(hasty.0, Figures::Monthly { hasty_seconds: 5 });
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "",
            "--state",
            "--state a --proof b",
            "--proof",
            "--state a --key 00",
            "--state a --frobnicate",
            "--state a --mode strict",
            "--state a --log-retention-days ten",
            "--state a --bucket other=x",
            "--state a --bucket audit=../x",
            "--state a --report monthly",
            "--state a --period 2026-11",
            "--state a --report weekly --period 2026-11",
            "--state a --report effect --period 2026",
            "--state a --report effect --period 2026-11 --hasty-seconds 5",
            "--proof a --report effect --period 2026-11",
            "--state a --report effect --period 2026-11 --no-canonical",
            "--state a --hasty-seconds 5",
            "--state a --no-canonical --mode compliance",
            "--state a --no-canonical --log-retention-days 30",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
