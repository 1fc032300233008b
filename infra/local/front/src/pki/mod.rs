//! The throw-away PKI of one local stack: CA, server and client certificates, and the ones made to be refused.
//!
//! Written on first start, read again afterwards, so that a registration by issuer and subject survives a restart. Only
//! the revocation list is signed anew each time. Nothing here is fit for anything but a machine of one's own.

mod issue;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use issue::{Authority, Leaf, Term, Usage};

/// A hospital that gets a client certificate.
#[derive(Debug, Clone)]
pub struct Hospital {
    /// Identifier, `[a-z0-9-]`, part of the certificate's common name.
    pub id: String,
    /// Romanised name, the certificate's organisation.
    pub organisation: String,
}

/// Where one certificate and its private key lie.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Certificate, PEM.
    pub cert: PathBuf,
    /// Private key, PKCS #8 PEM, readable by the owner alone.
    pub key: PathBuf,
}

/// A certificate that the front door must refuse.
#[derive(Debug, Clone)]
pub struct Refused {
    /// `expired`, `not-yet-valid`, `revoked`, `no-client-usage` or `other-ca`.
    pub why: &'static str,
    /// Certificate and key, with the subject of the first hospital.
    pub identity: Identity,
}

/// The files of the PKI.
#[derive(Debug, Clone)]
pub struct Pki {
    /// CA certificate that signs server and clients alike.
    pub ca_cert: PathBuf,
    /// Server certificate for `localhost`, `127.0.0.1` and `::1`.
    pub server: Identity,
    /// Revocation list of the CA, PEM.
    pub crl: PathBuf,
    /// Client certificates by hospital id.
    pub clients: BTreeMap<String, Identity>,
    /// A valid client certificate whose subject nobody registered.
    pub unregistered: Identity,
    /// Certificates made to be refused.
    pub refused: Vec<Refused>,
}

/// Why the PKI could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file could not be read or written.
    #[error("PKI file {path}")]
    File {
        /// The file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate could not be issued.
    #[error("certificate not issued")]
    Issue(#[from] rcgen::Error),
    /// A stored certificate cannot be read.
    #[error("unreadable certificate {0}")]
    Unreadable(PathBuf),
    /// There is no hospital to take a subject from.
    #[error("no hospital given")]
    NoHospital,
}

const REFUSED: [(&str, Term, Usage); 5] = [
    ("expired", Term::Past, Usage::Client),
    ("not-yet-valid", Term::Future, Usage::Client),
    ("revoked", Term::Current, Usage::Client),
    ("no-client-usage", Term::Current, Usage::Server),
    ("other-ca", Term::Current, Usage::Client),
];

impl Pki {
    /// Reads the PKI under `state`, and makes what is missing or about to expire.
    pub fn open(state: &Path, hospitals: &[Hospital]) -> Result<Self, PkiError> {
        let first = hospitals.first().ok_or(PkiError::NoHospital)?;
        let folder = state.join("pki");
        let ca_cert = state.join("ca.pem");
        let ca_key = folder.join("ca.key");
        if !(ca_cert.exists() && ca_key.exists()) {
            // Leaves of a CA that is gone are of no use
            let _ = fs::remove_dir_all(&folder);
        }
        for path in [&folder, &folder.join("clients"), &folder.join("refused")] {
            private_folder(path)?;
        }
        let authority = open_authority(&ca_cert, &ca_key)?;
        let server = keep(&authority, &folder.join("server"), &Leaf::server())?;
        let mut clients = BTreeMap::new();
        for hospital in hospitals {
            let leaf = Leaf::gateway(&hospital.organisation, &hospital.id);
            clients.insert(hospital.id.clone(), keep(&authority, &folder.join("clients").join(&hospital.id), &leaf)?);
        }
        let unregistered =
            keep(&authority, &folder.join("unregistered"), &Leaf::gateway("Unregistered Clinic", "unregistered"))?;
        let mut refused = Vec::new();
        for (why, term, usage) in REFUSED {
            let leaf = Leaf { term, usage, ..Leaf::gateway(&first.organisation, &first.id) };
            let stem = folder.join("refused").join(why);
            let identity = if why == "other-ca" {
                keep(&Authority::create("Another CA")?, &stem, &leaf)?
            } else {
                keep(&authority, &stem, &leaf)?
            };
            refused.push(Refused { why, identity });
        }
        let crl = folder.join("crl.pem");
        let revoked = refused.iter().filter(|refused| refused.why == "revoked");
        let serials = revoked.map(|refused| issue::serial(&refused.identity.cert)).collect::<Result<Vec<_>, _>>()?;
        write(&crl, &authority.revocation_list(&serials)?, 0o644)?;
        Ok(Self { ca_cert, server, crl, clients, unregistered, refused })
    }
}

fn open_authority(cert: &Path, key: &Path) -> Result<Authority, PkiError> {
    if cert.exists() && key.exists() {
        return Authority::read(&read(cert)?, &read(key)?);
    }
    let authority = Authority::create("Fude local CA")?;
    write(key, &authority.key_pem(), 0o600)?;
    // The certificate comes last: it is what says that the CA is complete
    write(cert, authority.cert_pem(), 0o644)?;
    Ok(authority)
}

/// The stored pair, where it still serves its purpose, or a new one.
fn keep(authority: &Authority, stem: &Path, leaf: &Leaf) -> Result<Identity, PkiError> {
    // Not `with_extension`: a name may hold a dot
    let path = |suffix: &str| PathBuf::from(format!("{}.{suffix}", stem.display()));
    let identity = Identity { cert: path("pem"), key: path("key") };
    let stored = identity.key.exists() && identity.cert.exists() && issue::still_serves(&identity.cert, leaf.term);
    if !stored {
        let (cert, key) = authority.issue(leaf)?;
        write(&identity.key, &key, 0o600)?;
        write(&identity.cert, &cert, 0o644)?;
    }
    Ok(identity)
}

fn private_folder(path: &Path) -> Result<(), PkiError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| file(path, source))
}

fn read(path: &Path) -> Result<String, PkiError> {
    fs::read_to_string(path).map_err(|source| file(path, source))
}

/// Writes beside the file and renames, so that a kill leaves no half of one.
fn write(path: &Path, content: &str, mode: u32) -> Result<(), PkiError> {
    let beside = PathBuf::from(format!("{}.new", path.display()));
    let _ = fs::remove_file(&beside);
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut out| out.write_all(content.as_bytes()).and_then(|()| out.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| file(path, source))
}

fn file(path: &Path, source: std::io::Error) -> PkiError {
    PkiError::File { path: path.to_owned(), source }
}
