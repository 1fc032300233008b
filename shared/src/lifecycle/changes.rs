//! The difference between two revisions of a document, sentence by sentence. Ids last as long as a sentence does, so
//! what has the same id and another text was changed, and nothing is guessed.

use std::collections::HashMap;

use serde::Serialize;

use crate::document::{Document, Sentence, SentenceKind};

/// What became of one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Code of the section that it stands in; where it was removed, stood in.
    pub section: String,
    pub sentence: String,
    /// `added`, `removed`, `changed` or `moved` (to another section).
    pub change: &'static str,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Who wrote the text before: `machine` or `person`.
    pub before_by: Option<&'static str>,
    pub after_by: Option<&'static str>,
}

/// In the order of the later revision, what was removed at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub document_id: String,
    pub from: u32,
    pub to: u32,
    pub changes: Vec<Change>,
    pub unchanged: usize,
}

fn by(sentence: &Sentence) -> &'static str {
    if sentence.kind == SentenceKind::Entered { "person" } else { "machine" }
}

/// What leads from one revision to the other, in whichever order of time.
pub fn changes(from: &Document, to: &Document) -> Changes {
    let placed = |d: &'_ Document| -> Vec<(String, Sentence)> {
        d.sections.iter().flat_map(|s| s.sentences.iter().map(|x| (s.code.clone(), x.clone()))).collect()
    };
    let (before, after) = (placed(from), placed(to));
    let mut earlier: HashMap<&str, &(String, Sentence)> = before.iter().map(|p| (p.1.id.as_str(), p)).collect();
    let mut out = Vec::new();
    let mut unchanged = 0;
    for (section, sentence) in &after {
        let was = earlier.remove(sentence.id.as_str());
        let change = match was {
            None => "added",
            Some((_, old)) if old.text != sentence.text => "changed",
            Some((place, _)) if place != section => "moved",
            Some(_) => {
                unchanged += 1;
                continue;
            }
        };
        out.push(Change {
            section: section.clone(),
            sentence: sentence.id.clone(),
            change,
            before: was.map(|(_, old)| old.text.clone()),
            after: Some(sentence.text.clone()),
            before_by: was.map(|(_, old)| by(old)),
            after_by: Some(by(sentence)),
        });
    }
    let gone = before.iter().filter(|(_, s)| earlier.contains_key(s.id.as_str()));
    out.extend(gone.map(|(section, old)| Change {
        section: section.clone(),
        sentence: old.id.clone(),
        change: "removed",
        before: Some(old.text.clone()),
        after: None,
        before_by: Some(by(old)),
        after_by: None,
    }));
    Changes { document_id: to.document_id.clone(), from: from.revision, to: to.revision, changes: out, unchanged }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{document, entered, fact, section};
    use super::changes;

    #[test]
    fn every_sentence_is_told_once() {
        let before = document(vec![
            section("352", vec![fact("S1", "発熱。"), fact("S2", "咳嗽。")]),
            section("333", vec![fact("S3", "抗菌薬を8日間投与した。"), fact("S4", "軽快した。")]),
        ]);
        let after = document(vec![
            section("352", vec![fact("S1", "発熱。")]),
            section(
                "333",
                vec![fact("S2", "咳嗽。"), entered("S3", "抗菌薬を7日間投与した。"), entered("S2-1", "退院した。")],
            ),
        ]);
        let found = changes(&before, &after);
        let told: Vec<(&str, &str)> = found.changes.iter().map(|c| (c.sentence.as_str(), c.change)).collect();
        assert_eq!(told, [("S2", "moved"), ("S3", "changed"), ("S2-1", "added"), ("S4", "removed")]);
        assert_eq!(found.unchanged, 1);
        let changed = &found.changes[1];
        assert_eq!((changed.before_by, changed.after_by), (Some("machine"), Some("person")));
        assert_eq!(changes(&before, &before).changes, []);
    }
}
