//! The entries of a Bundle and how references between them resolve.
//! Any bundle type is read the same way (`document`, `collection`, `transaction`, `searchset`).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::RecordError;
use super::resources::Head;
use super::types::{Reference, Text};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBundle<'a> {
    #[serde(borrow)]
    resource_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    entry: Vec<RawEntry<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawEntry<'a> {
    #[serde(borrow)]
    full_url: Option<Text<'a>>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

/// Something in the record that could not be used; `path` is a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    pub path: String,
    pub reason: String,
}

impl Warning {
    pub fn new(path: impl Into<String>, reason: &str) -> Self {
        Self { path: path.into(), reason: reason.to_owned() }
    }
}

/// One entry: its place in the bundle, its head, its bytes.
pub struct Entry<'a> {
    pub index: usize,
    pub full_url: Option<Text<'a>>,
    pub head: Head<'a>,
    pub raw: &'a RawValue,
}

impl<'a> Entry<'a> {
    pub fn kind(&self) -> &str {
        self.head.resource_type.as_deref().unwrap_or_default()
    }

    /// JSON pointer of the resource in the record as it was sent.
    pub fn pointer(&self) -> String {
        format!("/entry/{}/resource", self.index)
    }

    /// Type and id; fullUrl where it has no id.
    pub fn reference(&self) -> String {
        match (&self.head.id, &self.full_url) {
            (Some(id), _) => format!("{}/{}", self.kind(), &**id),
            (None, Some(url)) => url.to_string(),
            (None, None) => format!("{}/#{}", self.kind(), self.index),
        }
    }

    pub fn parse<T: Deserialize<'a>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.raw.get())
    }
}

/// Reads the entries; what is no resource becomes a warning.
pub fn entries<'a>(record: &'a RawValue, warnings: &mut Vec<Warning>) -> Result<Vec<Entry<'a>>, RecordError> {
    let bundle: RawBundle<'a> = serde_json::from_str(record.get()).map_err(|_| RecordError::NotABundle)?;
    if bundle.resource_type.as_deref() != Some("Bundle") {
        return Err(RecordError::NotABundle);
    }
    let mut out = Vec::with_capacity(bundle.entry.len());
    for (index, entry) in bundle.entry.into_iter().enumerate() {
        let path = format!("/entry/{index}");
        let Some(raw) = entry.resource else {
            warnings.push(Warning::new(path, "no-resource"));
            continue;
        };
        match serde_json::from_str::<Head<'a>>(raw.get()) {
            Ok(head) if head.resource_type.is_some() => out.push(Entry { index, full_url: entry.full_url, head, raw }),
            _ => warnings.push(Warning::new(path, "unreadable-resource")),
        }
    }
    Ok(out)
}

/// Finds the entry that a reference means: fullUrl, `urn:uuid`, absolute or relative.
pub struct Resolver {
    by_key: HashMap<String, usize>,
}

impl Resolver {
    pub fn new(entries: &[Entry]) -> Self {
        let mut by_key = HashMap::with_capacity(entries.len() * 2);
        for (position, entry) in entries.iter().enumerate() {
            if let Some(url) = &entry.full_url {
                by_key.entry(url.to_string()).or_insert(position);
            }
            if let Some(id) = &entry.head.id {
                by_key.entry(format!("{}/{}", entry.kind(), &**id)).or_insert(position);
            }
        }
        Self { by_key }
    }

    /// Position in the list of entries, not the index in the bundle.
    pub fn position(&self, reference: &Reference) -> Option<usize> {
        let target = without_version(reference.reference.as_deref()?);
        self.by_key.get(target).or_else(|| self.by_key.get(relative(target)?)).copied()
    }
}

/// `Patient/1/_history/2` means `Patient/1`.
pub fn without_version(reference: &str) -> &str {
    reference.split_once("/_history/").map_or(reference, |(r, _)| r)
}

/// The `Type/id` at the end of an absolute URL.
pub fn relative(reference: &str) -> Option<&str> {
    let mut slashes = reference.rmatch_indices('/');
    slashes.next()?;
    let Some((at, _)) = slashes.next() else {
        return Some(reference);
    };
    Some(&reference[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::{relative, without_version};

    #[test]
    fn absolute_references_end_in_type_and_id() {
        assert_eq!(relative("http://a/b/Patient/d1"), Some("Patient/d1"));
        assert_eq!(relative("Patient/d1"), Some("Patient/d1"));
        assert_eq!(relative("urn:uuid:1"), None);
        assert_eq!(without_version("Patient/1/_history/2"), "Patient/1");
    }
}
