//! The client certificate's leaf, parsed from its PEM.

use sha2::{Digest, Sha256};
use x509_parser::der_parser::asn1_rs::ToDer;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// The client certificate's leaf, in forms that do not depend on how a gateway displays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 over the DER of the issuer's name, then of the subject's; lower-case hex. The key of a registration.
    pub issuer_subject_sha256: String,
    /// SHA-256 over the DER of the issuer's name; with the serial it names a revoked certificate.
    pub issuer_sha256: String,
    /// Subject as RFC 4514 writes it.
    pub subject: String,
    /// Serial number as an integer in lower-case hex, without leading zeros.
    pub serial: String,
}

impl Certificate {
    /// Reads the first certificate of a PEM text; `None` where there is none that can be read.
    pub fn from_pem(pem: &str) -> Option<Self> {
        let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
        if pem.label != "CERTIFICATE" {
            return None;
        }
        let (rest, leaf) = X509Certificate::from_der(&pem.contents).ok()?;
        let (issuer, subject) = (leaf.issuer().as_raw(), leaf.subject().as_raw());
        let serial = hex::encode(leaf.raw_serial());
        let serial = serial.trim_start_matches('0');
        rest.is_empty().then(|| Self {
            issuer_subject_sha256: hex::encode(Sha256::new().chain_update(issuer).chain_update(subject).finalize()),
            issuer_sha256: hex::encode(Sha256::digest(issuer)),
            subject: rfc4514(leaf.subject()),
            serial: if serial.is_empty() { "0" } else { serial }.to_owned(),
        })
    }
}

/// A name as RFC 4514 writes it: last part first, special characters escaped, unknown types by number and DER.
fn rfc4514(name: &X509Name<'_>) -> String {
    let parts = name.iter_rdn().map(|part| {
        let attributes = part.iter().map(|attribute| {
            let oid = attribute.attr_type().to_id_string();
            match (short_name(&oid), attribute.as_str()) {
                (Some(short), Ok(value)) => format!("{short}={}", escaped(value)),
                _ => {
                    let der = attribute.attr_value().to_der_vec().unwrap_or_default();
                    format!("{oid}=#{}", hex::encode(der))
                }
            }
        });
        attributes.collect::<Vec<_>>().join("+")
    });
    let mut parts: Vec<String> = parts.collect();
    parts.reverse();
    parts.join(",")
}

/// RFC 4514, section 3.
fn short_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        _ => return None,
    })
}

/// RFC 4514, section 2.4.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (at, letter) in value.chars().enumerate() {
        match letter {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', letter]),
            ' ' if at == 0 || at == last => out.push_str("\\ "),
            '#' if at == 0 => out.push_str("\\#"),
            '\0' => out.push_str("\\00"),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with pyca/cryptography; subject and serial are expected as OpenSSL prints them, the names hashed with hashlib.
    const LEAF: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBcTCCARegAwIBAgIEAIChsjAKBggqhkjOPQQDAjAfMQswCQYDVQQGEwJKUDEQ\n\
        MA4GA1UEAwwHU29tZSBDQTAeFw0yNjAxMDEwMDAwMDBaFw0yODAxMDEwMDAwMDBa\n\
        MGIxCzAJBgNVBAYTAkpQMSUwIwYDVQQKDBxNaW5hdG8sICJHZW5lcmFsIiArIEhv\n\
        c3BpdGFsMRIwEAYDVQQLDAnjgb/jgarjgagxGDAWBgNVBAMMD2dhdGV3YXkuZXhh\n\
        bXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBKXKTNAWaEpDD9xmRZFS+Ir\n\
        HNJyM+2mi7NnL+lx9MnO9aASIGAj1yBc29YgllsZby27sAvKhBtRcFK4c/zILSIw\n\
        CgYIKoZIzj0EAwIDSAAwRQIgE/H94RahxxKTYYze0ePB8fnrT9mu1fE51aHl2Vpe\n\
        V6sCIQDv76EW4XQV8lMHba8MRRQQ7EW7bW82K1BxxyjO+IEY/Q==\n\
        -----END CERTIFICATE-----\n";

    #[test]
    fn a_leaf_is_read_as_another_tool_reads_it() {
        let leaf = Certificate::from_pem(LEAF).unwrap();
        assert_eq!(leaf.subject, "CN=gateway.example,OU=みなと,O=Minato\\, \\\"General\\\" \\+ Hospital,C=JP");
        assert_eq!(leaf.serial, "80a1b2");
        assert_eq!(leaf.issuer_sha256, "b4abc5d3d41b0fe6d102358c07eed46590dbcf71fb5566fe22f1950fa90336f3");
        assert_eq!(leaf.issuer_subject_sha256, "9c4085bf7a2e612d32d920ec00c78cae607ce4a7557866ef01ba2f562938c71b");
    }

    #[test]
    fn another_pem_is_no_certificate() {
        assert_eq!(Certificate::from_pem(&LEAF.replace("CERTIFICATE", "PUBLIC KEY")), None);
        assert_eq!(Certificate::from_pem("text"), None);
    }

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escaped(" a,b+c \"d\" "), "\\ a\\,b\\+c \\\"d\\\"\\ ");
        assert_eq!(escaped("#1;<2>\\"), "\\#1\\;\\<2\\>\\\\");
        assert_eq!(escaped("みなと病院"), "みなと病院");
    }
}
