//! A client of the contract: mutual TLS, access token, JSON. Knows no more of Fude than a hospital's gateway would.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::HeaderMap;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};

/// Status, headers, body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{} is not answered with JSON: {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The id in an answer with metadata.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["documentId"]
            .as_str()
            .unwrap_or_else(|| panic!("no document: {} {}", self.status, self.text()))
            .to_owned()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

/// A person behind a hospital's certificate.
#[derive(Clone)]
pub struct Caller {
    pub agent: Agent,
    pub api: String,
    pub token: Option<String>,
}

impl Caller {
    /// `POST /documents` under a key.
    pub fn draft(&self, key: &str, body: &Value) -> Answer {
        self.send(
            "/documents",
            &[("content-type", "application/json"), ("idempotency-key", key)],
            body.to_string().as_bytes(),
        )
    }

    pub fn search(&self, body: &Value) -> Answer {
        self.send("/documents/search", &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// An act on a document, at the version that was read.
    pub fn act(&self, id: &str, act: &str, key: &str, etag: &str, body: &Value) -> Answer {
        self.send(
            &format!("/documents/{id}/{act}"),
            &[("content-type", "application/json"), ("idempotency-key", key), ("if-match", etag)],
            body.to_string().as_bytes(),
        )
    }

    /// The version tag of a document as it is now.
    pub fn etag(&self, id: &str) -> String {
        self.metadata(id).expect(200).header("etag").to_owned()
    }

    pub fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.agent.post(format!("{}{path}", self.api));
        for (name, value) in
            headers.iter().copied().chain(self.bearer().as_ref().map(|b| ("authorization", b.as_str())))
        {
            request = request.header(name, value);
        }
        answer(request.send(body))
    }

    pub fn get(&self, path: &str, accept: &str) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.api)).header("accept", accept);
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        answer(request.call())
    }

    pub fn delete(&self, path: &str) -> Answer {
        let mut request = self.agent.delete(format!("{}{path}", self.api));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        answer(request.call())
    }

    pub fn metadata(&self, id: &str) -> Answer {
        self.get(&format!("/documents/{id}"), "application/json")
    }

    pub fn content(&self, id: &str, accept: &str) -> Answer {
        self.get(&format!("/documents/{id}/content"), accept)
    }

    /// Repeats a request until it is neither pending nor to be retried.
    #[track_caller]
    pub fn draft_until_done(&self, key: &str, body: &Value, patience: Duration) -> Answer {
        let began = std::time::Instant::now();
        loop {
            let answer = self.draft(key, body);
            if !matches!(answer.status, 202 | 429 | 503) {
                return answer;
            }
            assert!(
                began.elapsed() < patience,
                "still {} after {} s: {}",
                answer.status,
                patience.as_secs(),
                answer.text()
            );
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    fn bearer(&self) -> Option<String> {
        self.token.as_ref().map(|t| format!("Bearer {t}"))
    }
}

/// An agent that shows a client certificate and trusts the local CA alone.
pub fn agent(ca: &Path, cert: &Path, key: &Path) -> Agent {
    let read = |path: &Path| std::fs::read(path).expect("ready.json names files that are there");
    let pem = |path: &Path| Certificate::from_pem(&read(path)).expect("a certificate");
    let key = PrivateKey::from_pem(&read(key)).expect("a private key");
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&[pem(ca)]))
        .client_cert(Some(ClientCert::new_with_certs(&[pem(cert)], key)))
        .build();
    configured(Agent::config_builder().tls_config(tls))
}

/// An agent for the stand-ins, which speak plain HTTP on loopback.
pub fn plain() -> Agent {
    configured(Agent::config_builder())
}

fn configured(builder: ureq::config::ConfigBuilder<ureq::typestate::AgentScope>) -> Agent {
    builder
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(90)))
        .max_idle_connections_per_host(64)
        .proxy(None)
        .build()
        .into()
}

#[track_caller]
pub fn answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    try_answer(sent).unwrap_or_else(|e| panic!("no answer: {e}"))
}

pub fn try_answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut response = sent.map_err(|e| e.to_string())?;
    let body = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().map_err(|e| e.to_string())?;
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
}

/// A request for a staged patient's document that goes to a medical institution.
pub fn order(patient: &str, kind: &str) -> Value {
    // The first addressee that the kind knows: a plan goes to the patient, the others to a physician.
    let types = fude::template::Template::find(kind).map(|(t, _)| t.addressee.types).unwrap_or_default();
    let addressee = types.first().map_or("medical-institution", String::as_str);
    json!({
        "patientId": patient,
        "dataSourceId": "ehr-main",
        "documentType": kind,
        "destination": { "type": addressee, "institution": "みなと診療所", "department": "内科" },
    })
}

/// The same with further members.
pub fn order_with(patient: &str, kind: &str, more: Value) -> Value {
    let mut body = order(patient, kind);
    let members = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(members);
    body
}

/// Sections of a delivered document in which a person filled what was left to fill.
pub fn filled(content: &Answer) -> Value {
    let mut sections = content.json()["sections"].take();
    for section in sections.as_array_mut().expect("sections") {
        for sentence in section["sentences"].as_array_mut().expect("sentences") {
            if sentence["empty"] == "to-confirm" || sentence["text"].as_str().is_some_and(|t| t.contains("要確認】"))
            {
                sentence["text"] = "診察のうえ確認し、記載した。".into();
            }
        }
    }
    sections
}

/// Every flag of a delivered document answered as accepted.
pub fn accepted(content: &Answer) -> Value {
    let flags = content.json()["flags"].as_array().expect("flags").clone();
    let answers: Vec<Value> = flags.iter().map(|f| json!({ "flag": f["id"], "answer": "accepted" })).collect();
    json!({ "answers": answers })
}
