//! Check 10: what must be mentioned and no sentence cites is rendered by code, once.

use super::assemble::Builder;
use crate::compose;
use crate::document::SentenceKind;
use crate::facts::{Category, Detail, Fact, Kind, Source};
use crate::grounding::{concerns, restates, target};

impl Builder<'_> {
    pub(super) fn must_mention(&mut self) {
        let prepared = self.prepared;
        for rule in &prepared.template.must_mention {
            for fact in prepared.facts.list.iter().filter(|f| concerns(rule, f)) {
                if self.told(rule, fact) || self.forbidden(&fact.text(), &[&fact.id]) {
                    continue;
                }
                match target(rule, &prepared.template) {
                    Some(code) if self.after_death(code) => {}
                    Some(code) => {
                        self.append(code, compose::line(fact), SentenceKind::Fact);
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

    /// Cited, or told by another fact that says as much.
    fn told(&self, rule: &str, fact: &Fact) -> bool {
        let facts = &self.prepared.facts;
        // A drug of before whose change is told: what it became stands among the drugs of now.
        let became = |f: &&Fact| {
            matches!(f.detail, Detail::Change(_))
                && matches!(&f.source, Source::Derived { from } if from.contains(&fact.id))
        };
        self.cited(&fact.id)
            || facts.of(Kind::Derived).filter(became).any(|f| self.cited(&f.id))
            || match rule {
                "high-risk-medication" => self.tells_drug(fact),
                "advance-directives" => facts.of(Kind::Consent).any(|c| self.cited(&c.id) && restates(fact, c)),
                _ => false,
            }
    }

    /// Whether a list tells the drug of an earlier order: what is taken now says more than what was taken then.
    fn tells_drug(&self, order: &Fact) -> bool {
        let Detail::Medication(drug) = &order.detail else { return false };
        let same = |f: &&Fact| match &f.detail {
            Detail::Medication(m) => m.ingredient == drug.ingredient && m.category != Category::Inpatient,
            _ => false,
        };
        self.prepared.facts.of(Kind::Medication).filter(same).any(|f| self.cited(&f.id))
    }
}
