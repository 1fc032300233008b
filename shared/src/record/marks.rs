//! What a hospital marked as not to go out, on any resource: JP-CLINS `meta.tag` and the sensitivity codes of
//! `meta.security`. Read from the head alone, so that a resource that cannot be parsed or lacks a subject is
//! still known by name. Who may see what is decided in `facts`. A mark on the whole Bundle is not read.

use serde_json::Value;

use super::bundle::Entry;

/// The patient has not been told; to be given to no other institution nor to the patient.
const TAGS: &[&str] = &["UNINFORMED", "UNDELIVERED"];

/// HL7 v3 ActCode sensitivity policies that JP-CLINS uses.
pub const SENSITIVE: &[&str] = &["HIV", "PSY", "STD", "GDIS", "SDV", "SUD", "ETH"];

/// A marked resource, by what it is called and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub reference: String,
    /// FHIR type; empty where it has none.
    pub kind: String,
    /// Every mark of the resource, tags first.
    pub codes: Vec<String>,
    /// What its code is called, in each wording.
    pub names: Vec<String>,
    /// Everything else that it says in words.
    pub words: Vec<String>,
}

/// The marks of a resource, if it bears any; `meta` may have any shape.
pub fn marks(entry: &Entry, meta: &str) -> Option<Mark> {
    if !meta.contains("tag") && !meta.contains("security") && !meta.contains('\\') {
        return None;
    }
    let meta: Value = serde_json::from_str(meta).ok()?;
    let mut found = Vec::new();
    for member in ["tag", "security"] {
        texts(&meta[member], &|key| matches!(key, "" | "code"), &mut found);
    }
    let codes: Vec<String> = TAGS
        .iter()
        .chain(SENSITIVE)
        .filter(|c| found.iter().any(|f| f.trim() == **c))
        .map(|c| (*c).to_owned())
        .collect();
    if codes.is_empty() {
        return None;
    }
    let resource: Value = serde_json::from_str(entry.raw.get()).unwrap_or_default();
    let mut out = Mark { reference: entry.reference(), kind: entry.kind().to_owned(), codes, ..Mark::default() };
    let named = |key: &str| matches!(key, "" | "text" | "display");
    for member in ["code", "medicationCodeableConcept", "vaccineCode"] {
        texts(&resource[member], &named, &mut out.names);
    }
    let said =
        |key: &str| matches!(key, "" | "text" | "display" | "valueString" | "conclusion" | "description" | "title");
    for (member, value) in resource.as_object().into_iter().flatten() {
        if !matches!(member.as_str(), "resourceType" | "id" | "meta" | "subject" | "identifier" | "status") {
            texts(value, &said, &mut out.words);
        }
    }
    Some(out)
}

/// The strings below a value whose member's name is wanted; `""` is the value itself or an item of its list.
fn texts(value: &Value, wanted: &dyn Fn(&str) -> bool, out: &mut Vec<String>) {
    fn walk(value: &Value, key: &str, wanted: &dyn Fn(&str) -> bool, out: &mut Vec<String>) {
        match value {
            Value::String(s) if wanted(key) => out.push(s.clone()),
            Value::Array(list) => list.iter().for_each(|v| walk(v, key, wanted, out)),
            Value::Object(map) => map.iter().for_each(|(k, v)| walk(v, k, wanted, out)),
            _ => {}
        }
    }
    walk(value, "", wanted, out);
}
