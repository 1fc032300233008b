//! `cargo metadata --offline`: licences, and what the functions ship, apart from what tests and tools need.
//!
//! Reads the sources that a build has fetched. Where there was none, the answer is why.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

use crate::repository::Repository;

/// Platform of the deployed functions.
const PLATFORM: &str = "aarch64-unknown-linux-gnu";

/// Licences and roles by name and version.
pub struct Metadata {
    pub licences: BTreeMap<(String, String), String>,
    /// Reached from the four functions by dependencies that are linked in or build them.
    pub shipped: BTreeSet<(String, String)>,
}

#[derive(Deserialize)]
struct Answer {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None: linked in; else `dev` or `build`.
    kind: Option<String>,
}

impl Metadata {
    pub fn read(repository: &Repository) -> Result<Self, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", PLATFORM];
        let output = Command::new(cargo)
            .args(arguments)
            .current_dir(repository.root())
            .output()
            .map_err(|e| format!("cargo cannot be started: {e}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(said.lines().next().unwrap_or("cargo metadata failed").to_owned());
        }
        serde_json::from_slice(&output.stdout).map(|answer| Self::of(&answer)).map_err(|e| e.to_string())
    }

    fn of(answer: &Answer) -> Self {
        let name = |p: &Package| (p.name.clone(), p.version.clone());
        let by_id: BTreeMap<&str, &Package> = answer.packages.iter().map(|p| (p.id.as_str(), p)).collect();
        let nodes: BTreeMap<&str, &Node> = answer.resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        let mut open: Vec<&str> =
            answer.packages.iter().filter(|p| is_function(&p.manifest_path)).map(|p| p.id.as_str()).collect();
        let mut shipped = BTreeSet::new();
        while let Some(id) = open.pop() {
            let Some(package) = by_id.get(id) else { continue };
            if !shipped.insert(name(package)) {
                continue;
            }
            let needed = |d: &&Dependency| d.dep_kinds.iter().any(|k| k.kind.as_deref() != Some("dev"));
            let dependencies = nodes.get(id).into_iter().flat_map(|n| n.deps.iter().filter(needed));
            open.extend(dependencies.map(|d| d.pkg.as_str()));
        }
        let licences = answer.packages.iter().filter_map(|p| Some((name(p), spdx(p.license.as_deref()?))));
        Self { licences: licences.collect(), shipped }
    }
}

fn is_function(manifest: &str) -> bool {
    manifest.rsplit(['/', '\\']).nth(2) == Some("functions")
}

/// Cargo's older spelling of OR is a slash.
fn spdx(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}
