//! Check 6: every drug, test and disease name that the record knows and the sentence uses stands in a
//! cited fact. And what is held back from this addressee is never named, whoever brought it up.

use std::collections::HashSet;

use super::{Claim, Context, Verdict};
use crate::facts::{Facts, Kind};
use crate::text::compact;

/// Folded names of the record, longest first.
pub fn of(facts: &Facts) -> Vec<String> {
    let named = |k: Kind| {
        matches!(k, Kind::Condition | Kind::Allergy | Kind::Medication | Kind::Result | Kind::Procedure | Kind::Device)
    };
    // A long record names the same few things again and again.
    let mut seen: HashSet<(bool, &str)> = HashSet::new();
    let mut names: Vec<String> = facts
        .list
        .iter()
        .filter(|f| named(f.kind) && seen.insert((f.kind == Kind::Medication, f.name.as_str())))
        .flat_map(|f| {
            // Narrative says アムロジピン, not アムロジピンＯＤ錠５ｍｇ「トーワ」.
            let stem = (f.kind == Kind::Medication).then(|| compact(&crate::facts::drug_stem(&f.name)));
            [Some(compact(&f.name)), stem].into_iter().flatten()
        })
        .filter(|n| n.chars().count() >= 3)
        .collect();
    names.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    names.dedup();
    names
}

pub fn check(claim: &Claim, context: &Context) -> Verdict {
    let text = compact(&claim.text);
    let evidence: Vec<String> = claim.evidence.iter().map(|e| compact(e)).collect();
    let missing = context
        .known
        .iter()
        .any(|name| text.contains(name.as_str()) && !evidence.iter().any(|e| e.contains(name.as_str())));
    if missing { Verdict::Drop("name-not-in-evidence") } else { Verdict::Keep }
}

pub fn undisclosed(claim: &Claim, context: &Context) -> Verdict {
    if crate::facts::mentions(&claim.text, &context.facts.undisclosed) {
        return Verdict::Drop("held-back");
    }
    Verdict::Keep
}
