//! What the function is told by its environment; read once, a missing variable refuses to start.

use std::time::Duration;

use aws_sdk_s3::types::ObjectLockMode;

#[derive(Debug, Clone)]
pub struct Config {
    /// `FUDE_TABLE`
    pub table: String,
    /// `FUDE_AUDIT_BUCKET`
    pub audit_bucket: String,
    /// `FUDE_LOG_KEY_ID`: the Ed25519 key in KMS.
    pub log_key_id: String,
    /// `FUDE_RETENTION_MODE`: `GOVERNANCE` (default, for a trial) or `COMPLIANCE`.
    pub retention_mode: ObjectLockMode,
    /// `FUDE_LOG_RETENTION_DAYS`, 1 by default.
    pub retention: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} is not set")]
    Missing(&'static str),
    #[error("{0} has no usable value")]
    Unusable(&'static str),
}

/// A hundred years; what is longer is a slip of the pen that nobody could take back.
const MOST_DAYS: u64 = 36_525;

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(value_of: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let value_of = |name| value_of(name).filter(|value| !value.is_empty());
        let required = |name| value_of(name).ok_or(ConfigError::Missing(name));
        let retention_mode = match value_of("FUDE_RETENTION_MODE").as_deref() {
            None | Some("GOVERNANCE") => ObjectLockMode::Governance,
            Some("COMPLIANCE") => ObjectLockMode::Compliance,
            Some(_) => return Err(ConfigError::Unusable("FUDE_RETENTION_MODE")),
        };
        let days = value_of("FUDE_LOG_RETENTION_DAYS")
            .map_or(Ok(1), |days| days.parse())
            .ok()
            .filter(|days| (1..=MOST_DAYS).contains(days))
            .ok_or(ConfigError::Unusable("FUDE_LOG_RETENTION_DAYS"))?;
        Ok(Self {
            table: required("FUDE_TABLE")?,
            audit_bucket: required("FUDE_AUDIT_BUCKET")?,
            log_key_id: required("FUDE_LOG_KEY_ID")?,
            retention_mode,
            retention: Duration::from_secs(days * 86_400),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &[(&str, &str)], without: &str) -> Result<Config, String> {
        let values = [("FUDE_TABLE", "t"), ("FUDE_AUDIT_BUCKET", "b"), ("FUDE_LOG_KEY_ID", "k")];
        let values: Vec<_> = values.iter().chain(more).filter(|(name, _)| *name != without).collect();
        Config::read(|name| values.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn missing_variable_is_named() {
        for name in ["FUDE_TABLE", "FUDE_AUDIT_BUCKET", "FUDE_LOG_KEY_ID"] {
            assert_eq!(read(&[], name).unwrap_err(), format!("{name} is not set"));
        }
    }

    #[test]
    fn retention_is_a_day_of_governance_unless_told() {
        let config = read(&[], "").unwrap();
        assert_eq!((config.retention_mode, config.retention.as_secs()), (ObjectLockMode::Governance, 86_400));
        let config = read(&[("FUDE_RETENTION_MODE", "COMPLIANCE"), ("FUDE_LOG_RETENTION_DAYS", "3653")], "").unwrap();
        assert_eq!((config.retention_mode, config.retention.as_secs()), (ObjectLockMode::Compliance, 3653 * 86_400));
        assert!(read(&[("FUDE_RETENTION_MODE", "compliance")], "").is_err());
        for days in ["0", "-1", "ten", "36526"] {
            assert!(read(&[("FUDE_LOG_RETENTION_DAYS", days)], "").is_err());
        }
    }
}
