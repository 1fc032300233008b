//! Which facts the document tells already: a long draft cites hundreds, and each rule asks for each fact.

use std::collections::{HashMap, HashSet};

use crate::document::Section;
use crate::facts::{Detail, Fact, Facts, Kind, Source};

pub(super) struct Told<'f> {
    cited: HashSet<String>,
    /// Facts of a change, by the drugs that they were found from.
    became: HashMap<&'f str, Vec<&'f str>>,
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
        Self { cited, became }
    }

    pub fn cite(&mut self, ids: &[String]) {
        self.cited.extend(ids.iter().cloned());
    }

    /// Cited, or a drug of before whose change is told: what it became stands among the drugs of now.
    pub fn holds(&self, fact: &Fact) -> bool {
        let changes = self.became.get(fact.id.as_str());
        self.cited.contains(&fact.id) || changes.into_iter().flatten().any(|id| self.cited.contains(*id))
    }
}
