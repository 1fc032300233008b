//! What a reference means: fullUrl, `urn:uuid`, absolute, relative to the referring entry's own base, contained,
//! or by identifier alone.

use std::collections::HashMap;

use super::bundle::Entry;
use super::types::{Identifier, Reference};

/// Types that facts look up; whose a resource is, `person` decides without this.
const REFERRED_TO: &[&str] = &["Patient", "Encounter", "Condition", "Medication", "Location", "Specimen", "Device"];

/// Finds the entry that a reference means.
#[derive(Default)]
pub struct Resolver {
    by_key: HashMap<String, usize>,
    /// What entries contain, by id, those of one entry side by side.
    contained: Vec<(String, usize)>,
    /// Where the contained of each entry begin and end.
    contained_by: Vec<(usize, usize)>,
    by_identifier: HashMap<(String, String), usize>,
    /// Base of each entry's fullUrl, as an index into `bases`.
    base_of: Vec<Option<usize>>,
    bases: Vec<String>,
}

impl Resolver {
    pub fn new(entries: &[Entry]) -> Self {
        let held = entries.iter().map(|e| e.head.contained().len()).sum();
        let (contained, contained_by) = (Vec::with_capacity(held), vec![(0, 0); entries.len()]);
        let mut out = Self { contained, contained_by, ..Self::default() };
        let mut bases: HashMap<&str, usize> = HashMap::new();
        let (mut last, mut known_last) = (None, None);
        for (position, entry) in entries.iter().enumerate() {
            if REFERRED_TO.contains(&entry.kind()) {
                if let Some(url) = &entry.full_url {
                    out.by_key.entry(without_version(url).to_owned()).or_insert(position);
                }
                if let Some(id) = &entry.head.id {
                    out.by_key.entry([entry.kind(), "/", id].concat()).or_insert(position);
                }
            }
            let url = entry.full_url.as_deref();
            // Nearly every entry is of the server of the one before.
            if let Some((url, base)) = url.zip(last)
                && is_below(url, base)
            {
                out.base_of.push(known_last);
                continue;
            }
            let base = url.and_then(base);
            let known = base.map(|b| {
                *bases.entry(b).or_insert_with(|| {
                    out.bases.push(b.to_owned());
                    out.bases.len() - 1
                })
            });
            (last, known_last) = (base, known);
            out.base_of.push(known);
        }
        out
    }

    /// Registers what an entry contains under `#id`; one entry after the other.
    pub fn contain(&mut self, entry: usize, id: &str, position: usize) {
        let (from, to) = &mut self.contained_by[entry];
        if from == to {
            *from = self.contained.len();
        }
        self.contained.push((id.to_owned(), position));
        *to = self.contained.len();
    }

    /// Registers identifiers; the first that bears one keeps it.
    pub fn identify(&mut self, position: usize, identifiers: &[Identifier]) {
        for key in identifiers.iter().filter_map(identifier_key) {
            self.by_identifier.entry(key).or_insert(position);
        }
    }

    pub fn identified(&self, identifiers: &[Identifier]) -> Option<usize> {
        identifiers.iter().filter_map(identifier_key).find_map(|k| self.by_identifier.get(&k).copied())
    }

    /// Position in the list of entries, not the index in the bundle. `from` is the referring entry.
    pub fn position(&self, from: usize, reference: &Reference) -> Option<usize> {
        let by_reference = reference.reference.as_deref().and_then(|r| self.target(from, r));
        by_reference.or_else(|| {
            let key = identifier_key(reference.identifier.as_ref()?)?;
            self.by_identifier.get(&key).copied()
        })
    }

    fn target(&self, from: usize, reference: &str) -> Option<usize> {
        if let Some(id) = reference.strip_prefix('#') {
            let (from, to) = *self.contained_by.get(from)?;
            // Of two of one id the later counts.
            return self.contained[from..to].iter().rev().find(|(known, _)| known == id).map(|(_, position)| *position);
        }
        let target = without_version(reference);
        // With one server at most, the short form cannot mean two things.
        if self.bases.len() > 1
            && !target.contains(':')
            && let Some(base) = self.base_of.get(from).copied().flatten()
            && let Some(position) = self.by_key.get(&format!("{}{target}", self.bases[base]))
        {
            return Some(*position);
        }
        self.by_key.get(target).or_else(|| self.by_key.get(relative(target)?)).copied()
    }
}

fn identifier_key(identifier: &Identifier) -> Option<(String, String)> {
    let value = identifier.value.as_deref().map(str::trim).filter(|v| !v.is_empty())?;
    Some((identifier.system.as_deref().unwrap_or_default().to_owned(), value.to_owned()))
}

/// `http://b/fhir/` of `http://b/fhir/Observation/1`.
fn base(url: &str) -> Option<&str> {
    let url = without_version(url);
    let tail = relative(url).filter(|_| url.starts_with("http"))?;
    url.strip_suffix(tail)
}

/// Whether a URL is plainly a type and an id below a base.
fn is_below(url: &str, base: &str) -> bool {
    let tail = url.strip_prefix(base).filter(|tail| !tail.starts_with("_history/"));
    tail.is_some_and(|tail| tail.bytes().filter(|b| *b == b'/').count() == 1)
}

/// `Patient/1/_history/2` means `Patient/1`.
pub fn without_version(reference: &str) -> &str {
    // Hardly any reference has a version, and one letter is looked for faster than a word.
    if !reference.contains('_') {
        return reference;
    }
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
    use super::{base, is_below, relative, without_version};

    #[test]
    fn absolute_references_end_in_type_and_id() {
        assert_eq!(relative("http://a/b/Patient/d1"), Some("Patient/d1"));
        assert_eq!(relative("Patient/d1"), Some("Patient/d1"));
        assert_eq!(relative("urn:uuid:1"), None);
        assert_eq!(without_version("Patient/1/_history/2"), "Patient/1");
        assert_eq!(base("http://b/fhir/Observation/1/_history/2"), Some("http://b/fhir/"));
        assert_eq!(base("urn:uuid:1"), None);
    }

    #[test]
    fn what_is_below_a_base_has_that_base() {
        for (url, below) in [
            ("http://b/fhir/Patient/1", true),
            ("http://b/fhir/Patient/1/_history/2", false),
            ("http://b/fhir/_history/1", false),
            ("http://b/fhir/Patient", false),
            ("http://c/fhir/Patient/1", false),
        ] {
            assert_eq!(is_below(url, "http://b/fhir/"), below, "{url}");
            assert!(!below || base(url) == Some("http://b/fhir/"));
        }
    }
}
