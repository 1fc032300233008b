//! A signed-in caller behind a hospital's certificate.

use serde_json::Value;

use crate::client::{self, Answer};

#[derive(Clone)]
pub struct Caller {
    pub agent: ureq::Agent,
    pub api: String,
    pub token: String,
}

impl Caller {
    /// Under a new `Idempotency-Key`; acts on a document also name the version that they are about.
    pub async fn post(&self, path: &str, etag: Option<&str>, body: Value) -> Result<Answer, String> {
        let (caller, path, etag) = (self.clone(), path.to_owned(), etag.map(str::to_owned));
        blocking(move || {
            let mut request = caller
                .agent
                .post(format!("{}{path}", caller.api))
                .header("authorization", format!("Bearer {}", caller.token))
                .header("content-type", "application/json")
                .header("idempotency-key", uuid::Uuid::new_v4().to_string());
            if let Some(etag) = etag {
                request = request.header("if-match", etag);
            }
            client::answer(request.send(body.to_string()))
        })
        .await
    }

    pub async fn get(&self, path: &str, accept: &'static str) -> Result<Answer, String> {
        let (caller, path) = (self.clone(), path.to_owned());
        blocking(move || {
            let request = caller.agent.get(format!("{}{path}", caller.api)).header("accept", accept);
            client::answer(request.header("authorization", format!("Bearer {}", caller.token)).call())
        })
        .await
    }
}

pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())?
}

/// The slug alone: a problem's detail is for the caller, a log may follow.
pub fn problem(answer: &Answer) -> String {
    answer
        .json()
        .ok()
        .and_then(|p| Some(format!("{} ({})", p["type"].as_str()?, p["detail"].as_str()?)))
        .unwrap_or_default()
}
