//! The control address, for tests.
//!
//! | request | what |
//! | --- | --- |
//! | `POST /faults` | arms one: `{"function", "service", "operation", "occurrence", "mode", "lasting"}` |
//! | `GET /faults` | what is armed, each with `met`, the attempts that it met |
//! | `DELETE /faults` | disarms all; answers them in the same way |
//! | `DELETE /calls` | answers the calls since the last time, and forgets them |
//! | `POST /kill/{function}` | kills its processes and waits until they are gone: the next event meets a cold start |
//! | `POST /sweep/{function}` | calls `audit-writer` or `finalize-document` as its schedule would; 500 where it failed |
//! | `PUT /stream` | `{"loses": true}`: batches are handed to nobody; answers `{"lostBatches"}` |

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::switch::{Armed, Call, Fault, Switch};

type Shared = State<Arc<Switch>>;

/// What EventBridge sends to whom when a rule's time has come.
const SCHEDULES: [(&str, &[u8]); 2] = [
    ("audit-writer", include_bytes!("../../../../events/audit-writer/schedule.json")),
    ("finalize-document", include_bytes!("../../../../events/finalize-document/schedule.json")),
];

pub(crate) async fn serve(listener: TcpListener, switch: Arc<Switch>) {
    let router = Router::new()
        .route("/faults", get(armed).post(arm).delete(disarm))
        .route("/calls", delete(calls))
        .route("/kill/{function}", post(kill))
        .route("/sweep/{function}", post(sweep))
        .route("/stream", put(stream))
        .with_state(switch);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the control of the wire ended");
    }
}

async fn arm(State(switch): Shared, body: Bytes) -> (StatusCode, String) {
    match serde_json::from_slice::<Fault>(&body) {
        Ok(fault) if fault.occurrence > 0 => {
            switch.arm(fault);
            (StatusCode::NO_CONTENT, String::new())
        }
        Ok(_) => (StatusCode::BAD_REQUEST, "occurrence counts from 1".to_owned()),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
    }
}

async fn armed(State(switch): Shared) -> Json<Vec<Armed>> {
    Json(switch.armed())
}

async fn disarm(State(switch): Shared) -> Json<Vec<Armed>> {
    Json(switch.disarm())
}

async fn calls(State(switch): Shared) -> Json<Vec<Call>> {
    Json(switch.take_calls())
}

async fn kill(State(switch): Shared, Path(function): Path<String>) -> StatusCode {
    match switch.lambda() {
        Some(lambda) if lambda.kill(&function).await.is_ok() => StatusCode::NO_CONTENT,
        _ => StatusCode::NOT_FOUND,
    }
}

async fn sweep(State(switch): Shared, Path(function): Path<String>) -> StatusCode {
    let schedule = SCHEDULES.iter().find(|(name, _)| *name == function);
    let Some((lambda, (name, event))) = switch.lambda().zip(schedule) else { return StatusCode::NOT_FOUND };
    match lambda.invoke(name, event.to_vec()).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[derive(Deserialize)]
struct Stream {
    loses: bool,
}

async fn stream(State(switch): Shared, body: Bytes) -> (StatusCode, Json<Value>) {
    match serde_json::from_slice::<Stream>(&body) {
        Ok(wish) => {
            switch.lose_stream(wish.loses);
            (StatusCode::OK, Json(json!({ "lostBatches": switch.lost_batches() })))
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string() }))),
    }
}
