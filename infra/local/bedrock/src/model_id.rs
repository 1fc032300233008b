//! Which model ids the service would answer to.

use crate::refusal::Refusal;

/// Geographies of cross-Region inference profiles.
const GEOGRAPHIES: &[&str] = &["jp", "apac", "global", "us", "eu"];

/// Vendors whose ids are known.
const VENDORS: &[&str] = &[
    "anthropic", "amazon", "meta", "mistral", "cohere", "deepseek", "ai21", "openai", "qwen", "google", "nvidia",
    "moonshot", "minimax", "zai", "writer", "twelvelabs", "stability",
];

/// Refuses all but inference profiles, by id or by ARN.
pub(crate) fn check(model_id: &str) -> Result<(), Refusal> {
    let profile = match model_id.strip_prefix("arn:aws:bedrock:") {
        Some(arn) => arn.split_once(":inference-profile/").map_or("", |(_, profile)| profile),
        None => model_id,
    };
    let (first, rest) = profile.split_once('.').unwrap_or((profile, ""));
    if VENDORS.contains(&first) && is_name(rest) {
        return Err(Refusal::Validation(format!(
            "Invocation of model ID {model_id} with on-demand throughput isn’t supported. Retry \
             your request with the ID or ARN of an inference profile that contains this model."
        )));
    }
    let (vendor, name) = rest.split_once('.').unwrap_or((rest, ""));
    if GEOGRAPHIES.contains(&first) && VENDORS.contains(&vendor) && is_name(name) {
        return Ok(());
    }
    Err(Refusal::Validation("The provided model identifier is invalid.".to_owned()))
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
    !text.is_empty() && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_answered() {
        for id in [
            "jp.anthropic.claude-haiku-4-5-20251001-v1:0",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/jp.anthropic.claude-x-v1:0",
        ] {
            assert_eq!(check(id), Ok(()), "{id}");
        }
    }

    #[test]
    fn bare_id_is_refused_with_the_word_for_it() {
        let Err(Refusal::Validation(message)) = check("anthropic.claude-haiku-4-5-20251001-v1:0") else {
            panic!("answered");
        };
        assert!(message.contains("with on-demand throughput isn’t supported"));
    }

    #[test]
    fn other_ids_are_invalid() {
        for id in ["", "jp.", "jp.anthropic.", "mars.anthropic.claude-x", "jp.acme.claude-x", "claude"] {
            let Err(Refusal::Validation(message)) = check(id) else {
                panic!("answered {id}");
            };
            assert!(message.contains("identifier is invalid"), "{id}");
        }
    }
}
