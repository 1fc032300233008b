//! The side door: scripted replies, past requests, arming and disarming.

use serde_json::{Value, json};

use crate::client::{Standin, foreign_request, request};

#[tokio::test]
async fn queued_replies_come_first_and_exactly() {
    let standin = Standin::start().await;
    let body = json!([{ "text": "一つ目" }, { "text": "{\"sections\": []}" }]).to_string();
    assert_eq!(standin.send("POST", "/__standin/replies", &body).await.unwrap().status, 204);
    assert_eq!(standin.converse(&request()).await.text(), "一つ目");
    assert_eq!(standin.converse(&request()).await.text(), "{\"sections\": []}");
    assert!(standin.converse(&request()).await.text().contains("カリウム"));
}

#[tokio::test]
async fn emptied_replies_are_not_given() {
    let standin = Standin::start().await;
    standin.send("POST", "/__standin/replies", "[{\"text\":\"残り\"}]").await.unwrap();
    assert_eq!(standin.send("DELETE", "/__standin/replies", "").await.unwrap().status, 204);
    assert_ne!(standin.converse(&request()).await.text(), "残り");
}

#[tokio::test]
async fn failed_request_leaves_the_queued_reply() {
    let standin = Standin::start().await;
    standin.send("POST", "/__standin/replies", "[{\"text\":\"次\"}]").await.unwrap();
    standin.arm("throttle").await;
    assert_eq!(standin.converse(&request()).await.status, 429);
    assert_eq!(standin.converse(&request()).await.text(), "次");
}

#[tokio::test]
async fn requests_are_listed_oldest_first_as_they_came() {
    let standin = Standin::start().await;
    standin.arm("unavailable").await;
    for number in 0..102 {
        let mut request = foreign_request();
        request["requestMetadata"] = json!({ "number": number.to_string(), "exact": 7.40 });
        standin.converse(&request).await;
    }
    let listed = standin.send("GET", "/__standin/requests", "").await.unwrap();
    let listed: Vec<Value> = serde_json::from_str(&listed.body).unwrap();
    let numbers: Vec<_> = listed.iter().map(|body| body["requestMetadata"]["number"].clone()).collect();
    let last_hundred: Vec<_> = (2..102).map(|number| json!(number.to_string())).collect();
    assert_eq!(numbers, last_hundred);
    assert_eq!(listed[0]["messages"], foreign_request()["messages"]);
}

#[tokio::test]
async fn faults_are_used_in_order_and_disarmed() {
    let standin = Standin::start().await;
    let body = r#"[{"mode":"throttle","times":2},{"mode":"server-error"},{"mode":"timeout","times":9}]"#;
    assert_eq!(standin.send("POST", "/__standin/faults", body).await.unwrap().status, 204);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(standin.converse(&request()).await.status);
    }
    assert_eq!(statuses, [429, 429, 500, 408]);
    let armed = standin.send("GET", "/__standin/faults", "").await.unwrap();
    assert_eq!(armed.json(), json!([{ "mode": "timeout", "times": 8 }]));
    assert_eq!(standin.send("DELETE", "/__standin/faults", "").await.unwrap().status, 204);
    assert_eq!(standin.converse(&request()).await.status, 200);
}

#[tokio::test]
async fn unknown_mode_is_refused_naming_the_known_and_arms_nothing() {
    let standin = Standin::start().await;
    let body = r#"[{"mode":"throttle"},{"mode":"sulk"}]"#;
    let refused = standin.send("POST", "/__standin/faults", body).await.unwrap();
    assert_eq!(refused.status, 400);
    for known in ["throttle", "truncated-json", "undisclosed-diagnosis"] {
        assert!(refused.body.contains(known));
    }
    assert_eq!(standin.converse(&request()).await.status, 200);
}

#[tokio::test]
async fn two_hundred_at_once_are_answered() {
    let standin = std::sync::Arc::new(Standin::start().await);
    let mut calls = Vec::new();
    for _ in 0..200 {
        let standin = std::sync::Arc::clone(&standin);
        calls.push(tokio::spawn(async move { standin.converse(&request()).await.status }));
    }
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn large_bodies_are_read() {
    let standin = Standin::start().await;
    let mut request = foreign_request();
    request["messages"][0]["content"][0]["text"] = json!("a".repeat(20 * 1024 * 1024));
    assert_eq!(standin.converse(&request).await.status, 200);
}
