//! The side door for tests: `/__standin/faults`, `/replies`, `/requests`.
//!
//! Bodies are JSON whatever the content type says.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::fault::Armed;
use crate::state::State;

/// One exact text of the assistant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scripted {
    text: String,
}

/// `POST /__standin/faults`: appends to the queue of faults.
pub(crate) async fn arm(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let faults: Vec<Armed> = match read(&body) {
        Ok(faults) => faults,
        Err(reason) => return refuse(&reason),
    };
    if faults.iter().any(|fault| fault.times == 0) {
        return refuse("times must be at least 1");
    }
    state.arm(faults);
    StatusCode::NO_CONTENT.into_response()
}

/// `GET /__standin/faults`: what is still armed, next first.
pub(crate) async fn armed(Shared(state): Shared<Arc<State>>) -> Json<Vec<Armed>> {
    Json(state.armed())
}

/// `DELETE /__standin/faults`: disarms all.
pub(crate) async fn disarm(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.disarm();
    StatusCode::NO_CONTENT
}

/// `POST /__standin/replies`: appends exact assistant texts to the queue.
pub(crate) async fn queue(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    match read::<Vec<Scripted>>(&body) {
        Ok(replies) => {
            state.queue(replies.into_iter().map(|reply| reply.text));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(reason) => refuse(&reason),
    }
}

/// `DELETE /__standin/replies`: empties the queue of replies.
pub(crate) async fn empty(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.empty();
    StatusCode::NO_CONTENT
}

/// `GET /__standin/requests`: the bodies of the last requests, oldest first.
pub(crate) async fn requests(Shared(state): Shared<Arc<State>>) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, state.requests()).into_response()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn refuse(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}
