//! The stand-in over real HTTP, one module a behaviour.

#![allow(clippy::unwrap_used)]

mod client;
mod composition;
mod control;
mod faults;
mod refusals;
