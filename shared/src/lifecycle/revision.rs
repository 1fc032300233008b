//! A revision: what a person sent, joined with what was there. A sentence with a known id and unchanged text keeps
//! its evidence; everything else is entered by that person. Flags stay until they are answered by name.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use crate::document::{Document, Empty, Section, SectionOrigin, Sentence, SentenceKind};
use crate::template::Template;

/// Characters of one sentence, sentences of one section.
const LONGEST: usize = 4_000;
const MOST_SENTENCES: usize = 1_000;

/// A section in the delivered shape; members that code decides (`title`, `origin`) are not looked at.
#[derive(Clone, Debug, Deserialize)]
pub struct SubmittedSection {
    pub code: String,
    pub sentences: Vec<SubmittedSentence>,
}

/// A sentence in the delivered shape; `kind`, `evidence` and `empty` follow from the id and are not looked at.
#[derive(Clone, Debug, Deserialize)]
pub struct SubmittedSentence {
    #[serde(default)]
    pub id: Option<String>,
    pub text: String,
}

/// Why a revision is refused: 400 `malformed-request`. Says where, never what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    #[error("sections[{0}].code names no section of this kind of document")]
    UnknownSection(usize),
    #[error("sections[{0}].code stands there twice")]
    SectionTwice(usize),
    #[error("sections[{0}].sentences[{1}].text is empty")]
    Empty(usize, usize),
    #[error("sections[{0}].sentences[{1}].text is longer than {LONGEST} characters or holds control characters")]
    Unusable(usize, usize),
    #[error("sections[{0}] has more than {MOST_SENTENCES} sentences")]
    TooMany(usize),
    #[error("nothing is left of the document")]
    Nothing,
}

/// The next revision of a document.
pub fn revise(
    previous: &Document,
    template: &Template,
    submitted: &[SubmittedSection],
) -> Result<Document, RevisionError> {
    let mut writer = Writer {
        revision: previous.revision + 1,
        known: previous.sentences().map(|s| (s.id.as_str(), s)).collect(),
        used: HashSet::new(),
        new: 0,
    };
    let mut sections = Vec::with_capacity(submitted.len());
    for (at, section) in submitted.iter().enumerate() {
        if submitted[..at].iter().any(|s| s.code == section.code) {
            return Err(RevisionError::SectionTwice(at));
        }
        let before = previous.sections.iter().find(|s| s.code == section.code);
        let title = before.map(|s| s.title.as_str()).or(template.section(&section.code).map(|s| s.title.as_str()));
        let title = title.ok_or(RevisionError::UnknownSection(at))?;
        let sentences = writer.sentences(at, section)?;
        if sentences.is_empty() {
            continue;
        }
        let own = |s: &Sentence| s.kind != SentenceKind::Entered;
        let origin = before.map(|s| s.origin).filter(|_| sentences.iter().any(own)).unwrap_or(SectionOrigin::Person);
        sections.push(Section { code: section.code.clone(), title: title.to_owned(), origin, sentences });
    }
    if sections.is_empty() {
        return Err(RevisionError::Nothing);
    }
    writer.gaps(&mut sections, template);
    let mut next = Document { revision: writer.revision, sections, ..previous.clone() };
    // Warnings of the last revision's text; those of the record stay.
    next.warnings.retain(|w| !w.path.starts_with("/sections/"));
    next.warnings.extend(crate::grounding::entered(&next, &previous.evidence));
    keep_cited(&mut next);
    Ok(next)
}

struct Writer<'w> {
    revision: u32,
    known: HashMap<&'w str, &'w Sentence>,
    used: HashSet<&'w str>,
    new: usize,
}

