//! Measures drafts: cases with written expectations, planted faults, true sentences, mix-ups, hostile records.
//!
//! Tier 0 (the stand-in) measures pipeline and checks; tier 1 (recorded or live replies of a model) measures the model
//! with the same cases. Tier 0 says nothing about a model.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod case;
pub mod classes;
pub mod delivered;
pub mod export;
pub mod faults;
pub mod hostile;
pub mod mixups;
pub mod model;
pub mod page;
pub mod rate;
pub mod report;
pub mod run;
pub mod sentences;
