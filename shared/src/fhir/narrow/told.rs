//! What the delivered facts of one resource say, and what nothing may say.

use std::borrow::Cow;

use crate::facts::mentions;
use crate::text::unspaced;

pub(in crate::fhir) struct Told<'t> {
    /// The fields, folded: most of what is asked for is one of them.
    fields: Vec<Cow<'t, str>>,
    withheld: &'t [String],
}

impl<'t> Told<'t> {
    pub fn new(fields: impl Iterator<Item = &'t String>, withheld: &'t [String]) -> Self {
        Self { fields: fields.map(|field| unspaced(field)).collect(), withheld }
    }

    pub(super) fn says(&self, text: &str) -> bool {
        let folded = unspaced(text);
        let stands = || {
            self.fields.contains(&folded)
                || self.fields.iter().any(|field| field.len() > folded.len() && field.contains(&*folded))
        };
        !folded.is_empty() && stands() && self.may_stand(text)
    }

    pub(super) fn may_stand(&self, text: &str) -> bool {
        !text.trim().is_empty() && !mentions(text, self.withheld)
    }
}
