//! FHIR documents of every staged patient and kind: cardinalities, what may not go out, and reading them back.

mod checker;
mod drafts;
mod round_trip;
mod rules;
