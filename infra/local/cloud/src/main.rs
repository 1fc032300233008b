//! The local cloud: everything around the functions, in one process, and the main job once.

mod caller;
mod client;
mod desk;
mod drill;
mod elsewhere;
mod main_job;
mod printed;
mod ready;
mod seed;
mod settings;
mod stack;
mod staff;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use fude_front::Front;
use fude_target::{Target, TargetError};

/// Fude on one machine: drafts, fetches and proves one document over the real front door, then goes on serving.
#[derive(Parser)]
#[command(name = "fude", version, about)]
struct Args {
    /// End after the main job; exit status 0 only if everything verified
    #[arg(long)]
    once: bool,
    /// Which gateway the front door stands for
    #[arg(long, default_value = "rest", value_parser = ["rest", "alb"])]
    front: String,
    /// Folder of all state
    #[arg(long, default_value = ".fude", global = true)]
    state: PathBuf,
    /// Port of the front door; another one is taken where it is in use
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// A service that stands elsewhere, instead of its stand-in: dynamodb=ADDRESS, streams=ADDRESS, s3=ADDRESS, of an
    /// emulator or of AWS; Region and credentials come from AWS_REGION, AWS_ACCESS_KEY_ID and so on
    #[arg(long = "service", value_name = "NAME=ADDRESS")]
    services: Vec<String>,
    /// Put a wire with a switch for faults between functions and stand-ins
    #[arg(long, hide = true)]
    wire: bool,
    /// Leave the main job out, and end with standard input
    #[arg(long, hide = true)]
    attached: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where the desk listens unless that is taken.
const DESK_PORT: u16 = 8480;

#[derive(Subcommand)]
enum Command {
    /// Print an access token of the running stack
    Token {
        /// User name, as in ready.json
        #[arg(long)]
        user: String,
    },
    /// Print the password of a user of the running stack, and the one-time code of this moment, for the desk
    Code {
        /// User name, as in ready.json
        #[arg(long)]
        user: String,
    },
    /// Back up, destroy and restore an installation of its own in <state>/drill, roll its table back and recover it
    Drill,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let ended = match &args.command {
        Some(Command::Token { user }) => token::print(&args.state, user).await,
        Some(Command::Code { user }) => token::print_code(&args.state, user),
        Some(Command::Drill) => drill::run(&args.state).await,
        None => serve(&args).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("fude: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: &Args) -> Result<(), String> {
    let state = settings::prepare(&args.state)?;
    settings::init_logging(&state)?;
    ready::remove(&state);
    let front: Front = args.front.parse()?;
    let target: Target = args.services.join(",").parse().map_err(|e: TargetError| format!("--service: {e}"))?;
    let stack = stack::Stack::start(&state, &target, (front, args.port), args.wire).await?;
    if args.attached {
        ready::write(&state, &stack, None)?;
        input_ended().await;
        ready::remove(&state);
        stack.stop().await;
        return Ok(());
    }
    let done = tokio::select! {
        done = main_job::run(&stack) => done,
        () = stopped() => Err("stopped before the main job was done".to_owned()),
    };
    if let Err(message) = done {
        stack.stop().await;
        return Err(message);
    }
    if !args.once {
        // A test that asks for any port wants none that others know
        let port = if args.port == 0 { 0 } else { DESK_PORT };
        // A client of the API like any other: the rest serves without it
        let desk = desk::Desk::start(&stack, &state, port).await;
        ready::write(&state, &stack, desk.as_ref().ok().map(|desk| desk.address.as_str()))?;
        println!("\nserving at {} until Ctrl-C; ready.json is in {}", stack.api(), state.display());
        match &desk {
            Ok(desk) => {
                println!("desk at {}; password and code of a user: cargo run -- code --user sato", desk.address);
            }
            Err(why) => println!("no desk: {why}"),
        }
        stopped().await;
        ready::remove(&state);
        if let Ok(desk) = desk {
            desk.stop().await;
        }
    }
    stack.stop().await;
    Ok(())
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a signal handler can be set");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// A drill's installation ends with the drill, however that ends.
async fn input_ended() {
    use tokio::io::AsyncReadExt;
    let (mut input, mut rest) = (tokio::io::stdin(), Vec::new());
    tokio::select! {
        _ = input.read_to_end(&mut rest) => {}
        () = stopped() => {}
    }
}
