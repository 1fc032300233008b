//! Sentences that the record does not support never arrive: scripted replies of the model.

use e2e::client::order;
use serde_json::{Value, json};

use crate::model_faults::Turn;

const PATIENT: &str = "20481937";
const KIND: &str = "discharge-summary";

/// A true sentence with its citation, taken from what the stand-in itself wrote: section, text, facts.
fn true_sentences(turn: &Turn) -> Vec<(String, String, Value)> {
    let drafted = turn.stack.caller("sato").draft("true-sentences", &order(PATIENT, KIND));
    let document = turn.stack.caller("sato").content(&drafted.id(), "application/json").expect(200).json();
    let names: Vec<&String> = e2e::assertions::patients().flat_map(|p| &p.names).collect();
    let sections = document["sections"].as_array().expect("sections").iter().filter(|s| s["origin"] == "model");
    sections
        .flat_map(|section| section["sentences"].as_array().into_iter().flatten().map(move |s| (section, s)))
        .filter(|(_, s)| {
            s["kind"] == "fact" && !names.iter().any(|n| s["text"].as_str().is_some_and(|t| t.contains(*n)))
        })
        .map(|(section, s)| (text(&section["code"]), text(&s["text"]), s["evidence"].clone()))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn sentence(text: &str, facts: &Value) -> Value {
    json!({ "text": text, "facts": facts, "kind": "fact" })
}

/// Drafts with one scripted reply, all in one section; the delivered document.
fn scripted(turn: &Turn, key: &str, section: &str, sentences: &[Value]) -> Value {
    turn.stack
        .reply(&json!({ "sections": [{ "code": section, "sentences": sentences }], "questions": [] }).to_string());
    let drafted = turn.stack.caller("sato").draft(key, &order(PATIENT, KIND)).expect(201);
    turn.stack.caller("sato").content(&drafted.id(), "application/json").expect(200).json()
}

#[test]
fn false_sentences_are_dropped_with_their_reason_and_true_ones_stay() {
    let turn = Turn::take();
    let truth = true_sentences(&turn);
    let section = truth.iter().map(|(code, ..)| code).find(|c| truth.iter().filter(|(o, ..)| &o == c).count() >= 3);
    let section = section.expect("a section of three sentences").clone();
    let truth: Vec<_> = truth.into_iter().filter(|(code, ..)| *code == section).take(3).collect();
    let cited = &truth[0].2;
    for (key, falsehood, reason) in [
        ("unknown-citation", sentence("経過は良好であった。", &json!(["F999"])), "unknown-citation"),
        ("no-citation", sentence("経過は良好であった。", &json!([])), "no-citation"),
        ("number", sentence("体温は49.7℃であった。", cited), "number-not-in-evidence"),
        ("placeholder", sentence("⟦P99⟧が付き添った。", cited), "unknown-placeholder"),
    ] {
        let mut sentences: Vec<Value> = truth.iter().map(|(_, text, facts)| sentence(text, facts)).collect();
        sentences.insert(1, falsehood.clone());
        let document = scripted(&turn, &format!("scripted-{key}"), &section, &sentences);
        assert_eq!(document["generation"]["mode"], "model", "{key}");
        let dropped = document["dropped"].as_array().expect("a list");
        let reasons: Vec<&Value> = dropped.iter().map(|d| &d["reason"]).collect();
        assert_eq!(reasons, [reason], "{key}: {dropped:?}");
        assert_eq!(dropped[0]["section"], section);
        let sections = document["sections"].to_string();
        let shown = falsehood["text"].as_str().expect("a text");
        assert!(!sections.contains(shown), "{key} was delivered");
        for (_, text, _) in &truth {
            assert!(sections.contains(text.as_str()), "{key}: a true sentence is lost: {text}");
        }
    }
}

#[test]
fn a_reply_that_is_mostly_false_gives_way_to_facts() {
    let turn = Turn::take();
    let (section, text, facts) = true_sentences(&turn).swap_remove(0);
    let sentences =
        [sentence(&text, &facts), sentence("体温は49.7℃であった。", &facts), sentence("退院した。", &json!(["F999"]))];
    let document = scripted(&turn, "mostly-false", &section, &sentences);
    assert_eq!(document["generation"]["mode"], "extractive");
    assert_eq!(document["dropped"].as_array().map(Vec::len), Some(2));
    assert!(!document["sections"].to_string().contains("49.7"));
}
