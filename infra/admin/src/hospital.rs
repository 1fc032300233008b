//! `fude-admin hospital`: who may come in, and what the functions know of a hospital.
//!
//! Each act reads, changes and writes a row back only where nobody changed it meanwhile, so nothing is lost by two
//! operators at once; the two rows of a certificate are written in one transaction. Nothing is deleted: what shall not
//! come in any more is struck off the registration. Functions read the rows at every call, so an act works at the next.
//!
//! Leaves out the accounts themselves (user, second factor, groups): those are Cognito's (`user`).

mod registration;
mod rows;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use fude::audit::is_hospital_id;
use fude_aws::caller::Certificate;
use fude_aws::hospital::Staff;

use crate::recover::Outcome;
use registration::{Members, Particulars, lacks};
use rows::{Rows, TableArgs};

#[derive(clap::Args)]
pub struct HospitalArgs {
    #[command(flatten)]
    table: TableArgs,
    /// Id of the hospital: small letters, digits and hyphens; it never changes
    #[arg(long)]
    hospital: String,
    /// Write; without it, only say what would be written
    #[arg(long)]
    apply: bool,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Print the registration and what it lacks
    Show,
    /// Register it, or change what is registered; what is not given stays
    Register {
        #[command(flatten)]
        given: Particulars,
        /// PEM of a client certificate that may come in, with every other of its issuer and subject; may be repeated
        #[arg(long)]
        certificate: Vec<PathBuf>,
    },
    /// Shut one certificate out by its serial; the next one of the same subject comes in
    Revoke {
        /// PEM of the certificate
        #[arg(long)]
        certificate: PathBuf,
        /// Shut out every certificate of its issuer and subject
        #[arg(long)]
        subject: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Name a person as documents shall name them
    Staff {
        /// User name of the sign-in
        #[arg(long)]
        user: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: RoleName,
        /// Such as 医師
        #[arg(long)]
        qualification: String,
        /// Such as 内科
        #[arg(long)]
        department: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum RoleName {
    Physician,
    Clerk,
    Nurse,
    Auditor,
}

impl RoleName {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Physician => "physician",
            Self::Clerk => "clerk",
            Self::Nurse => "nurse",
            Self::Auditor => "auditor",
        }
    }
}

pub async fn run(args: &HospitalArgs) -> Result<Outcome, String> {
    let hospital = &args.hospital;
    if !is_hospital_id(hospital) {
        return Err(format!("{hospital} is not the id of a hospital: small letters, digits and hyphens, at most 63"));
    }
    let rows = Rows::open(&args.table)?;
    let before = rows.registration(hospital).await?;
    let members = before.as_deref().map(Members::parse).transpose()?;
    let registered = || members.clone().ok_or_else(|| format!("{hospital} is not registered"));
    match &args.act {
        Act::Show => {
            let registration = registered()?.read()?;
            let shown = serde_json::to_string_pretty(&registration).map_err(|e| e.to_string())?;
            println!("{shown}");
            tell_lacks(hospital, &registered()?)?;
            Ok(Outcome::Agrees)
        }
        Act::Register { given, certificate } => {
            let mut after = members.clone().unwrap_or_default();
            after.set(given)?;
            let certificates = certificate.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
            for certificate in &certificates {
                let verb = if after.admit(certificate)? { "may come in" } else { "may come in already" };
                println!(
                    "{hospital}: {} {verb}, registered as {}",
                    certificate.subject, certificate.issuer_subject_sha256
                );
                let owner = rows.owner(certificate).await?;
                if let Some(owner) = owner.filter(|owner| owner != hospital) {
                    return Err(format!("{} belongs to {owner}", certificate.subject));
                }
            }
            tell_lacks(hospital, &after)?;
            let unchanged = members.as_ref() == Some(&after);
            write(args, &rows, before.as_deref(), &after, &certificates, unchanged && certificates.is_empty()).await
        }
        Act::Revoke { certificate, subject, yes } => {
            let certificate = read(certificate)?;
            let mut after = registered()?;
            let changed = if *subject { after.dismiss(&certificate)? } else { after.revoke(&certificate)? };
            if !changed {
                println!("{hospital}: {} is shut out already", certificate.subject);
                return Ok(Outcome::Agrees);
            }
            let what =
                if *subject { "every certificate of".to_owned() } else { format!("serial {} of", certificate.serial) };
            println!("{hospital}: shut out {what} {}", certificate.subject);
            tell_lacks(hospital, &after)?;
            if args.apply && !yes {
                confirm(hospital)?;
            }
            write(args, &rows, before.as_deref(), &after, &[], false).await
        }
        Act::Staff { user, name, role, qualification, department } => {
            registered()?;
            let staff = Staff {
                name: name.clone(),
                role: role.name().to_owned(),
                qualification: qualification.clone(),
                department: department.clone(),
            };
            println!("{hospital}: {user} to be named on documents");
            if args.apply {
                rows.put_staff(hospital, user, &staff).await?;
            }
            Ok(done(args.apply))
        }
    }
}

async fn write(
    args: &HospitalArgs,
    rows: &Rows,
    before: Option<&str>,
    after: &Members,
    certificates: &[Certificate],
    unchanged: bool,
) -> Result<Outcome, String> {
    if unchanged {
        println!("{}: nothing to change", args.hospital);
        return Ok(Outcome::Agrees);
    }
    after.read()?;
    if args.apply {
        rows.put(&args.hospital, before, &after.text(), certificates).await?;
        println!("{}: written; it works at the next call", args.hospital);
    }
    Ok(done(args.apply))
}

pub fn done(applied: bool) -> Outcome {
    if applied {
        return Outcome::Agrees;
    }
    println!("nothing was written: add --apply");
    Outcome::Left
}

fn tell_lacks(hospital: &str, members: &Members) -> Result<(), String> {
    for what in lacks(&members.read()?) {
        println!("{hospital}: lacks: {what}");
    }
    Ok(())
}

fn read(path: &Path) -> Result<Certificate, String> {
    let pem = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Certificate::from_pem(&pem).ok_or_else(|| format!("{} holds no certificate", path.display()))
}

/// Asks for a name: whoever is shut out cannot work until this is taken back.
pub fn confirm(name: &str) -> Result<(), String> {
    let mut input = std::io::stdin().lock();
    if std::io::stdin().is_terminal() {
        print!("Type {name} to go on: ");
        let _ = std::io::stdout().flush();
    }
    let mut line = String::new();
    input.read_line(&mut line).map_err(|e| e.to_string())?;
    if line.trim() == name { Ok(()) } else { Err("nothing was written: not confirmed (--yes does not ask)".to_owned()) }
}
