//! `POST /documents/search`: the body, read and checked, and one page of what it finds.

use aws_sdk_dynamodb::Client;
use fude::integrity::Digest;
use fude_aws::body::{self, bounded};
use fude_aws::caller::Caller;
use fude_aws::state::{self, Index, State};
use fude_aws::stored::Broken;
use lambda_http::Request;
use lambda_http::http::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::cursor::Cursor;
use crate::error::Error;
use crate::period::Period;
use crate::sight::Sight;

/// Documents a page.
const PAGE: usize = 50;
/// One more than is shown tells whether there is a next page.
const READ: i32 = 51;
/// Reads of the index for one page, where a role sees few of a patient's documents; then the page is short.
const ROUNDS: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    patient_id: Option<String>,
    awaiting_approval_of: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cursor: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Whose {
    /// Documents about the patient of that id.
    Patient(String),
    /// Documents that a clerk typed for the physician of that user name, who has not finalised them yet.
    AwaitingApproval(String),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Ask {
    pub whose: Whose,
    pub period: Period,
    pub cursor: Option<String>,
}

pub fn parse(request: &Request) -> Result<Ask, Error> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Error::NotJson);
    }
    let body: Body = body::read(request.body()).map_err(Error::Malformed)?;
    let period = Period::parse(body.from.as_deref(), body.to.as_deref())?;
    let whose = whose(body.patient_id, body.awaiting_approval_of).map_err(Error::Malformed)?;
    Ok(Ask { whose, period, cursor: body.cursor })
}

/// The bounds are those of `openapi.yaml`.
fn whose(patient: Option<String>, physician: Option<String>) -> Result<Whose, String> {
    match (patient, physician) {
        (Some(id), None) => bounded("patientId", &id, 64).map(|()| Whose::Patient(id)),
        (None, Some(name)) => bounded("awaitingApprovalOf", &name, 128).map(|()| Whose::AwaitingApproval(name)),
        _ => Err("exactly one of patientId and awaitingApprovalOf must be there".to_owned()),
    }
}

fn foreign_cursor() -> Error {
    Error::Malformed("cursor is not one that this search gave".to_owned())
}

/// Newest first, and where the next page begins.
#[derive(Default)]
pub struct Found {
    pub states: Vec<State>,
    pub next: Option<String>,
}

/// One page of an index, as far as the caller's role sees it. `tag`: of the patient, where one is asked for.
pub async fn page(
    dynamodb: &Client,
    table: &str,
    caller: &Caller,
    tag: Option<&Digest>,
    ask: &Ask,
) -> Result<Found, Error> {
    let hospital = caller.hospital.as_str();
    let (index, key) = match (&ask.whose, tag) {
        (Whose::AwaitingApproval(physician), _) => (Index::Approver, state::approver_key(hospital, physician)),
        (Whose::Patient(_), Some(tag)) => (Index::Patient, state::patient_key(hospital, tag)),
        (Whose::Patient(_), None) => return Ok(Found::default()),
    };
    let cursor = match &ask.cursor {
        Some(text) => Some(Cursor::decode(text, &key, &ask.period).ok_or_else(foreign_cursor)?),
        None => None,
    };
    let mut reached = cursor;
    let mut page = Filling { sight: Sight::of(caller.role), states: Vec::new() };
    for _ in 0..ROUNDS {
        let start = reached.as_ref().map(|c| c.start(hospital, index));
        let read = state::listed(dynamodb, table, (index, &key), ask.period.bounds(), start, READ).await?;
        let of_patient = |s: &State| tag.is_none_or(|tag| Digest::parse(&s.patient_tag).as_ref() == Ok(tag));
        let whole = |s: &State| s.hospital == hospital && of_patient(s);
        if !read.states.iter().all(whole) {
            return Err(Broken::State.into());
        }
        let after = |s: &State| Cursor::after(&key, &s.created_at, &s.document_id);
        let last = read.states.last().map(after);
        if page.take(read.states) {
            let next = page.states.last().map(|s| after(s).encode());
            return Ok(Found { states: page.states, next });
        }
        match (read.next, last) {
            (Some(_), Some(last)) => reached = Some(last),
            _ => {
                return Ok(Found { states: page.states, next: None });
            }
        }
    }
    Ok(Found { states: page.states, next: reached.map(|c| c.encode()) })
}

/// A page as it fills.
struct Filling {
    sight: Sight,
    states: Vec<State>,
}

impl Filling {
    /// Whether it is full and something is left for the next.
    fn take(&mut self, states: Vec<State>) -> bool {
        let seen = states.into_iter().filter(|s| self.sight.sees(&s.document_type));
        self.states.extend(seen);
        let more = self.states.len() > PAGE;
        self.states.truncate(PAGE);
        more
    }
}

#[cfg(test)]
mod tests {
    use fude_aws::caller::Role;
    use fude_aws::state::State;
    use lambda_http::{Body, Request};

    use super::{Filling, PAGE, Sight, Whose, parse};
    use crate::error::Error;

    fn request(content_type: &str, body: &str) -> Request {
        let request = lambda_http::http::Request::builder().method("POST").header("content-type", content_type);
        request.body(Body::Text(body.to_owned())).expect("a valid request")
    }

    #[test]
    fn one_of_patient_and_physician_is_asked_for() {
        let whose = |body: &str| parse(&request("application/json; charset=utf-8", body)).map(|a| a.whose);
        assert_eq!(whose(r#"{"patientId":"1"}"#).expect("valid"), Whose::Patient("1".to_owned()));
        assert_eq!(
            whose(r#"{"awaitingApprovalOf":"sato"}"#).expect("valid"),
            Whose::AwaitingApproval("sato".to_owned())
        );
        for body in [
            "",
            "[]",
            "{}",
            "{",
            r#"{"patientId":null}"#,
            r#"{"patientId":" "}"#,
            r#"{"patientId":1}"#,
            r#"{"patientId":"1","awaitingApprovalOf":"sato"}"#,
            r#"{"patientId":"1","from":"July"}"#,
        ] {
            assert!(matches!(whose(body), Err(Error::Malformed(_))), "{body}");
        }
    }

    #[test]
    fn only_json_is_read() {
        for content_type in ["text/plain", "", "application/jsonl", "application/x-www-form-urlencoded"] {
            assert!(
                matches!(parse(&request(content_type, r#"{"patientId":"1"}"#)), Err(Error::NotJson)),
                "{content_type}"
            );
        }
    }

    #[test]
    fn an_error_quotes_nothing_of_the_body() {
        for body in [
            r#"{"patientId":{"長谷川":1}}"#,
            r#"{"patientId":"1","from":"長谷川"}"#,
            r#"{"patientId":"1","cursor":["長谷川"]}"#,
        ] {
            let error = parse(&request("application/json", body)).expect_err("mistyped");
            assert!(!error.to_string().contains("長谷川"), "{error}");
        }
    }

    #[test]
    fn a_page_fills_with_what_the_role_sees() {
        let some = |kind: &str, count| vec![State { document_type: kind.to_owned(), ..State::default() }; count];
        let mut page = Filling { sight: Sight::of(Role::Nurse), states: Vec::new() };
        assert!(!page.take(some("discharge-summary", 51)) && page.states.is_empty());
        assert!(!page.take(some("nursing-summary", PAGE)), "full, but nothing is left");
        assert!(page.take(some("nursing-summary", 1)));
        assert_eq!(page.states.len(), PAGE);
    }
}
