//! Fude's API: TLS 1.3 with the hospital's certificate, the signed-in person's token, JSON. The only way to the cloud.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::client;
use crate::config::ApiConfig;
use crate::problem::Problem;

/// The gateway gives up after 29 s; an ALB waits as long as the function may take.
const PATIENCE: Duration = Duration::from_secs(70);

#[derive(Clone)]
pub struct Api {
    agent: Agent,
    base: String,
}

/// An answer of success.
pub struct Answer {
    pub status: u16,
    /// Serves `If-Match` where the answer is metadata.
    pub etag: String,
    pub retry_after: Option<u64>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Result<Value, ApiError> {
        serde_json::from_slice(&self.body).map_err(|_| ApiError::Away)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No connection, or no answer that could be read.
    #[error("the API did not answer")]
    Away,
    #[error("the API refused")]
    Refused(Problem),
}

impl ApiError {
    /// The line or the service is down: what is typed can go on by hand.
    pub fn passes(&self) -> bool {
        match self {
            Self::Away => true,
            Self::Refused(problem) => matches!(problem.status, 429 | 502..=504),
        }
    }

    pub fn is(&self, slug: &str) -> bool {
        matches!(self, Self::Refused(problem) if problem.slug == slug)
    }
}

/// A write: the path, under which key, at which version.
pub struct Write<'w> {
    pub path: &'w str,
    pub key: &'w str,
    pub etag: Option<&'w str>,
    /// JSON.
    pub body: &'w str,
}

impl Api {
    pub fn new(config: &ApiConfig) -> Result<Self, String> {
        let agent = client::agent(Some(&config.ca), Some((&config.certificate, &config.key)), PATIENCE)?;
        Ok(Self { agent, base: config.url.trim_end_matches('/').to_owned() })
    }

    pub async fn get(&self, token: &str, path: &str, accept: &'static str) -> Result<Answer, ApiError> {
        let request = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("accept", accept)
            .header("authorization", bearer(token));
        blocking(move || answered(request.call())).await
    }

    /// A search: a `POST` that writes nothing.
    pub async fn search(&self, token: &str, body: &Value) -> Result<Answer, ApiError> {
        let request = self
            .agent
            .post(format!("{}/documents/search", self.base))
            .header("content-type", "application/json")
            .header("authorization", bearer(token));
        let body = body.to_string();
        blocking(move || answered(request.send(body))).await
    }

    pub async fn write(&self, token: &str, write: &Write<'_>) -> Result<Answer, ApiError> {
        let mut request = self
            .agent
            .post(format!("{}{}", self.base, write.path))
            .header("content-type", "application/json")
            .header("idempotency-key", write.key)
            .header("authorization", bearer(token));
        if let Some(etag) = write.etag {
            request = request.header("if-match", etag);
        }
        let body = write.body.to_owned();
        blocking(move || answered(request.send(body))).await
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ApiError::Away))
}

fn answered(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ApiError> {
    let mut response = sent.map_err(|error| {
        tracing::warn!(%error, "the API did not answer");
        ApiError::Away
    })?;
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (etag, retry_after) = (header("etag").unwrap_or_default(), header("retry-after").and_then(|v| v.parse().ok()));
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().map_err(|_| ApiError::Away)?;
    if (200..300).contains(&status) {
        return Ok(Answer { status, etag, retry_after, body });
    }
    Err(ApiError::Refused(Problem::read(status, retry_after, &body)))
}
