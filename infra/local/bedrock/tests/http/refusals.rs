//! The requests that the service itself refuses.

use serde_json::{Value, json};

use crate::client::{MODEL, Response, Standin, foreign_request, output_config, request, schema};

fn assert_validation(response: &Response, words: &str) {
    assert_eq!(response.status, 400, "{words}");
    assert!(response.head.contains("x-amzn-errortype: validationexception"), "{words}");
    let message = response.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains(words), "{message} lacks {words}");
}

#[tokio::test]
async fn model_ids_without_profile_are_refused() {
    let standin = Standin::start().await;
    for (id, words) in [
        ("anthropic.claude-haiku-4-5-20251001-v1%3A0", "on-demand throughput isn’t supported"),
        ("mars.anthropic.claude-haiku-4-5-20251001-v1%3A0", "identifier is invalid"),
    ] {
        let path = format!("/model/{id}/converse");
        let body = foreign_request().to_string();
        assert_validation(&standin.send("POST", &path, &body).await.unwrap(), words);
    }
}

#[tokio::test]
async fn encoded_ids_and_arns_are_read() {
    let standin = Standin::start().await;
    let arn = "arn%3Aaws%3Abedrock%3Aap-northeast-1%3A123456789012%3Ainference-profile%2F";
    for id in [MODEL.to_owned(), MODEL.replace("%3A", ":"), format!("{arn}{MODEL}")] {
        let path = format!("/model/{id}/converse");
        let body = foreign_request().to_string();
        assert_eq!(standin.send("POST", &path, &body).await.unwrap().status, 200, "{id}");
    }
}

#[tokio::test]
async fn conversations_out_of_order_are_refused() {
    let standin = Standin::start().await;
    let say = |role: &str, text: &str| json!({ "role": role, "content": [{ "text": text }] });
    for (messages, words) in [
        (json!([]), "must start with a user message"),
        (Value::Null, "'messages' failed to satisfy constraint"),
        (json!([say("assistant", "はい")]), "must start with a user message"),
        (json!([say("user", "一"), say("user", "二")]), "must alternate"),
        (json!([say("user", "一"), say("assistant", " \n"), say("user", "三")]), "messages.1.content.0 is blank"),
        (json!([{ "role": "user", "content": [] }]), "messages.0 is empty"),
    ] {
        let response = standin.converse(&json!({ "messages": messages })).await;
        assert_validation(&response, words);
    }
}

#[tokio::test]
async fn schemas_without_a_grammar_are_refused() {
    let standin = Standin::start().await;
    let mut bounded = schema();
    bounded["properties"]["questions"]["maxItems"] = json!(3);
    let mut open = schema();
    open["properties"]["sections"]["items"]["additionalProperties"] = json!(true);
    for (schema, words) in
        [(bounded, "'maxItems' is not supported"), (open, "'additionalProperties' must be explicitly set to false")]
    {
        let mut request = request();
        request["outputConfig"] = output_config(&schema);
        assert_validation(&standin.converse(&request).await, words);
    }
    let mut broken = request();
    broken["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"] = json!("{");
    assert_validation(&standin.converse(&broken).await, "not valid JSON");
}

#[tokio::test]
async fn limits_and_broken_json_are_refused_without_quoting_them() {
    let standin = Standin::start().await;
    let mut nothing = foreign_request();
    nothing["inferenceConfig"] = json!({ "maxTokens": 0 });
    assert_validation(&standin.converse(&nothing).await, "inferenceConfig.maxTokens");

    let path = format!("/model/{MODEL}/converse");
    let response = standin.send("POST", &path, "{\"messages\": \"患者\"}").await.unwrap();
    assert_validation(&response, "could not be read");
    assert!(!response.body.contains("患者"));
}
