//! What the function is told by its environment; read once, a missing variable refuses to start by name.

use fude::lifecycle::Stage;
use fude_aws::config::ConfigError;

#[derive(Clone, Debug)]
pub struct Config {
    pub shared: fude_aws::config::Config,
    /// `FUDE_RETENTION_MODE`: `GOVERNANCE` (default: a trial, locks of one day) or `COMPLIANCE` (the whole term).
    pub stage: Stage,
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        let stage = stage(std::env::var("FUDE_RETENTION_MODE").ok().as_deref())?;
        Ok(Self { shared: fude_aws::config::Config::from_env()?, stage })
    }
}

fn stage(mode: Option<&str>) -> Result<Stage, ConfigError> {
    match mode {
        None | Some("" | "GOVERNANCE") => Ok(Stage::Trial),
        Some("COMPLIANCE") => Ok(Stage::Production),
        Some(_) => Err(ConfigError::Unusable("FUDE_RETENTION_MODE", "GOVERNANCE or COMPLIANCE")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Stage, stage};

    #[test]
    fn only_what_is_typed_out_locks_for_years() {
        for (mode, expected) in [
            (None, Some(Stage::Trial)),
            (Some("GOVERNANCE"), Some(Stage::Trial)),
            (Some("COMPLIANCE"), Some(Stage::Production)),
            (Some("compliance"), None),
        ] {
            assert_eq!(stage(mode).ok(), expected, "{mode:?}");
        }
    }
}
