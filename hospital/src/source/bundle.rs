//! A record on its way: the entries of a FHIR Bundle as they were sent, byte for byte, so that 7.40 stays 7.40.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A resource and the address that others refer to it by.
#[derive(Clone, Debug)]
pub struct Entry {
    pub full_url: Option<String>,
    pub resource: Box<RawValue>,
    /// FHIR type, and id where it has one.
    pub kind: String,
    pub id: Option<String>,
}

/// The entries of a record. It is sent as a `collection` unless it came as a `document`, which begins with its Composition.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    pub entries: Vec<Entry>,
    pub is_document: bool,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "resourceType")]
    kind: String,
    id: Option<String>,
}

/// A Bundle as a server or a file gives it.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(rename = "resourceType")]
    pub kind: String,
    #[serde(default, rename = "type")]
    pub r#type: Option<String>,
    #[serde(default)]
    pub entry: Vec<GivenEntry>,
    #[serde(default)]
    pub link: Vec<Link>,
}

#[derive(Deserialize)]
pub(super) struct GivenEntry {
    #[serde(default, rename = "fullUrl")]
    pub full_url: Option<String>,
    #[serde(default)]
    pub resource: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Link {
    pub relation: String,
    pub url: String,
}

impl Entry {
    /// `None` where the resource names no type.
    pub fn new(full_url: Option<String>, resource: Box<RawValue>) -> Option<Self> {
        let head: Head = serde_json::from_str(resource.get()).ok()?;
        Some(Self { full_url, resource, kind: head.kind, id: head.id })
    }

    /// `Observation/12`; `None` without an id.
    pub fn reference(&self) -> Option<String> {
        self.id.as_ref().map(|id| format!("{}/{id}", self.kind))
    }
}

impl Bundle {
    /// Reads a Bundle; the second list are positions of entries without a readable resource.
    pub fn read(bytes: &[u8]) -> Option<(Self, Vec<usize>)> {
        let given: Given = serde_json::from_slice(bytes).ok()?;
        if given.kind != "Bundle" {
            return None;
        }
        let mut out = Self { entries: Vec::new(), is_document: given.r#type.as_deref() == Some("document") };
        let mut unreadable = Vec::new();
        for (i, entry) in given.entry.into_iter().enumerate() {
            match entry.resource.and_then(|resource| Entry::new(entry.full_url, resource)) {
                Some(entry) => out.entries.push(entry),
                None => unreadable.push(i),
            }
        }
        Some((out, unreadable))
    }

    /// The Bundle as it leaves the house.
    pub fn json(&self) -> String {
        let kind = if self.is_document { "document" } else { "collection" };
        let mut out = format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":["#);
        for (i, entry) in self.entries.iter().enumerate() {
            out.push_str(if i > 0 { ",{" } else { "{" });
            if let Some(url) = &entry.full_url {
                out.push_str(&format!(r#""fullUrl":{},"#, serde_json::Value::from(url.as_str())));
            }
            out.push_str(r#""resource":"#);
            out.push_str(entry.resource.get());
            out.push('}');
        }
        out.push_str("]}");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Bundle;

    #[test]
    fn digits_and_order_stay_as_they_were_sent() {
        let sent = r#"{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"urn:uuid:1","resource":{"valueQuantity":{"value":7.40},"resourceType":"Observation","id":"k"}},{"fullUrl":"x"},{"resource":{"id":"no type"}}]}"#;
        let (bundle, unreadable) = Bundle::read(sent.as_bytes()).expect("a Bundle");
        assert_eq!(unreadable, [1, 2]);
        assert_eq!(bundle.entries[0].reference().as_deref(), Some("Observation/k"));
        assert_eq!(
            bundle.json(),
            r#"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"valueQuantity":{"value":7.40},"resourceType":"Observation","id":"k"}}]}"#
        );
    }

    #[test]
    fn what_is_no_bundle_is_none() {
        for text in ["", "[]", "{}", r#"{"resourceType":"Patient"}"#, r#"{"resourceType":"Bundle","entry":{}}"#] {
            assert!(Bundle::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
