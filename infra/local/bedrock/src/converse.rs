//! `POST /model/{id}/converse`: records, fails where a fault says so, answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State as Shared};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::fault::{Fault, Transport};
use crate::line::Line;
use crate::model_id;
use crate::refusal::Refusal;
use crate::reply::answer;
use crate::state::State;
use crate::wire::Request;

/// Later than the 29 s that a gateway waits, sooner than a function's 60 s.
const SLOW: Duration = Duration::from_secs(33);

/// What a model takes for a summary, so that load can be measured as it will be.
const USUAL: Duration = Duration::from_secs(10);

/// How long an unanswered request is held at most; a client that leaves ends it sooner.
const STALL: Duration = Duration::from_mins(10);

/// The operation. Only mode, status and duration are logged.
pub(crate) async fn converse(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let started = Instant::now();
    if let Ok(json) = serde_json::from_slice(&body) {
        state.record(json);
    }
    let fault = state.next_fault();
    let number = fingerprint(&body);
    let answered = match broken(fault, &line).await {
        Ok(()) => respond(&state, &id, &body, fault, number),
        Err(refusal) => Err(refusal),
    };
    let mut response = match answered {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    let request_id = format!("{:08x}-0000-4000-8000-{:012x}", number >> 32, number & 0xffff_ffff);
    if let Ok(request_id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", request_id);
    }
    tracing::info!(
        fault.mode = fault.map_or("none", Fault::name),
        http.status = response.status().as_u16(),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "converse answered"
    );
    response
}

/// Waits or fails as a transport fault says.
async fn broken(fault: Option<Fault>, line: &Line) -> Result<(), Refusal> {
    let Some(Fault::Transport(fault)) = fault else {
        return Ok(());
    };
    Err(match fault {
        Transport::Throttle => Refusal::Throttling,
        Transport::NotReady => Refusal::ModelNotReady,
        Transport::Timeout => Refusal::ModelTimeout,
        Transport::ServerError => Refusal::InternalServer,
        Transport::Unavailable => Refusal::ServiceUnavailable,
        Transport::ModelError => Refusal::ModelError,
        Transport::AccessDenied => Refusal::AccessDenied,
        Transport::ConnectionReset => {
            line.reset();
            Refusal::ServiceUnavailable
        }
        Transport::Stall => {
            tokio::time::sleep(STALL).await;
            line.reset();
            Refusal::ServiceUnavailable
        }
        Transport::Slow => {
            tokio::time::sleep(SLOW).await;
            return Ok(());
        }
        Transport::Usual => {
            tokio::time::sleep(USUAL).await;
            return Ok(());
        }
    })
}

fn respond(state: &State, id: &str, body: &[u8], fault: Option<Fault>, number: u64) -> Result<Value, Refusal> {
    model_id::check(id)?;
    let request = Request::parse(body)?;
    let wanted = request.check()?;
    // A request that is refused leaves the script to the next one.
    let scripted = state.next_reply();
    Ok(answer(&request, &wanted, scripted, fault, number).into_body(&request))
}

/// FNV-1a: the same number for the same bytes, on every machine.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_lies_between_the_gateways_and_the_functions_patience() {
        assert!(SLOW > Duration::from_secs(29) && SLOW < Duration::from_mins(1));
    }
}
