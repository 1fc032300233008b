//! `must_not_mention`: what a rule of the kind forbids leaves the document, whoever wrote it; the physician is told.

use super::assemble::Builder;
use crate::document::{Coverage, Dropped, LeftOut, SectionOrigin, Sentence, SentenceKind};
use crate::facts::{Fact, Facts};
use crate::grounding::forbids;
use crate::template::Template;

const RULE: &str = "must-not-mention";
const HELD_BACK: &str = "（この宛先に出せない内容のため表示しない）";

/// Facts that the model is not offered, because nothing may be said of them.
pub(super) fn keep_from_model(facts: &mut Facts, template: &Template) {
    let forbidden = |f: &Fact| {
        let text = f.text();
        template.must_not_mention.iter().any(|rule| forbids(rule, &text, &[f], facts))
    };
    let ids: Vec<String> = facts.offered().filter(|f| forbidden(f)).map(|f| f.id.clone()).collect();
    for fact in facts.list.iter_mut().filter(|f| ids.contains(&f.id)) {
        fact.offered = false;
    }
    facts.coverage.offered -= ids.len();
    count(&mut facts.coverage, ids.len());
}

pub(super) fn count(coverage: &mut Coverage, by: usize) {
    if by == 0 {
        return;
    }
    match coverage.left_out.iter_mut().find(|l| l.rule == RULE) {
        Some(l) => l.count = l.count.max(by),
        None => coverage.left_out.push(LeftOut { rule: RULE.to_owned(), count: by }),
    }
}

impl Builder<'_> {
    /// Whether a rule of this kind forbids a text that rests on these facts.
    pub(super) fn forbidden(&self, text: &str, evidence: &[&str]) -> bool {
        let facts = &self.prepared.facts;
        let cited: Vec<&Fact> = evidence.iter().filter_map(|id| facts.get(id)).collect();
        self.prepared.template.must_not_mention.iter().any(|rule| forbids(rule, text, &cited, facts))
    }

    /// Takes out what is forbidden. A sentence of the model is listed as dropped, a statement of the author is flagged,
    /// a line of the record is counted; a required section that is left empty says so.
    pub(super) fn must_not_mention(&mut self) {
        for at in 0..self.sections.len() {
            let all = std::mem::take(&mut self.sections[at].sentences);
            let before = all.len();
            let (gone, kept): (Vec<Sentence>, Vec<Sentence>) = all.into_iter().partition(|s| {
                let evidence: Vec<&str> = s.evidence.iter().map(String::as_str).collect();
                matches!(s.kind, SentenceKind::Fact | SentenceKind::Entered) && self.forbidden(&s.text, &evidence)
            });
            let emptied = kept.is_empty() && before > 0;
            self.sections[at].sentences = kept;
            let (code, origin) = (self.sections[at].code.clone(), self.sections[at].origin);
            for sentence in gone {
                match (sentence.kind, origin) {
                    (SentenceKind::Entered, _) => self.flag("", RULE, "作成者の記載に、この宛先に出してはならない内容が含まれていたため載せていない。記載を改めること。"),
                    (_, SectionOrigin::Model) => {
                        self.dropped.push(Dropped { section: code.clone(), text: HELD_BACK.to_owned(), reason: RULE.to_owned() });
                    }
                    _ => self.withheld += 1,
                }
            }
            if emptied && self.prepared.template.section(&code).is_some_and(|s| s.required) {
                let gap = self.gap();
                self.sections[at].sentences.push(gap);
            }
        }
        self.sections.retain(|s| !s.sentences.is_empty());
    }
}
