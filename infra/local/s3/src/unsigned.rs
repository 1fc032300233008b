//! Makes any request an anonymous one, so that clients are served whatever their credentials are, if they have any.
//!
//! Signatures are removed without a look at them. What they would have guarded besides the sender is still checked: the
//! body against its hash in `x-amz-content-sha256`, and its framing. Trailers become headers, for the operations to verify.

use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use s3s::crypto::{Checksum as _, Sha256};
use s3s::service::S3Service;
use s3s::{Body, HttpError, HttpResponse, S3Error};

use crate::chunked;
use crate::refused::Refused;

/// The longest body that is read, framing included.
const LONGEST: usize = 128 * 1024 * 1024;

const CONTENT_SHA256: &str = "x-amz-content-sha256";
const DECODED_LENGTH: &str = "x-amz-decoded-content-length";
const TRAILER: &str = "x-amz-trailer";
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// The query parameters of presigned URLs, in versions 4 and 2.
const PRESIGNED: [&str; 10] = [
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Signature",
    "X-Amz-SignedHeaders", "AWSAccessKeyId", "Expires", "Signature",
];

/// Passes the request on without its signature, or answers that its body is not what it says.
pub(crate) async fn answer(service: &S3Service, request: Request<Incoming>) -> Result<HttpResponse, HttpError> {
    let (parts, body) = request.into_parts();
    let rewritten = match Limited::new(body, LONGEST).collect().await {
        Ok(body) => rewrite(parts, body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::TooLarge),
        Err(error) => Err(Refused::Body(error.to_string())),
    };
    match rewritten {
        Ok(request) => service.call(request.map(Body::from)).await,
        Err(refused) => S3Error::from(refused).to_http_response().map_err(|error| HttpError::new(Box::new(error))),
    }
}

