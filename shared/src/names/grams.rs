//! Which neighbouring letters occur in what is told: most people of a large record are never spoken of.

use std::collections::HashSet;

use super::seen::Seen;

pub(super) struct Grams {
    pairs: HashSet<(char, char)>,
    asked: bool,
}

impl Grams {
    pub fn of(seen: &[Seen], asked: bool) -> Self {
        let mut pairs = HashSet::new();
        for text in seen.iter().flat_map(|s| [&s.plain, &s.squeezed]) {
            let mut before = '\0';
            for c in text.chars() {
                pairs.extend([(before, c), ('\0', c)]);
                before = c;
            }
        }
        Self { pairs, asked }
    }

    pub fn may_hold(&self, text: &str) -> bool {
        let mut before = '\0';
        !self.asked || text.chars().all(|c| self.pairs.contains(&(std::mem::replace(&mut before, c), c)))
    }
}
