//! What a person typed, over what a document holds.

use fude::document::Document;

use super::{ADDED, SENTENCE, Typed};

/// How many sentences the typed words would change. A box that was only opened changes nothing.
pub fn unsaved(document: &Document, typed: &Typed) -> usize {
    let added = |name: &str, text: &str| name.starts_with(ADDED) && !text.trim().is_empty();
    let altered = |id: &str, text: &str| document.sentences().any(|s| s.id == id && s.text != text);
    typed.iter().filter(|(k, v)| added(k, v) || k.strip_prefix(SENTENCE).is_some_and(|id| altered(id, v))).count()
}

/// Whether the field's sentence or section is in this revision no more: its words wait for the person's decision.
pub fn is_orphan(document: &Document, field: &str) -> bool {
    match (field.strip_prefix(SENTENCE), field.strip_prefix(ADDED)) {
        (Some(id), _) => document.sentences().all(|s| s.id != id),
        (_, Some(code)) => document.sections.iter().all(|s| s.code != code),
        _ => false,
    }
}

/// The sections of a revision: what was typed over what was there. An emptied sentence is taken out.
pub fn revised(document: &Document, typed: &Typed) -> serde_json::Value {
    let sections = document.sections.iter().map(|section| {
        let kept = section.sentences.iter().filter_map(|s| match typed.get(&format!("{SENTENCE}{}", s.id)) {
            Some(text) if text.trim().is_empty() => None,
            Some(text) => Some(serde_json::json!({ "id": s.id, "text": text })),
            None => Some(serde_json::json!({ "id": s.id, "text": s.text })),
        });
        let added = typed.get(&format!("{ADDED}{}", section.code)).map_or("", String::as_str);
        let added = added.lines().filter(|l| !l.trim().is_empty()).map(|l| serde_json::json!({ "text": l.trim() }));
        let sentences: Vec<_> = kept.chain(added).collect();
        serde_json::json!({ "code": section.code, "sentences": sentences })
    });
    sections.collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fude::document::Document;

    use super::{revised, unsaved};

    fn sample() -> Document {
        serde_json::from_str(include_str!("../../../shared/src/render/sample.json")).expect("the sample is a document")
    }

    fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_revision_holds_what_was_typed_and_leaves_the_rest_alone() {
        let document = sample();
        let sent = revised(
            &document,
            &typed(&[("s:S7", "右下葉に浸潤影。"), ("s:S8", ""), ("add:362", "一行目。\n\n二行目。")]),
        );
        let section = sent.as_array().unwrap().iter().find(|s| s["code"] == "362").unwrap();
        let texts: Vec<(&str, &str)> = section["sentences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["id"].as_str().unwrap_or(""), s["text"].as_str().unwrap()))
            .collect();
        assert_eq!(texts[2..], [("S7", "右下葉に浸潤影。"), ("", "一行目。"), ("", "二行目。")]);
        assert_eq!(sent.as_array().unwrap().len(), document.sections.len());
    }

    #[test]
    fn a_box_that_was_only_opened_changes_nothing() {
        let document = sample();
        let same = document.sections[0].sentences[0].text.clone();
        assert_eq!(unsaved(&document, &typed(&[("s:S1", &same), ("add:362", " "), ("answer:W1", "accepted")])), 0);
        assert_eq!(unsaved(&document, &typed(&[("s:S1", "別の文。"), ("add:362", "追記。"), ("s:S999", "x")])), 2);
    }
}
