//! What the evaluation promises, as tests: the cases, the fault matrix with its negative, the public set, mix-ups and
//! hostile records.

#![allow(clippy::unwrap_used)]

mod cases;
mod hostile;
mod matrix;
mod mixups;
mod public_set;

use std::path::PathBuf;

fn data(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)
}
