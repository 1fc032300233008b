//! Answers of a reading: a representation with tag and digest, or a problem.

use fude::integrity::Digest;
use fude::problem::Problem;
use fude_aws::answer;
use lambda_http::http::HeaderValue;
use lambda_http::http::header::{ALLOW, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, VARY};
use lambda_http::{Body, Request, Response};

use crate::accept::{self, Media};
use crate::error::Error;

/// Tag and digest are over the bytes that are answered (RFC 9530).
pub fn represented(media: Media, text: String, request: &Request) -> Response<Body> {
    let digest = Digest::of(text.as_bytes());
    let etag = format!("\"{digest}\"");
    let known = accept::has_already(values(request, &IF_NONE_MATCH), &etag);
    let answer = answer::builder(if known { 304 } else { 200 }).header(ETAG, etag).header(VARY, "Accept");
    let answer = if known {
        answer.body(Body::Empty)
    } else {
        answer
            .header(CONTENT_TYPE, media.content_type())
            .header("Repr-Digest", format!("sha-256=:{}:", digest.base64()))
            .body(Body::Text(text))
    };
    answer.expect("headers are ASCII")
}

/// The problem that an error is, logged once.
pub fn refused(error: &Error, request_id: &str) -> Response<Body> {
    let problem = Problem::from(error);
    answer::log(error, &problem, request_id);
    let mut answer = answer::problem(&problem, request_id);
    if let Error::MethodNotAllowed(methods) = error {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    }
    answer
}

/// Values of a header, one for each line.
pub fn values<'r>(request: &'r Request, name: &HeaderName) -> impl Iterator<Item = &'r str> {
    // A value that is no ASCII names nothing that there is.
    request.headers().get_all(name).iter().map(|v| v.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::{Error, Media, refused, represented};

    #[test]
    fn tag_and_digest_are_of_the_answered_bytes() {
        let request = lambda_http::Request::default();
        let answer = represented(Media::Text, "abc".to_owned(), &request);
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        // printf abc | openssl dgst -sha256
        assert_eq!(header("etag"), "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
        assert_eq!(header("repr-digest"), "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:");
        assert_eq!((header("vary"), header("cache-control")), ("Accept", "no-store"));
        assert_eq!(header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.body(), &Body::Text("abc".to_owned()));
    }

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        let mut request = lambda_http::Request::default();
        let tag = represented(Media::Json, "{}".to_owned(), &request).headers()["etag"].clone();
        request.headers_mut().insert("if-none-match", tag.clone());
        let answer = represented(Media::Json, "{}".to_owned(), &request);
        assert_eq!((answer.status().as_u16(), answer.body(), &answer.headers()["etag"]), (304, &Body::Empty, &tag));
        assert_eq!(represented(Media::Json, "{ }".to_owned(), &request).status(), 200);
    }

    #[test]
    fn a_method_that_is_not_allowed_names_those_that_are() {
        let answer = refused(&Error::MethodNotAllowed("GET"), "r-1");
        assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &"GET".parse().expect("a value")));
    }
}
