//! Check 10: what must be mentioned and no sentence cites is rendered by code, once.

use super::assemble::Builder;
use super::told::Told;
use crate::compose;
use crate::document::SentenceKind;
use crate::grounding::{Rule, Words, concerns, target};

impl Builder<'_> {
    pub(super) fn must_mention(&mut self) {
        let prepared = self.prepared;
        let mut told = Told::of(&prepared.facts, &self.sections);
        let list = &prepared.facts.list;
        // Each fact's words are folded once for all rules.
        let words: Vec<Words> = list.iter().map(|_| Words::default()).collect();
        for rule in &prepared.template.must_mention {
            let Some(known) = Rule::named(rule) else { continue };
            let about = list.iter().zip(&words).filter(|(fact, words)| concerns(known, fact, words));
            for (fact, _) in about {
                if told.holds(rule, fact) || self.forbidden(&fact.text(), &[&fact.id]) {
                    continue;
                }
                match target(rule, &prepared.template) {
                    Some(code) if self.after_death(code) => {}
                    Some(code) => {
                        let line = compose::line(fact);
                        told.cite(&line.evidence);
                        self.append(code, line, SentenceKind::Fact);
                    }
                    None => self.flag(
                        "",
                        "must-mention",
                        "この文書に必要な記載が入る章がない。記録を確認のうえ追記すること。",
                    ),
                }
            }
        }
    }
}
