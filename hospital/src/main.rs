//! `fude-hospital --config FILE`: serves the desk; with `--check` only says what is wrong with the file.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use fude_hospital::config::Config;
use fude_hospital::desk::Desk;
use fude_hospital::serve;

/// The hospital's gateway to Fude, and the desk that it serves to browsers in the house.
#[derive(Parser)]
#[command(name = "fude-hospital", version, about)]
struct Args {
    /// The configuration, TOML
    #[arg(long, default_value = "hospital.toml")]
    config: PathBuf,
    /// Say what is wrong with the configuration; exit status 0 where nothing is
    #[arg(long)]
    check: bool,
    /// End with standard input
    #[arg(long, hide = true)]
    attached: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let config = match Config::read(&args.config) {
        Ok(config) => config,
        Err(error) => return failed(&error.to_string()),
    };
    let problems = config.problems();
    for problem in &problems {
        eprintln!("fude-hospital: {problem}");
    }
    if !problems.is_empty() {
        return ExitCode::FAILURE;
    }
    if args.check {
        println!("{}: nothing is wrong", args.config.display());
        return ExitCode::SUCCESS;
    }
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_writer(std::io::stderr).init();
    match run(config, args.attached).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(config: Config, attached: bool) -> Result<(), String> {
    let desk = Arc::new(Desk::open(config)?);
    let bound = serve::bind(&desk).await?;
    println!("desk {}", bound.address());
    tokio::select! {
        () = bound.serve(desk) => {}
        () = stopped() => {}
        () = input_ended(), if attached => {}
    }
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

/// Whoever started it holds the other end, and is gone when it closes. A thread of its own: reading cannot be cancelled,
/// and the runtime would wait for it.
async fn input_ended() {
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        _ = ended.send(());
    });
    _ = end.await;
}

fn failed(message: &str) -> ExitCode {
    eprintln!("fude-hospital: {message}");
    ExitCode::FAILURE
}
