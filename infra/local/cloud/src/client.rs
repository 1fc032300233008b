//! A client of the contract, as a hospital's gateway would be one: mutual TLS, access token, JSON.

use std::path::Path;
use std::time::Duration;

use fude_standin_cognito::totp_code;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};

/// Status, headers that matter, body.
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|_| format!("the answer {} is not JSON", self.status))
    }
}

/// An agent that shows a client certificate and trusts the local CA alone.
pub fn agent(ca: &Path, cert: &Path, key: &Path) -> Result<Agent, String> {
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let pem = |bytes: &[u8]| Certificate::from_pem(bytes).map_err(|e| e.to_string());
    let key = PrivateKey::from_pem(&read(key)?).map_err(|e| e.to_string())?;
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&[pem(&read(ca)?)?]))
        .client_cert(Some(ClientCert::new_with_certs(&[pem(&read(cert)?)?], key)))
        .build();
    Ok(configured(Agent::config_builder().tls_config(tls)))
}

/// An agent for the stand-ins, which speak plain HTTP on loopback.
pub fn plain() -> Agent {
    configured(Agent::config_builder())
}

fn configured(builder: ureq::config::ConfigBuilder<ureq::typestate::AgentScope>) -> Agent {
    builder.http_status_as_error(false).timeout_global(Some(Duration::from_secs(70))).proxy(None).build().into()
}

pub fn answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut response = sent.map_err(|e| format!("no answer: {e}"))?;
    let body = response
        .body_mut()
        .with_config()
        .limit(64 * 1024 * 1024)
        .read_to_vec()
        .map_err(|e| format!("the answer was cut off: {e}"))?;
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
}

/// Where to sign in, and who.
pub struct SignIn<'s> {
    pub cognito: &'s str,
    pub client_id: &'s str,
    pub user: &'s str,
    pub password: &'s str,
    pub totp_secret: &'s str,
}

/// Signs in with password and TOTP. A step can be used once: waits for an unused one and calls `waiting`.
pub fn sign_in(who: &SignIn, waiting: impl Fn()) -> Result<String, String> {
    let agent = plain();
    let call = |operation: &str, body: &Value| {
        let sent = agent
            .post(who.cognito)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
            .send(body.to_string());
        answer(sent)
    };
    let started = call(
        "InitiateAuth",
        &json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": who.client_id,
            "AuthParameters": { "USERNAME": who.user, "PASSWORD": who.password } }),
    )?;
    let started = started.json()?;
    let session = started["Session"].as_str().ok_or("the sign-in was refused")?;
    let deadline = std::time::Instant::now() + Duration::from_secs(95);
    let mut said = false;
    loop {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
        let body = json!({ "ClientId": who.client_id, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": session,
            "ChallengeResponses": { "USERNAME": who.user, "SOFTWARE_TOKEN_MFA_CODE": totp_code(who.totp_secret, now) } });
        let signed = call("RespondToAuthChallenge", &body)?.json()?;
        if let Some(token) = signed["AuthenticationResult"]["AccessToken"].as_str() {
            return Ok(token.to_owned());
        }
        let used = signed["__type"].as_str().is_some_and(|t| t.ends_with("ExpiredCodeException"));
        if !used || std::time::Instant::now() > deadline {
            return Err("the second factor was refused".to_owned());
        }
        if !said {
            waiting();
            said = true;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
