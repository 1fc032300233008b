//! Addresses, methods, media types, answers and the access log.

use std::time::Duration;

use fude_front::{Front, InvokeError};
use serde_json::{Value, json};

use crate::stack::{Function, Stack, token};

#[tokio::test]
async fn an_unknown_address_and_another_method_are_refused() {
    let stack = Stack::start(Front::Rest).await;
    stack.get("/elsewhere").await.is_problem(404, "not-found");
    let reply = stack.get("/documents").await;
    reply.is_problem(405, "method-not-allowed");
    assert_eq!(reply.header("allow"), Some("POST"));
    assert_eq!(stack.calls(), 0);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let stack = Stack::start(Front::Rest).await;
    for sent in ["text/plain", "application/fhir+json", "application/jsonp"] {
        let head = format!(
            "POST /documents HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: {sent}\r\nContent-Length: 2",
            token()
        );
        stack.raw(&head, b"{}").await.is_problem(415, "unsupported-media-type");
    }
    assert_eq!(stack.calls(), 0);
    let head = format!(
        "POST /documents HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2",
        token()
    );
    assert_eq!(stack.raw(&head, b"{}").await.status, 201);
}

#[tokio::test]
async fn a_host_of_another_name_reaches_no_function() {
    let stack = Stack::start(Front::Rest).await;
    let request = format!(
        "GET /documents/x HTTP/1.1\r\nHost: a b\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        token()
    );
    let identity = &stack.pki.clients["hospital-a"];
    let answer = stack.exchange(Some(identity), &[&rustls::version::TLS13], request.as_bytes()).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(stack.calls(), 0);
}

#[tokio::test]
async fn the_functions_answer_arrives_whole() {
    let answer = json!({
        "statusCode": 200, "body": "{\"a\":\"漢字\"}", "isBase64Encoded": false,
        "headers": { "content-type": "application/json", "etag": "\"v3\"", "cache-control": "max-age=60" },
        "multiValueHeaders": { "etag": ["\"v3\""] },
    });
    let stack = Stack::with(Front::Rest, Function::Answer(answer), Duration::from_secs(29)).await;
    let reply = stack.get("/documents/abc").await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "a": "漢字" })));
    assert_eq!(reply.header("etag"), Some("\"v3\""));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-length"), Some("14"));
}

#[tokio::test]
async fn a_function_that_gives_no_answer_becomes_a_problem_that_can_be_retried() {
    let cases = [
        (Function::Fail(InvokeError::Throttled), 429, "throttled", "throttled"),
        (Function::Fail(InvokeError::Failed), 503, "still-drafting", "service-unavailable"),
        (Function::Fail(InvokeError::TimedOut), 503, "still-drafting", "service-unavailable"),
        (Function::Answer(json!({ "errorMessage": "boom" })), 503, "still-drafting", "service-unavailable"),
    ];
    for (function, status, drafting, fetching) in cases {
        for front in [Front::Rest, Front::Alb] {
            let stack = Stack::with(front, function.clone(), Duration::from_secs(29)).await;
            let draft = stack.post("/documents", &token(), b"{}").await;
            draft.is_problem(status, drafting);
            let fetch = stack.get("/documents/abc").await;
            fetch.is_problem(status, fetching);
            for reply in [draft, fetch] {
                assert!(reply.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
            }
        }
    }
}

#[tokio::test]
async fn the_access_log_holds_the_template_and_no_address() {
    let stack = Stack::start(Front::Rest).await;
    stack.get("/documents/0001234/content?patient=0001234").await;
    stack.get("/0001234").await;
    stack.post("/documents", "bad", b"0001234").await;
    let log = stack.log.text();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!log.contains("0001234") && !log.contains("bad"), "{log}");
    let seen: Vec<_> = lines.iter().map(|line| (line["route"].as_str(), line["status"].as_u64())).collect();
    assert_eq!(
        seen,
        [(Some("/documents/{id}/content"), Some(201)), (None, Some(404)), (Some("/documents"), Some(401))]
    );
    let names: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["duration_ms", "method", "request_id", "route", "status", "tls_version"]);
    assert_eq!(lines[0]["tls_version"], "TLSv1.3");
}
