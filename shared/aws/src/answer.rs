//! HTTP answers of the functions. `Cache-Control: no-store` everywhere; a problem is the only error.

use fude::problem::Problem;
use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use lambda_http::http::response::Builder;
use lambda_http::{Body, Response};

pub fn builder(status: u16) -> Builder {
    Response::builder().status(status).header(CACHE_CONTROL, "no-store")
}

/// JSON with whatever headers the builder has.
pub fn json(builder: Builder, value: &impl serde::Serialize) -> Response<Body> {
    let body = serde_json::to_string(value).expect("answers are plain structs");
    builder.header(CONTENT_TYPE, "application/json").body(Body::Text(body)).expect("headers are ASCII")
}

pub fn problem(problem: &Problem, request_id: &str) -> Response<Body> {
    let mut answer = builder(problem.slug.status()).header(CONTENT_TYPE, "application/problem+json");
    if let Some(seconds) = problem.retry_after {
        answer = answer.header(RETRY_AFTER, seconds.to_string());
    }
    if problem.slug.status() == 401 {
        answer = answer.header("WWW-Authenticate", "Bearer");
    }
    answer.body(Body::Text(problem.body(request_id))).expect("headers are ASCII")
}

/// Logs a problem with the whole chain of its causes, once. `Display` of causes holds no patient data.
pub fn log(error: &dyn std::error::Error, problem: &Problem, request_id: &str) {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    let (status, slug, causes) = (problem.slug.status(), problem.slug.as_str(), causes.join(": "));
    if status >= 500 {
        tracing::error!(request.id = request_id, problem = slug, status, causes, "request failed");
    } else {
        tracing::info!(request.id = request_id, problem = slug, status, causes, "request refused");
    }
}
