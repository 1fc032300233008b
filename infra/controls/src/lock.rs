//! `Cargo.lock`: which versions, from where, with which checksum.

use serde::Deserialize;

use crate::Error;
use crate::repository::Repository;

#[derive(Debug, Deserialize)]
pub struct Lock {
    pub package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// Absent for members of the workspace.
    pub source: Option<String>,
    /// SHA-256 of the package's archive, hexadecimal.
    pub checksum: Option<String>,
    /// `name`, or `name version` where several stand in the file.
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Lock {
    pub fn read(repository: &Repository) -> Result<Self, Error> {
        let lock: Self = repository.toml("Cargo.lock")?;
        for package in &lock.package {
            if let Some(missing) = package.dependencies.iter().find(|d| lock.find(d).is_none()) {
                return Err(Error::read("Cargo.lock", format!("{} names {missing}, which is not there", package.name)));
            }
        }
        Ok(lock)
    }

    /// What a package depends on, of all kinds and platforms.
    pub fn dependencies<'l>(&'l self, package: &'l Package) -> impl Iterator<Item = &'l Package> {
        package.dependencies.iter().filter_map(|d| self.find(d))
    }

    fn find(&self, dependency: &str) -> Option<&Package> {
        let mut words = dependency.split(' ');
        let (name, version) = (words.next()?, words.next());
        self.package.iter().find(|p| p.name == name && version.is_none_or(|v| p.version == v))
    }
}

impl Package {
    /// Package URL; members of the workspace have one without a registry's meaning, as a name.
    pub fn purl(&self) -> String {
        // A version's build part begins with a plus, which a package URL escapes
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }
}
