//! Check 4: placeholders are ones that were issued, and stand in a cited fact.
//! A name that the cited facts do not hold would be another person's fact.

use super::{Claim, Context, Verdict};

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
    Verdict::Keep
}
