//! `--check`: everything that `docs/` says of the repository is so.

use crate::Error;
use crate::commands;
use crate::controls::Controls;
use crate::dependencies::Reasons;
use crate::handbook;
use crate::names;
use crate::repository::Repository;
use crate::risks::Register;

/// What a check found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Said and not so: the check fails.
    pub faults: Vec<String>,
    /// Said to be awaited.
    pub awaited: Vec<String>,
    /// Said to be awaited and there.
    pub arrived: Vec<String>,
    /// Proofs that exist.
    pub proofs: usize,
}

/// Controls with their proofs, risks, reasons of dependencies, commands in the documents, and the two handbooks.
pub fn all(repository: &Repository) -> Result<Findings, Error> {
    let controls = Controls::read(repository)?;
    let mut findings = of_controls(repository, &controls);
    let register = Register::read(repository)?;
    findings.faults.extend(register.faults(&controls));
    findings.faults.extend(Reasons::read(repository)?.faults(repository)?);
    findings.faults.extend(of_documents(repository, &controls)?);
    findings.faults.extend(handbook::faults(repository)?);
    findings.faults.extend(names::faults(repository, &controls, &register)?);
    Ok(findings)
}

pub fn of_controls(repository: &Repository, controls: &Controls) -> Findings {
    let mut findings = Findings { faults: controls.faults(), ..Findings::default() };
    for (id, control) in controls.rows() {
        for proof in &control.proof {
            match (proof.exists(repository), proof.awaited) {
                (Ok(()), false) => findings.proofs += 1,
                (Err(why), false) => findings.faults.push(format!("control {id}: {why}")),
                (Ok(()), true) => findings.arrived.push(format!("control {id}: {}", proof.said())),
                (Err(_), true) => findings.awaited.push(format!("control {id}: {}", proof.said())),
            }
        }
    }
    findings
}

/// Commands of `docs/*.md` and the two READMEs that do not exist and that no control awaits.
fn of_documents(repository: &Repository, controls: &Controls) -> Result<Vec<String>, Error> {
    let awaited: Vec<&str> = controls
        .control
        .values()
        .flat_map(|c| c.proof.iter().filter(|p| p.awaited))
        .filter_map(|p| p.command.as_deref())
        .collect();
    let mut documents = repository.below("docs", ".md");
    documents.extend(["README.md".to_owned(), "README.ja.md".to_owned()]);
    let mut faults = Vec::new();
    for file in documents {
        for command in commands::of_document(&repository.text(&file)?) {
            if awaited.iter().any(|begin| command.starts_with(begin)) {
                continue;
            }
            if let Err(why) = commands::exists(repository, &command) {
                faults.push(format!("{file}: `{command}`: {why}"));
            }
        }
    }
    Ok(faults)
}

impl Findings {
    /// One line a finding, the verdict last.
    pub fn report(&self) -> String {
        let mut out = String::new();
        let mut add = |what: &str, lines: &[String]| {
            for line in lines {
                out.push_str(&format!("{what}: {line}\n"));
            }
        };
        add("awaited", &self.awaited);
        add("there now, take `awaited` away", &self.arrived);
        add("not so", &self.faults);
        out.push_str(&format!(
            "{} proofs exist, {} are awaited, {} statements are not so\n",
            self.proofs,
            self.awaited.len() + self.arrived.len(),
            self.faults.len()
        ));
        out
    }
}
