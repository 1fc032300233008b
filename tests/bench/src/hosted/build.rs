//! The binaries that are measured, and those of the local cloud.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const FUNCTIONS: [&str; 4] = ["generate-document", "fetch-document", "finalize-document", "audit-writer"];

/// Builds the functions as they are shipped, then the floor; returns their folder. Not in one go: this program asks
/// its dependencies for other features than the functions do.
pub fn functions() -> Result<PathBuf, String> {
    let mut arguments = vec!["build", "--release", "--quiet"];
    arguments.extend(FUNCTIONS.iter().flat_map(|name| ["-p", name]));
    cargo(&arguments)?;
    cargo(&["build", "--release", "--quiet", "-p", "fude-bench", "--bin", "fude-bench-floor"])?;
    Ok(target().join("release"))
}

/// Builds the local cloud as `cargo run` does; returns the folder of its binaries. Its speed is not what is measured.
pub fn cloud() -> Result<PathBuf, String> {
    cargo(&["build", "--workspace", "--bins", "--quiet"])?;
    Ok(target().join("debug"))
}

/// Where cargo builds: this program lies in `release/` of it.
pub fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    let status = command(arguments).status().map_err(|e| format!("cargo cannot be started: {e}"))?;
    if status.success() { Ok(()) } else { Err("cargo failed".to_owned()) }
}

/// What a program that cargo runs prints.
pub fn output(arguments: &[&str]) -> Result<String, String> {
    let said = command(arguments).stderr(Stdio::inherit()).output();
    let said = said.map_err(|e| format!("cargo cannot be started: {e}"))?;
    if !said.status.success() {
        return Err(format!("cargo {} failed", arguments.join(" ")));
    }
    String::from_utf8(said.stdout).map_err(|e| e.to_string())
}

fn command(arguments: &[&str]) -> Command {
    eprintln!("cargo {} …", arguments.join(" "));
    let mut command = Command::new("cargo");
    command
        .args(arguments)
        .env("CARGO_TARGET_DIR", target())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    // What cargo tells a program of its own package; crates are built anew where it differs
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        command.env_remove(name);
    }
    command
}
