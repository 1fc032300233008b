//! Requests to the server: authorisation, time-outs, retries. Never leaves the base address, whatever a link says, as the
//! authorisation would go along.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::value::RawValue;
use ureq::Agent;
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::super::SourceError;
use super::Settings;

/// Tries of one request, the first included.
const TRIES: u32 = 4;
/// The longest that is waited because the server says so.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// A page is not larger.
const MOST_BYTES: u64 = 64 << 20;
const FHIR: &str = "application/fhir+json";

/// Sends a request with the authorisation that it is given.
type Send<'s> = dyn Fn(Option<&str>) -> Result<Response<ureq::Body>, ureq::Error> + 's;

pub struct Http {
    agent: Agent,
    /// With a slash at its end.
    base: String,
    bearer_file: Option<std::path::PathBuf>,
    basic_file: Option<std::path::PathBuf>,
}

impl Http {
    pub fn open(settings: &Settings) -> Result<Self, SourceError> {
        let unusable = |why: &str| SourceError::Unusable(why.to_owned());
        let base = format!("{}/", settings.base.trim_end_matches('/'));
        let uri: Uri = base.parse().map_err(|_| unusable("base is no address"))?;
        let host = uri.host().unwrap_or_default();
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if here => {}
            _ => return Err(unusable("base must begin with https:// (http:// only to this machine)")),
        }
        if uri.query().is_some() || uri.authority().is_none_or(|a| a.as_str().contains('@')) {
            return Err(unusable("base must be an address alone, without query or password"));
        }
        if settings.bearer_file.is_some() && settings.basic_file.is_some() {
            return Err(unusable("only one of bearerFile and basicFile may be set"));
        }
        let roots = match &settings.ca_file {
            Some(path) => certificates(path)?,
            None if here => Vec::new(),
            None => return Err(unusable("caFile is missing: the certificates that the server's is checked against")),
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::new_with_certs(&roots))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // A redirection would take the authorisation elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(settings.timeout.unwrap_or(30))))
            .proxy(None)
            .build()
            .into();
        let http =
            Self { agent, base, bearer_file: settings.bearer_file.clone(), basic_file: settings.basic_file.clone() };
        // A missing file is told when the program starts, not with the first patient.
        http.authorization()?;
        Ok(http)
    }

    /// `POST` of a search's parameters.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Option<Vec<u8>>, SourceError> {
        let url = format!("{}{path}", self.base);
        let body = encoded(form);
        self.tried(&|authorization| {
            let mut request = self.agent.post(&url).header("accept", FHIR);
            if let Some(a) = authorization {
                request = request.header("authorization", a);
            }
            request.content_type("application/x-www-form-urlencoded").send(body.as_bytes())
        })
    }

    pub fn get_search(&self, path: &str, form: &[(&str, &str)]) -> Result<Option<Vec<u8>>, SourceError> {
        self.get(&format!("{}{path}?{}", self.base, encoded(form)), FHIR)
    }

    /// A further page, at the address that the server gave.
    pub fn page(&self, link: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let url = self.inside(link).ok_or_else(|| {
            SourceError::Unusable("the server's next page is at another address than its base".to_owned())
        })?;
        self.get(&url, FHIR)
    }

    /// A resource by its relative reference; `None` where it is not there.
    pub fn resource(&self, reference: &str) -> Result<Option<Box<RawValue>>, SourceError> {
        let bytes = self.get(&format!("{}{reference}", self.base), FHIR)?;
        Ok(bytes.and_then(|b| serde_json::from_slice(&b).ok()))
    }

    /// The text behind an attachment's address, a Binary or the plain file; `None` for what is no text or elsewhere.
    pub fn text(&self, link: &str) -> Result<Option<String>, SourceError> {
        let Some(url) = self.inside(link) else { return Ok(None) };
        let Some(bytes) = self.get(&url, FHIR)? else { return Ok(None) };
        let Ok(text) = String::from_utf8(bytes) else { return Ok(None) };
        match serde_json::from_str::<Value>(&text) {
            Ok(binary) if binary["resourceType"] == "Binary" => {
                let plain = binary["contentType"].as_str().is_some_and(|t| t.starts_with("text/plain"));
                let data = binary["data"].as_str().and_then(|d| STANDARD.decode(d).ok());
                Ok(data.filter(|_| plain).and_then(|d| String::from_utf8(d).ok()))
            }
            Ok(Value::Object(_)) => Ok(None),
            _ => Ok(Some(text)),
        }
    }

    /// An address below the base, absolute or relative to it.
    fn inside(&self, link: &str) -> Option<String> {
        let url = if link.contains("://") {
            link.to_owned()
        } else {
            format!("{}{}", self.base, link.trim_start_matches('/'))
        };
        let (url, base): (Uri, Uri) = (url.parse().ok()?, self.base.parse().ok()?);
        let path = url.path();
        let climbs =
            path.split('/').any(|part| matches!(part, "." | "..")) || path.to_ascii_lowercase().contains("%2e");
        let same = url.scheme() == base.scheme() && url.authority() == base.authority();
        // Servers page at their base itself too: `…/fhir?_getpages=1`.
        let below = path.starts_with(base.path()) || path == base.path().trim_end_matches('/');
        (same && below && !climbs).then(|| url.to_string())
    }

    fn get(&self, url: &str, accept: &str) -> Result<Option<Vec<u8>>, SourceError> {
        self.tried(&|authorization| {
            let mut request = self.agent.get(url).header("accept", accept);
            if let Some(a) = authorization {
                request = request.header("authorization", a);
            }
            request.call()
        })
    }

    /// Sends, and again where the server asks for patience; `None` for 404 and 410.
    fn tried(&self, send: &Send) -> Result<Option<Vec<u8>>, SourceError> {
        let mut wait = Duration::from_millis(500);
        for attempt in 1..=TRIES {
            let authorization = self.authorization()?;
            let mut response = match send(authorization.as_deref()) {
                Ok(response) => response,
                Err(error) if attempt == TRIES => return Err(SourceError::Unavailable(transport(&error))),
                Err(_) => {
                    sleep(wait);
                    wait *= 2;
                    continue;
                }
            };
            match response.status().as_u16() {
                200 => {
                    let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
                    return body.map(Some).map_err(|e| SourceError::Unavailable(transport(&e)));
                }
                404 | 410 => return Ok(None),
                401 | 403 => return Err(SourceError::Unusable("the server refuses the authorisation".to_owned())),
                429 | 503 if attempt < TRIES => {
                    let asked =
                        response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.trim().parse().ok());
                    let asked = asked.map_or(wait, Duration::from_secs);
                    if asked > LONGEST_WAIT {
                        return Err(SourceError::Unavailable("it asks to come back later".to_owned()));
                    }
                    sleep(asked);
                    wait *= 2;
                }
                status @ (429 | 500..=599) => return Err(SourceError::Unavailable(format!("status {status}"))),
                status => return Err(SourceError::Unusable(format!("it answers {status}"))),
            }
        }
        Err(SourceError::Unavailable("too many tries".to_owned()))
    }

    /// The header's value, from the file as it is now.
    fn authorization(&self) -> Result<Option<String>, SourceError> {
        let read = |path: &Path| {
            let text = std::fs::read_to_string(path).map(|t| t.trim().to_owned());
            text.ok()
                .filter(|t| !t.is_empty() && !t.contains(char::is_control))
                .ok_or_else(|| SourceError::Unusable(format!("the credentials in {} cannot be read", path.display())))
        };
        match (&self.bearer_file, &self.basic_file) {
            (Some(path), _) => Ok(Some(format!("Bearer {}", read(path)?))),
            (None, Some(path)) => Ok(Some(format!("Basic {}", STANDARD.encode(read(path)?)))),
            (None, None) => Ok(None),
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, SourceError> {
    let unusable = || SourceError::Unusable(format!("caFile {} holds no certificate", path.display()));
    let pem = std::fs::read(path).map_err(|_| unusable())?;
    let all = ureq::tls::parse_pem(&pem).filter_map(|item| match item {
        Ok(ureq::tls::PemItem::Certificate(c)) => Some(c),
        _ => None,
    });
    let all: Vec<Certificate<'static>> = all.collect();
    if all.is_empty() { Err(unusable()) } else { Ok(all) }
}

/// What went wrong, without the address, which may name a patient.
fn transport(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "time-out",
        ureq::Error::Io(_) | ureq::Error::ConnectionFailed => "no connection",
        ureq::Error::HostNotFound => "host not found",
        ureq::Error::BodyExceedsLimit(_) => "the answer is too large",
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => "TLS failed: look at caFile and the server's certificate",
        _ => "the request failed",
    }
    .to_owned()
}

/// `application/x-www-form-urlencoded`, everything but letters, digits and `-._` escaped.
fn encoded(form: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            })
            .collect()
    };
    form.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn http(base: &str) -> Result<Http, SourceError> {
        let mut authority = tempfile::NamedTempFile::new().expect("a file");
        authority.write_all(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n").expect("written");
        let ca_file = Some(authority.path().to_owned());
        Http::open(&Settings { base: base.to_owned(), ca_file, ..Settings::default() })
    }

    #[test]
    fn no_link_leaves_the_base() {
        let http = http("https://ehr.example/fhir/").expect("an address");
        for link in
            ["https://ehr.example/fhir?_getpages=7", "https://ehr.example/fhir/Patient?page=2", "Binary/3", "/Binary/3"]
        {
            assert!(http.inside(link).is_some(), "{link}");
        }
        for link in [
            "https://other.example/fhir/Patient", "http://ehr.example/fhir/Patient",
            "https://ehr.example:8443/fhir/Patient", "https://ehr.example/admin", "https://ehr.example/fhir/../admin",
            "https://ehr.example/fhir/%2e%2e/admin", "https://user@ehr.example/fhir/Patient", "file:///etc/passwd",
            "https://ehr.example.evil/fhir/", "../admin",
        ] {
            assert!(http.inside(link).is_none(), "{link}");
        }
    }

    #[test]
    fn addresses_that_would_tell_secrets_are_refused() {
        for base in [
            "http://ehr.example/fhir", "ftp://ehr.example", "ehr.example/fhir", "https://u:p@ehr.example/fhir",
            "https://ehr.example/fhir?key=1", "",
        ] {
            assert!(http(base).is_err(), "{base}");
        }
        assert!(http("http://127.0.0.1:8080/fhir").is_ok());
        let without_authority = Settings { base: "https://ehr.example/fhir".to_owned(), ..Settings::default() };
        assert!(Http::open(&without_authority).is_err());
    }

    #[test]
    fn parameters_are_escaped() {
        assert_eq!(
            encoded(&[("identifier", "urn:oid:1|00 7&"), ("_count", "9")]),
            "identifier=urn%3Aoid%3A1%7C00%207%26&_count=9"
        );
    }
}