fn rewrite(mut parts: Parts, body: Bytes) -> Result<Request<Bytes>, Refused> {
    parts.uri = without_presigning(&parts.uri)?;
    let headers = &mut parts.headers;
    headers.remove(header::AUTHORIZATION);
    let body = if is_chunked(headers) {
        plain(headers, body)?
    } else {
        check_hash(headers, &body)?;
        body
    };
    let framed = headers.remove(header::TRANSFER_ENCODING).is_some();
    if framed || !body.is_empty() || headers.contains_key(header::CONTENT_LENGTH) {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    Ok(Request::from_parts(parts, body))
}

/// The hash's place says so; clients without credentials leave it out and name only the encoding.
fn is_chunked(headers: &HeaderMap) -> bool {
    match text(headers, CONTENT_SHA256) {
        Some(hash) => hash.starts_with("STREAMING-"),
        None => encodings(headers).any(is_transfer_form),
    }
}

/// Undoes the framing, and moves what was said about it and behind it to where a plain request has it.
fn plain(headers: &mut HeaderMap, framed: Bytes) -> Result<Bytes, Refused> {
    let decoded = chunked::decode(framed)?;
    let length = text(headers, DECODED_LENGTH).ok_or(Refused::NoLength)?;
    if length.parse() != Ok(decoded.body.len()) {
        return Err(Refused::Body(format!("{} bytes arrived", decoded.body.len())));
    }
    let promised = text(headers, TRAILER).unwrap_or_default().to_lowercase();
    let promised: Vec<_> = list(&promised).collect();
    if let Some(missing) = promised.iter().find(|name| !decoded.trailer.contains_key(**name)) {
        return Err(Refused::Body(format!("no trailer {missing}")));
    }
    for (name, value) in &decoded.trailer {
        if name == TRAILER_SIGNATURE {
            continue;
        }
        // A trailer says what the body is, never anew what is asked for
        let checksum = name.as_str().starts_with("x-amz-checksum-");
        if !checksum || !promised.contains(&name.as_str()) || headers.contains_key(name) {
            return Err(Refused::Body(format!("unexpected trailer {name}")));
        }
        headers.insert(name, value.clone());
    }
    let others: Vec<_> = encodings(headers).filter(|encoding| !is_transfer_form(encoding)).collect();
    let others = HeaderValue::from_str(&others.join(", ")).expect("parts of a header's text");
    if others.is_empty() {
        headers.remove(header::CONTENT_ENCODING);
    } else {
        headers.insert(header::CONTENT_ENCODING, others);
    }
    for name in [CONTENT_SHA256, DECODED_LENGTH, TRAILER, TRAILER_SIGNATURE] {
        headers.remove(name);
    }
    Ok(decoded.body.into())
}

fn check_hash(headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    let Some(given) = headers.get(CONTENT_SHA256) else {
        return Ok(());
    };
    if given == "UNSIGNED-PAYLOAD" {
        return Ok(());
    }
    let given = hex::decode(given).ok().filter(|hash| hash.len() == 32);
    let given = given.ok_or(Refused::Argument(
        "x-amz-content-sha256 is neither a SHA-256 in hex, nor UNSIGNED-PAYLOAD, nor STREAMING-…",
    ))?;
    if given == Sha256::checksum(body) { Ok(()) } else { Err(Refused::PayloadHash) }
}

fn without_presigning(uri: &Uri) -> Result<Uri, Refused> {
    let Some(query) = uri.query() else {
        return Ok(uri.clone());
    };
    let kept: Vec<_> = query
        .split('&')
        .filter(|parameter| {
            let name = parameter.split('=').next().unwrap_or_default();
            !PRESIGNED.iter().any(|gone| name.eq_ignore_ascii_case(gone))
        })
        .collect();
    let path = match kept.join("&") {
        query if query.is_empty() => uri.path().to_owned(),
        query => format!("{}?{query}", uri.path()),
    };
    let unreadable = Refused::Argument("unreadable query");
    let Ok(path) = PathAndQuery::try_from(path) else {
        return Err(unreadable);
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).map_err(|_| unreadable)
}

fn encodings(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers.get_all(header::CONTENT_ENCODING).into_iter().filter_map(|value| value.to_str().ok()).flat_map(list)
}

fn is_transfer_form(encoding: &str) -> bool {
    encoding.eq_ignore_ascii_case("aws-chunked")
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rewrites a put with these headers.
    fn put(headers: &[(&str, &str)], body: &'static str) -> Result<Request<Bytes>, Refused> {
        let mut request = Request::put("/b/k");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        rewrite(parts, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn a_chunked_request_becomes_a_plain_one() {
        let request = put(
            &[
                ("authorization", "AWS4-HMAC-SHA256 whatever"),
                ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
                ("x-amz-decoded-content-length", "2"),
                ("x-amz-trailer", "X-Amz-Checksum-CRC32"),
                ("content-encoding", "aws-chunked,gzip"),
                ("content-length", "99"),
            ],
            "2;chunk-signature=0\r\nhi\r\n0;chunk-signature=0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\
             x-amz-trailer-signature:0\r\n\r\n",
        )
        .unwrap();
        let mut headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        headers.sort_unstable();
        assert_eq!(
            headers,
            [("content-encoding", "gzip"), ("content-length", "2"), ("x-amz-checksum-crc32", "AAAAAA==")]
        );
        assert_eq!(request.body(), "hi");
    }

    #[test]
    fn without_credentials_the_encoding_tells_the_framing() {
        let encoding = ("content-encoding", "aws-chunked");
        let length = ("x-amz-decoded-content-length", "2");
        let request = put(&[encoding, length], "2\r\nhi\r\n0\r\n\r\n").unwrap();
        assert_eq!(request.body(), "hi");
        let unsigned = put(&[("content-length", "1")], "h").unwrap();
        assert_eq!(unsigned.body(), "h");
    }

    #[test]
    fn a_trailer_cannot_ask_for_anything() {
        let refused = |trailer: &str, body| {
            let streaming = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
            let length = ("x-amz-decoded-content-length", "0");
            put(&[streaming, length, ("x-amz-trailer", trailer)], body).is_err()
        };
        let checksum = "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        assert!(!refused("x-amz-checksum-crc32", checksum));
        assert!(refused("", checksum));
        assert!(refused("x-amz-checksum-sha1", checksum));
        assert!(refused("x-amz-tagging", "0\r\nx-amz-tagging:a=b\r\n\r\n"));
    }

    #[test]
    fn a_body_is_held_to_its_hash_and_length() {
        // `printf 'hi' | openssl dgst -sha256`
        let hash = "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4";
        assert!(put(&[("x-amz-content-sha256", hash)], "hi").is_ok());
        assert!(put(&[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], "hi").is_ok());
        let refused = put(&[("x-amz-content-sha256", hash)], "ho").unwrap_err();
        assert!(matches!(refused, Refused::PayloadHash));
        let refused = put(&[("x-amz-content-sha256", "8f43")], "hi").unwrap_err();
        assert!(matches!(refused, Refused::Argument(_)));
        let streaming = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        let refused = put(&[streaming], "2\r\nhi\r\n0\r\n\r\n").unwrap_err();
        assert!(matches!(refused, Refused::NoLength));
        let length = ("x-amz-decoded-content-length", "3");
        let refused = put(&[streaming, length], "2\r\nhi\r\n0\r\n\r\n").unwrap_err();
        assert!(matches!(refused, Refused::Body(_)));
    }

    #[test]
    fn presigning_goes_from_the_query_and_the_rest_stays() {
        let rewritten = |uri| without_presigning(&Uri::from_static(uri)).unwrap();
        let presigned = "/b/k%20k?versionId=1&X-Amz-Algorithm=A&X-Amz-Credential=c%2F&X-Amz-Date=d&X-Amz-Expires=1\
                         &X-Amz-SignedHeaders=host&retention&X-Amz-Signature=s";
        assert_eq!(rewritten(presigned), "/b/k%20k?versionId=1&retention");
        assert_eq!(rewritten("/b/k?AWSAccessKeyId=a&Signature=s&Expires=1"), "/b/k");
        assert_eq!(rewritten("/b?response-expires=1"), "/b?response-expires=1");
    }
}
