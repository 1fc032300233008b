//! What all pages share: configuration, the way to the cloud, sessions, kept work, the lists.

use std::os::unix::fs::DirBuilderExt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::api::{Api, ApiError};
use crate::census::Census;
use crate::cognito::{Cognito, SignInError, now};
use crate::config::Config;
use crate::drafting::Jobs;
use crate::failure::Failure;
use crate::kept::Kept;
use crate::known::Register;
use crate::session::{Session, Sessions};
use crate::sourced::House;

/// Seconds of life that a token must have left for a call.
const LEFT: u64 = 120;

pub struct Desk {
    pub config: Config,
    pub api: Api,
    pub cognito: Cognito,
    pub sessions: Sessions,
    pub kept: Kept,
    pub known: Register,
    /// Unix seconds at which the API was last asked about every patient of the list; 0 since the start.
    pub looked_up: AtomicU64,
    pub census: Census,
    pub jobs: Jobs,
    /// Where records are read in the house; without it the operator's staged ones are drafted from.
    pub house: Option<Arc<House>>,
    /// How browsers name the desk; set when it listens.
    origins: OnceLock<Vec<String>>,
}

impl Desk {
    pub fn open(config: Config) -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("{} cannot be used: {e}", config.state.display());
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.state).map_err(failed)?;
        let kept = Kept::open(&config.state).map_err(failed)?;
        Ok(Self {
            api: Api::new(&config.api)?,
            cognito: Cognito::new(&config.sign_in)?,
            sessions: Sessions::default(),
            kept,
            known: Register::open(&config.state),
            looked_up: AtomicU64::default(),
            census: Census::new(config.census.file.clone()),
            jobs: Jobs::default(),
            house: config.house()?.map(Arc::new),
            origins: OnceLock::new(),
            config,
        })
    }

    /// Throws away kept work that nobody touched for the configured days.
    pub fn sweep(&self) {
        let gone = self.kept.sweep(now().saturating_sub(u64::from(self.config.kept_days) * 86_400));
        if gone > 0 {
            tracing::info!(count = gone, "kept work that nobody sent was thrown away");
        }
    }

    pub fn listens(&self, origins: Vec<String>) {
        _ = self.origins.set(origins);
    }

    pub fn is_own_origin(&self, origin: &str) -> bool {
        self.origins.get().is_some_and(|own| own.iter().any(|o| o == origin))
    }

    /// The `Host` of a request; another one means that a page elsewhere made its name point here.
    pub fn is_own_host(&self, host: &str) -> bool {
        let own = self.origins.get().into_iter().flatten().filter_map(|o| o.split_once("://"));
        own.map(|(_, h)| h).any(|h| h == host)
    }

    /// `__Host-` binds the cookie to this host and to TLS; on loopback there may be none.
    pub fn cookie(&self) -> &'static str {
        if self.config.tls.is_some() { "__Host-desk" } else { "desk" }
    }

    /// The full name of a person, where the configuration tells it.
    pub fn full_name(&self, user: &str) -> String {
        let listed = self.config.staff.iter().find(|p| p.user == user);
        listed.map_or_else(|| user.to_owned(), |p| p.name.clone())
    }

    /// A token that lasts for the next call.
    pub async fn token(&self, session: &Session) -> Result<String, Failure> {
        let gone = Failure::SignedOut { sent: true };
        let tokens = self.sessions.tokens(session).ok_or(Failure::SignedOut { sent: true })?;
        if tokens.expires_at > now() + LEFT {
            return Ok(tokens.access);
        }
        let renewed = self.cognito.refresh(tokens.refresh.as_deref().ok_or(gone)?).await;
        match renewed {
            Ok(renewed) => {
                let access = renewed.access.clone();
                self.sessions.renew(session, renewed);
                Ok(access)
            }
            Err(SignInError::Away) => Err(Failure::Api(ApiError::Away)),
            Err(_) => {
                self.sessions.close(session);
                Err(Failure::SignedOut { sent: true })
            }
        }
    }

    /// Metadata and the tag that serves `If-Match`.
    pub async fn metadata(&self, session: &Session, id: &str) -> Result<(Value, String), Failure> {
        let token = self.token(session).await?;
        let answer = self.api.get(&token, &format!("/documents/{}", segment(id)?), "application/json").await?;
        let told = answer.json()?;
        self.known.learn(std::slice::from_ref(&told));
        Ok((told, answer.etag))
    }

    /// What the search finds, newest first, and the worklist learns of it.
    pub async fn search(&self, session: &Session, body: &Value) -> Result<Vec<crate::known::Known>, Failure> {
        let token = self.token(session).await?;
        let told = self.api.search(&token, body).await?.json()?;
        Ok(self.known.learn(told["items"].as_array().map_or(&[][..], Vec::as_slice)))
    }
}

/// An id out of an address, fit to stand in one again.
pub fn segment(id: &str) -> Result<&str, Failure> {
    let plain = !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain { Ok(id) } else { Err(Failure::NotFound) }
}
