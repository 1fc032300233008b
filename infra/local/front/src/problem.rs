//! What the front door refuses by itself, as RFC 9457 problems; the same bodies stand in `openapi.yaml` as gateway
//! responses.

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

/// A request that no function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400: not a request that HTTP or the gateway's limits allow.
    Malformed,
    /// 401.
    Token,
    /// 404: no such route.
    NotFound,
    /// 405, with the methods that there are.
    Method(String),
    /// 413: body, or the event made from it, too large.
    TooLarge,
    /// 415: the body is no JSON.
    MediaType,
    /// 429: no free execution environment.
    Throttled,
    /// 503: the drafting goes on, or can be taken up again, under the same key.
    StillDrafting,
    /// 503 on every other route.
    Unavailable,
}

impl Refusal {
    /// Status, slug, title and detail.
    pub(crate) fn words(&self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed-request",
                "Malformed request",
                "The request does not have the form that the contract asks for.",
            ),
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "token-refused",
                "Token refused",
                "A valid access token is needed: sign in again.",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found", "There is nothing at this address."),
            Self::Method(_) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
                "This address does not know that method; see Allow.",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "record-too-large",
                "Record too large",
                "The request is too large to be sent inline; stage the record instead.",
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Unsupported media type",
                "Send application/json.",
            ),
            Self::Throttled => (
                StatusCode::TOO_MANY_REQUESTS,
                "throttled",
                "Too many requests",
                "Nothing was lost: repeat the request with the same key.",
            ),
            Self::StillDrafting => (
                StatusCode::SERVICE_UNAVAILABLE,
                "still-drafting",
                "Still drafting",
                "Nothing was lost: repeat the request with the same key to get its result.",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "service-unavailable",
                "Service unavailable",
                "The service did not answer: repeat the request.",
            ),
        }
    }

    /// The whole answer; `instance` is the request id.
    pub(crate) fn response(&self, instance: &str) -> Response<Full<Bytes>> {
        let (status, slug, title, detail) = self.words();
        let body = json!({
            "type": format!("https://fude.example/problems/{slug}"),
            "title": title,
            "status": status.as_u16(),
            "detail": detail,
            "instance": instance,
        });
        let mut response = Response::new(Full::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Token => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Method(allow) => {
                if let Ok(allow) = HeaderValue::from_str(allow) {
                    headers.insert(ALLOW, allow);
                }
            }
            Self::Throttled => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
            }
            Self::StillDrafting | Self::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            // What was sent may not have been read to its end
            Self::TooLarge | Self::Malformed => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Self::NotFound | Self::MediaType => {}
        }
        response
    }
}
