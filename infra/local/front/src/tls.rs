//! TLS 1.3 alone, with a client certificate that the CA signed, that is in its term, made for clients and not revoked.

use std::path::Path;
use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, pem};

use crate::pki::Pki;

/// Why the TLS side could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file of the PKI cannot be read.
    #[error("unreadable PEM file {0}")]
    Pem(std::path::PathBuf, #[source] pem::Error),
    /// rustls does not take the certificates.
    #[error("certificates not accepted")]
    Rustls(#[from] rustls::Error),
    /// rustls does not take CA or revocation list.
    #[error("CA or revocation list not accepted")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

pub(crate) fn server_config(pki: &Pki) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(item::<CertificateDer<'static>>(&pki.ca_cert)?)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .with_crls([item::<CertificateRevocationListDer<'static>>(&pki.crl)?])
        .enforce_revocation_expiration()
        .build()?;
    let chain = vec![item::<CertificateDer<'static>>(&pki.server.cert)?];
    let key = item::<PrivateKeyDer<'static>>(&pki.server.key)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session would not be asked for its certificate again
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn item<T: PemObject>(path: &Path) -> Result<T, TlsError> {
    T::from_pem_file(path).map_err(|source| TlsError::Pem(path.to_owned(), source))
}
