//! The events that functions are handed: those of `events/`, made to fit the running local cloud.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::cloud::Cloud;

const DRAFT: &str = include_str!("../../../../events/generate-document/rest-staged-record.json");
const FETCH: &str = include_str!("../../../../events/fetch-document/rest-content.json");
const REVISE: &str = include_str!("../../../../events/finalize-document/rest-revisions.json");
const SWEEP: &str = include_str!("../../../../events/audit-writer/schedule.json");

/// Who asks, behind which certificate.
pub struct Caller {
    certificate: String,
}

impl Caller {
    pub fn new(cloud: &Cloud) -> Result<Self, String> {
        Ok(Self { certificate: cloud.certificate()? })
    }

    /// A new document of a staged record.
    pub fn draft(&self, patient: &str) -> Vec<u8> {
        let body = json!({
            "patientId": patient,
            "dataSourceId": "ehr-main",
            "documentType": "discharge-summary",
            "destination": { "type": "medical-institution", "institution": "みなと診療所", "department": "内科" },
        });
        let mut event = self.event(DRAFT, "/documents");
        key(&mut event);
        event["body"] = body.to_string().into();
        event.to_string().into_bytes()
    }

    /// The newest content of a document.
    pub fn fetch(&self, document: &str) -> Vec<u8> {
        let mut event = self.event(FETCH, &format!("/documents/{document}/content"));
        event["pathParameters"] = json!({ "id": document });
        event["queryStringParameters"] = Value::Null;
        event["multiValueQueryStringParameters"] = Value::Null;
        event.to_string().into_bytes()
    }

    /// The next revision of a document, with these sections.
    pub fn revise(&self, document: &str, version: &Value, sections: &Value) -> Vec<u8> {
        let mut event = self.event(REVISE, &format!("/documents/{document}/revisions"));
        key(&mut event);
        event["pathParameters"] = json!({ "id": document });
        header(&mut event, "If-Match", &format!("\"v{version}\""));
        event["body"] = json!({ "sections": sections, "reason": "紹介目的を追記した。" }).to_string().into();
        event.to_string().into_bytes()
    }

    /// What the schedule sends.
    pub fn sweep() -> Vec<u8> {
        SWEEP.as_bytes().to_vec()
    }

    fn event(&self, text: &str, path: &str) -> Value {
        let mut event: Value = serde_json::from_str(text).expect("the events are JSON");
        event["path"] = path.into();
        let context = &mut event["requestContext"];
        context["path"] = path.into();
        context["identity"]["clientCert"]["clientCertPem"] = self.certificate.clone().into();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs());
        let claims = &mut context["authorizer"]["claims"];
        claims["auth_time"] = now.to_string().into();
        claims["username"] = "sato".into();
        claims["cognito:groups"] = "hospital:hospital-a,physician".into();
        event
    }
}

/// An idempotency key that nobody used.
fn key(event: &mut Value) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    header(event, "Idempotency-Key", &format!("bench-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
}

fn header(event: &mut Value, name: &str, value: &str) {
    event["headers"][name] = value.into();
    event["multiValueHeaders"][name] = json!([value]);
}

/// The body of an answer with that status.
pub fn body(answer: &[u8], status: u16) -> Result<Value, String> {
    let answer: Value = serde_json::from_slice(answer).map_err(|_| "the answer is not JSON".to_owned())?;
    let body = answer["body"].as_str().unwrap_or_default();
    if answer["statusCode"] != status {
        return Err(format!("answered {} instead of {status}: {body}", answer["statusCode"]));
    }
    serde_json::from_str(body).map_err(|_| "the body of the answer is not JSON".to_owned())
}
