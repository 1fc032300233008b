//! What the functions are told by their environment; read once, a missing variable refuses to start by name.

/// Table and buckets that every function knows.
#[derive(Clone, Debug)]
pub struct Config {
    /// `FUDE_TABLE`
    pub table: String,
    /// `FUDE_RECORDS_BUCKET`; empty for functions that read no staged record
    pub records: String,
    /// `FUDE_DOCUMENTS_BUCKET`
    pub documents: String,
    /// `FUDE_MAC_KEY_ID`: the HMAC key in KMS from which the per-hospital keys come
    pub mac_key: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} is not set")]
    Missing(&'static str),
    #[error("{0} has no usable value: {1}")]
    Unusable(&'static str, &'static str),
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("FUDE_TABLE")?,
            records: std::env::var("FUDE_RECORDS_BUCKET").unwrap_or_default(),
            documents: required("FUDE_DOCUMENTS_BUCKET")?,
            mac_key: required("FUDE_MAC_KEY_ID")?,
        })
    }
}

/// A variable that must be there and not empty.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).ok().filter(|v| !v.is_empty()).ok_or(ConfigError::Missing(name))
}
