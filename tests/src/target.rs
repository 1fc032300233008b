//! Against which AWS the tests run: the stand-ins, or the services whose addresses `FUDE_TARGET` names.

use std::io::Write as _;
use std::sync::OnceLock;

use fude_target::{Account, Target};

/// `FUDE_TARGET`, as `dynamodb=ADDRESS,streams=ADDRESS,s3=ADDRESS`; empty: the stand-ins alone.
pub fn target() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let text = std::env::var("FUDE_TARGET").unwrap_or_default();
        text.parse().unwrap_or_else(|error| panic!("FUDE_TARGET: {error}"))
    })
}

/// On whose account table and buckets are.
pub fn account() -> Account {
    if target().is_empty() {
        return Account::local();
    }
    Account::from_environment().unwrap_or_else(|error| panic!("{error}"))
}

/// Whether this test, or what follows of it, cannot be asked of another AWS than the stand-ins. It says so past the
/// harness, which keeps what a passing test prints to itself; `tests/target/run` counts these lines.
#[must_use]
pub fn not_run(why: &str) -> bool {
    if target().is_empty() {
        return false;
    }
    let thread = std::thread::current();
    let line = format!("not run against another AWS: {}: {why}\n", thread.name().unwrap_or("a test"));
    std::io::stderr().write_all(line.as_bytes()).expect("standard error takes what was not run");
    true
}

/// The same for what needs the wire: functions sign the address that they call, so nothing between them and a service
/// that checks signatures can pass their calls on.
#[must_use]
pub fn not_run_by_wire() -> bool {
    let Target { dynamodb, s3, .. } = target();
    let checked = [dynamodb, s3].into_iter().flatten().any(|address| address.starts_with("https://"));
    checked && not_run("the wire between functions and services cannot pass signed calls on")
}
