//! Events: one request as API Gateway (REST, proxy v1) or an ALB (mutual TLS in verify mode) hands it to a function.

mod alb;
mod rest;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::certificate::ClientCertificate;
use crate::config::Front;
use crate::request_id::RequestId;
use crate::routes::Operation;

/// Account, API and target group ids that stand in for real ones.
const ACCOUNT: &str = "123456789012";

/// Headers that a gateway sets itself, and the ones that concern one hop.
const OWN: [&str; 7] = [
    "connection", "expect", "transfer-encoding", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port",
    "x-forwarded-proto",
];

/// A request that passed every check of the front door.
pub(crate) struct Admitted<'a> {
    pub(crate) request: &'a http::request::Parts,
    pub(crate) body: &'a Bytes,
    pub(crate) operation: &'a Operation<'a>,
    pub(crate) claims: &'a Map<String, Value>,
    pub(crate) certificate: &'a ClientCertificate,
    pub(crate) peer: SocketAddr,
    pub(crate) port: u16,
    pub(crate) id: &'a RequestId,
    pub(crate) now: OffsetDateTime,
}

impl Admitted<'_> {
    /// The serialised event.
    pub(crate) fn event(&self, front: Front) -> Vec<u8> {
        let event = match front {
            Front::Rest => rest::event(self),
            Front::Alb => alb::event(self),
        };
        serde_json::to_vec(&event).expect("a JSON value serialises")
    }

    /// Body as text, and whether it is base64.
    fn text(&self) -> (String, bool) {
        match std::str::from_utf8(self.body) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (STANDARD.encode(self.body), true),
        }
    }

    /// Headers by lower-case name; values that are no text are dropped, as are the ones a gateway sets itself.
    fn headers(&self) -> BTreeMap<String, Vec<String>> {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.request.headers {
            let name = name.as_str();
            if OWN.contains(&name) {
                continue;
            }
            if let Ok(value) = value.to_str() {
                headers.entry(name.to_owned()).or_default().push(value.to_owned());
            }
        }
        headers
    }

    /// The chain of addresses that the request came by; this hop is the last and the only one to be believed.
    fn forwarded_for(&self) -> String {
        let earlier = self.request.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let peer = self.peer.ip();
        earlier.map_or_else(|| peer.to_string(), |earlier| format!("{earlier}, {peer}"))
    }
}

/// Decodes `%XX`, and `+` as a space in a query; what is no escape stays as it is.
pub(crate) fn decode_percent(text: &str, query: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes[at] == b'%';
        let byte = bytes.get(at + 1..at + 3).filter(|hex| escaped && hex.iter().all(u8::is_ascii_hexdigit));
        let byte = byte.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match byte {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if query && bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Pairs of a query string, as they were sent.
fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_escapes_are_decoded_and_bad_ones_kept() {
        assert_eq!(decode_percent("a%20b+c", true), "a b c");
        assert_eq!(decode_percent("a+b", false), "a+b");
        assert_eq!(decode_percent("%E6%BC%A2", false), "漢");
        for bad in ["%", "%4", "%zz", "%+1", "100%"] {
            assert_eq!(decode_percent(bad, false), bad);
        }
        assert_eq!(decode_percent("%ff", false), "\u{fffd}");
    }
}
