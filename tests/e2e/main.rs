//! One file a behaviour, against the binaries that will be deployed, through the front door.

mod admission;
mod draft_and_fetch;
mod figures;
mod grounding;
mod idempotency;
mod model_faults;
mod privacy;
mod refusals;
mod tampering;