impl<'w> Writer<'w> {
    fn sentences(&mut self, at: usize, section: &SubmittedSection) -> Result<Vec<Sentence>, RevisionError> {
        if section.sentences.len() > MOST_SENTENCES {
            return Err(RevisionError::TooMany(at));
        }
        let mut out = Vec::with_capacity(section.sentences.len());
        for (place, sent) in section.sentences.iter().enumerate() {
            if sent.text.trim().is_empty() {
                return Err(RevisionError::Empty(at, place));
            }
            let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            if sent.text.chars().count() > LONGEST || sent.text.contains(control) {
                return Err(RevisionError::Unusable(at, place));
            }
            out.push(self.sentence(sent));
        }
        Ok(out)
    }

    fn sentence(&mut self, sent: &SubmittedSentence) -> Sentence {
        let before: Option<&'w Sentence> = sent.id.as_deref().and_then(|id| self.known.get(id)).copied();
        // The same id a second time is a copy, and a copy is the person's own.
        let before = before.filter(|s| self.used.insert(&s.id));
        match before {
            Some(same) if same.text == sent.text => same.clone(),
            changed => {
                let id = changed.map_or_else(|| self.next_id(), |s| s.id.clone());
                Sentence { id, text: sent.text.clone(), kind: SentenceKind::Entered, evidence: vec![], empty: None }
            }
        }
    }

    /// `S2-1`: an id that no other revision gives, so that a difference never takes two sentences for one.
    fn next_id(&mut self) -> String {
        self.new += 1;
        format!("S{}-{}", self.revision, self.new)
    }

    /// A required section that the person emptied says that somebody has to fill it.
    fn gaps(&mut self, sections: &mut Vec<Section>, template: &Template) {
        let place = |code: &str| template.sections.iter().position(|s| s.code == code);
        for required in template.sections.iter().filter(|s| s.required) {
            if sections.iter().any(|s| s.code == required.code) {
                continue;
            }
            let gap = Sentence {
                id: self.next_id(),
                text: Empty::ToConfirm.text().to_owned(),
                kind: SentenceKind::Missing,
                evidence: vec![],
                empty: Some(Empty::ToConfirm),
            };
            let own = place(&required.code);
            let at = sections.iter().position(|s| place(&s.code) > own).unwrap_or(sections.len());
            let (code, title) = (required.code.clone(), required.title.clone());
            sections.insert(at, Section { code, title, origin: SectionOrigin::Person, sentences: vec![gap] });
        }
    }
}

