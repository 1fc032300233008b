//! `POST /documents`: headers and body, read and checked.

use fude::document::Destination;
use fude::facts::Statement;
use fude::integrity::Digest;
use fude_aws::body::{self, bounded};
use fude_aws::idempotency;
use lambda_http::Request;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::Error;

/// The optional record apart from the fields that make two requests the same.
#[derive(Deserialize)]
struct Body<'b> {
    #[serde(borrow)]
    record: Option<&'b RawValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fields {
    pub patient_id: String,
    pub data_source_id: String,
    pub document_type: String,
    pub destination: Destination,
    #[serde(default)]
    pub encounter_id: Option<String>,
    #[serde(default)]
    pub patient_check: Option<PatientCheck>,
    #[serde(default)]
    pub statements: Vec<Stated>,
    #[serde(default)]
    pub on_behalf_of: Option<String>,
    #[serde(default)]
    pub on_model_failure: OnModelFailure,
    #[serde(default)]
    pub main_diagnosis: Option<String>,
    #[serde(default)]
    pub without_model: bool,
    #[serde(default)]
    pub remark: Option<String>,
    #[serde(default)]
    pub based_on: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatientCheck {
    #[serde(default)]
    pub birth_date: Option<String>,
    #[serde(default)]
    pub kana: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    pub section: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnModelFailure {
    #[default]
    Error,
    Extractive,
}

#[derive(Debug)]
pub struct Ask<'r> {
    pub key: String,
    pub fields: Fields,
    pub record: Option<&'r RawValue>,
    /// Of fields and record: what makes two requests the same.
    pub hash: Digest,
}

/// Inline records up to 4 MiB; larger ones are staged.
const INLINE_BYTES: usize = 4 * 1024 * 1024;

pub fn parse(request: &Request) -> Result<Ask<'_>, Error> {
    let json = request
        .headers()
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.trim_start().to_ascii_lowercase().starts_with("application/json"));
    if !json {
        return Err(Error::NotJson);
    }
    let key = idempotency::key(request).ok_or_else(|| Error::Malformed(idempotency::WRONG.to_owned()))?;
    let fields: Fields = body::read(request.body()).map_err(Error::Malformed)?;
    let Body { record } = body::read(request.body()).map_err(Error::Malformed)?;
    check(&fields).map_err(Error::Malformed)?;
    if record.is_some_and(|r| r.get().len() > INLINE_BYTES) {
        return Err(Error::RecordTooLarge);
    }
    let plain = serde_json::to_vec(&fields).expect("plain strings serialise");
    let hash = Digest::of_parts(&[&plain, b"\0", record.map_or(b"", |r| r.get().as_bytes())]);
    Ok(Ask { key, fields, record, hash })
}

/// The bounds that `openapi.yaml` has. A gateway in AWS holds them too, an ALB none.
fn check(fields: &Fields) -> Result<(), String> {
    bounded("patientId", &fields.patient_id, 64)?;
    bounded("dataSourceId", &fields.data_source_id, 64)?;
    bounded("documentType", &fields.document_type, 64)?;
    bounded("destination.type", &fields.destination.kind, 64)?;
    let check = fields.patient_check.as_ref();
    for (name, value, most) in [
        ("destination.institution", fields.destination.institution.as_ref(), 256),
        ("destination.department", fields.destination.department.as_ref(), 256),
        ("destination.recipient", fields.destination.recipient.as_ref(), 256),
        ("patientCheck.kana", check.and_then(|c| c.kana.as_ref()), 256),
        ("onBehalfOf", fields.on_behalf_of.as_ref(), 128),
        ("basedOn", fields.based_on.as_ref(), 128),
        ("encounterId", fields.encounter_id.as_ref(), 256),
        ("mainDiagnosis", fields.main_diagnosis.as_ref(), 256),
        ("remark", fields.remark.as_ref(), 2000),
    ] {
        if let Some(value) = value {
            bounded(name, value, most)?;
        }
    }
    if fields.statements.len() > 50 {
        return Err("at most 50 statements".to_owned());
    }
    for statement in &fields.statements {
        bounded("statements[].section", &statement.section, 32)?;
        bounded("statements[].text", &statement.text, 4000)?;
    }
    Ok(())
}

impl Fields {
    pub fn stated(&self) -> Vec<Statement> {
        self.statements.iter().map(|s| Statement { section: s.section.clone(), text: s.text.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::error::Error;
    use lambda_http::{Body, Request};

    fn request(key: Option<&str>, body: &str) -> Request {
        let mut request =
            lambda_http::http::Request::builder().method("POST").header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        request.body(Body::Text(body.to_owned())).expect("a valid request")
    }

    const GOOD: &str = r#"{"patientId":"1","dataSourceId":"ehr","documentType":"x","destination":{"type":"patient"}}"#;

    #[test]
    fn a_key_is_required_and_visible() {
        assert!(parse(&request(Some("k-1"), GOOD)).is_ok());
        for key in [None, Some(""), Some("a b"), Some(&*"x".repeat(256))] {
            assert!(matches!(parse(&request(key, GOOD)), Err(Error::Malformed(_))), "{key:?}");
        }
    }

    #[test]
    fn an_error_quotes_nothing_of_the_body() {
        let body = GOOD.replace("\"1\"", "{\"長谷川\":1}");
        let error = parse(&request(Some("k"), &body)).expect_err("patientId is no string");
        assert!(!error.to_string().contains("長谷川"), "{error}");
    }

    #[test]
    fn what_the_contract_does_not_take_is_malformed() {
        let with = |member: &str| GOOD.replacen('{', &format!("{{{member},"), 1);
        let long = "長".repeat(257);
        for member in [
            r#""patientCheck":{"birthdate":"1944-03-08"}"#,
            r#""patientCheck":{"kana":" "}"#,
            &format!(r#""encounterId":"{long}""#),
            &format!(r#""basedOn":"{}""#, "f".repeat(129)),
        ] {
            let error = parse(&request(Some("k"), &with(member))).expect_err(member);
            assert!(matches!(&error, Error::Malformed(why) if !why.contains('長')), "{member}: {error}");
        }
        let longest = with(&format!(r#""encounterId":"{}""#, "長".repeat(256)));
        assert!(parse(&request(Some("k"), &longest)).is_ok());
    }

    #[test]
    fn the_record_belongs_to_the_request() {
        let with = |record: &str| GOOD.replacen('{', &format!("{{\"record\":{record},"), 1);
        let (a, b) = (with("{\"a\":1}"), with("{\"a\":2}"));
        let (a, b) = (request(Some("k"), &a), request(Some("k"), &b));
        assert_ne!(parse(&a).expect("valid").hash, parse(&b).expect("valid").hash);
    }
}
