//! The conversation in a request: its messages, their order, their texts.

use serde::Deserialize;

use crate::refusal::Refusal;

#[derive(Deserialize)]
pub(crate) struct Message {
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) content: Vec<Block>,
}

/// A block of content; what is not text is passed over.
#[derive(Deserialize)]
pub(crate) struct Block {
    pub(crate) text: Option<String>,
}

/// Refuses blank texts, and messages that are missing or out of turn.
pub(crate) fn check(system: &[Block], messages: Option<&[Message]>) -> Result<(), Refusal> {
    let Some(messages) = messages else {
        return Err(invalid(
            "1 validation error detected: Value null at 'messages' failed to satisfy \
             constraint: Member must not be null",
        ));
    };
    for (number, block) in system.iter().enumerate() {
        if is_blank(block) {
            return Err(invalid(format!(
                "The text field in the SystemContentBlock object at system.{number} is blank. \
                 Add text to the text field, and try again."
            )));
        }
    }
    if messages.first().is_none_or(|first| first.role != "user") {
        return Err(invalid(
            "A conversation must start with a user message. Try again with a conversation \
             that starts with a user message.",
        ));
    }
    for (number, message) in messages.iter().enumerate() {
        let due = if number % 2 == 0 { "user" } else { "assistant" };
        if message.role != due {
            return Err(invalid(
                "A conversation must alternate between user and assistant roles. Make sure \
                 the conversation alternates between user and assistant roles and try again.",
            ));
        }
        if message.content.is_empty() {
            return Err(invalid(format!(
                "The content field in the Message object at messages.{number} is empty. Add a \
                 ContentBlock object to the content field and try again."
            )));
        }
        if let Some(blank) = message.content.iter().position(is_blank) {
            return Err(invalid(format!(
                "The text field in the ContentBlock object at messages.{number}.content.{blank} \
                 is blank. Add text to the text field, and try again."
            )));
        }
    }
    Ok(())
}

/// The texts of some blocks, a line each.
pub(crate) fn join(blocks: &[Block]) -> String {
    let texts: Vec<_> = blocks.iter().filter_map(|b| b.text.as_deref()).collect();
    texts.join("\n")
}

fn is_blank(block: &Block) -> bool {
    let text = block.text.as_ref();
    text.is_some_and(|text| text.trim().is_empty())
}

fn invalid(reason: impl Into<String>) -> Refusal {
    Refusal::Validation(reason.into())
}
