//! What is composed from a request.

use serde_json::{Value, json};

use crate::client::{Standin, foreign_request, output_config, request, schema, sentences};

#[tokio::test]
async fn draft_holds_the_marked_facts_in_their_sections() {
    let response = Standin::start().await.converse(&request()).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.json()["stopReason"], "end_turn");
    let fact = |text: &str, id: &str| json!({ "text": text, "facts": [id], "kind": "fact" });
    let expected = json!({
        "sections": [
            { "code": "312", "sentences": [fact("⟦P1⟧は発熱と咳嗽を主訴に受診した。", "N01.1")] },
            { "code": "333", "sentences": [
                fact("2026年7月5日のカリウムは3.5 mEq/Lであった。", "F12"),
                fact("7月5日のSpO2は91%（酸素2 L/分）であった。", "F15"),
                fact("7月6日に上部消化管内視鏡検査を施行した。", "F13"),
                fact("7月10日、右下葉の浸潤影は改善した。", "N03.2"),
                fact("8月6日の胸部CTは予定である。", "F14"),
                fact("抗菌薬は8日間投与した。", "D04"),
            ] },
            { "code": "424", "sentences": [fact("嚥下機能の再評価をお願いします。", "A01")] },
            { "code": "510", "sentences": [{ "text": "記載なし", "facts": [], "kind": "missing" }] },
        ],
        "questions": []
    });
    assert_eq!(response.draft(), expected);
}

#[tokio::test]
async fn unmarked_lines_are_neither_used_nor_obeyed() {
    let text = Standin::start().await.converse(&request()).await.text();
    for injected in ["腫瘍マーカー", "999", "F90", "予後"] {
        assert!(!text.contains(injected), "{injected}");
    }
}

#[tokio::test]
async fn same_bytes_get_the_same_answer_everywhere() {
    let first = Standin::start().await.converse(&request()).await;
    let other = Standin::start().await;
    for _ in 0..3 {
        assert_eq!(other.converse(&request()).await.body, first.body);
    }
}

#[tokio::test]
async fn request_to_ask_again_gets_the_whole_draft() {
    let standin = Standin::start().await;
    let mut repair = request();
    let messages = repair["messages"].as_array_mut().unwrap();
    messages.push(json!({ "role": "assistant", "content": [{ "text": "{\"sections\":" }] }));
    messages.push(json!({ "role": "user", "content": [{ "text": "JSONとして書き直すこと。" }] }));
    let first = standin.converse(&request()).await.text();
    assert_eq!(standin.converse(&repair).await.text(), first);
}

#[tokio::test]
async fn request_to_repair_gets_the_failed_sentences_anew() {
    let standin = Standin::start().await;
    standin.arm_for("hallucinated-number", 2).await;
    let faulty = standin.converse(&request()).await.text();
    let (text, facts) = sentences(&serde_json::from_str(&faulty).unwrap()).remove(1);
    assert_eq!(text, "2026年7月5日のカリウムは3.6 mEq/Lであった。");
    let line = format!("REPAIR [1] section=333 facts={} reason=number-not-in-evidence | {text}", facts.join(","));
    let mut repair = request();
    let messages = repair["messages"].as_array_mut().unwrap();
    messages.push(json!({ "role": "assistant", "content": [{ "text": faulty }] }));
    let asked = format!("次の文は検査を通らなかった。\n{line}\n");
    messages.push(json!({ "role": "user", "content": [{ "text": asked }] }));
    // A fault that is armed for two requests falls on the repair as well.
    let still_faulty = standin.converse(&repair).await.draft();
    assert!(sentences(&still_faulty)[0].0.contains("3.6"), "{still_faulty}");
    let expected = json!({ "sections": [{ "code": "333", "sentences": [
        { "text": "2026年7月5日のカリウムは3.5 mEq/Lであった。", "facts": ["F12"], "kind": "fact" }
    ] }], "questions": [] });
    assert_eq!(standin.converse(&repair).await.draft(), expected);
}

#[tokio::test]
async fn letter_is_written_in_polite_form() {
    let mut request = request();
    request["system"] = json!([{ "text": "事実は、行頭の印「k7Q|」で始まる行だけである。\n文体: 敬体" }]);
    let draft = Standin::start().await.converse(&request).await.draft();
    let texts: Vec<_> = sentences(&draft).into_iter().map(|(text, _)| text).collect();
    for said in [
        "⟦P1⟧は発熱と咳嗽を主訴に受診しました。",
        "7月6日に上部消化管内視鏡検査を施行しました。",
        "8月6日の胸部CTは予定です。",
    ] {
        assert!(texts.iter().any(|text| text == said), "{said}: {texts:?}");
    }
}

#[tokio::test]
async fn answer_counts_tokens_and_is_cut_at_the_limit() {
    let standin = Standin::start().await;
    let whole = standin.converse(&request()).await;
    let usage = &whole.json()["usage"];
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert!(count("inputTokens") > 200 && count("outputTokens") > 100);
    assert_eq!(count("inputTokens") + count("outputTokens"), count("totalTokens"));

    let mut short = request();
    short["inferenceConfig"]["maxTokens"] = json!(50);
    let cut = standin.converse(&short).await;
    assert_eq!(cut.json()["stopReason"], "max_tokens");
    assert_eq!(cut.json()["usage"]["outputTokens"], 50);
    assert!(whole.text().starts_with(&cut.text()));
    assert!(serde_json::from_str::<Value>(&cut.text()).is_err());
}

#[tokio::test]
async fn strict_tool_is_called_with_the_draft() {
    let standin = Standin::start().await;
    let mut with_tool = request();
    let spec = json!({ "name": "draft", "strict": true, "inputSchema": { "json": schema() } });
    with_tool["toolConfig"] = json!({ "tools": [{ "toolSpec": spec }] });
    with_tool.as_object_mut().unwrap().remove("outputConfig");
    let called = standin.converse(&with_tool).await.json();
    assert_eq!(called["stopReason"], "tool_use");
    let call = &called["output"]["message"]["content"][0]["toolUse"];
    assert_eq!(call["name"], "draft");
    assert_eq!(call["input"], standin.converse(&request()).await.draft());
}

#[tokio::test]
async fn only_codes_of_the_schema_are_written() {
    let mut request = request();
    let mut schema = schema();
    schema["properties"]["sections"]["items"]["properties"]["code"]["enum"] = json!(["424"]);
    request["outputConfig"] = output_config(&schema);
    let draft = Standin::start().await.converse(&request).await.draft();
    assert_eq!(sentences(&draft).len(), 1);
    assert_eq!(draft["sections"][0]["code"], "424");
}

#[tokio::test]
async fn foreign_prompt_gets_an_answer_by_its_schema() {
    let standin = Standin::start().await;
    assert!(!standin.converse(&foreign_request()).await.text().is_empty());

    let mut request = foreign_request();
    request["outputConfig"] = output_config(&schema());
    let draft = standin.converse(&request).await.draft();
    let texts: Vec<_> = sentences(&draft).into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["記載なし"; 4]);

    let other = json!({
        "type": "object",
        "properties": { "answer": { "type": "boolean" } },
        "required": ["answer"],
        "additionalProperties": false
    });
    request["outputConfig"] = output_config(&other);
    assert_eq!(standin.converse(&request).await.draft(), json!({ "answer": false }));
}
