//! Region and credentials.

use std::env;

/// In whose name calls are signed.
#[derive(Clone)]
pub struct Account {
    pub region: String,
    pub access_key: String,
    pub secret_key: String,
    pub session_token: Option<String>,
}

/// What the environment lacks.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error(
        "{0} is not set: a service elsewhere takes AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where \
         there is one, AWS_SESSION_TOKEN (`aws configure export-credentials --format env` prints them)"
    )]
    Missing(&'static str),
}

impl Account {
    /// Of the stand-ins, which look at no signature.
    pub fn local() -> Self {
        Self {
            region: "ap-northeast-1".to_owned(),
            access_key: "local".to_owned(),
            secret_key: "local".to_owned(),
            session_token: None,
        }
    }

    /// From the variables that the AWS tools read as well.
    pub fn from_environment() -> Result<Self, AccountError> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let needed = |name: &'static str| set(name).ok_or(AccountError::Missing(name));
        Ok(Self {
            region: set("AWS_REGION")
                .map_or_else(|| needed("AWS_DEFAULT_REGION"), Ok)
                .map_err(|_| AccountError::Missing("AWS_REGION"))?,
            access_key: needed("AWS_ACCESS_KEY_ID")?,
            secret_key: needed("AWS_SECRET_ACCESS_KEY")?,
            session_token: set("AWS_SESSION_TOKEN"),
        })
    }

    /// The same as variables of a process.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_REGION", self.region.clone()),
            ("AWS_ACCESS_KEY_ID", self.access_key.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_key.clone()),
        ];
        variables.extend(self.session_token.clone().map(|token| ("AWS_SESSION_TOKEN", token)));
        variables
    }
}

// No derive: the secret stays out of logs
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Account").field("region", &self.region).finish_non_exhaustive()
    }
}
