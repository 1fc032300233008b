//! Check 4: placeholders are ones that were issued, and stand in a cited fact.
//! A name that the cited facts do not hold would be another person's fact; so would a name in clear, since the model
//! is shown none: one that a cited fact does not hold was invented, or is somebody else's.

use super::{Claim, Context, Verdict};
use crate::names;

/// Before names come back: each sign stands for one. Where this too is taken out a □ is shown, never the sign.
pub fn names_back(claim: &Claim, context: &Context) -> Verdict {
    if context.names.put_back(&claim.sentence.text).is_some() {
        return Verdict::Keep;
    }
    Verdict::Drop("unknown-placeholder")
}

pub fn check(claim: &Claim, context: &Context) -> Verdict {
    if context.names.put_back(&claim.sentence.text).is_none() {
        return Verdict::Drop("unknown-placeholder");
    }
    let mut rest = claim.sentence.text.as_str();
    while let Some(open) = rest.find('⟦') {
        let Some(close) = rest[open..].find('⟧') else {
            return Verdict::Drop("unknown-placeholder");
        };
        let placeholder = &rest[open..open + close + '⟧'.len_utf8()];
        let stands = claim
            .cited
            .iter()
            .any(|f| f.fields.iter().any(|field| context.names.take_out(field).contains(placeholder)));
        if !stands {
            return Verdict::Drop("placeholder-not-in-evidence");
        }
        rest = &rest[open + close + '⟧'.len_utf8()..];
    }
    let told = names::told_in(&claim.text);
    if !told.is_empty() {
        let evidence: String = claim.cited.iter().map(|f| names::folded(&f.text()) + "。").collect();
        if told.iter().any(|name| !evidence.contains(name.as_str())) {
            return Verdict::Drop("unknown-name");
        }
    }
    Verdict::Keep
}
