//! The Lambda Runtime API (version 2018-06-01) over HTTP, for all functions on one port.
//!
//! A child's base path names its function and its instance: `/<function>/<instance>/2018-06-01/runtime/…`. Whoever
//! asks under a name that is unknown (a child that outlived an earlier cloud) gets 403 without a request id, upon which
//! the Rust runtime ends its process.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    invocation::{Answer, InvokeError, Work},
    pool::Pool,
};

/// Most bytes of a response, Lambda's own figure.
const MAX_RESPONSE_BYTES: usize = 6_291_556;
/// What Lambda reports for a response above that.
const RESPONSE_TOO_LARGE: &str = r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#;

type Pools = Arc<HashMap<String, Arc<Pool>>>;

pub(crate) async fn serve(listener: TcpListener, pools: Pools) {
    let invocation = "/{function}/{instance}/2018-06-01/runtime/invocation";
    let app = Router::new()
        .route(&format!("{invocation}/next"), get(next))
        .route(&format!("{invocation}/{{request}}/response"), post(response))
        .route(&format!("{invocation}/{{request}}/error"), post(error))
        .route("/{function}/{instance}/2018-06-01/runtime/init/error", post(init_error))
        .with_state(pools);
    if let Err(error) = axum::serve(listener, app).await {
        tracing::error!(%error, "the Lambda Runtime API stopped");
    }
}

async fn next(State(pools): State<Pools>, Path((function, instance)): Path<(String, String)>) -> Response {
    let Some(poll) = pools.get(&function).and_then(|pool| pool.next(&instance)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    match poll.await {
        Ok(work) => event_response(&function, work),
        Err(_) => StatusCode::FORBIDDEN.into_response(),
    }
}

fn event_response(function: &str, work: Work) -> Response {
    let trace = Uuid::new_v4().simple().to_string();
    let (time, rest) = trace.split_at(8);
    let headers = [
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", work.id),
        ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:ap-northeast-1:000000000000:function:{function}"),
        ),
        ("lambda-runtime-trace-id", format!("Root=1-{time}-{rest};Sampled=0")),
    ];
    (headers, work.event).into_response()
}

async fn response(state: State<Pools>, path: Path<(String, String, String)>, body: Body) -> StatusCode {
    match to_bytes(body, MAX_RESPONSE_BYTES).await {
        Ok(body) => answer(&state, &path, Ok(body)),
        Err(_) => {
            answer(&state, &path, Err(InvokeError::FunctionError(Bytes::from_static(RESPONSE_TOO_LARGE.as_bytes()))));
            StatusCode::PAYLOAD_TOO_LARGE
        }
    }
}

async fn error(state: State<Pools>, path: Path<(String, String, String)>, body: Body) -> StatusCode {
    let body = to_bytes(body, MAX_RESPONSE_BYTES).await.unwrap_or_default();
    answer(&state, &path, Err(InvokeError::FunctionError(body)))
}

async fn init_error(State(pools): State<Pools>, Path((function, instance)): Path<(String, String)>) -> StatusCode {
    let Some(pool) = pools.get(&function) else {
        return StatusCode::FORBIDDEN;
    };
    tracing::error!(function, log = %pool.site.log.display(), "function reported that it cannot start");
    pool.start_failed(&instance);
    StatusCode::ACCEPTED
}

fn answer(pools: &Pools, (function, instance, request): &(String, String, String), answer: Answer) -> StatusCode {
    match pools.get(function) {
        None => StatusCode::FORBIDDEN,
        Some(pool) if pool.answer(instance, request, answer) => StatusCode::ACCEPTED,
        // Its time is over, or it answered already
        Some(_) => StatusCode::GONE,
    }
}
