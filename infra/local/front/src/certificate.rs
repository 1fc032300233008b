//! The client's leaf certificate as each gateway shows it to a function.
//!
//! The display strings of the two differ (order and form of names, serial, dates); functions parse the PEM instead.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

const GATEWAY_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT");
const ALB_TIME: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// One verified leaf, ready to be put into events.
#[derive(Debug, Clone)]
pub(crate) struct ClientCertificate {
    /// `requestContext.identity.clientCert` of API Gateway.
    pub(crate) rest: Value,
    /// The `x-amzn-mtls-clientcert-*` headers of an ALB in verify mode.
    pub(crate) alb: [(&'static str, String); 5],
}

impl ClientCertificate {
    /// `None` for bytes that are no certificate.
    pub(crate) fn new(der: &[u8]) -> Option<Self> {
        let (_, leaf) = X509Certificate::from_der(der).ok()?;
        let pem = pem(der);
        let (from, to) = (leaf.validity().not_before.to_datetime(), leaf.validity().not_after.to_datetime());
        let serial = hex(&leaf.serial.to_bytes_be());
        let alb = [
            ("x-amzn-mtls-clientcert-serial-number", serial.concat().to_uppercase()),
            ("x-amzn-mtls-clientcert-issuer", name(leaf.issuer(), true)),
            ("x-amzn-mtls-clientcert-subject", name(leaf.subject(), true)),
            (
                "x-amzn-mtls-clientcert-validity",
                format!("NotBefore={};NotAfter={}", shown(from, ALB_TIME), shown(to, ALB_TIME)),
            ),
            ("x-amzn-mtls-clientcert-leaf", url_encoded(&pem)),
        ];
        let rest = json!({
            "clientCertPem": pem,
            "subjectDN": name(leaf.subject(), false),
            "issuerDN": name(leaf.issuer(), false),
            "serialNumber": serial.join(":"),
            "validity": { "notBefore": shown(from, GATEWAY_TIME), "notAfter": shown(to, GATEWAY_TIME) },
        });
        Some(Self { rest, alb })
    }
}

fn pem(der: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let text = STANDARD.encode(der);
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|&byte| char::from(byte)));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

fn hex(bytes: &[u8]) -> Vec<String> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shown(time: OffsetDateTime, format: &[BorrowedFormatItem<'_>]) -> String {
    time.format(format).expect("a certificate's time has every component")
}

/// A name as text: from the country down, or (RFC 2253) from the common name up.
fn name(name: &X509Name<'_>, upwards: bool) -> String {
    let part = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        let oid = attribute.attr_type().to_id_string();
        let short = match oid.as_str() {
            "2.5.4.3" => "CN",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            other => other,
        };
        let value = attribute.as_str().unwrap_or_default();
        let value = value.replace('\\', "\\\\").replace(',', "\\,").replace('+', "\\+");
        format!("{short}={value}")
    };
    let mut parts: Vec<String> = name.iter_attributes().map(part).collect();
    if upwards {
        parts.reverse();
    }
    parts.join(",")
}

/// Percent-encoding as the ALB does it: `+`, `=` and `/` stay.
fn url_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~+=/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_gateways_show_one_certificate_differently() {
        let state = tempfile::tempdir().unwrap();
        let hospital = crate::Hospital { id: "hospital-a".into(), organisation: "Minato Hospital, Yokohama".into() };
        let pki = crate::Pki::open(state.path(), &[hospital]).unwrap();
        let text = std::fs::read_to_string(&pki.clients["hospital-a"].cert).unwrap();
        let (_, parsed) = x509_parser::pem::parse_x509_pem(text.as_bytes()).unwrap();
        let shown = ClientCertificate::new(&parsed.contents).unwrap();

        assert_eq!(shown.rest["clientCertPem"], text.replace("\r\n", "\n"));
        let subject = "C=JP,O=Minato Hospital\\, Yokohama,OU=Fude gateway,CN=gateway.hospital-a.example";
        assert_eq!(shown.rest["subjectDN"], subject);
        assert_eq!(shown.rest["issuerDN"], "C=JP,O=Fude local cloud,CN=Fude local CA");
        assert!(shown.rest["validity"]["notAfter"].as_str().unwrap().ends_with(" GMT"));

        let alb: std::collections::BTreeMap<_, _> = shown.alb.into_iter().collect();
        assert_eq!(alb["x-amzn-mtls-clientcert-issuer"], "CN=Fude local CA,O=Fude local cloud,C=JP");
        let serial = shown.rest["serialNumber"].as_str().unwrap().replace(':', "").to_uppercase();
        assert_eq!(alb["x-amzn-mtls-clientcert-serial-number"], serial);
        let leaf = &alb["x-amzn-mtls-clientcert-leaf"];
        assert!(leaf.starts_with("-----BEGIN%20CERTIFICATE-----%0A"), "{leaf}");
        assert!(leaf.ends_with("%0A-----END%20CERTIFICATE-----%0A"), "{leaf}");
        assert!(!leaf.contains('\n'));
    }
}
