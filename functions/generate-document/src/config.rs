//! What this function is told by its environment.

use fude_aws::config::{Config as Shared, ConfigError};

pub struct Config {
    pub shared: Shared,
    /// `FUDE_MODEL_ID`, an inference profile that stays in Japan
    pub model_id: String,
    /// `FUDE_MODEL_OUTSIDE_JAPAN`: a model id that the operator allows by name although it may leave Japan
    pub outside_japan: Option<String>,
}

const DEFAULT_MODEL: &str = "jp.anthropic.claude-haiku-4-5-20251001-v1:0";

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        let set = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
        let config = Self {
            shared: Shared::from_env()?,
            model_id: set("FUDE_MODEL_ID").unwrap_or_else(|| DEFAULT_MODEL.to_owned()),
            outside_japan: set("FUDE_MODEL_OUTSIDE_JAPAN"),
        };
        if !config.permits(&config.model_id) {
            return Err(ConfigError::Unusable(
                "FUDE_MODEL_ID",
                "a model id begins with jp., or FUDE_MODEL_OUTSIDE_JAPAN names it",
            ));
        }
        Ok(config)
    }

    /// Tokyo and Osaka only, unless the operator opted out by name.
    pub fn permits(&self, model_id: &str) -> bool {
        model_id.starts_with("jp.") || self.outside_japan.as_deref() == Some(model_id)
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, DEFAULT_MODEL, Shared};

    #[test]
    fn only_profiles_of_japan_are_permitted_unless_one_is_named() {
        let shared = Shared { table: "t".into(), records: "r".into(), documents: "d".into(), mac_key: "k".into() };
        let named = "apac.anthropic.claude-sonnet-4-20250514-v1:0";
        let mut config = Config { shared, model_id: DEFAULT_MODEL.to_owned(), outside_japan: None };
        assert!(config.permits(DEFAULT_MODEL));
        for id in [
            named,
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "anthropic.claude-haiku-4-5",
            "",
            "JP.x",
            " jp.x",
        ] {
            assert!(!config.permits(id), "{id}");
        }
        config.outside_japan = Some(named.to_owned());
        assert!(config.permits(named));
        assert!(!config.permits("global.anthropic.claude-haiku-4-5-20251001-v1:0"), "one by name, no other");
    }
}
