//! What makes stored bytes checkable: canonical JSON, SHA-256, and the manifest of a revision.
//!
//! Holds the byte formats. Leaves out where the bytes lie and who signs them (`audit`).

pub mod canonical;
mod hash;
mod manifest;

pub use hash::{Digest, NotADigest, hmac_sha256};
pub use manifest::{
    AnswerKind, Author, Finaliser, FlagAnswer, Manifest, ManifestSchema, Model, Representation, Template, View,
};
