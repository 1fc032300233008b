//! The server over the wire, as the SDK's client sees it, and its files on the disk.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bodies;
mod locks;
mod stand;
mod trailers;
mod unsigned;
mod versions;
