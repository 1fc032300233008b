//! What a request asks of the store and what it is told: plain values, no behaviour.

use std::collections::BTreeMap;

use crate::key::Key;
use crate::record::{Content, Encryption, Version};
use crate::retention::Retention;

/// A bucket's rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub object_lock: bool,
    pub versioned: bool,
}

/// One key in one bucket.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub bucket: String,
    pub key: Key,
    pub rules: Rules,
}

impl Place {
    /// A version's id as answers name it.
    pub fn version_id(&self, version: &Version) -> Option<String> {
        self.rules.versioned.then(|| version.id.clone())
    }
}

/// What must hold for a put.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Always,
    /// `If-None-Match: *`
    CreateOnly,
    /// `If-Match`
    Replace(String),
}

/// What a put says besides the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    pub media_type: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub encryption: Option<Encryption>,
    pub retention: Option<Retention>,
}

/// A version as it was found or made. `id` is absent in unversioned buckets.
pub(crate) struct Found {
    pub id: Option<String>,
    pub version: Version,
    pub content: Content,
}
