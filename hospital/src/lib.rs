//! The hospital's gateway and desk: holds the client certificate, talks to Fude's API with it, and gives physicians,
//! nurses and clerks one place to have documents drafted, to read, correct and finalise them. A client of the API and
//! nothing more: no rule of drafting or record keeping is decided here.

// A test that cannot go on shall stop.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod api;
pub mod census;
pub mod client;
pub mod cognito;
pub mod config;
pub mod desk;
pub mod drafting;
pub mod failure;
pub mod form;
pub mod kept;
pub mod kinds;
pub mod known;
pub mod page;
pub mod pages;
pub mod problem;
pub mod review;
pub mod serve;
pub mod session;
pub mod source;
pub mod sourced;
