//! The manifest: what binds one revision of a document to everything it came from.
//!
//! Its hash is the one commitment that stands in the table and in the audit event. It holds no
//! text of the document and no name of a patient; objects are named by hash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::{self, CanonicalError};
use super::hash::Digest;
use crate::audit::UtcMillis;

/// The stored format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ManifestSchema {
    #[default]
    #[serde(rename = "fude/manifest/1")]
    V1,
}

/// One revision: `fude/manifest/1`, camelCase, absent fields left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    pub schema: ManifestSchema,
    pub hospital: String,
    pub document_id: String,
    /// Counts from 1.
    pub revision: u32,
    /// The document kind, e.g. `discharge-summary`.
    pub kind: String,
    /// HMAC of the patient id under the hospital's key.
    pub patient_tag: Digest,
    pub data_source: String,
    /// Over the bytes of the record as they came.
    pub record_sha256: Digest,
    pub template: Template,
    /// Absent where no model was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_sha256: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// Over the raw reply of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_sha256: Option<Digest>,
    /// 入力者: who drafted or revised.
    pub author: Author,
    /// 確定者, of a final version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finaliser: Option<Finaliser>,
    /// How the finaliser answered each flag, in the order of the flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<FlagAnswer>,
    /// Hash of the manifest of the revision before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_manifest: Option<Digest>,
    /// Room for a data key per document, whose destruction makes the locked bytes unreadable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_key: Option<String>,
    /// What is stored: a draft's JSON, or the five of a final version.
    pub representations: Vec<Representation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    pub id: String,
    pub sha256: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Model {
    pub id: String,
    /// Integers and strings only; a temperature is `"0"` or `"0.2"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
}

/// Who typed: the person's id in the token, never a patient's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Author {
    pub id: String,
    pub role: String,
    /// The physician for whom a clerk typed (代行入力).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
}

/// 確定者 as of that day, since staff ids are given out again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finaliser {
    pub id: String,
    pub role: String,
    pub name: String,
    pub qualification: String,
    pub department: String,
    pub at: UtcMillis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlagAnswer {
    /// The flag's id in the document, e.g. `W1`.
    pub flag: String,
    pub answer: AnswerKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    Accepted,
    Corrected,
    Removed,
}

impl AnswerKind {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Corrected => "corrected",
            Self::Removed => "removed",
        }
    }
}

/// One stored object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Representation {
    /// Without parameters, e.g. `application/json`.
    pub media_type: String,
    /// Where one media type has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// In bytes.
    pub size: u64,
    pub sha256: Digest,
    /// Object key in the documents bucket.
    pub key: String,
}

/// For whom a page is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// With evidence and flags, for the physician.
    Review,
    /// What leaves the house.
    Issue,
}

impl Manifest {
    /// The stored bytes. Fails only where a model parameter is no integer or string.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::to_vec(self)
    }

    /// SHA-256 of the stored bytes: the commitment in table and audit event.
    pub fn hash(&self) -> Result<Digest, CanonicalError> {
        Ok(Digest::of(&self.canonical_bytes()?))
    }

    /// Reads stored bytes; any spelling but the canonical one is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, CanonicalError> {
        canonical::parse(bytes)
    }

    /// The stored object of that media type and view.
    pub fn representation(&self, media_type: &str, view: Option<View>) -> Option<&Representation> {
        self.representations.iter().find(|stored| stored.media_type == media_type && stored.view == view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest() -> Manifest {
        Manifest {
            schema: ManifestSchema::V1,
            hospital: "hospital-a".into(),
            document_id: "5d0c".into(),
            revision: 1,
            kind: "discharge-summary".into(),
            patient_tag: Digest::of(b"patient"),
            data_source: "ehr-main".into(),
            record_sha256: Digest::of(b"record"),
            template: Template { id: "discharge-summary".into(), sha256: Digest::of(b"template") },
            prompt_sha256: Some(Digest::of(b"prompt")),
            model: Some(Model {
                id: "jp.example".into(),
                parameters: BTreeMap::from([("maxTokens".into(), json!(4096)), ("temperature".into(), json!("0"))]),
            }),
            reply_sha256: Some(Digest::of(b"reply")),
            author: Author { id: "a1".into(), role: "clerk".into(), on_behalf_of: Some("sato".into()) },
            finaliser: None,
            answers: Vec::new(),
            previous_manifest: None,
            data_key: None,
            representations: vec![Representation {
                media_type: "application/json".into(),
                view: None,
                size: 3,
                sha256: Digest::of(b"{ }"),
                key: "draft/5d0c/1/x".into(),
            }],
        }
    }

    #[test]
    fn stored_bytes_read_back_as_the_same_manifest() {
        let bytes = manifest().canonical_bytes().unwrap();
        assert!(canonical::is_canonical(&bytes));
        assert!(bytes.starts_with(br#"{"author":{"id":"a1","onBehalfOf":"sato","role":"clerk"},"dataSource":"#));
        assert_eq!(Manifest::parse(&bytes), Ok(manifest()));
    }

    #[test]
    fn any_other_spelling_is_refused() {
        let text = String::from_utf8(manifest().canonical_bytes().unwrap()).unwrap();
        for (from, to) in [
            ("{\"author\"", "{ \"author\""),
            ("\"hospital\":", "\"finaliser\":null,\"hospital\":"),
            ("\"hospital\":", "\"extra\":1,\"hospital\":"),
            ("fude/manifest/1", "fude/manifest/2"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            assert!(Manifest::parse(other.as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn hash_covers_every_field() {
        let reference = manifest().hash().unwrap();
        let value = serde_json::to_value(manifest()).unwrap();
        for field in value.as_object().unwrap().keys() {
            let mut changed = value.clone();
            changed[field] = json!("changed");
            assert_ne!(Digest::of(&canonical::from_value(&changed).unwrap()), reference, "{field}");
        }
    }

    #[test]
    fn fraction_among_the_model_parameters_is_refused() {
        let mut manifest = manifest();
        if let Some(model) = &mut manifest.model {
            model.parameters.insert("temperature".into(), json!(0.2));
        }
        assert_eq!(manifest.hash(), Err(CanonicalError::NotAnInteger));
    }
}
