//! Outgoing HTTPS: TLS 1.3 alone, certificates from files, no proxy, no redirect.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::SupportedCipherSuite;
use rustls::crypto::{CryptoProvider, ring};
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// An agent that trusts the certificates of `ca` alone and shows `identity` (certificate and key).
pub fn agent(ca: Option<&Path>, identity: Option<(&Path, &Path)>, patience: Duration) -> Result<Agent, String> {
    let mut tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(tls_1_3()))
        .root_certs(RootCerts::new_with_certs(&ca.map(certificates).transpose()?.unwrap_or_default()));
    if let Some((certificate, key)) = identity {
        let wrong = |_| format!("{} holds no private key in PEM", key.display());
        let key = PrivateKey::from_pem(&read(key)?).map_err(wrong)?;
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&certificates(certificate)?, key)));
    }
    Ok(Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(5)))
        .timeout_global(Some(patience))
        .max_redirects(0)
        .proxy(None)
        .build()
        .into())
}

/// A version without a cipher suite is not offered.
fn tls_1_3() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|suite| matches!(suite, SupportedCipherSuite::Tls13(_)));
    provider
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let bytes = read(path)?;
    let found: Vec<_> = parse_pem(&bytes)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() { Err(format!("{} holds no certificate in PEM", path.display())) } else { Ok(found) }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))
}
