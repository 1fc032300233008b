//! What the delivered facts of one resource say, and what nothing may say.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::write::is_blank;
use crate::facts::mentions;
use crate::text::unspaced;

pub(in crate::fhir) struct Told<'t> {
    fields: Vec<&'t str>,
    /// The fields folded, once one is asked for that is none of them as it stands.
    folded: OnceCell<Vec<Cow<'t, str>>>,
    withheld: &'t [String],
}

impl<'t> Told<'t> {
    pub fn new(fields: impl Iterator<Item = &'t String>, withheld: &'t [String]) -> Self {
        Self { fields: fields.map(String::as_str).collect(), folded: OnceCell::new(), withheld }
    }

    pub(super) fn says(&self, text: &str) -> bool {
        let stands = self.fields.contains(&text) || self.holds(&unspaced(text));
        stands && self.may_stand(text)
    }

    /// Whether a folded text is one of the fields or stands in one.
    fn holds(&self, folded: &str) -> bool {
        let fields = self.folded.get_or_init(|| self.fields.iter().map(|field| unspaced(field)).collect());
        !folded.is_empty() && fields.iter().any(|field| field.len() >= folded.len() && field.contains(folded))
    }

    pub(super) fn may_stand(&self, text: &str) -> bool {
        !is_blank(text) && !mentions(text, self.withheld)
    }
}
