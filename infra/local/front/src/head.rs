//! What of a request's head is checked before a function is called: size, host and media type.

use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::problem::Refusal;

pub(crate) fn media_type(parts: &Parts) -> Result<(), Refusal> {
    if parts.method != Method::POST {
        return Ok(());
    }
    let sent = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Refusal::MediaType) }
}

pub(crate) fn head_size(parts: &Parts) -> usize {
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    headers.sum::<usize>() + parts.uri.path_and_query().map_or(0, |path| path.as_str().len())
}

/// The names that the server certificate has. A gateway does not let other hosts through to a function either.
pub(crate) fn host_is_ours(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
        return false;
    };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        let rest = host.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).map(|_| &host[name.len()..]);
        rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
    })
}

/// Digits only: a number's `parse` would take a sign as well, which the function's own URL parser does not.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_names_of_the_certificate_are_hosts() {
        let host = |value: &'static str| host_is_ours(&HeaderMap::from_iter([(HOST, HeaderValue::from_static(value))]));
        for good in ["localhost", "LOCALHOST:8443", "127.0.0.1:1", "[::1]:8443"] {
            assert!(host(good), "{good}");
        }
        for bad in [
            "", "localhost:", "localhost:99999", "localhost:+80", "localhost.evil.example", "evil.example:8443",
            "127.0.0.1.2",
        ] {
            assert!(!host(bad), "{bad}");
        }
        assert!(!host_is_ours(&HeaderMap::new()));
    }
}