/// Evidence that sentences and questions still name, and what that was derived from.
fn keep_cited(document: &mut Document) {
    let cited = document.sentences().flat_map(|s| &s.evidence);
    let mut wanted: Vec<String> = cited.chain(document.questions.iter().flat_map(|q| &q.evidence)).cloned().collect();
    let mut kept = BTreeSet::new();
    while let Some(id) = wanted.pop() {
        if let Some(evidence) = document.evidence.get(&id)
            && kept.insert(id)
        {
            wanted.extend(evidence.from.iter().flatten().cloned());
        }
    }
    document.evidence.retain(|id, _| kept.contains(id));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{document, entered, fact, section};
    use super::{RevisionError, SubmittedSection, revise};
    use crate::document::{Document, Empty, Evidence, Flag, FlagState, SectionOrigin, SentenceKind};
    use crate::template::Template;

    fn template() -> Template {
        Template::find("discharge-summary").expect("a kind").0
    }

    fn previous() -> Document {
        let mut document = document(vec![
            section("352", vec![fact("S1", "発熱。")]),
            section("333", vec![fact("S2", "7月5日に入院した。"), fact("S3", "抗菌薬を8日間投与した。")]),
        ]);
        for id in ["F01", "F02"] {
            document.evidence.insert(id.into(), Evidence { text: "2026-07-05 発熱".into(), ..Evidence::default() });
        }
        document.flags.push(Flag {
            id: "W1".into(),
            sentence: "S3".into(),
            reason: "order".into(),
            message: "順序".into(),
            state: FlagState::Open,
        });
        document
    }

    fn sent(json: serde_json::Value) -> Vec<SubmittedSection> {
        serde_json::from_value(json).expect("the delivered shape")
    }

    #[test]
    fn a_delivered_document_sent_back_unchanged_says_the_same() {
        let previous = previous();
        let back = sent(serde_json::to_value(&previous.sections).expect("plain"));
        let next = revise(&previous, &template(), &back).expect("a revision");
        assert_eq!(next.revision, 2);
        for section in &previous.sections {
            assert!(next.sections.contains(section), "{}", section.code);
        }
        assert_eq!(next.flags, previous.flags);
        assert_eq!(next.evidence.keys().collect::<Vec<_>>(), ["F01"], "only what is cited");
    }

    #[test]
    fn what_a_person_changed_or_added_is_entered_and_rests_on_nothing() {
        let back = sent(serde_json::json!([
            { "code": "352", "title": "改題", "origin": "model", "sentences": [{ "text": "発熱と咳嗽。" }] },
            { "code": "333", "sentences": [
                { "id": "S2", "text": "7月5日に入院した。", "kind": "entered", "evidence": ["F02"] },
                { "id": "S3", "text": "抗菌薬を7日間投与した。", "kind": "fact", "evidence": ["F01"] },
                { "id": "S2", "text": "7月5日に入院した。" },
                { "id": "S77", "text": "自宅へ退院した。" } ] }
        ]));
        let next = revise(&previous(), &template(), &back).expect("a revision");
        let of = |code: &str| next.sections.iter().find(|s| s.code == code).expect("a section");
        assert_eq!((of("352").origin, of("333").origin), (SectionOrigin::Person, SectionOrigin::Model));
        assert_ne!(of("352").title, "改題");
        let course = &of("333").sentences;
        assert_eq!(course[0], fact("S2", "7月5日に入院した。"));
        assert_eq!(course[1], entered("S3", "抗菌薬を7日間投与した。"));
        assert_eq!((course[2].id.as_str(), course[2].kind), ("S2-2", SentenceKind::Entered), "a copy is no evidence");
        assert_eq!(course[3], entered("S2-3", "自宅へ退院した。"));
        assert_eq!(next.flags, previous().flags, "a flag is answered by name, not by editing");
    }

    #[test]
    fn an_emptied_required_section_has_to_be_filled() {
        let back = sent(serde_json::json!([{ "code": "352", "sentences": [{ "id": "S1", "text": "発熱。" }] }]));
        let next = revise(&previous(), &template(), &back).expect("a revision");
        let codes: Vec<&str> = next.sections.iter().map(|s| s.code.as_str()).collect();
        let course = next.sections.iter().find(|s| s.code == "333").expect("required");
        assert_eq!(course.sentences[0].empty, Some(Empty::ToConfirm));
        let order: Vec<&str> = template()
            .sections
            .iter()
            .map(|s| s.code.clone())
            .filter(|c| codes.contains(&c.as_str()))
            .map(|c| codes.iter().find(|d| **d == c).copied().expect("filtered"))
            .collect();
        assert_eq!(codes, order, "in the kind's order");
        assert!(super::super::incomplete(&next).contains(&"333"));
    }

    #[test]
    fn what_cannot_be_a_document_is_refused_by_its_place() {
        let refused = |json| revise(&previous(), &template(), &sent(json)).expect_err("refused");
        let one = |text: &str| serde_json::json!([{ "code": "333", "sentences": [{ "text": text }] }]);
        assert_eq!(refused(serde_json::json!([])), RevisionError::Nothing);
        assert_eq!(refused(serde_json::json!([{ "code": "999", "sentences": [] }])), RevisionError::UnknownSection(0));
        let twice = serde_json::json!([{ "code": "333", "sentences": [] }, { "code": "333", "sentences": [] }]);
        assert_eq!(refused(twice), RevisionError::SectionTwice(1));
        assert_eq!(refused(one(" \u{3000}")), RevisionError::Empty(0, 0));
        assert_eq!(refused(one("a\u{0}")), RevisionError::Unusable(0, 0));
        assert_eq!(refused(one(&"あ".repeat(4_001))), RevisionError::Unusable(0, 0));
    }
}
