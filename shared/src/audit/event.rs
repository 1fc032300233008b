//! One audit event, `fude/audit-event/1`: who, what, which patient, when, from where, why.
//!
//! Holds ids, hashes and codes, never a name of a patient or a text of a document. Leaves out
//! the row it lies in (`row`) and the FHIR AuditEvent rendered from it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::instant::UtcMillis;
use super::row::RowKey;
use crate::integrity::Digest;
use crate::integrity::canonical::{self, CanonicalError};

/// The stored format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventSchema {
    #[default]
    #[serde(rename = "fude/audit-event/1")]
    V1,
}

/// One event: camelCase, absent fields left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditEvent {
    pub schema: EventSchema,
    pub hospital: String,
    pub action: Action,
    pub outcome: Outcome,
    /// Server time.
    pub at: UtcMillis,
    pub request_id: String,
    pub agent: Agent,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentRef>,
    /// HMAC of the patient id under the hospital's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_tag: Option<Digest>,
    pub source: Source,
    /// A problem slug or code; never free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the person stated (why, to whom, how) stands in the table alone; here is [`Salt::commit`] of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated_sha256: Option<Digest>,
    /// Of a finalisation: how long the objects of the final version are locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Of a finalisation: how carefully it was read, as far as a machine sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Hash of the event before this one on the same document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Counts from 1 within the row's `pk`.
    pub sequence: u64,
    pub salt: Salt,
}

/// What was done. Stored names are for ever: variants are added, never renamed or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    DraftRequested,
    DocumentDrafted,
    DraftingFailed,
    DocumentRevised,
    DocumentFinalised,
    AmendmentBegun,
    DocumentWithdrawn,
    SealingRequested,
    DocumentSealed,
    DocumentIssued,
    DocumentReissued,
    RetentionExtended,
    DocumentRead,
    MetadataRead,
    ProofRead,
    ChangesRead,
    Search,
    RequestRefused,
    IntegrityFailure,
}

impl Action {
    /// The stored name, e.g. `document-drafted`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DraftRequested => "draft-requested",
            Self::DocumentDrafted => "document-drafted",
            Self::DraftingFailed => "drafting-failed",
            Self::DocumentRevised => "document-revised",
            Self::DocumentFinalised => "document-finalised",
            Self::AmendmentBegun => "amendment-begun",
            Self::DocumentWithdrawn => "document-withdrawn",
            Self::SealingRequested => "sealing-requested",
            Self::DocumentSealed => "document-sealed",
            Self::DocumentIssued => "document-issued",
            Self::DocumentReissued => "document-reissued",
            Self::RetentionExtended => "retention-extended",
            Self::DocumentRead => "document-read",
            Self::MetadataRead => "metadata-read",
            Self::ProofRead => "proof-read",
            Self::ChangesRead => "changes-read",
            Self::Search => "search",
            Self::RequestRefused => "request-refused",
            Self::IntegrityFailure => "integrity-failure",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Success,
    Refused,
    Failed,
}

/// Who did it: the person's id in the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agent {
    pub id: String,
    pub role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
}

/// The document as it is after the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentRef {
    pub id: String,
    pub kind: String,
    /// 0 before the first draft is there.
    pub revision: u32,
    pub version: u64,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_sha256: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<Digest>,
    /// When a draft that nobody finalises goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UtcMillis>,
}

/// Object Lock of everything that led to a final version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retention {
    pub mode: RetentionMode,
    /// The locks end then or later.
    pub until: UtcMillis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetentionMode {
    Governance,
    Compliance,
}

/// What shows a hasty approval (確定 in two seconds), and what the yearly report of effect counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Review {
    /// From the finaliser's first reading of this revision; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_from_first_reading: Option<u64>,
    /// Share of the final text's characters that no machine wrote, in thousandths.
    pub entered_permille: u32,
    pub flags_answered: u32,
}

/// From where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Subject of the client certificate.
    pub certificate: String,
    /// Network address.
    pub address: String,
}

/// 128 random bits, so that a leaf hash tells nothing about a guessed event. 32 hex characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 16]);

impl Salt {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// SHA-256 over these 16 bytes and the text: binds the text to the event without telling it.
    pub fn commit(&self, text: &str) -> Digest {
        Digest::of_parts(&[&self.0, text.as_bytes()])
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 16];
        hex::decode_to_slice(&text, &mut bytes).map_err(|_| serde::de::Error::custom("a salt is 32 hex characters"))?;
        Ok(Self(bytes))
    }
}

