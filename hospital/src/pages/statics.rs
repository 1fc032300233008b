//! Style sheet, script and icon: parts of this binary.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;

pub async fn file(Path(name): Path<String>) -> Result<Response, Failure> {
    let (kind, body) = match name.as_str() {
        "desk.css" => ("text/css; charset=utf-8", include_str!("../../static/desk.css")),
        "desk.js" => ("text/javascript; charset=utf-8", include_str!("../../static/desk.js")),
        "icon.svg" => ("image/svg+xml", include_str!("../../static/icon.svg")),
        _ => return Err(Failure::NotFound),
    };
    // Asked again after every change of version, and never stale in between
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], body).into_response())
}
