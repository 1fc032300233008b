//! What a front door needs to know.

use std::io::Write;
use std::str::FromStr;
use std::time::Duration;

use crate::invoke::Invoke;
use crate::pki::Pki;
use crate::tls;
use crate::token::TokenRules;

/// Which gateway the front door stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// API Gateway, REST API.
    Rest,
    /// Application load balancer.
    Alb,
}

impl Front {
    /// Bytes that an event or an answer may have.
    pub(crate) fn payload_limit(self) -> usize {
        match self {
            Self::Rest => 6 * 1024 * 1024,
            Self::Alb => 1024 * 1024,
        }
    }

    /// Bytes of request line and headers together.
    pub(crate) fn head_limit(self) -> usize {
        match self {
            Self::Rest => 10_240,
            Self::Alb => 60 * 1024,
        }
    }
}

impl FromStr for Front {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "rest" => Ok(Self::Rest),
            "alb" => Ok(Self::Alb),
            _ => Err("expected rest or alb".to_owned()),
        }
    }
}

/// What a front door needs.
pub struct Config {
    /// The gateway that it stands for.
    pub front: Front,
    /// Certificates.
    pub pki: Pki,
    /// What a token must satisfy.
    pub token: TokenRules,
    /// Reaches the functions.
    pub invoke: Invoke,
    /// How long the REST gateway waits for a function; 29 s unless raised. An ALB waits as long as the function may run.
    pub time_limit: Duration,
    /// Where the access log goes.
    pub access_log: Box<dyn Write + Send>,
}

/// Why a front door could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum FrontError {
    /// The TLS side.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// The contract that names the routes.
    #[error("contract not usable: {0}")]
    Contract(String),
}
