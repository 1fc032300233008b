//! Listens, speaks TLS 1.2 or newer to browsers in the house, and puts the same guards on every answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::config::Identity;
use crate::desk::Desk;
use crate::form::SCRIPT;
use crate::pages;

const HANDSHAKE: Duration = Duration::from_secs(10);
const SWEEP: Duration = Duration::from_secs(3600);
/// Nothing from elsewhere, nothing inline; only our own pages frame our own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

pub struct Bound {
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    address: String,
}

/// The house's browsers are not ours to choose: TLS 1.2 too, towards the cloud 1.3 alone.
pub fn tls(identity: &Identity) -> Result<ServerConfig, String> {
    let wrong = |path: &std::path::Path| format!("{} cannot be read as PEM", path.display());
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(&identity.certificate).map_err(|_| wrong(&identity.certificate))?.collect();
    let chain = chain.map_err(|_| wrong(&identity.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&identity.key).map_err(|_| wrong(&identity.key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| e.to_string())?.with_no_client_auth();
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|e| format!("{} does not fit {}: {e}", identity.key.display(), identity.certificate.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

pub async fn bind(desk: &Desk) -> Result<Bound, String> {
    let wished = desk.config.listen;
    let listener = TcpListener::bind(wished).await.map_err(|e| format!("{wished} cannot be listened on: {e}"))?;
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    let acceptor = desk.config.tls.as_ref().map(tls).transpose()?.map(|c| TlsAcceptor::from(Arc::new(c)));
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let origins = desk.config.origin.clone().map_or_else(|| loopback(scheme, wished, port), |origin| vec![origin]);
    let address = origins[0].clone();
    desk.listens(origins);
    Ok(Bound { listener, acceptor, address })
}

fn loopback(scheme: &str, wished: SocketAddr, port: u16) -> Vec<String> {
    let own = SocketAddr::new(wished.ip(), port).to_string();
    vec![format!("{scheme}://localhost:{port}"), format!("{scheme}://{own}")]
}

impl Bound {
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Serves until the future is dropped.
    pub async fn serve(self, desk: Arc<Desk>) {
        let router = router(&desk);
        tokio::spawn(async move {
            loop {
                desk.sweep();
                tokio::time::sleep(SWEEP).await;
            }
        });
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                // Out of file descriptors, most likely: others will be given back
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (router, acceptor) = (router.clone(), self.acceptor.clone());
            tokio::spawn(connection(stream, acceptor, router));
        }
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, router: Router) {
    let _ = stream.set_nodelay(true);
    match acceptor {
        None => speak(stream, router).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                speak(stream, router).await;
            }
        }
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin, router: Router) {
    let service = TowerToHyperService::new(router);
    let served = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    if served.await.is_err() {
        tracing::debug!("a connection ended early");
    }
}

pub fn router(desk: &Arc<Desk>) -> Router {
    pages::routes()
        .layer(DefaultBodyLimit::max(2 * 1024 * 1024))
        .layer(from_fn_with_state(desk.clone(), guarded))
        .with_state(desk.clone())
}

/// A refusal as a page's script reads it. As a failed request it would stand in the browser's console, for the next
/// person at that terminal to see.
fn refused(response: &Response) -> Response {
    let to_sign_in = response.headers().get(header::LOCATION).is_some_and(|l| l == "/sign-in");
    let status = match response.status() {
        _ if to_sign_in => StatusCode::UNAUTHORIZED,
        status if status.is_redirection() => StatusCode::CONFLICT,
        status => status,
    };
    (StatusCode::NO_CONTENT, [("x-desk-refused", status.as_str())]).into_response()
}

/// The host is ours; and what every answer says.
async fn guarded(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let by_script = request.headers().contains_key(SCRIPT);
    let mut response = if desk.is_own_host(host) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "not served under this name").into_response()
    };
    if by_script && !response.status().is_success() {
        response = refused(&response);
    }
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        // Not `no-referrer`: browsers would send `Origin: null` with our own forms
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), clipboard-write=(self)"),
    ] {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if desk.config.tls.is_some() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}
