//! What a hospital's auditor asks for, kept as data in `docs/` and checked against the repository: the guideline's
//! demands with their proofs, risks, costs, dependencies.
//!
//! Reads files of the repository alone: no network, no AWS, no build. The one program that it may start is
//! `cargo metadata --offline`, for licences.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

pub mod check;
pub mod commands;
pub mod controls;
pub mod cost;
pub mod dependencies;
pub mod handbook;
pub mod lock;
pub mod metadata;
pub mod names;
pub mod proof;
pub mod repository;
pub mod risks;
pub mod sbom;
pub mod scale;
pub mod sheet;

/// Why something could not be read. Names the file and what to mend.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {cause}")]
    Read { path: String, cause: String },
    #[error("no folder from here up holds docs/controls.toml; give --root DIR")]
    NoRepository,
    #[error("{0}")]
    Usage(String),
}

impl Error {
    pub(crate) fn read(path: &str, cause: impl std::fmt::Display) -> Self {
        Self::Read { path: path.to_owned(), cause: cause.to_string() }
    }
}
