//! What must be true of a document in the table: every act once, every event once and linked, no answer that says else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use e2e::client::Answer;
use e2e::stack::Stack;
use e2e::stores::s;
use fude::audit::AuditEvent;
use serde_json::Value;

use crate::worker::HOUSE;

/// Bytes of an event row.
pub fn event_bytes(row: &Value) -> Vec<u8> {
    BASE64.decode(row["event"]["B"].as_str().unwrap_or_default()).expect("Base64")
}

/// The state's row and its history, if everything about it is sound and the acts are these.
pub fn sound(stack: &Stack, id: &str, acts: &[&str]) -> Result<Value, String> {
    let rows = stack.rows_under(&format!("DOC#{HOUSE}#{id}"));
    let (states, events): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|r| s(r, "sk") == "STATE");
    let [state] = states.as_slice() else { return Err(format!("{} states", states.len())) };
    let history: Value = serde_json::from_str(s(state, "history")).unwrap_or_default();
    let done: Vec<&str> = history.as_array().into_iter().flatten().filter_map(|h| h["action"].as_str()).collect();
    if done != acts {
        return Err(format!("the history is {done:?}, not {acts:?}"));
    }
    let mut previous = None;
    let mut told = Vec::new();
    for (row, number) in events.iter().zip(1_u64..) {
        let bytes = event_bytes(row);
        let event = AuditEvent::parse(&bytes).map_err(|e| format!("event {number}: {e}"))?;
        let version = event.document.as_ref().map(|d| d.version);
        if s(row, "sk") != format!("EVENT#{number:010}") || event.sequence != number || version != Some(number) {
            return Err(format!("event {number} has sequence {} and version {version:?}", event.sequence));
        }
        if event.previous != previous {
            return Err(format!("event {number} is not linked to the one before it"));
        }
        previous = Some(event.hash().map_err(|e| e.to_string())?);
        if !matches!(event.action.name(), "draft-requested" | "drafting-failed") {
            told.push(event.action.name());
        }
    }
    if told != acts {
        return Err(format!("the events are {told:?}, not {acts:?}"));
    }
    let count = events.len().to_string();
    let last = previous.map(|h| h.to_string()).unwrap_or_default();
    if state["version"]["N"] != count || state["events"]["N"] != count || s(state, "lastEvent") != last {
        return Err(format!("version {}, events {}, {count} rows", state["version"], state["events"]));
    }
    let mut state = (*state).clone();
    state["steps"] = history;
    Ok(state)
}

/// An answer with metadata says what stands in the table.
pub fn true_answer(state: &Value, id: &str, answer: &Answer) -> Result<(), String> {
    let told = answer.json();
    if told["documentId"] != id {
        return Err("another document is answered".to_owned());
    }
    if told["history"] != state["steps"] {
        return Err(format!("answered {}, and in the table {}", told["history"], state["steps"]));
    }
    let version = state["version"]["N"].as_str().unwrap_or_default();
    if told["version"].as_u64() != version.parse().ok() || answer.header("etag") != format!("\"v{version}\"") {
        return Err(format!("version {} is answered, {version} in the table", told["version"]));
    }
    if told["contentSha256"] != s(state, "contentSha256") || told["state"] != s(state, "state") {
        return Err("another content or state is answered".to_owned());
    }
    Ok(())
}
