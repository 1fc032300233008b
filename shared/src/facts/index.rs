//! Where a fact stands by its id, which is a letter and one or two numbers: `F07`, `N03.2`.

use super::Fact;

/// Positions by id, sorted. Ids in the thousands are compared as numbers, not hashed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index(Vec<(u64, usize)>);

impl Index {
    pub fn of(facts: &[Fact]) -> Self {
        let mut list: Vec<(u64, usize)> = facts.iter().enumerate().map(|(at, f)| (key(&f.id), at)).collect();
        list.sort_unstable();
        Self(list)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The position of the fact that bears an id, if any does: another may have the same number in other digits.
    pub fn get(&self, id: &str) -> Option<usize> {
        let wanted = key(id);
        let at = self.0.partition_point(|(key, _)| *key <= wanted).checked_sub(1)?;
        let (found, position) = self.0[at];
        (found == wanted).then_some(position)
    }

    pub fn insert(&mut self, id: &str, position: usize) {
        let key = key(id);
        self.0.insert(self.0.partition_point(|(other, _)| *other <= key), (key, position));
    }
}

/// The letter, then 28 bits for each number.
fn key(id: &str) -> u64 {
    let number = |digits: &[u8]| digits.iter().fold(0u64, |n, d| (n * 10 + u64::from(d & 15)) & 0x0FFF_FFFF);
    let Some((letter, rest)) = id.as_bytes().split_first() else { return 0 };
    let (first, second) = match rest.iter().position(|b| *b == b'.') {
        Some(dot) => (&rest[..dot], &rest[dot + 1..]),
        None => (rest, &rest[..0]),
    };
    u64::from(*letter) << 56 | number(first) << 28 | number(second)
}

#[cfg(test)]
mod tests {
    use super::Index;
    use crate::facts::{Fact, Kind, Source};

    #[test]
    fn facts_are_found_by_their_ids() {
        let ids = ["F01", "F10", "F120", "N01.1", "N01.10", "N11.1", "N12.3", "D01", "A01"];
        let facts: Vec<Fact> = ids
            .iter()
            .map(|id| {
                let source = Source::Statement { by: String::new() };
                let mut fact = Fact::new(Kind::Note, None, "", Vec::new(), source);
                fact.id = (*id).to_owned();
                fact
            })
            .collect();
        let mut index = Index::of(&facts);
        index.insert("F121", ids.len());
        for (at, id) in ids.iter().chain(&["F121"]).enumerate() {
            assert_eq!(index.get(id), Some(at), "{id}");
        }
        assert!(["F02", "N01", "N01.2", "X01", ""].iter().all(|id| index.get(id).is_none()));
    }
}
