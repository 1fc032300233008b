//! The AWS touch points that several functions share: caller from the event, hospital registration and
//! keys, document state and objects, audit events, answers. Decisions are `fude`'s.

pub mod answer;
pub mod attributes;
pub mod audit;
pub mod body;
pub mod caller;
pub mod clients;
pub mod config;
pub mod hospital;
pub mod idempotency;
pub mod lock;
pub mod log_rows;
pub mod metadata;
pub mod objects;
pub mod percent;
pub mod rendering;
pub mod rows;
pub mod state;
pub mod stored;
