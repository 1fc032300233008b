//! Where replies come from: the stand-in (tier 0), or replies of a model that were recorded, or are asked for now
//! by a command (tier 1). A reply is known by the hash of its prompt, so a changed prompt never meets an old reply.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use fude::draft::{self, Reply};
use fude::prompt::Prompt;
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("no reply is recorded for prompt {0}: record it with --model-command")]
    NotRecorded(String),
    #[error("the model command failed: {0}")]
    Command(String),
    #[error("the reply to prompt {0} is not of the schema")]
    Malformed(String),
    #[error("{path}: {error}")]
    Folder { path: PathBuf, error: std::io::Error },
}

/// Tier 0 or tier 1.
pub enum Model {
    StandIn,
    /// `<prompt hash>.json` below a folder; what is missing is asked of the command, which reads a Converse request
    /// from its input and prints the reply's text.
    Recorded {
        folder: PathBuf,
        command: Option<String>,
    },
}

impl Model {
    pub fn tier(&self) -> u8 {
        u8::from(!matches!(self, Self::StandIn))
    }

    /// The id that documents of this run carry.
    pub fn id(&self) -> String {
        if self.tier() == 0 { "jp.stand-in".to_owned() } else { "jp.recorded".to_owned() }
    }

    /// The reply's text, as the model said it.
    pub fn ask(&self, prompt: &Prompt) -> Result<String, ModelError> {
        let Self::Recorded { folder, command } = self else {
            return Ok(fude_standin_bedrock::compose(&prompt.system, &prompt.user, &prompt.schema));
        };
        let hash = prompt.hash().to_string();
        let path = folder.join(format!("{hash}.json"));
        if let Ok(text) = std::fs::read_to_string(&path) {
            return Ok(text);
        }
        let Some(command) = command else { return Err(ModelError::NotRecorded(hash)) };
        let text = run(command, prompt)?;
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, &text))
            .map_err(|error| ModelError::Folder { path, error })?;
        Ok(text)
    }

    pub fn reply(&self, prompt: &Prompt) -> Result<Reply, ModelError> {
        draft::parse(&self.ask(prompt)?).map_err(|_| ModelError::Malformed(prompt.hash().to_string()))
    }
}

/// The body of Bedrock's Converse, so that `aws bedrock-runtime converse --cli-input-json` can serve as the command.
fn request(prompt: &Prompt) -> serde_json::Value {
    json!({
        "system": [{ "text": prompt.system }],
        "messages": [{ "role": "user", "content": [{ "text": prompt.user }] }],
        "inferenceConfig": { "maxTokens": 8192, "temperature": 0 },
        "outputConfig": { "textFormat": { "type": "json_schema", "structure": { "jsonSchema": { "name": "draft", "schema": prompt.schema } } } }
    })
}

fn run(command: &str, prompt: &Prompt) -> Result<String, ModelError> {
    let failed = |e: &dyn std::fmt::Display| ModelError::Command(e.to_string());
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| failed(&e))?;
    let mut input = child.stdin.take().expect("piped");
    input.write_all(request(prompt).to_string().as_bytes()).map_err(|e| failed(&e))?;
    drop(input);
    let output = child.wait_with_output().map_err(|e| failed(&e))?;
    if !output.status.success() {
        return Err(failed(&output.status));
    }
    String::from_utf8(output.stdout).map_err(|e| failed(&e))
}
