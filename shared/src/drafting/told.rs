//! Which facts the document tells already: a long draft cites hundreds, and each rule asks for each fact.

use std::collections::HashMap;

use crate::document::Section;
use crate::facts::{Category, Detail, Fact, Facts, Kind, Source};
use crate::grounding::restates;

pub(super) struct Told<'f> {
    facts: &'f Facts,
    /// By position in the list of facts, like all that follows.
    cited: Vec<bool>,
    /// Facts of a change, by the drugs that they were found from.
    became: HashMap<&'f str, Vec<usize>>,
    /// Orders other than those of the stay, by ingredient.
    lists: HashMap<&'f str, Vec<usize>>,
}

impl<'f> Told<'f> {
    pub fn of(facts: &'f Facts, sections: &[Section]) -> Self {
        let mut became: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut lists: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, fact) in facts.list.iter().enumerate() {
            match (&fact.detail, &fact.source) {
                (Detail::Change(_), Source::Derived { from }) if fact.kind == Kind::Derived => {
                    for drug in from {
                        became.entry(drug).or_default().push(at);
                    }
                }
                (Detail::Medication(m), _) if fact.kind == Kind::Medication && m.category != Category::Inpatient => {
                    lists.entry(&m.ingredient).or_default().push(at);
                }
                _ => {}
            }
        }
        let mut out = Self { facts, cited: vec![false; facts.list.len()], became, lists };
        for sentence in sections.iter().flat_map(|s| &s.sentences) {
            out.cite(&sentence.evidence);
        }
        out
    }

    /// Whether the fact at a position is cited.
    pub fn cites(&self, at: usize) -> bool {
        self.cited[at]
    }

    pub fn cite(&mut self, ids: &[String]) {
        for at in ids.iter().filter_map(|id| self.facts.position(id)) {
            self.cited[at] = true;
        }
    }

    /// Cited, or told by another fact that says as much: a drug of before whose change is told, since what it became
    /// stands among the drugs of now; a directive that a consent restates.
    pub fn holds(&self, rule: &str, at: usize) -> bool {
        let fact = &self.facts.list[at];
        self.cites(at)
            || self.any(self.became.get(fact.id.as_str()))
            || match rule {
                "high-risk-medication" => self.lists_drug(fact),
                "advance-directives" => {
                    let cited = self.facts.list.iter().zip(&self.cited).filter(|(_, cited)| **cited);
                    cited.into_iter().any(|(c, _)| c.kind == Kind::Consent && restates(fact, c))
                }
                _ => false,
            }
    }

    /// Whether a list tells the drug of an earlier order: what is taken now says more than what was taken then.
    fn lists_drug(&self, order: &Fact) -> bool {
        match &order.detail {
            Detail::Medication(drug) => self.any(self.lists.get(drug.ingredient.as_str())),
            _ => false,
        }
    }

    fn any(&self, positions: Option<&Vec<usize>>) -> bool {
        positions.into_iter().flatten().any(|at| self.cites(*at))
    }
}
