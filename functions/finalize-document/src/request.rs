//! Headers and bodies of the acts, read and checked. Errors quote nothing of a body.

use fude::integrity::{Digest, FlagAnswer};
use fude::lifecycle::{Act, SubmittedSection};
use fude_aws::body::{self, bounded};
use fude_aws::idempotency;
use fude_aws::metadata::Issue;
use lambda_http::Request;
use lambda_http::http::header::{CONTENT_TYPE, IF_MATCH};
use serde::Deserialize;

use crate::error::Error;

/// Characters of a reason, of an addressee: all of them stay in the row of the document.
const LONGEST: usize = 500;

/// What is asked for.
#[derive(Debug)]
pub enum Wish {
    Revise(Revision),
    Finalise(Vec<FlagAnswer>),
    Withdraw { reason: String },
    Seal { reason: String },
    Issue(Issue),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    pub sections: Vec<SubmittedSection>,
    pub reason: String,
    #[serde(default)]
    pub on_behalf_of: Option<String>,
}

#[derive(Deserialize)]
struct Finalisation {
    answers: Vec<FlagAnswer>,
}

#[derive(Deserialize)]
struct Reason {
    reason: String,
}

#[derive(Debug)]
pub struct Ask {
    /// SHA-256 of the caller and the `Idempotency-Key`: a key that another person chose as well is another key.
    pub key: Digest,
    /// Of act, document and body: what makes two requests the same.
    pub hash: Digest,
    /// `If-Match` as it was sent.
    pub if_match: Option<String>,
    pub wish: Wish,
}

pub fn parse(act: Act, user: &str, document: &str, request: &Request) -> Result<Ask, Error> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(Error::NotJson);
    }
    let key = idempotency::key(request).ok_or_else(|| Error::Malformed(idempotency::WRONG.to_owned()))?;
    let body: &[u8] = request.body();
    Ok(Ask {
        key: Digest::of_parts(&[user.as_bytes(), b"\0", key.as_bytes()]),
        hash: Digest::of_parts(&[format!("{act:?}").as_bytes(), b"\0", document.as_bytes(), b"\0", body]),
        if_match: request.headers().get(IF_MATCH).map(|v| v.to_str().unwrap_or("?").trim().to_owned()),
        wish: wish(act, body).map_err(Error::Malformed)?,
    })
}

/// The bounds are those of `openapi.yaml`.
fn wish(act: Act, body: &[u8]) -> Result<Wish, String> {
    Ok(match act {
        Act::Revise => {
            let revision: Revision = body::read(body)?;
            bounded("reason", &revision.reason, LONGEST)?;
            if let Some(physician) = &revision.on_behalf_of {
                bounded("onBehalfOf", physician, 128)?;
            }
            Wish::Revise(revision)
        }
        Act::Finalise => Wish::Finalise(body::read::<Finalisation>(body)?.answers),
        Act::Withdraw => Wish::Withdraw { reason: reason(body)? },
        Act::Seal => Wish::Seal { reason: reason(body)? },
        Act::Issue => {
            let issue: Issue = body::read(body)?;
            bounded("to", &issue.to, LONGEST)?;
            bounded("how", &issue.how, LONGEST)?;
            if !(1..=1_000).contains(&issue.copies) {
                return Err("copies must be 1 to 1000".to_owned());
            }
            Wish::Issue(issue)
        }
    })
}

fn reason(body: &[u8]) -> Result<String, String> {
    let Reason { reason } = body::read(body)?;
    bounded("reason", &reason, LONGEST)?;
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Request};

    use super::{Act, Error, Wish, parse};

    fn request(body: &str, key: Option<&str>) -> Request {
        let mut request =
            lambda_http::http::Request::builder().method("POST").header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        request.header("if-match", "\"v3\"").body(Body::Text(body.to_owned())).expect("a request")
    }

    #[test]
    fn every_act_has_its_body() {
        for (act, body) in [
            (
                Act::Revise,
                r#"{"sections":[{"code":"333","sentences":[{"id":"S1","text":"x","kind":"fact","evidence":[]}]}],"reason":"r"}"#,
            ),
            (Act::Finalise, r#"{"answers":[{"flag":"W1","answer":"accepted"}]}"#),
            (Act::Withdraw, r#"{"reason":"r"}"#),
            (Act::Seal, r#"{"reason":"r"}"#),
            (Act::Issue, r#"{"to":"みなと診療所","how":"郵送","copies":1}"#),
        ] {
            let ask = parse(act, "u1", "id", &request(body, Some("k"))).expect(body);
            assert_eq!(ask.if_match.as_deref(), Some("\"v3\""));
            let other = parse(act, "u1", "other", &request(body, Some("k"))).expect(body);
            assert!(other.hash != ask.hash && other.key == ask.key);
            let another = parse(act, "u2", "id", &request(body, Some("k"))).expect(body);
            assert!(another.key != ask.key, "a key is its person's own");
            assert!(matches!(parse(act, "u1", "id", &request(body, None)), Err(Error::Malformed(_))));
            assert!(matches!(parse(act, "u1", "id", &request("{}", Some("k"))), Err(Error::Malformed(_))), "{act:?}");
        }
    }

    #[test]
    fn what_says_nothing_or_too_much_is_refused_without_a_quotation() {
        for (act, body) in [
            (Act::Withdraw, r#"{"reason":" "}"#.to_owned()),
            (Act::Withdraw, format!(r#"{{"reason":"{}"}}"#, "長".repeat(501))),
            (Act::Finalise, r#"{"answers":[{"flag":"W1","answer":"長谷川"}]}"#.to_owned()),
            (Act::Issue, r#"{"to":"長谷川","how":"x","copies":0}"#.to_owned()),
            (Act::Issue, r#"{"to":"x","how":"x","copies":"長谷川"}"#.to_owned()),
            (Act::Revise, format!(r#"{{"sections":[],"reason":"r","onBehalfOf":"{}"}}"#, "長".repeat(129))),
        ] {
            let error = parse(act, "u1", "id", &request(&body, Some("k"))).expect_err(&body).to_string();
            assert!(!error.contains("長"), "{error}");
        }
        let finalise = parse(Act::Finalise, "u1", "id", &request(r#"{"answers":[]}"#, Some("k"))).expect("no flags");
        assert!(matches!(finalise.wish, Wish::Finalise(answers) if answers.is_empty()));
    }
}
