//! A stand-in for Bedrock's Converse that answers without a model.
//!
//! It speaks the wire format of `POST /model/{id}/converse`, refuses what the
//! service refuses, and composes a draft from the facts in the prompt, by the
//! request's bytes alone: the same request always gets the same reply. Tests arm
//! faults, queue exact replies and read the requests under `/__standin`.
//!
//! Left out: signatures, streaming, images and documents, guardrails as such.
//! No text of a request or a reply is ever logged.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod compose;
mod content;
mod control;
mod conversation;
mod converse;
mod date;
mod draft;
mod ending;
mod fault;
mod form;
mod line;
mod model_id;
mod narrate;
mod offline;
mod phrase;
mod prompt;
mod refusal;
mod register;
mod repair;
mod reply;
mod schema;
mod schema_check;
mod state;
mod values;
mod wire;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use crate::offline::{UnknownFault, applies, compose, compose_with, content_faults, repair};

use crate::line::{Line, Lines};
use crate::state::State;

/// Largest request body, in bytes, that is read.
const BODY_LIMIT: usize = 25 * 1024 * 1024;

/// The stand-in, with nothing armed, queued or recorded.
#[derive(Default)]
pub struct Bedrock {
    state: Arc<State>,
}

impl Bedrock {
    /// A stand-in with empty queues.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves HTTP/1.1 on the listener until the task is dropped.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let router = Router::new()
            .route("/model/{id}/converse", post(converse::converse))
            .route("/__standin/faults", get(control::armed).post(control::arm).delete(control::disarm))
            .route("/__standin/replies", post(control::queue).delete(control::empty))
            .route("/__standin/requests", get(control::requests))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(self.state);
        axum::serve(Lines(listener), router.into_make_service_with_connect_info::<Line>()).await
    }
}
