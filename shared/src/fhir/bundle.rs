//! The entries of the document bundle and their addresses: the same draft gives the same bytes.

use std::collections::BTreeMap;

use super::node::Node;
use super::shapes::kind;
use crate::document::Document;
use crate::integrity::Digest;

/// Keys of what stands in every document.
pub(super) const COMPOSITION: &str = "Composition";
pub(super) const PATIENT: &str = "Patient";
pub(super) const AUTHOR: &str = "Practitioner";
pub(super) const HOSPITAL: &str = "Organization";
pub(super) const ADDRESSEE: &str = "Organization/addressee";
pub(super) const RECIPIENT: &str = "Practitioner/recipient";
pub(super) const PROVENANCE: &str = "Provenance";

pub(super) struct Entries<'d> {
    document: &'d Document,
    /// Keys in the order in which the resources stand.
    list: Vec<(String, Node)>,
    /// Where in the list a key stands.
    places: BTreeMap<String, usize>,
}

impl<'d> Entries<'d> {
    pub fn new(document: &'d Document) -> Self {
        Self { document, list: Vec::new(), places: BTreeMap::new() }
    }

    /// `urn:uuid:…`, from the document's id and the key alone (UUID version 8, RFC 9562).
    pub fn url(&self, key: &str) -> String {
        url(&self.document.document_id, key)
    }

    pub fn reference(&self, key: &str) -> Node {
        Node::object().with("reference", self.url(key))
    }

    /// A resource under its key; references in it are keys too. The first of a key stays.
    pub fn add(&mut self, key: &str, node: Node) {
        if !self.places.contains_key(key) {
            self.places.insert(key.to_owned(), self.list.len());
            self.list.push((key.to_owned(), node));
        }
    }

    /// Type of the resource under a key.
    pub fn kind(&self, key: &str) -> Option<&str> {
        Some(self.get(key)?.get("resourceType").and_then(Node::text).unwrap_or_default())
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.places.get(key).map(|place| &self.list[*place].1)
    }

    /// The `entry` list, the Composition first: references resolved, the patient put in where a type names one.
    pub fn finish(mut self, composition: Node) -> Vec<Node> {
        self.list.insert(0, (COMPOSITION.to_owned(), composition));
        let Self { document, list, places } = self;
        let address = |key: &str| places.contains_key(key).then(|| url(&document.document_id, key));
        let patient = Node::object().with("reference", url(&document.document_id, PATIENT));
        list.into_iter()
            .map(|(key, node)| {
                let resource = with_subject(link(node, &address).unwrap_or_else(Node::object), &patient);
                Node::object().with("fullUrl", url(&document.document_id, &key)).with("resource", resource)
            })
            .collect()
    }
}

pub(super) fn url(document_id: &str, key: &str) -> String {
    let hash = Digest::of_parts(&[b"fude/fhir/1", document_id.as_bytes(), key.as_bytes()]).to_string();
    let variant = ["8", "9", "a", "b"][usize::from(hash.as_bytes()[16]) % 4];
    format!("urn:uuid:{}-{}-8{}-{variant}{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

/// Whose resource it is, where its type has a member for that and none stands there.
fn with_subject(mut node: Node, patient: &Node) -> Node {
    let name = node.get("resourceType").and_then(Node::text).unwrap_or_default().to_owned();
    if name == "Appointment" {
        let participant = Node::object().with("actor", patient.clone()).with("status", "accepted");
        return node.with("participant", vec![participant]);
    }
    let subject = match name.as_str() {
        "DocumentReference" => "subject",
        _ => kind(&name).map_or("", |k| k.subject),
    };
    if !subject.is_empty() && node.get(subject).is_none() {
        node.put(subject, patient.clone());
    }
    node
}

/// Turns keys into addresses; what leads to nothing is left out, and what that leaves empty with it.
fn link(node: Node, address: &dyn Fn(&str) -> Option<String>) -> Option<Node> {
    match node {
        Node::Object(members) => {
            let mut out = Node::object();
            for (name, value) in members {
                if name != "reference" {
                    if let Some(value) = link(value, address) {
                        out.put(name, value);
                    } else if name == "condition" {
                        // A diagnosis without its condition says nothing.
                        return None;
                    }
                    continue;
                }
                let target = value.text()?;
                let known = target.starts_with("urn:uuid:") || target.starts_with('#');
                out.put(name, if known { value } else { Node::Text(address(target)?) });
            }
            Some(out).filter(|o| !o.is_empty())
        }
        Node::List(list) => {
            let list: Vec<Node> = list.into_iter().filter_map(|n| link(n, address)).collect();
            (!list.is_empty()).then_some(Node::List(list))
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn an_address_is_a_uuid_of_version_8_and_always_the_same() {
        let a = url("0123456789abcdef0123456789abcdef", "Patient");
        assert_eq!(a, url("0123456789abcdef0123456789abcdef", "Patient"));
        assert_ne!(a, url("0123456789abcdef0123456789abcdef", "Patient/1"));
        let parts: Vec<&str> = a.trim_start_matches("urn:uuid:").split('-').collect();
        assert_eq!(parts.iter().map(|p| p.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('8') && matches!(parts[3].as_bytes()[0], b'8' | b'9' | b'a' | b'b'), "{a}");
    }
}
