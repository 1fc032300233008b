//! Direct dependencies: what each is for (`docs/dependencies.toml`), in which version, where.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::Error;
use crate::lock::Lock;
use crate::metadata::Metadata;
use crate::repository::Repository;

pub const FILE: &str = "docs/dependencies.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    pub reason: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default, rename = "dev-dependencies")]
    dev: BTreeMap<String, toml::Value>,
    #[serde(default, rename = "build-dependencies")]
    build: BTreeMap<String, toml::Value>,
}

/// Where a dependency is used; a function's use counts most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Deployed: functions, `shared`.
    Function,
    /// Programs of operators and auditors.
    Program,
    Local,
    Test,
}

impl Place {
    fn of(folder: &str, dev: bool) -> Self {
        match folder {
            _ if dev || folder.starts_with("tests") => Self::Test,
            _ if folder.starts_with("infra/local") => Self::Local,
            _ if folder.starts_with("infra") => Self::Program,
            _ => Self::Function,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Function => "functions",
            Self::Program => "operator's and auditor's programs",
            Self::Local => "local cloud",
            Self::Test => "tests",
        }
    }
}

/// Places by the name of a dependency that is no member.
pub fn direct(repository: &Repository) -> Result<BTreeMap<String, BTreeSet<Place>>, Error> {
    let mut found: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
    for (_, folder) in repository.members() {
        let manifest: Manifest = repository.toml(&format!("{folder}/Cargo.toml"))?;
        let tables = [(&manifest.dependencies, false), (&manifest.build, false), (&manifest.dev, true)];
        for (name, dev) in tables.iter().flat_map(|(table, dev)| table.keys().map(|name| (name, *dev))) {
            if repository.member(name).is_none() {
                found.entry(name.clone()).or_default().insert(Place::of(folder, dev));
            }
        }
    }
    Ok(found)
}

impl Reasons {
    pub fn read(repository: &Repository) -> Result<Self, Error> {
        repository.toml(FILE)
    }

    pub fn faults(&self, repository: &Repository) -> Result<Vec<String>, Error> {
        let direct = direct(repository)?;
        let without = direct.keys().filter(|name| self.reason.get(*name).is_none_or(String::is_empty));
        let idle = self.reason.keys().filter(|name| !direct.contains_key(*name));
        Ok(without
            .map(|name| format!("{FILE}: the dependency {name} has no reason"))
            .chain(idle.map(|name| format!("{FILE}: {name} is no direct dependency")))
            .collect())
    }

    /// A table: name, versions, licence, where, why.
    pub fn markdown(&self, repository: &Repository) -> Result<String, Error> {
        let lock = Lock::read(repository)?;
        let metadata = Metadata::read(repository);
        let mut out = "# Direct dependencies\n\n| crate | version | licence | used in | reason |\n| --- | --- | --- | --- | --- |\n".to_owned();
        for (name, places) in direct(repository)? {
            let members = lock.package.iter().filter(|p| p.source.is_none());
            let versions: BTreeSet<&str> = members
                .flat_map(|member| lock.dependencies(member))
                .filter(|p| p.name == name)
                .map(|p| p.version.as_str())
                .collect();
            let licence = versions.iter().find_map(|version| {
                metadata.as_ref().ok()?.licences.get(&(name.clone(), (*version).to_owned())).cloned()
            });
            let versions = versions.into_iter().collect::<Vec<_>>().join(", ");
            let places: Vec<&str> = places.into_iter().map(Place::word).collect();
            out.push_str(&format!(
                "| {name} | {versions} | {} | {} | {} |\n",
                licence.as_deref().unwrap_or("?"),
                places.join(", "),
                self.reason.get(&name).map_or("", String::as_str)
            ));
        }
        if let Err(why) = metadata {
            out.push_str(&format!("\nLicences not read: {why}\n"));
        }
        Ok(out)
    }
}
