//! The `STATE` row: attributes in and out.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use fude::document::Destination;
use fude::integrity::Digest;

use crate::metadata::{FlagCounts, Links, Metadata, Person};

/// Who is drafting, and until when nobody else may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    pub token: String,
    /// Milliseconds since 1970.
    pub until: i64,
}

/// A document as the table knows it. `state` is `requested`, `draft` or `failed` so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub hospital: String,
    pub document_id: String,
    pub state: String,
    pub revision: u32,
    pub version: u64,
    pub document_type: String,
    pub data_source: String,
    pub patient_id: String,
    pub patient_tag: String,
    pub destination: Destination,
    /// Over the request without its record, and the record's own hash.
    pub request_sha256: String,
    pub lease: Option<Lease>,
    pub content_key: Option<String>,
    pub content_sha256: Option<Digest>,
    pub manifest_key: Option<String>,
    pub manifest_sha256: Option<Digest>,
    pub flags: FlagCounts,
    pub entered_by: Person,
    pub on_behalf_of: Option<String>,
    pub created_at: String,
    pub expires_at: Option<String>,
    /// Number of events in the document's chain, and the hash of the last.
    pub events: u64,
    pub last_event: Option<Digest>,
}

type Item = HashMap<String, AttributeValue>;

fn json(value: &impl serde::Serialize) -> AttributeValue {
    AttributeValue::S(serde_json::to_string(value).expect("plain structs serialise"))
}

impl State {
    pub fn to_item(&self) -> Item {
        let s = |v: &str| AttributeValue::S(v.to_owned());
        let n = |v: u64| AttributeValue::N(v.to_string());
        let mut item: Item = [
            ("pk", s(&super::document_key(&self.hospital, &self.document_id))),
            ("sk", s("STATE")),
            ("hospital", s(&self.hospital)),
            ("documentId", s(&self.document_id)),
            ("state", s(&self.state)),
            ("revision", n(u64::from(self.revision))),
            ("version", n(self.version)),
            ("documentType", s(&self.document_type)),
            ("dataSource", s(&self.data_source)),
            ("patientId", s(&self.patient_id)),
            ("patientTag", s(&self.patient_tag)),
            ("destination", json(&self.destination)),
            ("requestSha256", s(&self.request_sha256)),
            ("flagsOpen", n(self.flags.open as u64)),
            ("flagsAnswered", n(self.flags.answered as u64)),
            ("enteredBy", json(&self.entered_by)),
            ("createdAt", s(&self.created_at)),
            ("events", n(self.events)),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
        let mut optional = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                item.insert(name.to_owned(), AttributeValue::S(value));
            }
        };
        optional("leaseToken", self.lease.as_ref().map(|l| l.token.clone()));
        optional("contentKey", self.content_key.clone());
        optional("contentSha256", self.content_sha256.map(|d| d.to_string()));
        optional("manifestKey", self.manifest_key.clone());
        optional("manifestSha256", self.manifest_sha256.map(|d| d.to_string()));
        optional("onBehalfOf", self.on_behalf_of.clone());
        optional("expiresAt", self.expires_at.clone());
        optional("lastEvent", self.last_event.map(|d| d.to_string()));
        // Only what is there to be found stands in the index.
        if self.content_key.is_some() {
            optional(
                "patientKey",
                Digest::parse(&self.patient_tag).ok().map(|t| super::patient_key(&self.hospital, &t)),
            );
            optional("patientAt", Some(format!("{}#{}", self.created_at, self.document_id)));
        }
        if let Some(lease) = &self.lease {
            item.insert("leaseUntil".to_owned(), AttributeValue::N(lease.until.to_string()));
        }
        item
    }

    /// `None` for a row that is not of this shape.
    pub fn from_item(item: &Item) -> Option<Self> {
        let s = |name: &str| item.get(name).and_then(|v| v.as_s().ok()).cloned();
        let n = |name: &str| item.get(name).and_then(|v| v.as_n().ok()).and_then(|v| v.parse::<u64>().ok());
        let digest = |name: &str| match s(name) {
            Some(text) => Digest::parse(&text).ok().map(Some),
            None => Some(None),
        };
        Some(Self {
            hospital: s("hospital")?,
            document_id: s("documentId")?,
            state: s("state")?,
            revision: u32::try_from(n("revision")?).ok()?,
            version: n("version")?,
            document_type: s("documentType")?,
            data_source: s("dataSource")?,
            patient_id: s("patientId")?,
            patient_tag: s("patientTag")?,
            destination: serde_json::from_str(&s("destination")?).ok()?,
            request_sha256: s("requestSha256")?,
            lease: s("leaseToken").map(|token| Lease {
                token,
                until: n("leaseUntil").and_then(|u| i64::try_from(u).ok()).unwrap_or_default(),
            }),
            content_key: s("contentKey"),
            content_sha256: digest("contentSha256")?,
            manifest_key: s("manifestKey"),
            manifest_sha256: digest("manifestSha256")?,
            flags: FlagCounts {
                open: usize::try_from(n("flagsOpen")?).ok()?,
                answered: usize::try_from(n("flagsAnswered")?).ok()?,
            },
            entered_by: serde_json::from_str(&s("enteredBy")?).ok()?,
            on_behalf_of: s("onBehalfOf"),
            created_at: s("createdAt")?,
            expires_at: s("expiresAt"),
            events: n("events")?,
            last_event: digest("lastEvent")?,
        })
    }

    pub fn metadata(&self) -> Metadata {
        let itself = format!("/documents/{}", self.document_id);
        Metadata {
            document_id: self.document_id.clone(),
            state: self.state.clone(),
            revision: self.revision,
            version: self.version,
            document_type: self.document_type.clone(),
            patient_id: self.patient_id.clone(),
            destination: self.destination.clone(),
            content_sha256: self.content_sha256.map(|d| d.to_string()),
            flags: self.flags.clone(),
            entered_by: self.entered_by.clone(),
            on_behalf_of: self.on_behalf_of.clone(),
            finalised_by: None,
            created_at: self.created_at.clone(),
            finalised_at: None,
            expires_at: self.expires_at.clone(),
            links: Links { content: format!("{itself}/content"), itself },
        }
    }

    /// What an event says of the document as it now is.
    pub fn reference(&self) -> fude::audit::DocumentRef {
        fude::audit::DocumentRef {
            id: self.document_id.clone(),
            kind: self.document_type.clone(),
            revision: self.revision,
            version: self.version,
            state: self.state.clone(),
            content_sha256: self.content_sha256,
            manifest_sha256: self.manifest_sha256,
            expires_at: self.expires_at.as_deref().and_then(|t| fude::audit::UtcMillis::parse(t).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lease, State};

    #[test]
    fn a_state_comes_back_as_it_was_written() {
        let state = State {
            hospital: "hospital-a".to_owned(),
            document_id: "0".repeat(32),
            state: "requested".to_owned(),
            version: 1,
            lease: Some(Lease { token: "t".to_owned(), until: 5 }),
            patient_tag: "ab".repeat(32),
            ..State::default()
        };
        assert_eq!(State::from_item(&state.to_item()), Some(state.clone()));
        assert!(!state.to_item().contains_key("patientKey"), "not found before there is a draft");
    }
}
