//! AWS JSON 1.1 over HTTP, and the two well-known documents. Holds no rule of signing in.

mod admin;
mod control;
mod sign_in;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::Refusal;
use crate::pool::Pool;

const TARGET: &str = "x-amz-target";
const SERVICE: &str = "AWSCognitoIdentityProviderService.";

#[derive(Clone)]
struct Served {
    pool: Arc<Pool>,
    address: SocketAddr,
}

/// All routes of the stand-in; `address` is where it listens.
pub(crate) fn router(pool: Arc<Pool>, address: SocketAddr) -> Router {
    Router::new()
        .route("/", post(operation))
        .route("/__standin/tokens", post(control::token))
        .route("/{pool}/.well-known/jwks.json", get(key_set))
        .route("/{pool}/.well-known/openid-configuration", get(discovery))
        .with_state(Served { pool, address })
}

async fn operation(State(served): State<Served>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get(TARGET).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    // Off the async threads: a sign-in signs twice and waits for the disk.
    let answered = tokio::task::spawn_blocking(move || answer(&served.pool, &target, &body, unix_now())).await;
    match answered {
        Ok(Ok(value)) => aws_json(StatusCode::OK, None, &value),
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => refused(&Refusal::Internal(error.into())),
    }
}

fn answer(pool: &Pool, target: &str, body: &[u8], now: u64) -> Result<Value, Refusal> {
    let refused = |name: &str| Err(Refusal::UnsupportedOperation(name.to_owned()));
    match target.strip_prefix(SERVICE) {
        Some(operation) => sign_in::answer(pool, operation, body, now)
            .or_else(|| admin::answer(pool, operation, body, now))
            .unwrap_or_else(|| refused(operation)),
        None if target.is_empty() => refused("(no X-Amz-Target)"),
        None => refused(target),
    }
}

/// The body of an operation.
fn read<T: DeserializeOwned>(operation: &'static str, body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::Malformed(operation))
}

async fn key_set(State(served): State<Served>, Path(pool): Path<String>) -> Response {
    if pool != served.pool.id() {
        return StatusCode::NOT_FOUND.into_response();
    }
    axum::Json(served.pool.jwks()).into_response()
}

/// The issuer is the real service's address, but the keys are here: `jwks_uri` names the loopback address.
async fn discovery(State(served): State<Served>, Path(pool): Path<String>) -> Response {
    if pool != served.pool.id() {
        return StatusCode::NOT_FOUND.into_response();
    }
    axum::Json(json!({
        "issuer": served.pool.issuer(),
        "jwks_uri": format!("http://{}/{pool}/.well-known/jwks.json", served.address),
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
    }))
    .into_response()
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Internal(cause) => {
            tracing::error!(error = %cause, "user pool failed inside");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Refusal::UnsupportedOperation(operation) => {
            tracing::warn!(operation, "user pool operation refused: not supported");
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({ "__type": refusal.code(), "message": refusal.to_string() });
    aws_json(status, Some(refusal.code()), &body)
}

fn aws_json(status: StatusCode, error: Option<&'static str>, body: &Value) -> Response {
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, "application/x-amz-json-1.1".to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (HeaderName::from_static("x-amzn-requestid"), Uuid::new_v4().to_string()),
        ],
        body.to_string(),
    )
        .into_response();
    if let Some(error) = error {
        response.headers_mut().insert("x-amzn-errortype", header::HeaderValue::from_static(error));
    }
    response
}

pub(crate) fn unix_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("the clock stands after 1970").as_secs()
}
