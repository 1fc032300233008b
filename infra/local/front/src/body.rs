//! Reading a request's body: whole up to a limit, thrown away beyond it so that the client can read the answer.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// The gateway reads this much before it says 413.
pub(crate) const READ_LIMIT: usize = 10 * 1024 * 1024;

/// What is thrown away at most before the connection is cut.
const DISCARD_LIMIT: usize = 64 * 1024 * 1024;

/// How long a client may take to send it all.
const PATIENCE: Duration = Duration::from_mins(1);

/// What became of a body.
#[derive(Debug, PartialEq)]
pub(crate) enum Read {
    /// All of it.
    Whole(Bytes),
    /// More than the limit.
    TooLarge,
    /// The client broke off, or was too slow.
    Broken,
}

/// Reads the body up to [`READ_LIMIT`].
pub(crate) async fn read(headers: &HeaderMap, body: Incoming) -> Read {
    if waits_for_permission(headers) && announced(headers) > READ_LIMIT {
        // Not polled, so the client is never told to go on
        return Read::TooLarge;
    }
    let outcome = tokio::time::timeout(PATIENCE, collect(body, READ_LIMIT)).await;
    outcome.unwrap_or(Read::Broken)
}

/// Throws the body away, so that a refusal reaches a client that sends before it listens.
pub(crate) async fn discard(headers: &HeaderMap, body: Incoming) {
    if !waits_for_permission(headers) {
        let _ = tokio::time::timeout(PATIENCE, collect(body, 0)).await;
    }
}

async fn collect(mut body: Incoming, keep: usize) -> Read {
    let mut kept = Vec::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Read::Broken;
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen += data.len();
        if seen > DISCARD_LIMIT {
            return Read::TooLarge;
        }
        if seen <= keep {
            kept.extend_from_slice(&data);
        } else {
            kept = Vec::new();
        }
    }
    if seen > keep { Read::TooLarge } else { Read::Whole(kept.into()) }
}

fn waits_for_permission(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or_default()
}
