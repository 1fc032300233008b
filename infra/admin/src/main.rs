//! `fude-admin`: what an operator does to an installation by hand, each act a dry run unless told otherwise.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod change_key;
mod hospital;
mod mirror;
mod place;
mod recover;
mod user;

use std::process::ExitCode;

use change_key::ChangeKey;
use clap::{Parser, Subcommand};
use hospital::HospitalArgs;
use mirror::MirrorArgs;
use place::{Place, PlaceArgs};
use recover::{Outcome, Recover};
use user::UserArgs;

/// Acts of an operator on one installation of Fude.
#[derive(Parser)]
#[command(name = "fude-admin", version, about)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring a table that was restored from a backup up to the published log.
    ///
    /// Reads the signed checkpoint and the entries beyond the head of the table, and only where they lead to the
    /// checkpoint's root puts back event rows, document states, sequence rows and, last, the head. Nothing is deleted:
    /// what contradicts the log is moved aside. Stop the functions for longer than their time-outs before a table is
    /// put in their place. Ends with 0 where table and log agree, 1 where something is left to do, 2 where it stopped.
    Recover {
        #[command(flatten)]
        place: PlaceArgs,
        /// One hospital, or several; all that have a log unless given
        #[arg(long)]
        hospital: Vec<String>,
        /// Write; without it, only say what would be written
        #[arg(long)]
        apply: bool,
    },
    /// Close logs and let the next ones go on under another key.
    ///
    /// The last entry of the old log names the new key, the first of the new log holds the old key and the old log's
    /// last checkpoint: whoever trusts one of them can check the other. Functions may go on meanwhile. They need
    /// kms:Sign and kms:GetPublicKey on the new key first; the old key stays for kms:GetPublicKey. Ends with 0 where the
    /// next logs go on, 1 where something is left to do, 2 where it stopped.
    ChangeLogKey {
        #[command(flatten)]
        place: PlaceArgs,
        /// One hospital, or several; all that have a log unless given
        #[arg(long)]
        hospital: Vec<String>,
        /// Id or ARN of an Ed25519 key of KMS; a new one is made unless given
        #[arg(long)]
        new_key_id: Option<String>,
        /// Write; without it, only say what would be written
        #[arg(long)]
        apply: bool,
    },
    /// Copy log and documents into a folder that `fude-verify --state` reads, to be held outside of the house.
    ///
    /// Copies all versions, delete markers and locks of both buckets; a further run copies only what is new, and one
    /// that was killed is continued. The source is only read (s3:ListBucketVersions, s3:GetObjectVersion,
    /// s3:GetObjectRetention; credentials and Region from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
    /// AWS_REGION). What changed or vanished in the source is told, one a line, and the copy of it kept. Prints at last
    /// the newest checkpoint of each log. Ends with 0 where the copy is complete, 1 where the source contradicts the
    /// copy or lost what was locked, 2 where something could not be read or it stopped.
    Mirror(MirrorArgs),
    /// Register a hospital, its certificates, data sources and staff, or shut a certificate out.
    ///
    /// Changes the rows that the functions read at every call. Ends with 0 where it is done, 1 where --apply is left to
    /// say, 2 where it stopped.
    Hospital(HospitalArgs),
    /// Make, change and shut out the accounts of a hospital's people.
    ///
    /// Calls Cognito (cognito-idp:CreateGroup, ListUsersInGroup, and the Admin… operations on users; credentials from
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN). Each account has one role and one hospital. A
    /// temporary password is printed once and kept nowhere. Ends with 0 where it is done, 1 where --apply is left to say,
    /// 2 where it stopped.
    User(UserArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Args::parse().command {
        Command::Recover { place, hospital, apply } => recover(&place, &hospital, apply).await,
        Command::ChangeLogKey { place, hospital, new_key_id, apply } => {
            change_log_key(&place, &hospital, new_key_id, apply).await
        }
        Command::Mirror(args) => match mirror::run(&args).await {
            Ok(status) => return ExitCode::from(status),
            Err(stop) => Err(stop.to_string()),
        },
        Command::Hospital(args) => hospital::run(&args).await,
        Command::User(args) => user::run(&args).await,
    };
    match ended {
        Ok(Outcome::Agrees) => ExitCode::SUCCESS,
        Ok(Outcome::Left) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("fude-admin: {message}");
            ExitCode::from(2)
        }
    }
}

async fn recover(place: &PlaceArgs, hospitals: &[String], apply: bool) -> Result<Outcome, String> {
    let place = Place::open(place)?;
    Recover { place: &place, apply }.hospitals(hospitals).await.map_err(|stop| stop.to_string())
}

async fn change_log_key(
    place: &PlaceArgs,
    hospitals: &[String],
    new_key_id: Option<String>,
    apply: bool,
) -> Result<Outcome, String> {
    let place = Place::open(place)?;
    ChangeKey { place: &place, new_key_id, apply }.hospitals(hospitals).await
}
