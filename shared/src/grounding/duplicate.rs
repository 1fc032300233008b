//! The same sentence twice says nothing new, and in a list it may read as two events.

use super::{Claim, Context, Verdict};

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    if claim.seen.contains(&claim.sentence.text) { Verdict::Drop("duplicate") } else { Verdict::Keep }
}
