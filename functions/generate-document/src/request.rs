//! `POST /documents`: headers and body, read and checked.

use fude::document::Destination;
use fude::facts::Statement;
use fude::integrity::Digest;
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
    let body: &[u8] = request.body();
    let malformed = |e: serde_json::Error| {
        // serde's own message may quote a value of the body.
        let what = match e.classify() {
            serde_json::error::Category::Data => "the body has a missing or mistyped member",
            _ => "the body is not valid JSON",
        };
        Error::Malformed(format!("{what} (line {}, column {})", e.line(), e.column()))
    };
    let fields: Fields = serde_json::from_slice(body).map_err(malformed)?;
    let Body { record } = serde_json::from_slice(body).map_err(malformed)?;
    check(&fields)?;
    if record.is_some_and(|r| r.get().len() > INLINE_BYTES) {
        return Err(Error::RecordTooLarge);
    }
    let plain = serde_json::to_vec(&fields).expect("plain strings serialise");
    let hash = Digest::of_parts(&[&plain, b"\0", record.map_or(b"", |r| r.get().as_bytes())]);
    Ok(Ask { key, fields, record, hash })
}

fn check(fields: &Fields) -> Result<(), Error> {
    let bounded = |name: &str, value: &str, most: usize| {
        if value.trim().is_empty() || value.chars().count() > most {
            return Err(Error::Malformed(format!("{name} must hold 1 to {most} characters")));
        }
        Ok(())
    };
    bounded("patientId", &fields.patient_id, 128)?;
    bounded("dataSourceId", &fields.data_source_id, 128)?;
    bounded("documentType", &fields.document_type, 128)?;
    bounded("destination.type", &fields.destination.kind, 64)?;
    for (name, value) in [
        ("destination.institution", &fields.destination.institution),
        ("destination.department", &fields.destination.department),
        ("destination.recipient", &fields.destination.recipient),
        ("onBehalfOf", &fields.on_behalf_of),
        ("encounterId", &fields.encounter_id),
        ("mainDiagnosis", &fields.main_diagnosis),
        ("remark", &fields.remark),
    ] {
        if let Some(value) = value {
            bounded(name, value, 2000)?;
        }
    }
    if fields.statements.len() > 50 {
        return Err(Error::Malformed("at most 50 statements".to_owned()));
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
    fn the_record_belongs_to_the_request() {
        let with = |record: &str| GOOD.replacen('{', &format!("{{\"record\":{record},"), 1);
        let (a, b) = (with("{\"a\":1}"), with("{\"a\":2}"));
        let (a, b) = (request(Some("k"), &a), request(Some("k"), &b));
        assert_ne!(parse(&a).expect("valid").hash, parse(&b).expect("valid").hash);
    }
}
