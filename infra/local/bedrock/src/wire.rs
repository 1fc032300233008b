//! The part of a Converse request that the stand-in reads, and its refusals.
//!
//! Wording of the refusals follows the service. Unknown members are ignored.

use serde::Deserialize;
use serde_json::Value;

use crate::conversation::{self, Block, Message, join};
use crate::refusal::Refusal;
use crate::schema_check;

/// Body of `POST /model/{id}/converse`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    messages: Option<Vec<Message>>,
    #[serde(default)]
    system: Vec<Block>,
    inference_config: Option<InferenceConfig>,
    output_config: Option<OutputConfig>,
    tool_config: Option<ToolConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InferenceConfig {
    max_tokens: Option<i64>,
    temperature: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputConfig {
    text_format: Option<TextFormat>,
}

#[derive(Deserialize)]
struct TextFormat {
    r#type: String,
    structure: Option<Structure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Structure {
    json_schema: Option<JsonSchema>,
}

/// The schema is a string that holds JSON, not JSON.
#[derive(Deserialize)]
struct JsonSchema {
    schema: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig {
    #[serde(default)]
    tools: Vec<Tool>,
    tool_choice: Option<ToolChoice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    tool_spec: Option<ToolSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolSpec {
    name: String,
    input_schema: InputSchema,
    #[serde(default)]
    strict: bool,
}

#[derive(Deserialize)]
struct InputSchema {
    json: Value,
}

#[derive(Deserialize)]
struct ToolChoice {
    any: Option<Value>,
    tool: Option<NamedTool>,
}

#[derive(Deserialize)]
struct NamedTool {
    name: String,
}

/// How the caller wants the answer.
pub(crate) enum Wanted {
    /// Text of any shape.
    Text,
    /// Text that is JSON of this schema.
    Json(Value),
    /// A call of this tool, with input of this schema.
    Tool { name: String, schema: Value },
}

impl Wanted {
    /// The schema that the answer keeps to, if any.
    pub(crate) fn schema(&self) -> Option<&Value> {
        match self {
            Self::Text => None,
            Self::Json(schema) | Self::Tool { schema, .. } => Some(schema),
        }
    }
}

impl Request {
    /// Reads a body; the refusal says where, not what.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|error| {
            invalid(format!("The request body could not be read at line {} column {}.", error.line(), error.column()))
        })
    }

    /// Refuses what the service refuses; gives the wanted form of the answer.
    pub(crate) fn check(&self) -> Result<Wanted, Refusal> {
        conversation::check(&self.system, self.messages.as_deref())?;
        self.check_inference()?;
        self.wanted()
    }

    /// Texts of the system prompt, joined.
    pub(crate) fn system_text(&self) -> String {
        join(&self.system)
    }

    /// Texts of the user's messages, first to last.
    pub(crate) fn user_texts(&self) -> impl Iterator<Item = String> {
        let messages = self.messages.iter().flatten();
        messages.filter(|message| message.role == "user").map(|message| join(&message.content))
    }

    /// Text of the assistant's last message, where the conversation has one.
    pub(crate) fn last_reply(&self) -> Option<String> {
        let last = self.messages.iter().flatten().rfind(|message| message.role == "assistant");
        last.map(|message| join(&message.content))
    }

    /// Every text of the request, for counting tokens.
    pub(crate) fn all_texts(&self) -> impl Iterator<Item = &str> {
        let messages = self.messages.iter().flatten();
        let blocks = messages.flat_map(|message| &message.content);
        self.system.iter().chain(blocks).filter_map(|block| block.text.as_deref())
    }

    /// Longest answer, in tokens, where the caller sets one.
    pub(crate) fn max_tokens(&self) -> Option<usize> {
        let config = self.inference_config.as_ref()?;
        usize::try_from(config.max_tokens?).ok()
    }

    fn check_inference(&self) -> Result<(), Refusal> {
        let Some(config) = &self.inference_config else {
            return Ok(());
        };
        if let Some(tokens) = config.max_tokens.filter(|tokens| *tokens < 1) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{tokens}' at 'inferenceConfig.maxTokens' \
                 failed to satisfy constraint: Member must have value greater than or equal to 1"
            )));
        }
        if config.temperature.is_some_and(|t| !(0.0..=1.0).contains(&t)) {
            return Err(invalid(
                "1 validation error detected: Value at 'inferenceConfig.temperature' failed to \
                 satisfy constraint: Member must have value between 0 and 1",
            ));
        }
        Ok(())
    }

    fn wanted(&self) -> Result<Wanted, Refusal> {
        let json = self.output_schema()?;
        let tool = self.called_tool(json.is_some())?;
        Ok(match (tool, json) {
            (Some(tool), _) => tool,
            (None, Some(schema)) => Wanted::Json(schema),
            (None, None) => Wanted::Text,
        })
    }

    fn output_schema(&self) -> Result<Option<Value>, Refusal> {
        let Some(format) = self.output_config.as_ref().and_then(|c| c.text_format.as_ref()) else {
            return Ok(None);
        };
        if format.r#type != "json_schema" {
            return Err(invalid(
                "1 validation error detected: Value at 'outputConfig.textFormat.type' failed to \
                 satisfy constraint: Member must satisfy enum value set: [json_schema]",
            ));
        }
        let structure = format.structure.as_ref();
        let Some(definition) = structure.and_then(|s| s.json_schema.as_ref()) else {
            return Err(invalid("outputConfig.textFormat.structure.jsonSchema is missing."));
        };
        let schema = serde_json::from_str(&definition.schema)
            .map_err(|_| invalid("outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON."))?;
        schema_check::check(&schema, "output_config.format.schema").map_err(invalid)?;
        if self.messages.as_ref().is_some_and(|m| m.len() % 2 == 0) {
            return Err(invalid(
                "Prefilling assistant messages is not supported with structured output. The \
                 conversation must end with a user message.",
            ));
        }
        Ok(Some(schema))
    }

    /// The tool that a model would call; beside a text format only a demanded one.
    fn called_tool(&self, has_format: bool) -> Result<Option<Wanted>, Refusal> {
        let Some(config) = &self.tool_config else {
            return Ok(None);
        };
        let specs = || config.tools.iter().filter_map(|tool| tool.tool_spec.as_ref());
        for (number, spec) in specs().enumerate() {
            if spec.input_schema.json["type"] != "object" {
                return Err(invalid(format!(
                    "The value at toolConfig.tools.{number}.toolSpec.inputSchema.json.type must be \
                     one of the following: object."
                )));
            }
            if spec.strict {
                let at = format!("tools.{number}.custom");
                schema_check::check(&spec.input_schema.json, &at).map_err(invalid)?;
            }
        }
        let choice = config.tool_choice.as_ref();
        let spec =
            match choice.and_then(|choice| choice.tool.as_ref()) {
                Some(named) => Some(specs().find(|spec| spec.name == named.name).ok_or_else(|| {
                    invalid("The tool named in toolConfig.toolChoice is not among toolConfig.tools.")
                })?),
                None if choice.is_some_and(|choice| choice.any.is_some()) => specs().next(),
                None if has_format => None,
                None => specs().next(),
            };
        Ok(spec.map(|spec| Wanted::Tool { name: spec.name.clone(), schema: spec.input_schema.json.clone() }))
    }
}

fn invalid(reason: impl Into<String>) -> Refusal {
    let reason = reason.into();
    Refusal::Validation(reason)
}
