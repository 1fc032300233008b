//! Resources that are parsed once something asks for them. A chart of many years holds thousands of results and
//! orders of other stays; whether one belongs is told by a few of its members.

use std::cell::OnceCell;

use serde::Deserialize;

use super::{ClinicalRecord, Entry, Item};

/// A resource by its position; read at first use.
pub struct Later<T> {
    pub position: usize,
    /// Empty where it could not be read. Boxed, as most are never asked for.
    item: OnceCell<Option<Box<Item<T>>>>,
}

impl<T> Later<T> {
    pub(super) fn new(position: usize) -> Self {
        Self { position, item: OnceCell::new() }
    }

    /// Whether it was asked for and could not be read.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(self.item.get(), Some(None))
    }
}

impl<'a> ClinicalRecord<'a> {
    /// The whole resource; `None` where it is not as FHIR has it, which then stands among the warnings.
    pub fn item<'r, T: Deserialize<'a>>(&'r self, later: &'r Later<T>) -> Option<&'r Item<T>> {
        let item = later
            .item
            .get_or_init(|| super::item(later.position, self.entries.get(later.position)?).ok().map(Box::new));
        item.as_deref()
    }

    /// The members named, as they stand; `None` where a key stands twice or only the parser can tell.
    pub fn members<const N: usize>(&self, position: usize, wanted: [&str; N]) -> Option<[Option<&'a str>; N]> {
        let mut found = [None; N];
        // Most keys are as long as none of those wanted.
        let lengths = wanted.iter().fold(0u64, |all, w| all | 1 << (w.len() % 64));
        for member in self.entries.get(position)?.members.plain()? {
            if lengths >> (member.key_length() % 64) & 1 == 1
                && let Some(at) = wanted.iter().position(|w| *w == member.key())
                && found[at].replace(member.value()).is_some()
            {
                return None;
            }
        }
        Some(found)
    }

    /// FHIR type of a resource.
    pub fn kind(&self, position: usize) -> &str {
        self.entries.get(position).map(Entry::kind).unwrap_or_default()
    }
}
