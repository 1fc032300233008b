//! Whether what is stored is what was stored. Fails closed: anything off, and nothing is shown.
//! Leaves out the tag of the patient, which takes the hospital's key.

use fude::audit::Action;
use fude::document::Document;
use fude::integrity::{Digest, Manifest};

use crate::objects::{ObjectError, Objects};
use crate::state::State;

/// Far above any draft or manifest that was ever written.
const CONTENT_BYTES: u64 = 16 * 1024 * 1024;
const MANIFEST_BYTES: u64 = 1024 * 1024;

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
    #[error("the objects of the log do not lead to its checkpoint")]
    Log,
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
            Self::Log => "log-objects",
        }
    }
}

/// Where the table says that manifest and content of a revision lie, and what they hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub revision: u32,
    pub manifest_key: String,
    pub manifest_sha256: Digest,
    pub content_key: String,
    pub content_sha256: Digest,
    pub patient_tag: Digest,
    /// Whether this is a finalised version, of which every rendering is stored.
    pub is_final: bool,
}

impl Stored {
    /// The current revision. `Ok(None)` for a document that has no content yet.
    pub fn of(state: &State) -> Result<Option<Self>, Broken> {
        let State { manifest_key, manifest_sha256, content_key, content_sha256, .. } = state;
        match (manifest_key, manifest_sha256, content_key, content_sha256) {
            (Some(manifest_key), Some(manifest_sha256), Some(content_key), Some(content_sha256)) => Ok(Some(Self {
                revision: state.revision,
                manifest_key: manifest_key.clone(),
                manifest_sha256: *manifest_sha256,
                content_key: content_key.clone(),
                content_sha256: *content_sha256,
                patient_tag: Digest::parse(&state.patient_tag).map_err(|_| Broken::State)?,
                is_final: state.final_revision == Some(state.revision),
            })),
            (None, None, None, None) if matches!(state.state.as_str(), "requested" | "failed") => Ok(None),
            _ => Err(Broken::State),
        }
    }

    /// One revision, as it was last written: finalised if it ever was. `Ok(None)` where there is none of that number.
    pub fn revision(state: &State, revision: u32) -> Result<Option<Self>, Broken> {
        if revision == state.revision {
            return Self::of(state);
        }
        let steps = state.history.iter().filter(|s| s.revision == revision);
        let Some((step, manifest, content)) =
            steps.filter_map(|s| Some((s, s.manifest_sha256?, s.content_sha256?))).next_back()
        else {
            return Ok(None);
        };
        let folder = state.folder(revision);
        Ok(Some(Self {
            revision,
            manifest_key: format!("{folder}/{manifest}"),
            manifest_sha256: manifest,
            content_key: format!("{folder}/{content}"),
            content_sha256: content,
            patient_tag: Digest::parse(&state.patient_tag).map_err(|_| Broken::State)?,
            is_final: step.action == Action::DocumentFinalised.name(),
        }))
    }

    /// Reads both and checks them. The patient's tag takes the hospital's key and is the caller's to compare.
    pub async fn read(&self, documents: &Objects, state: &State) -> Result<Checked, ReadError> {
        let (manifest, content) = tokio::try_join!(
            documents.read(&self.manifest_key, MANIFEST_BYTES),
            documents.read(&self.content_key, CONTENT_BYTES),
        )?;
        Ok(check(state, self, &manifest, content)?)
    }
}

/// A stored rendering of a final version, by the hash and size that its manifest names.
pub async fn rendering(
    documents: &Objects,
    manifest: &Manifest,
    media_type: &str,
    view: Option<fude::integrity::View>,
) -> Result<String, ReadError> {
    let stored = manifest.representation(media_type, view).ok_or(Broken::ManifestForm)?;
    let bytes = documents.read(&stored.key, CONTENT_BYTES).await?;
    if Digest::of(&bytes) != stored.sha256 || bytes.len() as u64 != stored.size {
        return Err(Broken::ContentHash.into());
    }
    String::from_utf8(bytes).map_err(|_| Broken::ContentForm.into())
}

/// Why a stored document cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("the store did not answer")]
    Store(#[source] ObjectError),
}

impl From<ObjectError> for ReadError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Missing => Self::Broken(Broken::Missing),
            ObjectError::TooLarge(_) => Self::Broken(Broken::Size),
            ObjectError::Conflict | ObjectError::Store(_) => Self::Store(error),
        }
    }
}

/// A document that is what was stored, with its bytes.
#[derive(Clone, Debug)]
pub struct Checked {
    pub document: Document,
    pub json: String,
    pub manifest: Manifest,
}

/// State, manifest and content must agree in every hash and in whose they are.
pub fn check(state: &State, stored: &Stored, manifest: &[u8], content: Vec<u8>) -> Result<Checked, Broken> {
    if Digest::of(manifest) != stored.manifest_sha256 {
        return Err(Broken::ManifestHash);
    }
    let manifest = Manifest::parse(manifest).map_err(|_| Broken::ManifestForm)?;
    let same = manifest.hospital == state.hospital
        && manifest.document_id == state.document_id
        && manifest.revision == stored.revision
        && manifest.kind == state.document_type
        && manifest.patient_tag == stored.patient_tag;
    if !same {
        return Err(Broken::ManifestOther);
    }
    let representation = manifest.representation("application/json", None).ok_or(Broken::ManifestForm)?;
    // Finalising copies a chain from draft/ to final/: what follows stays the same.
    if below_prefix(&representation.key) != below_prefix(&stored.content_key) {
        return Err(Broken::ManifestOther);
    }
    let hash = Digest::of(&content);
    if hash != representation.sha256 || hash != stored.content_sha256 || representation.size != content.len() as u64 {
        return Err(Broken::ContentHash);
    }
    let json = String::from_utf8(content).map_err(|_| Broken::ContentForm)?;
    let document: Document = serde_json::from_str(&json).map_err(|_| Broken::ContentForm)?;
    let same = document.document_id == state.document_id
        && document.revision == stored.revision
        && document.document_type == state.document_type;
    if !same {
        return Err(Broken::ContentOther);
    }
    if document.patient.id != state.patient_id {
        return Err(Broken::Patient);
    }
    Ok(Checked { document, json, manifest })
}

fn below_prefix(key: &str) -> &str {
    key.strip_prefix("draft/").or_else(|| key.strip_prefix("final/")).unwrap_or(key)
}

#[cfg(test)]
mod tests;
