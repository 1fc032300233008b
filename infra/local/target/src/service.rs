//! One service at its address, and calls of it, signed (AWS Signature Version 4).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4::SigningParams;
use http::HeaderMap;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::Account;

/// The longest answer that is read.
const LIMIT: u64 = 64 * 1024 * 1024;

/// A client of one service; clones share its connections.
#[derive(Clone, Debug)]
pub struct Service {
    /// In the signature's scope.
    name: &'static str,
    address: String,
    account: Account,
    agent: Agent,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("{operation}: no answer: {reason}")]
    NoAnswer { operation: String, reason: String },
    /// The service's own name of the error, and its words.
    #[error("{operation}: {status} {code}: {message}")]
    Refused { operation: String, status: u16, code: String, message: String },
}

impl CallError {
    /// The service's name of the error; empty where it did not answer.
    pub fn code(&self) -> &str {
        match self {
            Self::NoAnswer { .. } => "",
            Self::Refused { code, .. } => code,
        }
    }
}

impl Service {
    /// DynamoDB, or its Streams, which have the same name in signatures.
    pub fn dynamodb(address: &str, account: &Account) -> Self {
        Self::new("dynamodb", address, account)
    }

    pub fn s3(address: &str, account: &Account) -> Self {
        Self::new("s3", address, account)
    }

    fn new(name: &'static str, address: &str, account: &Account) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(90)))
            .max_idle_connections_per_host(64)
            .proxy(None);
        if address.starts_with("https://") {
            config = config.tls_config(tls());
        }
        Self { name, address: address.to_owned(), account: account.clone(), agent: config.build().into() }
    }

    pub fn region(&self) -> &str {
        &self.account.region
    }

    /// Whether it stands on this machine, where nobody counts calls.
    pub fn is_near(&self) -> bool {
        ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|near| self.address.starts_with(near))
    }

    /// One operation of the JSON protocol, such as `DynamoDB_20120810.GetItem`.
    pub fn json(&self, operation: &str, body: &Value) -> Result<Value, CallError> {
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", operation)];
        let no_answer = |reason| CallError::NoAnswer { operation: operation.to_owned(), reason };
        let answer = self.send("POST", "/", &headers, body.to_string().as_bytes()).map_err(no_answer)?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 {
            return Ok(body);
        }
        let text = |names: [&str; 2]| names.iter().find_map(|name| body[*name].as_str()).unwrap_or_default();
        Err(CallError::Refused {
            operation: operation.to_owned(),
            status: answer.status,
            code: text(["__type", "code"]).rsplit('#').next().unwrap_or_default().to_owned(),
            message: text(["message", "Message"]).to_owned(),
        })
    }

    /// Any request; `target` is path and query.
    pub fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, String> {
        let mut request = http::Request::builder().method(method).uri(format!("{}{target}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).map_err(|e| e.to_string())?;
        self.sign(&mut request)?;
        let mut response = self.agent.run(request).map_err(|e| e.to_string())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.body_mut().with_config().limit(LIMIT).read_to_vec().map_err(|e| e.to_string())?;
        Ok(Answer { status, headers, body })
    }

    fn sign(&self, request: &mut http::Request<&[u8]>) -> Result<(), String> {
        let mut settings = SigningSettings::default();
        if self.name == "s3" {
            // "S3 … do not normalize URI paths", and its keys are encoded once: Signature Version 4, canonical request
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let Account { region, access_key, secret_key, session_token } = &self.account;
        let identity = Credentials::new(access_key, secret_key, session_token.clone(), None, "target").into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(self.name)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|e| e.to_string())?
            .into();
        let uri = request.uri().to_string();
        let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable =
            SignableRequest::new(request.method().as_str(), &uri, headers, SignableBody::Bytes(request.body()))
                .map_err(|e| e.to_string())?;
        let (instructions, _) = sign(signable, &parameters).map_err(|e| e.to_string())?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

/// The roots that functions trust, and no others.
fn tls() -> TlsConfig {
    let pem = fude_aws::clients::roots();
    let roots: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .build()
}
