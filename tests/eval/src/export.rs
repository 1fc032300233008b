//! The public set as JSON for other systems: record, sentences, what they cite, labels.

use std::path::Path;

use serde_json::{Value, json};

use crate::case::CaseError;
use crate::sentences::{Set, fact};

/// Writes `<set>.json` for each set.
pub fn write(sets: &[Set], folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    for set in sets {
        std::fs::write(folder.join(format!("{}.json", set.name)), serde_json::to_vec_pretty(&one(set)?)?)?;
    }
    Ok(())
}

fn one(set: &Set) -> Result<Value, CaseError> {
    let prepared = set.prepare()?;
    let record: Value = serde_json::from_slice(&set.bundle()?).expect("a bundle is JSON");
    let cited = |words: &String| {
        let evidence = fact(&prepared, words).map(fude::facts::Fact::evidence);
        json!({ "text": evidence.as_ref().map(|e| &e.text), "path": evidence.as_ref().and_then(|e| e.path.as_ref()) })
    };
    let sentences: Vec<Value> = set
        .sentences
        .iter()
        .map(|s| json!({ "text": s.text, "cites": s.cites.iter().map(cited).collect::<Vec<_>>(), "error": s.error, "derived": s.derived }))
        .collect();
    Ok(json!({ "set": set.name, "title": set.title, "kind": set.kind, "record": record, "sentences": sentences }))
}
