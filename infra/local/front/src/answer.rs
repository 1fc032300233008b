//! A function's answer, turned into HTTP as the gateways do it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;
use serde::Deserialize;

use crate::config::Front;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// The HTTP response, or `None` where the function's answer is not of the form that a gateway takes.
pub(crate) fn response(payload: &[u8], front: Front) -> Option<Response<Full<Bytes>>> {
    if payload.len() > front.payload_limit() {
        return None;
    }
    let answer: Answer = serde_json::from_slice(payload).ok()?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded == Some(true) { STANDARD.decode(body).ok()? } else { body.into_bytes() };
    let mut headers = HeaderMap::new();
    for (name, value) in answer.headers.unwrap_or_default() {
        headers.insert(parsed(&name)?, HeaderValue::from_str(&value).ok()?);
    }
    // An ALB with multi-value headers off reads the single ones alone
    let several = answer.multi_value_headers.filter(|_| front == Front::Rest);
    for (name, values) in several.unwrap_or_default() {
        let name = parsed(&name)?;
        headers.remove(&name);
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(&value).ok()?);
        }
    }
    for of_the_connection in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(of_the_connection);
    }
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).ok().filter(|code| !code.is_informational())?;
    *response.headers_mut() = headers;
    Some(response)
}

fn parsed(name: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(name.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn several_values_win_over_the_single_one_at_the_rest_gateway() {
        let answer = json!({
            "statusCode": 201, "headers": { "ETag": "\"v1\"", "Link": "b", "Content-Length": "7" },
            "multiValueHeaders": { "link": ["a", "b"] }, "body": "{}", "isBase64Encoded": false,
        });
        let payload = answer.to_string().into_bytes();
        let rest = response(&payload, Front::Rest).unwrap();
        assert_eq!(rest.status(), StatusCode::CREATED);
        assert_eq!(rest.headers()["etag"], "\"v1\"");
        assert_eq!(rest.headers().get_all("link").iter().collect::<Vec<_>>(), ["a", "b"]);
        assert!(!rest.headers().contains_key(CONTENT_LENGTH));
        let alb = response(&payload, Front::Alb).unwrap();
        assert_eq!(alb.headers().get_all("link").iter().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn what_is_no_answer_gives_none() {
        for payload in [
            json!({ "errorMessage": "boom", "errorType": "Panic" }),
            json!({ "statusCode": "many" }),
            json!({ "statusCode": 99 }),
            json!({ "statusCode": 200, "headers": { "a b": "c" } }),
            json!({ "statusCode": 200, "headers": { "a": "b\nc" } }),
            json!({ "statusCode": 200, "body": "%", "isBase64Encoded": true }),
            json!(null),
        ] {
            assert!(response(payload.to_string().as_bytes(), Front::Rest).is_none(), "{payload}");
        }
    }

    #[test]
    fn an_alb_takes_less_than_the_rest_gateway() {
        let payload = json!({ "statusCode": 200, "body": "x".repeat(1024 * 1024) }).to_string();
        assert!(response(payload.as_bytes(), Front::Rest).is_some());
        assert!(response(payload.as_bytes(), Front::Alb).is_none());
    }
}
