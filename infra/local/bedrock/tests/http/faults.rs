//! Each fault mode has its visible effect, once.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::client::{MODEL, Standin, request, sentences};

const CONTENT: &[&str] = &[
    "hallucinated-number", "wrong-unit", "wrong-date", "unknown-citation", "uncited-sentence", "wrong-citation",
    "invented-drug", "lookalike-drug", "strength-for-dose", "dose-not-updated", "held-drug-continued", "negation-flip",
    "side-swap", "suspicion-dropped", "condition-dropped", "pending-as-negative", "plan-as-done", "invented-cause",
    "trend-flip", "family-as-patient", "section-omitted", "duplicated-sentence", "obeys-injection",
    "unknown-placeholder", "lost-placeholder", "other-patient", "undisclosed-diagnosis",
];

#[tokio::test]
async fn refusing_faults_answer_with_their_error() {
    let standin = Standin::start().await;
    for (mode, status, error_type) in [
        ("throttle", 429, "throttlingexception"),
        ("not-ready", 429, "modelnotreadyexception"),
        ("timeout", 408, "modeltimeoutexception"),
        ("server-error", 500, "internalserverexception"),
        ("unavailable", 503, "serviceunavailableexception"),
        ("model-error", 424, "modelerrorexception"),
        ("access-denied", 403, "accessdeniedexception"),
    ] {
        standin.arm(mode).await;
        let response = standin.converse(&request()).await;
        assert_eq!(response.status, status, "{mode}");
        assert!(response.head.contains(&format!("x-amzn-errortype: {error_type}")), "{mode}");
        assert!(response.json()["message"].is_string(), "{mode}");
        assert_eq!(standin.converse(&request()).await.status, 200, "{mode}");
    }
}

#[tokio::test]
async fn connection_reset_ends_without_a_byte() {
    let standin = Standin::start().await;
    standin.arm("connection-reset").await;
    let path = format!("/model/{MODEL}/converse");
    let broken = standin.send("POST", &path, &request().to_string()).await.unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::ConnectionReset);
    assert_eq!(standin.converse(&request()).await.status, 200);
}

#[tokio::test]
async fn stalled_and_slow_requests_wait_without_holding_up_others() {
    let standin = Standin::start().await;
    for mode in ["stall", "slow", "usual-time"] {
        standin.arm(mode).await;
        let request = request();
        let waiting = timeout(Duration::from_millis(700), standin.converse(&request));
        assert!(waiting.await.is_err(), "{mode} was answered");
        assert_eq!(standin.converse(&request).await.status, 200, "{mode}");
    }
}

#[tokio::test]
async fn faults_of_form_are_no_draft() {
    let standin = Standin::start().await;
    let whole = standin.converse(&request()).await.text();
    for (mode, stop) in [
        ("truncated-json", "max_tokens"),
        ("fenced-json", "end_turn"),
        ("prose-preamble", "end_turn"),
        ("guardrail-intervened", "guardrail_intervened"),
        ("content-filtered", "content_filtered"),
        ("refusal", "end_turn"),
    ] {
        standin.arm(mode).await;
        let response = standin.converse(&request()).await;
        assert_eq!(response.json()["stopReason"], stop, "{mode}");
        let text = response.text();
        assert!(serde_json::from_str::<Value>(&text).is_err(), "{mode}");
        match mode {
            "truncated-json" | "content-filtered" => assert!(whole.starts_with(&text), "{mode}"),
            "fenced-json" => assert_eq!(text, format!("```json\n{whole}\n```")),
            "prose-preamble" => assert!(text.ends_with(&whole), "{mode}"),
            _ => assert!(!text.contains("カリウム"), "{mode}"),
        }
    }
    standin.arm("empty-content").await;
    let empty = standin.converse(&request()).await.json();
    assert_eq!(empty["output"]["message"]["content"], serde_json::json!([]));
}

#[tokio::test]
async fn faults_of_content_alter_one_draft_and_always_alike() {
    let standin = Standin::start().await;
    let clean = standin.converse(&request()).await.draft();
    for mode in CONTENT {
        standin.arm(mode).await;
        let faulty = standin.converse(&request()).await.draft();
        assert_ne!(faulty, clean, "{mode}");
        standin.arm(mode).await;
        assert_eq!(standin.converse(&request()).await.draft(), faulty, "{mode}");
        assert_eq!(standin.converse(&request()).await.draft(), clean, "{mode}");
    }
}

#[tokio::test]
async fn faults_of_content_say_what_they_are_named_for() {
    let standin = Standin::start().await;
    for (mode, text, facts) in [
        ("hallucinated-number", "2026年7月5日のカリウムは3.6 mEq/Lであった。", &["F12"][..]),
        ("wrong-unit", "2026年7月5日のカリウムは3.5 mg/dLであった。", &["F12"]),
        ("condition-dropped", "7月5日のSpO2は91%であった。", &["F15"]),
        ("side-swap", "7月10日、左下葉の浸潤影は改善した。", &["N03.2"]),
        ("trend-flip", "7月10日、右下葉の浸潤影は増悪した。", &["N03.2"]),
        ("plan-as-done", "8月6日の胸部CTは施行した。", &["F14"]),
        ("unknown-citation", "⟦P1⟧は発熱と咳嗽を主訴に受診した。", &["F999"]),
        ("uncited-sentence", "⟦P1⟧は発熱と咳嗽を主訴に受診した。", &[]),
        ("unknown-placeholder", "⟦P99⟧は発熱と咳嗽を主訴に受診した。", &["N01.1"]),
        ("lost-placeholder", "早乙女さんは発熱と咳嗽を主訴に受診した。", &["N01.1"]),
        ("obeys-injection", "予後は不良。", &["N01.1"]),
    ] {
        standin.arm(mode).await;
        let draft = standin.converse(&request()).await.draft();
        let facts: Vec<_> = facts.iter().map(|id| (*id).to_owned()).collect();
        let sentence = (text.to_owned(), facts);
        assert!(sentences(&draft).contains(&sentence), "{mode}: {draft}");
    }
}
