//! Metadata of a document: the answer of every write and of `GET /documents/{id}`.

use fude::document::Destination;
use serde::{Deserialize, Serialize};

/// Who typed, as of that day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Person {
    /// The token's `sub`.
    pub id: String,
    pub name: String,
    pub role: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagCounts {
    pub open: usize,
    pub answered: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Links {
    #[serde(rename = "self")]
    pub itself: String,
    pub content: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub document_id: String,
    pub state: String,
    pub revision: u32,
    pub version: u64,
    pub document_type: String,
    pub patient_id: String,
    pub destination: Destination,
    /// Over the bytes of this revision's application/json; null before there is one.
    pub content_sha256: Option<String>,
    pub flags: FlagCounts,
    pub entered_by: Person,
    pub on_behalf_of: Option<String>,
    pub finalised_by: Option<Person>,
    pub created_at: String,
    pub finalised_at: Option<String>,
    pub expires_at: Option<String>,
    pub links: Links,
}

impl Metadata {
    /// `"v3"`: only this one serves `If-Match`.
    pub fn etag(&self) -> String {
        format!("\"v{}\"", self.version)
    }
}
