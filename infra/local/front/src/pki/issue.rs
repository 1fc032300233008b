//! Issuing: which names, terms, usages and extensions each certificate carries.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams,
    SerialNumber,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::PkiError;

/// Some verifiers refuse a leaf that lives longer.
const LEAF_LIFE: Duration = Duration::days(825);
const DAY: Duration = Duration::DAY;

/// When a certificate is valid, seen from the day of its issue.
#[derive(Debug, Clone, Copy)]
pub(super) enum Term {
    Current,
    Past,
    Future,
}

/// What a certificate may be used for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Usage {
    Client,
    Server,
}

/// A certificate to be issued.
pub(super) struct Leaf {
    pub(super) subject: DistinguishedName,
    pub(super) names: Vec<String>,
    pub(super) term: Term,
    pub(super) usage: Usage,
}

impl Leaf {
    pub(super) fn server() -> Self {
        let names = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
        Self {
            subject: subject("Fude local cloud", None, "localhost"),
            names,
            term: Term::Current,
            usage: Usage::Server,
        }
    }

    pub(super) fn gateway(organisation: &str, id: &str) -> Self {
        let host = format!("gateway.{id}.example");
        Self {
            subject: subject(organisation, Some("Fude gateway"), &host),
            names: vec![host],
            term: Term::Current,
            usage: Usage::Client,
        }
    }
}

/// A CA that signs leaves and revocation lists.
pub(super) struct Authority {
    cert: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn create(name: &str) -> Result<Self, PkiError> {
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::default();
        params.distinguished_name = subject("Fude local cloud", None, name);
        params.serial_number = Some(random_serial());
        // Wide enough around every leaf, the past and the future one included
        params.not_before = now - DAY * 900;
        params.not_after = now + DAY * 365 * 20;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let cert = params.self_signed(&key)?.pem();
        Ok(Self { cert, issuer: Issuer::new(params, key) })
    }

    pub(super) fn read(cert: &str, key: &str) -> Result<Self, PkiError> {
        let issuer = Issuer::from_ca_cert_pem(cert, KeyPair::from_pem(key)?)?;
        Ok(Self { cert: cert.to_owned(), issuer })
    }

    pub(super) fn cert_pem(&self) -> &str {
        &self.cert
    }

    pub(super) fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// Certificate and private key, both PEM.
    pub(super) fn issue(&self, leaf: &Leaf) -> Result<(String, String), PkiError> {
        let now = OffsetDateTime::now_utc();
        let (not_before, not_after) = match leaf.term {
            Term::Current => (now - Duration::HOUR, now + LEAF_LIFE),
            Term::Past => (now - LEAF_LIFE, now - DAY),
            Term::Future => (now + DAY * 3650, now + DAY * 3650 + LEAF_LIFE),
        };
        let mut params = CertificateParams::new(leaf.names.clone())?;
        params.distinguished_name = leaf.subject.clone();
        params.serial_number = Some(random_serial());
        params.not_before = not_before;
        params.not_after = not_after;
        // Said outright: strict verifiers want key identifiers on both ends, and rcgen writes the subject's only then
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match leaf.usage {
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &self.issuer)?.pem(), key.serialize_pem()))
    }

    /// A revocation list that names these serials, PEM.
    pub(super) fn revocation_list(&self, serials: &[Vec<u8>]) -> Result<String, PkiError> {
        let now = OffsetDateTime::now_utc();
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: now,
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: now - Duration::HOUR,
            next_update: now + LEAF_LIFE,
            crl_number: SerialNumber::from(now.unix_timestamp().unsigned_abs()),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer)?.pem()?)
    }
}

/// Whether the stored certificate still is what it was made to be, for another day at least.
pub(super) fn still_serves(cert: &Path, term: Term) -> bool {
    let now = OffsetDateTime::now_utc();
    parsed(cert, |parsed| {
        let validity = parsed.validity();
        let (from, to) = (validity.not_before.to_datetime(), validity.not_after.to_datetime());
        match term {
            Term::Current => from <= now && to > now + DAY,
            Term::Past => to < now,
            Term::Future => from > now + DAY,
        }
    })
    .unwrap_or(false)
}

/// The serial number as it stands in the certificate, big-endian.
pub(super) fn serial(cert: &Path) -> Result<Vec<u8>, PkiError> {
    parsed(cert, |parsed| parsed.serial.to_bytes_be())
}

fn parsed<T>(
    path: &Path,
    look: impl FnOnce(&x509_parser::certificate::X509Certificate<'_>) -> T,
) -> Result<T, PkiError> {
    let unreadable = || PkiError::Unreadable(path.to_owned());
    let text = super::read(path)?;
    let (_, pem) = x509_parser::pem::parse_x509_pem(text.as_bytes()).map_err(|_| unreadable())?;
    Ok(look(&pem.parse_x509().map_err(|_| unreadable())?))
}

fn subject(organisation: &str, unit: Option<&str>, name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    // RFC 5280 has the country as a PrintableString
    let country = "JP".try_into().expect("two capital letters are printable");
    subject.push(DnType::CountryName, DnValue::PrintableString(country));
    subject.push(DnType::OrganizationName, organisation);
    if let Some(unit) = unit {
        subject.push(DnType::OrganizationalUnitName, unit);
    }
    subject.push(DnType::CommonName, name);
    subject
}

/// Positive, and never zero: the first byte has its top bit off and the next one on.
fn random_serial() -> SerialNumber {
    let mut bytes = Uuid::new_v4().into_bytes();
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    SerialNumber::from_slice(&bytes)
}
