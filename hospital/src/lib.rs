//! The part of Fude that stands inside the hospital: a client of the API, nothing more.

pub mod source;
