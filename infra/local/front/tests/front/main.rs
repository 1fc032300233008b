//! The front door over real TLS connections, with a function that only remembers the events.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod events;
mod handshake;
mod limits;
mod routes;
mod stack;
mod token;
