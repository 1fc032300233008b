//! The side door for tests: `POST /__standin/tokens`. What cannot be waited for, or no administrator would make.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{Served, unix_now};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wish {
    user: String,
    /// How long ago the person signed in.
    #[serde(default)]
    signed_in_seconds_ago: u64,
    /// In place of the user's own.
    groups: Option<Vec<String>>,
}

/// A good access token, issued now.
pub(super) async fn token(State(served): State<Served>, body: Bytes) -> Response {
    let wish: Wish = match serde_json::from_slice(&body) {
        Ok(wish) => wish,
        Err(error) => return refuse(&error.to_string()),
    };
    let issued = served.pool.token_of_before(&wish.user, wish.signed_in_seconds_ago, wish.groups, unix_now());
    match issued {
        Ok(token) => Json(json!({ "AccessToken": token })).into_response(),
        Err(refusal) => refuse(&refusal.to_string()),
    }
}

fn refuse(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}
