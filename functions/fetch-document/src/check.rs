//! Whether what is stored is what was stored. Fails closed: anything off, and nothing is shown.
//! Leaves out the tag of the patient, which takes the hospital's key.

use fude::document::Document;
use fude::integrity::{Digest, Manifest};
use fude_aws::state::State;

/// What does not hold. Told to log and audit event, never to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the row in the table contradicts itself")]
    State,
    #[error("an object is missing")]
    Missing,
    #[error("an object is larger than any that was written")]
    Size,
    #[error("the manifest has another hash than the table says")]
    ManifestHash,
    #[error("the manifest cannot be read")]
    ManifestForm,
    #[error("the manifest is of another document, revision or patient")]
    ManifestOther,
    #[error("the content has another hash than manifest and table say")]
    ContentHash,
    #[error("the content cannot be read")]
    ContentForm,
    #[error("the content is of another document or revision")]
    ContentOther,
    #[error("the content is about another patient")]
    Patient,
}

impl Broken {
    /// The reason in the audit event.
    pub fn code(self) -> &'static str {
        match self {
            Self::State => "state-row",
            Self::Missing => "object-missing",
            Self::Size => "object-size",
            Self::ManifestHash => "manifest-hash",
            Self::ManifestForm => "manifest-form",
            Self::ManifestOther => "manifest-other",
            Self::ContentHash => "content-hash",
            Self::ContentForm => "content-form",
            Self::ContentOther => "content-other",
            Self::Patient => "content-patient",
        }
    }
}

/// Where the table says that manifest and content lie, and what they hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<'s> {
    pub manifest_key: &'s str,
    pub manifest_sha256: Digest,
    pub content_key: &'s str,
    pub content_sha256: Digest,
    pub patient_tag: Digest,
}

impl<'s> Stored<'s> {
    /// `Ok(None)` for a document that has no content yet.
    pub fn of(state: &'s State) -> Result<Option<Self>, Broken> {
        let State { manifest_key, manifest_sha256, content_key, content_sha256, .. } = state;
        match (manifest_key, manifest_sha256, content_key, content_sha256) {
            (Some(manifest_key), Some(manifest_sha256), Some(content_key), Some(content_sha256)) => Ok(Some(Self {
                manifest_key,
                manifest_sha256: *manifest_sha256,
                content_key,
                content_sha256: *content_sha256,
                patient_tag: Digest::parse(&state.patient_tag).map_err(|_| Broken::State)?,
            })),
            (None, None, None, None) if matches!(state.state.as_str(), "requested" | "failed") => Ok(None),
            _ => Err(Broken::State),
        }
    }
}

/// A document that is what was stored, with its bytes.
#[derive(Clone, Debug)]
pub struct Checked {
    pub document: Document,
    pub json: String,
}

/// State, manifest and content must agree in every hash and in whose they are.
pub fn check(state: &State, stored: &Stored, manifest: &[u8], content: Vec<u8>) -> Result<Checked, Broken> {
    if Digest::of(manifest) != stored.manifest_sha256 {
        return Err(Broken::ManifestHash);
    }
    let manifest = Manifest::parse(manifest).map_err(|_| Broken::ManifestForm)?;
    let same = manifest.hospital == state.hospital
        && manifest.document_id == state.document_id
        && manifest.revision == state.revision
        && manifest.kind == state.document_type
        && manifest.patient_tag == stored.patient_tag;
    if !same {
        return Err(Broken::ManifestOther);
    }
    let json = manifest.representation("application/json", None).ok_or(Broken::ManifestForm)?;
    if json.key != stored.content_key {
        return Err(Broken::ManifestOther);
    }
    let hash = Digest::of(&content);
    if hash != json.sha256 || hash != stored.content_sha256 || json.size != content.len() as u64 {
        return Err(Broken::ContentHash);
    }
    let json = String::from_utf8(content).map_err(|_| Broken::ContentForm)?;
    let document: Document = serde_json::from_str(&json).map_err(|_| Broken::ContentForm)?;
    let same = document.document_id == state.document_id
        && document.revision == state.revision
        && document.document_type == state.document_type;
    if !same {
        return Err(Broken::ContentOther);
    }
    if document.patient.id != state.patient_id {
        return Err(Broken::Patient);
    }
    Ok(Checked { document, json })
}

#[cfg(test)]
pub mod tests;
