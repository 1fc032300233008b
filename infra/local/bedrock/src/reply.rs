//! From a request to an answer, by nothing but the request's bytes.

use serde_json::{Value, json};

use crate::content;
use crate::fault::{Content, Fault};
use crate::form;
use crate::offline::{composed, written};
use crate::prompt::Prompt;
use crate::repair::Repair;
use crate::wire::{Request, Wanted};

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    EndTurn,
    ToolUse,
    MaxTokens,
    GuardrailIntervened,
    ContentFiltered,
}

impl Stop {
    const fn name(self) -> &'static str {
        match self {
            Self::EndTurn => "end_turn",
            Self::ToolUse => "tool_use",
            Self::MaxTokens => "max_tokens",
            Self::GuardrailIntervened => "guardrail_intervened",
            Self::ContentFiltered => "content_filtered",
        }
    }
}

/// The assistant's message before it is put on the wire.
pub(crate) struct Answer {
    content: Vec<Value>,
    stop: Stop,
    /// What the model wrote, in whichever block it stands.
    written: String,
}

impl Answer {
    pub(crate) fn text(text: impl Into<String>, stop: Stop) -> Self {
        let written = text.into();
        let content = vec![json!({ "text": written })];
        Self { content, stop, written }
    }

    pub(crate) fn empty(stop: Stop) -> Self {
        let (content, written) = (Vec::new(), String::new());
        Self { content, stop, written }
    }

    fn tool(name: &str, id: u64, input: Value, stop: Stop) -> Self {
        let written = input.to_string();
        let tool_use_id = format!("tooluse_{id:016x}");
        let block = json!({ "toolUseId": tool_use_id, "name": name, "input": input });
        let content = vec![json!({ "toolUse": block })];
        Self { content, stop, written }
    }

    /// The body of Converse's answer.
    pub(crate) fn into_body(self, request: &Request) -> Value {
        let input: usize = request.all_texts().map(tokens).sum();
        let output = tokens(&self.written);
        json!({
            "output": { "message": { "role": "assistant", "content": self.content } },
            "stopReason": self.stop.name(),
            "usage": { "inputTokens": input, "outputTokens": output, "totalTokens": input + output },
            // Derived, so that the same request has the same answer.
            "metrics": { "latencyMs": 100 + output }
        })
    }
}

/// Answers a request; `scripted` is the exact text that a test queued, `id` a
/// number of the request.
pub(crate) fn answer(
    request: &Request,
    wanted: &Wanted,
    scripted: Option<String>,
    fault: Option<Fault>,
    id: u64,
) -> Answer {
    let content_fault = match fault {
        Some(Fault::Content(fault)) => Some(fault),
        _ => None,
    };
    let system = request.system_text();
    let prompt = request.user_texts().find_map(|text| Prompt::parse(&system, &text));
    let is_exact = scripted.is_some();
    let text = match scripted {
        Some(text) => alter(text, content_fault, prompt.as_ref()),
        None => {
            let asked = request.user_texts().last().unwrap_or_default();
            let repair = Repair::parse(&asked, request.last_reply().as_deref());
            composed(wanted.schema(), content_fault, prompt.as_ref(), repair.as_ref())
        }
    };
    if let Some(Fault::Form(fault)) = fault {
        return form::apply(fault, &text);
    }
    let (text, is_cut) = match request.max_tokens() {
        Some(most) if !is_exact => cut(text, most),
        _ => (text, false),
    };
    let Wanted::Tool { name, .. } = wanted else {
        let stop = if is_cut { Stop::MaxTokens } else { Stop::EndTurn };
        return Answer::text(text, stop);
    };
    if is_cut {
        return Answer::tool(name, id, json!({}), Stop::MaxTokens);
    }
    match serde_json::from_str(&text) {
        Ok(input) => Answer::tool(name, id, input, Stop::ToolUse),
        Err(_) => Answer::text(text, Stop::EndTurn),
    }
}

/// A content fault alters a scripted text only where that is a draft.
fn alter(text: String, fault: Option<Content>, prompt: Option<&Prompt>) -> String {
    let draft = fault.and_then(|fault| Some((fault, serde_json::from_str(&text).ok()?)));
    match draft {
        Some((fault, mut draft)) => {
            content::apply(fault, &mut draft, prompt.into());
            written(&draft)
        }
        None => text,
    }
}

/// A rough count: four ASCII characters or two others make a token.
fn tokens(text: &str) -> usize {
    text.chars().map(weight).sum::<usize>().div_ceil(4)
}

/// Cuts a text after so many tokens, and says whether it did.
fn cut(text: String, most: usize) -> (String, bool) {
    let mut left = most.saturating_mul(4);
    let end = text.char_indices().find_map(|(at, c)| match left.checked_sub(weight(c)) {
        Some(rest) => {
            left = rest;
            None
        }
        None => Some(at),
    });
    match end {
        Some(end) => (text[..end].to_owned(), true),
        None => (text, false),
    }
}

/// Quarters of a token.
const fn weight(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_the_token() {
        assert_eq!(cut("発熱で入院".to_owned(), 2), ("発熱で入".to_owned(), true));
        assert_eq!(cut("発熱で入院".to_owned(), 3), ("発熱で入院".to_owned(), false));
        assert_eq!(tokens("発熱で入院"), 3);
    }
}
