//! Size and time.

use std::time::{Duration, Instant};

use fude_front::Front;

use crate::stack::{Function, Stack, token};

const MIB: usize = 1024 * 1024;

/// A JSON body of that many bytes.
fn body(size: usize) -> Vec<u8> {
    let mut body = b"{\"a\":\"".to_vec();
    body.resize(size - 2, b'x');
    body.extend_from_slice(b"\"}");
    body
}

#[tokio::test]
async fn the_limit_is_on_the_event_and_not_on_the_body() {
    let stack = Stack::start(Front::Rest).await;
    assert_eq!(stack.post("/documents", &token(), &body(5 * MIB)).await.status, 201);
    // A quarter of it is quotation marks: 5 MiB of body are 6.25 MiB of event
    let quotes = "\"xxx".repeat(5 * MIB / 4);
    stack.post("/documents", &token(), quotes.as_bytes()).await.is_problem(413, "record-too-large");
    stack.post("/documents", &token(), &body(6 * MIB)).await.is_problem(413, "record-too-large");
    assert_eq!(stack.calls(), 1);
}

#[tokio::test]
async fn an_alb_takes_one_mebibyte() {
    let stack = Stack::start(Front::Alb).await;
    assert_eq!(stack.post("/documents", &token(), &body(MIB * 9 / 10)).await.status, 201);
    stack.post("/documents", &token(), &body(MIB)).await.is_problem(413, "record-too-large");
}

#[tokio::test]
async fn a_body_over_the_reading_limit_still_gets_an_answer() {
    let stack = Stack::start(Front::Rest).await;
    stack.post("/documents", &token(), &body(20 * MIB)).await.is_problem(413, "record-too-large");
    stack.post("/documents", "bad", &body(20 * MIB)).await.is_problem(401, "token-refused");
    assert_eq!(stack.calls(), 0);
}

#[tokio::test]
async fn who_asks_first_is_told_before_sending() {
    let stack = Stack::start(Front::Rest).await;
    let head = |length: usize| {
        format!(
            "POST /documents HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {length}",
            token()
        )
    };
    // Not one byte of the body is ever sent
    stack.raw(&head(20 * MIB), b"").await.is_problem(413, "record-too-large");
    assert_eq!(stack.raw(&head(2), b"{}").await.status, 201);
}

#[tokio::test]
async fn a_request_line_beyond_the_gateways_limit_is_refused() {
    let stack = Stack::start(Front::Rest).await;
    stack.get(&format!("/documents/{}", "x".repeat(11_000))).await.is_problem(400, "malformed-request");
}

#[tokio::test]
async fn the_rest_gateway_stops_waiting_while_the_function_goes_on() {
    let slow = Function::Slow(Duration::from_millis(600));
    let stack = Stack::with(Front::Rest, slow, Duration::from_millis(150)).await;
    let begun = Instant::now();
    let reply = stack.post("/documents", &token(), b"{}").await;
    assert!(begun.elapsed() < Duration::from_millis(550));
    reply.is_problem(503, "still-drafting");
    assert_eq!(reply.header("retry-after"), Some("5"));
    assert_eq!(stack.calls(), 0);
    stack.get("/documents/abc").await.is_problem(503, "service-unavailable");
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(stack.calls(), 2);
}

#[tokio::test]
async fn an_alb_waits_as_long_as_the_function_runs() {
    let slow = Function::Slow(Duration::from_millis(400));
    let stack = Stack::with(Front::Alb, slow, Duration::from_millis(50)).await;
    let begun = Instant::now();
    stack.post("/documents", &token(), b"{}").await.is_problem(503, "still-drafting");
    assert!(begun.elapsed() >= Duration::from_millis(400));
}
