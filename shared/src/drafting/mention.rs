//! Check 10: what must be mentioned and no sentence cites is rendered by code, once.

use super::assemble::Builder;
use super::told::Told;
use crate::compose;
use crate::document::SentenceKind;
use crate::facts::Fact;
use crate::grounding::{Rule, Words, concerns, concerns_none, target};

impl Builder<'_> {
    pub(super) fn must_mention(&mut self) {
        let prepared = self.prepared;
        let mut told = Told::of(&prepared.facts, &self.sections);
        // Each fact's words are folded once for all rules; what is cited already no rule has to look at.
        let list = prepared.facts.list.iter().enumerate().filter(|(at, f)| !concerns_none(f) && !told.cites(*at));
        let list: Vec<(usize, &Fact, Words)> = list.map(|(at, f)| (at, f, Words::default())).collect();
        for rule in &prepared.template.must_mention {
            let Some(known) = Rule::named(rule) else { continue };
            for (at, fact, _) in list.iter().filter(|(_, fact, words)| concerns(known, fact, words)) {
                if told.holds(rule, *at) || self.forbidden(&fact.text(), &[&fact.id]) {
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
