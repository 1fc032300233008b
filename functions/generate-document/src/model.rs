//! The model call: Bedrock Converse with a JSON schema, one deadline over everything, asked once more
//! where the reply is not of the schema.

use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, JsonSchemaDefinition, Message, OutputConfig, OutputFormat,
    OutputFormatStructure, OutputFormatType, StopReason, SystemContentBlock,
};
use fude::draft::{self, Reply};
use fude::prompt::{ASK_AGAIN, Prompt};
use tokio::time::{Instant, timeout_at};

use crate::error::Error;

/// Longest answer; a full draft has some 2,000 tokens.
pub const MAX_TOKENS: i32 = 8192;
/// From the first call to the last byte, repeats included; below the function's 60 s.
const DEADLINE: Duration = Duration::from_secs(50);
/// A repair must not cost the answer: API Gateway gives up after 29 s.
const REPAIR_UNTIL: Duration = Duration::from_secs(26);

pub struct Model {
    client: Client,
}

/// A reply that is of the schema, and its raw text.
pub struct Answer {
    pub reply: Reply,
    pub raw: String,
    asked: Instant,
}

impl Model {
    /// The time-outs of the other clients are taken away: a draft takes longer, and a call cut off buys the same answer
    /// again. The deadline is set around the calls instead.
    pub fn new(sdk: &aws_types::SdkConfig) -> Self {
        let config = aws_sdk_bedrockruntime::config::Builder::from(sdk)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .disable_read_timeout()
                    .disable_operation_attempt_timeout()
                    .disable_operation_timeout()
                    .build(),
            )
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .build();
        Self { client: Client::from_conf(config) }
    }

    pub async fn ask(&self, model_id: &str, prompt: &Prompt) -> Result<Answer, Error> {
        let asked = Instant::now();
        let until = asked + DEADLINE;
        let mut messages = vec![message(ConversationRole::User, &prompt.user)];
        for _ in 0..2 {
            let call = self.converse(model_id, prompt, messages.clone());
            let text = timeout_at(until, call)
                .await
                .map_err(|_| Error::ModelUnavailable("no answer within the deadline", None))??;
            let Some(text) = text else { continue };
            if let Ok(reply) = draft::parse(&text) {
                return Ok(Answer { reply, raw: text, asked });
            }
            messages.truncate(1);
            messages.push(message(ConversationRole::Assistant, &text));
            messages.push(message(ConversationRole::User, ASK_AGAIN));
        }
        Err(Error::ModelUnavailable("two replies were not of the schema", None))
    }

    /// Asks for other wordings of what was dropped. Whatever goes wrong, the first reply stands.
    pub async fn repair(&self, model_id: &str, prompt: &Prompt, first: &Answer, request: &str) -> Option<Answer> {
        // A second answer takes about as long as the first, at most.
        if first.asked.elapsed() * 2 > REPAIR_UNTIL {
            return None;
        }
        let messages = vec![
            message(ConversationRole::User, &prompt.user),
            message(ConversationRole::Assistant, &first.raw),
            message(ConversationRole::User, request),
        ];
        let call = self.converse(model_id, prompt, messages);
        let text = match timeout_at(first.asked + REPAIR_UNTIL, call).await {
            Ok(Ok(text)) => text?,
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "no repair");
                return None;
            }
            Err(_) => {
                tracing::warn!("no repair in time");
                return None;
            }
        };
        let reply = draft::parse(&text).ok()?;
        Some(Answer { reply, raw: text, asked: first.asked })
    }

    /// `None` where the model stopped for another reason than the end of its turn, or said nothing.
    async fn converse(&self, model_id: &str, prompt: &Prompt, messages: Vec<Message>) -> Result<Option<String>, Error> {
        let answer = self
            .client
            .converse()
            .model_id(model_id)
            .system(SystemContentBlock::Text(prompt.system.clone()))
            .set_messages(Some(messages))
            .inference_config(InferenceConfiguration::builder().max_tokens(MAX_TOKENS).temperature(0.0).build())
            .output_config(output(&prompt.schema))
            .send()
            .await
            .map_err(|e| {
                let code = code(&e);
                if matches!(code.as_str(), "ThrottlingException" | "ModelNotReadyException") {
                    Error::ModelThrottled(code.into())
                } else {
                    Error::ModelUnavailable("the call failed", Some(code.into()))
                }
            })?;
        if *answer.stop_reason() != StopReason::EndTurn {
            tracing::warn!(model.stop_reason = answer.stop_reason().as_str(), "the model did not end its turn");
            return Ok(None);
        }
        let text: String = answer
            .output()
            .and_then(|o| o.as_message().ok())
            .map(|m| m.content().iter().filter_map(|c| c.as_text().ok()).map(String::as_str).collect())
            .unwrap_or_default();
        Ok(Some(text).filter(|t| !t.trim().is_empty()))
    }
}

/// The error's code alone: its message may quote the request, and the request is a record.
fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let kind = match error {
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "dispatch-failure",
        SdkError::ResponseError(_) => "response-error",
        _ => "unknown-error",
    };
    error.code().unwrap_or(kind).to_owned()
}

fn message(role: ConversationRole, text: &str) -> Message {
    Message::builder()
        .role(role)
        .content(ContentBlock::Text(text.to_owned()))
        .build()
        .expect("role and content are set")
}

fn output(schema: &str) -> OutputConfig {
    let schema = JsonSchemaDefinition::builder().name("draft").schema(schema).build().expect("the schema is set");
    let format = OutputFormat::builder()
        .r#type(OutputFormatType::JsonSchema)
        .structure(OutputFormatStructure::JsonSchema(schema))
        .build()
        .expect("the type is set");
    OutputConfig::builder().text_format(format).build()
}
