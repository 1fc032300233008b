//! The `STATE` row: attributes in and out.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use fude::audit::Retention;
use fude::document::Destination;
use fude::integrity::Digest;

use crate::metadata::{FlagCounts, Links, Metadata, Person, Step};

/// Who is drafting, and until when nobody else may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    pub token: String,
    /// Milliseconds since 1970.
    pub until: i64,
}

/// A document as the table knows it; `state` is a name of [`fude::lifecycle::State`].
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
    pub finalised_by: Option<Person>,
    pub finalised_at: Option<String>,
    /// The latest finalised revision: from it on, everything lies below `final/`.
    pub final_revision: Option<u32>,
    pub sealing_requested_by: Option<Person>,
    /// How long the objects of the latest final version are locked.
    pub retention: Option<Retention>,
    /// The locks were not all set when this was written: whoever comes by sets them, at the latest the schedule, which
    /// finds the row by the sparse index `unlocked`.
    pub unlocked: bool,
    /// Who did what, oldest first.
    pub history: Vec<Step>,
    /// Number of events in the document's chain, and the hash of the last.
    pub events: u64,
    pub last_event: Option<Digest>,
}

type Item = HashMap<String, AttributeValue>;

fn json(value: &impl serde::Serialize) -> AttributeValue {
    AttributeValue::S(text(value))
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain structs serialise")
}

/// JSON of an attribute that may be absent; `None` where it is there and cannot be read.
#[expect(clippy::option_option, reason = "unreadable, absent, there")]
fn read<T: serde::de::DeserializeOwned>(json: Option<String>) -> Option<Option<T>> {
    json.map(|j| serde_json::from_str(&j).ok()).map_or(Some(None), |v| v.map(Some))
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
        optional("finalisedBy", self.finalised_by.as_ref().map(text));
        optional("finalisedAt", self.finalised_at.clone());
        optional("sealingRequestedBy", self.sealing_requested_by.as_ref().map(text));
        optional("retention", self.retention.as_ref().map(text));
        optional("unlocked", self.unlocked.then(|| self.hospital.clone()));
        optional("history", (!self.history.is_empty()).then(|| text(&self.history)));
        // Who has to approve finds it as long as it is open.
        if let Some(physician) = self.on_behalf_of.as_deref().filter(|_| self.awaits_approval()) {
            optional("approverKey", Some(super::approver_key(&self.hospital, physician)));
            optional("approverAt", Some(format!("{}#{}", self.created_at, self.document_id)));
        }
        // Only what is there to be found stands in the index.
        if self.content_key.is_some() {
            optional(
                "patientKey",
                Digest::parse(&self.patient_tag).ok().map(|t| super::patient_key(&self.hospital, &t)),
            );
            optional("patientAt", Some(format!("{}#{}", self.created_at, self.document_id)));
        }
        if let Some(revision) = self.final_revision {
            item.insert("finalRevision".to_owned(), AttributeValue::N(revision.to_string()));
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
            finalised_by: read(s("finalisedBy"))?,
            finalised_at: s("finalisedAt"),
            final_revision: n("finalRevision").map(u32::try_from).transpose().ok()?,
            sealing_requested_by: read(s("sealingRequestedBy"))?,
            retention: read(s("retention"))?,
            unlocked: s("unlocked").is_some(),
            history: read(s("history"))?.unwrap_or_default(),
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
            finalised_by: self.finalised_by.clone(),
            created_at: self.created_at.clone(),
            finalised_at: self.finalised_at.clone(),
            expires_at: self.expires_at.clone(),
            sealing_requested_by: self.sealing_requested_by.clone(),
            final_revision: self.final_revision,
            history: self.history.clone(),
            links: Links {
                content: format!("{itself}/content"),
                changes: format!("{itself}/changes"),
                proof: format!("{itself}/proof"),
                itself,
            },
        }
    }

    /// What an event says of one revision that was read.
    pub fn reference_to(&self, stored: &crate::stored::Stored) -> fude::audit::DocumentRef {
        fude::audit::DocumentRef {
            revision: stored.revision,
            content_sha256: Some(stored.content_sha256),
            manifest_sha256: Some(stored.manifest_sha256),
            ..self.reference()
        }
    }

    /// Typed for somebody who has not finalised it yet.
    fn awaits_approval(&self) -> bool {
        fude::lifecycle::State::parse(&self.state).is_some_and(fude::lifecycle::State::is_open)
            && self.content_key.is_some()
    }

    /// Where objects of a revision lie: `draft/` until the document is final, from then on `final/`.
    pub fn folder(&self, revision: u32) -> String {
        let prefix = if self.final_revision.is_some() { "final" } else { "draft" };
        format!("{prefix}/{}/{revision}", self.document_id)
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
    use super::{Lease, Person, State, Step};

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

    #[test]
    fn a_final_state_comes_back_and_awaits_nobody() {
        let person = Person {
            id: "u".to_owned(),
            name: "佐藤 健".to_owned(),
            role: "physician".to_owned(),
            ..Person::default()
        };
        let step = Step {
            version: 3,
            action: "document-finalised".to_owned(),
            revision: 2,
            at: "2026-11-22T00:00:00.000Z".to_owned(),
            by: person.clone(),
            on_behalf_of: Some("sato".to_owned()),
            reason: None,
            issue: None,
            content_sha256: None,
            manifest_sha256: None,
        };
        let awaiting = State {
            hospital: "hospital-a".to_owned(),
            document_id: "0".repeat(32),
            state: "awaiting-approval".to_owned(),
            patient_tag: "ab".repeat(32),
            content_key: Some("draft/0/2/ab".to_owned()),
            on_behalf_of: Some("sato".to_owned()),
            finalised_by: Some(person),
            final_revision: Some(2),
            unlocked: true,
            history: vec![step],
            ..State::default()
        };
        assert!(awaiting.to_item().contains_key("approverKey"));
        let done = State { state: "final".to_owned(), ..awaiting };
        assert_eq!(State::from_item(&done.to_item()), Some(done.clone()));
        assert!(!done.to_item().contains_key("approverKey"));
        let mut damaged = done.to_item();
        damaged.insert("history".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("[".to_owned()));
        assert_eq!(State::from_item(&damaged), None);
    }
}
