//! The local front door: what API Gateway, or an ALB, does in front of the functions.
//!
//! It holds TLS 1.3 with a required client certificate, the routes of `infra/openapi.yaml`, the token check, the event
//! that the chosen gateway would send and the conversion of the function's answer, with the gateway's limits and problem
//! bodies. It leaves out what the functions decide themselves (which certificate belongs to which hospital, who may do
//! what), and how a function is run: the caller hands in [`Invoke`].

mod access;
mod answer;
mod body;
mod certificate;
mod config;
mod door;
mod event;
mod head;
mod invoke;
pub mod pki;
mod problem;
mod request_id;
mod routes;
mod tls;
mod token;

pub use config::{Config, Front, FrontError};
pub use door::FrontDoor;
pub use invoke::{Invocation, Invoke, InvokeError};
pub use pki::{Hospital, Identity, Pki, PkiError, Refused};
pub use tls::TlsError;
pub use token::TokenRules;
