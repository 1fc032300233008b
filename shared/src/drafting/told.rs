//! Which facts the document tells already: a long draft cites hundreds, and each rule asks for each fact.

use std::collections::{HashMap, HashSet};

use crate::document::Section;
use crate::facts::{Category, Detail, Fact, Facts, Kind, Source};
use crate::grounding::restates;

pub(super) struct Told<'f> {
    facts: &'f Facts,
    cited: HashSet<String>,
    /// Facts of a change, by the drugs that they were found from.
    became: HashMap<&'f str, Vec<&'f str>>,
    /// Orders other than those of the stay, by ingredient.
    lists: HashMap<&'f str, Vec<&'f str>>,
}

impl<'f> Told<'f> {
    pub fn of(facts: &'f Facts, sections: &[Section]) -> Self {
        let cited = sections.iter().flat_map(|s| &s.sentences).flat_map(|s| &s.evidence).cloned().collect();
        let mut became: HashMap<&str, Vec<&str>> = HashMap::new();
        for change in facts.of(Kind::Derived).filter(|f| matches!(f.detail, Detail::Change(_))) {
            let Source::Derived { from } = &change.source else { continue };
            for drug in from {
                became.entry(drug).or_default().push(&change.id);
            }
        }
        let mut lists: HashMap<&str, Vec<&str>> = HashMap::new();
        for order in facts.of(Kind::Medication) {
            if let Detail::Medication(m) = &order.detail
                && m.category != Category::Inpatient
            {
                lists.entry(&m.ingredient).or_default().push(&order.id);
            }
        }
        Self { facts, cited, became, lists }
    }

    pub fn cites(&self, id: &str) -> bool {
        self.cited.contains(id)
    }

    pub fn cite(&mut self, ids: &[String]) {
        self.cited.extend(ids.iter().cloned());
    }

    /// Cited, or told by another fact that says as much: a drug of before whose change is told, since what it became
    /// stands among the drugs of now; a directive that a consent restates.
    pub fn holds(&self, rule: &str, fact: &Fact) -> bool {
        self.cited.contains(&fact.id)
            || self.any(self.became.get(fact.id.as_str()))
            || match rule {
                "high-risk-medication" => self.lists_drug(fact),
                "advance-directives" => {
                    let consents = self.facts.of(Kind::Consent).filter(|c| self.cited.contains(&c.id));
                    consents.into_iter().any(|c| restates(fact, c))
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

    fn any(&self, ids: Option<&Vec<&'f str>>) -> bool {
        ids.into_iter().flatten().any(|id| self.cited.contains(*id))
    }
}
