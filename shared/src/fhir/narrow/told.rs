//! What the delivered facts of one resource say, and what nothing may say.

use std::borrow::Cow;

use crate::facts::mentions;
use crate::text::{is_plain, nfkc};

pub(in crate::fhir) struct Told<'t> {
    said: String,
    withheld: &'t [String],
}

impl<'t> Told<'t> {
    pub fn new<'f>(fields: impl Iterator<Item = &'f String>, withheld: &'t [String]) -> Self {
        let mut said = String::new();
        for field in fields {
            said.push_str(&fold(field));
            said.push('\n');
        }
        Self { said, withheld }
    }

    pub(super) fn says(&self, text: &str) -> bool {
        let folded = fold(text);
        !folded.is_empty() && self.said.contains(&*folded) && self.may_stand(text)
    }

    pub(super) fn may_stand(&self, text: &str) -> bool {
        !text.trim().is_empty() && !mentions(text, self.withheld)
    }
}

fn fold(text: &str) -> Cow<'_, str> {
    // Nothing that is kept is white space but ASCII's.
    if is_plain(text) && !text.bytes().any(|b| matches!(b, b' ' | 9..=13)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(nfkc(text).split_whitespace().collect())
}
