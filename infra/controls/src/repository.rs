//! The repository's files: paths are relative to its root, with `/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Root folder and members of the workspace.
pub struct Repository {
    root: PathBuf,
    /// Package name to its folder.
    members: BTreeMap<String, String>,
    /// Folder of the member that `cargo run` without `-p` starts.
    default_member: Option<String>,
}

#[derive(Deserialize)]
struct Root {
    workspace: Workspace,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Workspace {
    members: Vec<String>,
    #[serde(default)]
    default_members: Vec<String>,
}

#[derive(Deserialize)]
struct Member {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

impl Repository {
    /// The nearest folder, from this one up, that holds `docs/controls.toml`.
    pub fn around(folder: &Path) -> Result<Self, Error> {
        let root = folder.ancestors().find(|f| f.join("docs/controls.toml").is_file()).ok_or(Error::NoRepository)?;
        Self::open(root)
    }

    pub fn open(root: &Path) -> Result<Self, Error> {
        let mut repository = Self { root: root.to_owned(), members: BTreeMap::new(), default_member: None };
        let workspace: Root = repository.toml("Cargo.toml")?;
        for folder in workspace.workspace.members {
            let member: Member = repository.toml(&format!("{folder}/Cargo.toml"))?;
            repository.members.insert(member.package.name, folder);
        }
        repository.default_member = workspace.workspace.default_members.into_iter().next();
        Ok(repository)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Package names and folders, in order of names.
    pub fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().map(|(name, folder)| (name.as_str(), folder.as_str()))
    }

    pub fn member(&self, package: &str) -> Option<&str> {
        self.members.get(package).map(String::as_str)
    }

    pub fn default_member(&self) -> Option<&str> {
        self.default_member.as_deref()
    }

    /// A file's text. A path that leaves the repository is none.
    pub fn text(&self, path: &str) -> Result<String, Error> {
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(Error::read(path, "a path stays below the repository's root"));
        }
        std::fs::read_to_string(self.root.join(path)).map_err(|e| Error::read(path, e))
    }

    pub fn toml<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        toml::from_str(&self.text(path)?).map_err(|e| Error::read(path, e))
    }

    /// Every file below a folder that ends so, in order.
    pub fn below(&self, folder: &str, ending: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(self.root.join(&folder)).into_iter().flatten().flatten() {
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    open.push(path);
                } else if path.ends_with(ending) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}
