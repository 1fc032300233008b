//! Fude's rules: record, facts, prompt, draft, grounding, document, integrity, audit.
//! No I/O, no clock, no randomness: time and ids are arguments.

pub mod audit;
pub mod integrity;