impl AuditEvent {
    /// The stored bytes: log entry and `event` attribute. Fails only on an integer of 2^53.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::to_vec(self)
    }

    /// SHA-256 of the stored bytes: `eventSha256`, and `previous` of the next event.
    pub fn hash(&self) -> Result<Digest, CanonicalError> {
        Ok(Digest::of(&self.canonical_bytes()?))
    }

    /// Reads stored bytes; any spelling but the canonical one is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, CanonicalError> {
        canonical::parse(bytes)
    }

    /// The row of a change of state. None without a document.
    pub fn document_row(&self) -> Option<RowKey> {
        let document = self.document.as_ref()?;
        RowKey::of_document(&self.hospital, &document.id, self.sequence).ok()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    pub fn event() -> AuditEvent {
        AuditEvent {
            schema: EventSchema::V1,
            hospital: "hospital-a".into(),
            action: Action::DocumentDrafted,
            outcome: Outcome::Success,
            at: UtcMillis::parse("2026-11-22T20:05:34.123Z").unwrap(),
            request_id: "r-1".into(),
            agent: Agent { id: "sato".into(), role: "physician".into(), on_behalf_of: None },
            document: Some(DocumentRef {
                id: "5d0c".into(),
                kind: "discharge-summary".into(),
                revision: 1,
                version: 2,
                state: "draft".into(),
                content_sha256: Some(Digest::of(b"content")),
                manifest_sha256: Some(Digest::of(b"manifest")),
                expires_at: Some(UtcMillis::parse("2027-02-20T20:05:34.123Z").unwrap()),
            }),
            patient_tag: Some(Digest::of(b"patient")),
            source: Source { certificate: "CN=gateway,O=hospital-a".into(), address: "192.0.2.7".into() },
            reason: None,
            stated_sha256: None,
            retention: None,
            review: None,
            previous: Some(Digest::of(b"previous")),
            sequence: 2,
            salt: Salt::from_bytes([7; 16]),
        }
    }

    #[test]
    fn stored_bytes_read_back_as_the_same_event() {
        let bytes = event().canonical_bytes().unwrap();
        assert_eq!(AuditEvent::parse(&bytes), Ok(event()));
        assert_eq!(event().hash(), Ok(Digest::of(&bytes)));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with(r#"{"action":"document-drafted","agent":{"id":"sato","role":"physician"},"at":"2026-11-22T20:05:34.123Z","document":{"contentSha256":""#), "{text}");
        assert!(
            text.contains(
                r#""salt":"07070707070707070707070707070707","schema":"fude/audit-event/1","sequence":2,"source":{"#
            ),
            "{text}"
        );
    }

    #[test]
    fn finalisation_reads_back_with_lock_and_review() {
        let until = UtcMillis::parse("2036-11-22T20:05:34.123Z").unwrap();
        let event = AuditEvent {
            action: Action::DocumentFinalised,
            stated_sha256: Some(Salt::from_bytes([7; 16]).commit("訂正のため")),
            retention: Some(Retention { mode: RetentionMode::Compliance, until }),
            review: Some(Review { seconds_from_first_reading: Some(240), entered_permille: 31, flags_answered: 2 }),
            ..event()
        };
        let bytes = event.canonical_bytes().unwrap();
        assert_eq!(AuditEvent::parse(&bytes), Ok(event));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(r#""retention":{"mode":"compliance","until":"2036-11-22T20:05:34.123Z"}"#), "{text}");
        // Python: hashlib.sha256(bytes([7] * 16) + "訂正のため".encode()).hexdigest()
        assert!(text.contains(r#""statedSha256":"da16f9b9008596efb2a096e52e4f4ad72dc86e7c52c1ef31d534eebaf45a6c52""#));
    }

    #[test]
    fn any_other_spelling_is_refused() {
        let text = String::from_utf8(event().canonical_bytes().unwrap()).unwrap();
        for (from, to) in [
            ("\"action\"", " \"action\""),
            ("document-drafted", "document-lost"),
            ("34.123Z", "34.12Z"),
            ("\"sequence\":2", "\"sequence\":-2"),
            ("\"sequence\":2", "\"sequence\":2.0"),
            ("\"salt\":", "\"reason\":null,\"salt\":"),
            ("\"salt\":", "\"name\":\"x\",\"salt\":"),
            ("audit-event/1", "audit-event/2"),
            ("07070707", "0707070"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            assert!(AuditEvent::parse(other.as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn error_does_not_repeat_what_it_read() {
        let error = AuditEvent::parse(br#"{"schema":"SECRET"}"#).unwrap_err();
        assert!(!error.to_string().contains("SECRET"));
    }

    #[test]
    fn name_of_an_action_is_the_stored_one() {
        for action in [
            Action::DraftRequested,
            Action::DocumentDrafted,
            Action::DraftingFailed,
            Action::DocumentRevised,
            Action::DocumentFinalised,
            Action::AmendmentBegun,
            Action::DocumentWithdrawn,
            Action::SealingRequested,
            Action::DocumentSealed,
            Action::DocumentIssued,
            Action::DocumentReissued,
            Action::RetentionExtended,
            Action::DocumentRead,
            Action::MetadataRead,
            Action::ProofRead,
            Action::ChangesRead,
            Action::Search,
            Action::RequestRefused,
            Action::IntegrityFailure,
        ] {
            assert_eq!(serde_json::to_value(action).unwrap(), json!(action.name()));
        }
    }
}
