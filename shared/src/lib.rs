//! Fude's rules: record, facts, prompt, draft, grounding, document, integrity, audit.
//! No I/O, no clock, no randomness: time and ids are arguments.

pub(crate) mod assertion;
pub mod audit;
pub mod calendar;
pub mod compose;
pub mod document;
pub mod draft;
pub mod drafting;
pub mod facts;
pub mod fhir;
pub mod grounding;
pub mod integrity;
pub mod lifecycle;
pub mod names;
pub mod problem;
pub mod prompt;
pub mod record;
pub mod render;
pub mod role;
pub mod template;
pub mod text;
