//! The model's reply as data. Holds the shape only; whether it is true is `grounding`'s business.

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    pub sections: Vec<ReplySection>,
    #[serde(default)]
    pub questions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplySection {
    pub code: String,
    pub sentences: Vec<ReplySentence>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplySentence {
    pub text: String,
    #[serde(default)]
    pub facts: Vec<String>,
    pub kind: ReplyKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyKind {
    Fact,
    Missing,
}

/// The reply is not the JSON that was asked for; the caller asks once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model's reply is not of the schema")]
pub struct MalformedReply;

/// Reads exactly the JSON of the schema: no fence, no preamble, nothing behind it.
pub fn parse(text: &str) -> Result<Reply, MalformedReply> {
    let reply: Reply = serde_json::from_str(text.trim()).map_err(|_| MalformedReply)?;
    if reply.sections.is_empty() {
        return Err(MalformedReply);
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_the_schema_is_read() {
        let good =
            r#"{"sections":[{"code":"333","sentences":[{"text":"a","facts":["F1"],"kind":"fact"}]}],"questions":[]}"#;
        assert!(parse(good).is_ok());
        assert!(parse(&format!("```json\n{good}\n```")).is_err());
        assert!(parse(&format!("はい。{good}")).is_err());
        assert!(parse(&good[..good.len() - 5]).is_err());
        assert!(parse(r#"{"sections":[],"questions":[]}"#).is_err());
    }
}
