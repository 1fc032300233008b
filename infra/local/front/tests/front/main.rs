//! The front door over real TLS connections, with a function that only remembers the events.

mod events;
mod handshake;
mod limits;
mod routes;
mod stack;
mod token;
