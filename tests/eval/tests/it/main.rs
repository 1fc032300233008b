//! What the evaluation promises, as tests: the fault matrix with its negative, the public set, the cases.

#![allow(clippy::unwrap_used)]

mod cases;
mod matrix;
mod public_set;

use std::path::PathBuf;

fn data(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)
}
