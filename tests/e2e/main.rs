//! One file a behaviour, against the binaries that will be deployed, through the front door.

mod admission;
mod alb;
mod desk;
mod draft_and_fetch;
mod figures;
mod grounding;
mod hospital;
mod idempotency;
mod key_change;
mod life;
mod load;
mod locks;
mod log;
mod log_metrics;
mod many;
mod mirror;
mod model_faults;
mod privacy;
mod recover;
mod refusals;
mod restart;
mod rights;
mod search;
mod tampering;
mod token_command;
mod verify;
