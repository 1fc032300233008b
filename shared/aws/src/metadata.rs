//! Metadata of a document: the answer of every write and of `GET /documents/{id}`.

use fude::document::Destination;
use fude::integrity::Digest;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::hospital::Staff;

/// A person as of that day, since staff ids are given out again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Person {
    /// The token's `sub`.
    pub id: String,
    /// The name of the sign-in, by which `onBehalfOf` names physicians.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    pub name: String,
    pub role: String,
    /// 医師, 看護師 …; absent where the hospital registered nothing of this person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub qualification: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub department: String,
}

impl Person {
    /// The caller, as the hospital registered this person; else by the name of the sign-in.
    pub fn of(caller: &Caller, staff: Option<&Staff>) -> Self {
        let staff = staff.cloned().unwrap_or_default();
        Self {
            id: caller.user.clone(),
            user: caller.username.clone(),
            name: if staff.name.is_empty() { caller.username.clone() } else { staff.name },
            role: caller.role.as_str().to_owned(),
            qualification: staff.qualification,
            department: staff.department,
        }
    }
}

/// What was done to a document, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Of the state after it.
    pub version: u64,
    /// As the audit event names it: `document-revised`.
    pub action: String,
    pub revision: u32,
    pub at: String,
    pub by: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// To whom and how a copy went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<Issue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_sha256: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<Digest>,
}

/// A copy of a final version that left the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub to: String,
    pub how: String,
    pub copies: u32,
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
    pub changes: String,
    pub proof: String,
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
    /// The first of the two persons who seal has asked for it.
    pub sealing_requested_by: Option<Person>,
    /// The latest finalised revision; null before there is one.
    pub final_revision: Option<u32>,
    /// Who did what, when and why, oldest first.
    pub history: Vec<Step>,
    pub links: Links,
}

impl Metadata {
    /// `"v3"`: only this one serves `If-Match`.
    pub fn etag(&self) -> String {
        format!("\"v{}\"", self.version)
    }
}
