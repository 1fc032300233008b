//! One SDK configuration for all clients of a function: one HTTP client on ring, four pinned roots,
//! credentials from the environment that Lambda sets.
//!
//! Loading the system's roots and walking the whole credential chain are most of a cold start
//! (1,041 system calls against 122), so neither happens here; nor is `aws-config` linked, which looks for profiles
//! and brings clients of STS and of the instance's metadata along.

use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::{
    Builder, Connector,
    tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_types::{
    SdkConfig,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};
use std::time::Duration;

/// Amazon Trust Services roots 1 to 4; every AWS endpoint in Japan chains to one of them.
const AMAZON_ROOTS: &str = include_str!("../roots/amazon.pem");

/// The pinned roots and what `AWS_CA_BUNDLE` names, as PEM.
pub fn roots() -> Vec<u8> {
    let mut roots = AMAZON_ROOTS.as_bytes().to_vec();
    if let Some(bundle) = std::env::var_os("AWS_CA_BUNDLE") {
        match std::fs::read(&bundle) {
            Ok(pem) => roots.extend([b"\n".as_slice(), &pem].concat()),
            Err(error) => tracing::warn!(%error, "AWS_CA_BUNDLE cannot be read"),
        }
    }
    roots
}

/// The one HTTP client: ring, and those roots.
pub fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(trusted()).build_https()
}

/// The same for requests that no SDK client makes.
pub fn connector() -> Connector {
    Connector::builder().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).tls_context(trusted()).build()
}

fn trusted() -> TlsContext {
    let roots = TrustStore::empty().with_pem_certificate(roots());
    TlsContext::builder().with_trust_store(roots).build().expect("the pinned roots are certificates")
}

/// The configuration that `main` builds its clients from. Endpoints, Region and credentials come from the
/// SDK's own variables.
pub fn sdk_config() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new(variable("AWS_REGION").unwrap_or_else(|| "ap-northeast-1".to_owned())))
        .credentials_provider(SharedCredentialsProvider::new(Environment))
        .service_config(Environment)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(8))
                .operation_timeout(Duration::from_secs(20))
                .build(),
        )
        .build()
}

/// What the SDK takes from variables: credentials, as Lambda sets them, and endpoints.
#[derive(Debug)]
struct Environment;

impl ProvideCredentials for Environment {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let needed = |name: &str| {
            let advice =
                "credentials are read from the environment alone: aws configure export-credentials --format env";
            variable(name).ok_or_else(|| CredentialsError::not_loaded(format!("{name} is not set; {advice}")))
        };
        future::ProvideCredentials::ready(needed("AWS_ACCESS_KEY_ID").and_then(|key| {
            let secret = needed("AWS_SECRET_ACCESS_KEY")?;
            Ok(Credentials::new(key, secret, variable("AWS_SESSION_TOKEN"), None, "environment"))
        }))
    }
}

impl LoadServiceConfig for Environment {
    /// `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` before `AWS_ENDPOINT_URL`.
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_ascii_uppercase().replace([' ', '-'], "_");
        variable(&format!("{}_{service}", key.env())).or_else(|| variable(key.env()))
    }
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// JSON log lines on standard error: message, dotted fields, never a document's words.
pub fn init_logging() {
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .with_current_span(false)
        .without_time()
        .init();
}

/// An SDK error with its causes; its own text says only "service error". Holds no patient data.
pub fn cause(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    text
}
