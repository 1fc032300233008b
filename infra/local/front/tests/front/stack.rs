//! A front door on a free port, tokens for it, and a client that sends exactly the bytes it is told.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use fude_front::{Config, Front, FrontDoor, Hospital, Identity, Invoke, InvokeError, Pki, TokenRules};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const ISSUER: &str = "http://127.0.0.1:9/ap-northeast-1_local";
pub const CLIENT: &str = "client-1";

/// A signing key and its public half as a JWK.
pub struct SigningKey {
    encoding: EncodingKey,
    jwk: Value,
}

impl SigningKey {
    fn generate() -> Self {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let text = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        let jwk =
            json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": text(key.n()), "e": text(key.e()) });
        let pem = key.to_pkcs1_pem(LineEnding::LF).unwrap();
        Self { encoding: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(), jwk }
    }

    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("k1".into());
        encode(&header, claims, &self.encoding).unwrap()
    }
}

pub static POOL: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
pub static OTHER_POOL: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

pub fn claims() -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({
        "sub": "6f1c-sato", "username": "sato", "cognito:groups": ["hospital:hospital-a", "physician"],
        "iss": ISSUER, "client_id": CLIENT, "token_use": "access", "scope": "aws.cognito.signin.user.admin",
        "auth_time": now, "iat": now, "exp": now + 3600, "jti": "j-1",
    })
}

pub fn token() -> String {
    POOL.sign(&claims())
}

/// The access log of one front door.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// What the function does with an event.
#[derive(Clone)]
pub enum Function {
    Answer(Value),
    Fail(InvokeError),
    Slow(Duration),
}

pub struct Stack {
    pub pki: Pki,
    pub log: Log,
    pub address: SocketAddr,
    /// Function name and event of each invocation that ran to its end.
    pub events: Arc<Mutex<Vec<(String, Value)>>>,
    _state: TempDir,
}

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts status and slug of a problem, and what every problem has.
    pub fn is_problem(&self, status: u16, slug: &str) {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        let body = self.json();
        assert_eq!(body["type"], format!("https://fude.example/problems/{slug}"));
        assert_eq!(body["status"], status);
        assert!(body["instance"].as_str().is_some_and(|id| id.len() > 30), "{body}");
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }
}

impl Stack {
    pub async fn start(front: Front) -> Self {
        let created = json!({ "statusCode": 201, "headers": { "content-type": "application/json" }, "body": "{}" });
        Self::with(front, Function::Answer(created), Duration::from_secs(29)).await
    }

    pub async fn with(front: Front, function: Function, time_limit: Duration) -> Self {
        let state = TempDir::new().unwrap();
        let hospital = Hospital { id: "hospital-a".into(), organisation: "Minato General Hospital".into() };
        let pki = Pki::open(state.path(), &[hospital]).unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = events.clone();
        let invoke: Invoke = Arc::new(move |name, event| {
            let (seen, function) = (seen.clone(), function.clone());
            Box::pin(async move {
                let answer = match function {
                    Function::Answer(answer) => Ok(Bytes::from(answer.to_string())),
                    Function::Fail(error) => Err(error),
                    Function::Slow(time) => {
                        tokio::time::sleep(time).await;
                        Err(InvokeError::TimedOut)
                    }
                };
                seen.lock().unwrap().push((name, serde_json::from_slice(&event).unwrap()));
                answer
            })
        });
        let jwks = json!({ "keys": [POOL.jwk] }).to_string();
        let log = Log::default();
        let door = FrontDoor::new(Config {
            front,
            pki: pki.clone(),
            token: TokenRules::new(ISSUER, CLIENT, &jwks).unwrap(),
            invoke,
            time_limit,
            access_log: Box::new(log.clone()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(door.unwrap().serve(listener));
        Self { pki, log, address, events, _state: state }
    }

    /// Sends bytes over a new TLS connection and reads to its end.
    pub async fn exchange(
        &self,
        identity: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
        bytes: &[u8],
    ) -> std::io::Result<Vec<u8>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.pki.ca_cert).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let builder = builder.with_root_certificates(roots);
        let config = match identity {
            Some(identity) => {
                let chain = vec![CertificateDer::from_pem_file(&identity.cert).unwrap()];
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(&identity.key).unwrap()).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        let stream = TcpStream::connect(self.address).await?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await?;
        stream.write_all(bytes).await?;
        stream.flush().await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    /// One request as `hospital-a`; `head` is request line and headers without the ones that every request has.
    pub async fn raw(&self, head: &str, body: &[u8]) -> Reply {
        let head = format!("{head}\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", self.address.port());
        let bytes = [head.as_bytes(), body].concat();
        let identity = &self.pki.clients["hospital-a"];
        parse(&self.exchange(Some(identity), &[&rustls::version::TLS13], &bytes).await.unwrap())
    }

    pub async fn post(&self, path: &str, token: &str, body: &[u8]) -> Reply {
        let head = format!(
            "POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nIdempotency-Key: k-1\r\nContent-Length: {}",
            body.len()
        );
        self.raw(&head, body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.raw(&format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {}", token()), b"").await
    }

    pub fn event(&self) -> (String, Value) {
        self.events.lock().unwrap().last().cloned().expect("a function was called")
    }

    pub fn calls(&self) -> usize {
        self.events.lock().unwrap().len()
    }
}

/// The last response of a connection; an interim one may come before.
fn parse(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    if status == 100 {
        return parse(&bytes[end + 4..]);
    }
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    Reply { status, headers: lines.filter_map(pair).collect(), body: bytes[end + 4..].to_vec() }
}
