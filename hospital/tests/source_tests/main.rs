//! The data sources, as a hospital server uses them.

mod folder;
mod hostile;
mod select;
mod server;
mod ssmix2;

use serde_json::Value;

/// The resources of a record, parsed.
fn resources(json: &str) -> Vec<Value> {
    let bundle: Value = serde_json::from_str(json).expect("JSON");
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries.into_iter().map(|e| e["resource"].clone()).collect()
}

fn of<'r>(all: &'r [Value], kind: &str) -> Vec<&'r Value> {
    all.iter().filter(|r| r["resourceType"] == kind).collect()
}
