//! `cargo run`: builds Lambda functions and local cloud together, then becomes the local cloud.
//!
//! This crate has no dependencies, so that everything heavy is compiled once, with one set of features, by the
//! build that it starts. What the local cloud does is in `cloud/`.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, exit};

fn main() {
    let profile_folder = env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(PathBuf::from))
        .unwrap_or_else(|| fail("the folder of this program cannot be found"));
    if env::var_os("FUDE_NO_BUILD").is_none() {
        build(&profile_folder);
    }
    let cloud = profile_folder.join("fude-local-cloud");
    let error = Command::new(&cloud).args(env::args_os().skip(1)).env("FUDE_BIN", &profile_folder).exec();
    fail(&format!("{} cannot be started: {error}", cloud.display()));
}

/// Builds every binary of the workspace into the folder that this one came from.
fn build(profile_folder: &std::path::Path) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .args(["build", "--workspace", "--bins", "--quiet"]);
    if profile_folder.ends_with("release") {
        command.arg("--release");
    }
    if let Some(target) = profile_folder.parent() {
        command.env("CARGO_TARGET_DIR", target);
    }
    // What `cargo run` tells of this package: `ring` is built anew, with all that rests on it, where it differs
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        command.env_remove(name);
    }
    eprintln!("building functions and local cloud (the first time takes minutes) …");
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => exit(status.code().unwrap_or(1)),
        Err(error) => fail(&format!("cargo cannot be started: {error}")),
    }
}

fn fail(message: &str) -> ! {
    eprintln!("fude: {message}");
    exit(1)
}
