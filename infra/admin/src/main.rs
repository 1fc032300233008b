//! `fude-admin`: what an operator does to an installation by hand, each act a dry run unless told otherwise.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod change_key;
mod place;
mod recover;

use std::process::ExitCode;

use change_key::ChangeKey;
use clap::{Parser, Subcommand};
use place::{Place, PlaceArgs};
use recover::{Outcome, Recover};

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
}

impl Command {
    const fn place(&self) -> &PlaceArgs {
        match self {
            Self::Recover { place, .. } | Self::ChangeLogKey { place, .. } => place,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Args::parse().command;
    let place = match Place::open(command.place()).await {
        Ok(place) => place,
        Err(message) => return stopped(&message),
    };
    let ended = match command {
        Command::Recover { hospital, apply, .. } => {
            let recovered = Recover { place: &place, apply }.hospitals(&hospital).await;
            recovered.map_err(|stop| stop.to_string())
        }
        Command::ChangeLogKey { hospital, new_key_id, apply, .. } => {
            ChangeKey { place: &place, new_key_id, apply }.hospitals(&hospital).await
        }
    };
    match ended {
        Ok(Outcome::Agrees) => ExitCode::SUCCESS,
        Ok(Outcome::Left) => ExitCode::FAILURE,
        Err(message) => stopped(&message),
    }
}

fn stopped(message: &str) -> ExitCode {
    eprintln!("fude-admin: {message}");
    ExitCode::from(2)
}
