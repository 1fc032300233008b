//! Faults of meaning: the words are nearly the same, what they say is not.

use super::Given;
use super::edit::{rewrite, swap};
use super::tables::{NEGATIONS, NO_NEGATIONS, NO_PLANS, NO_SIDES, PENDING, PLANS, SIDES, SUSPICIONS};
use crate::draft::Draft;

/// What was denied is affirmed, or the reverse.
pub(super) fn negation_flip(draft: &mut Draft, given: Given<'_>) -> bool {
    rewrite(draft, given, "発熱は認めなかった。", |text, _| swap(text, NEGATIONS, NO_NEGATIONS))
}

/// Right became left, or both became one.
pub(super) fn side_swap(draft: &mut Draft, given: Given<'_>) -> bool {
    let otherwise = if given.knows("左下葉") {
        "右下葉に浸潤影を認めた。"
    } else {
        "左下葉に浸潤影を認めた。"
    };
    rewrite(draft, given, otherwise, |text, facts| {
        SIDES.iter().find_map(|side| {
            // Where the facts know both sides, the other one might be true too.
            let known = facts.iter().any(|fact| without(&fact.text(), NO_SIDES).contains(side.1));
            swap(text, &[*side], NO_SIDES).filter(|_| !known)
        })
    })
}

/// What was suspected is certain.
pub(super) fn suspicion_dropped(draft: &mut Draft, given: Given<'_>) -> bool {
    rewrite(draft, given, "肺塞栓症と診断した。", |text, _| {
        swap(text, SUSPICIONS, &["疑いなく", "疑いのない", "疑いはない"])
    })
}

/// A result that is still out is called negative.
pub(super) fn pending_as_negative(draft: &mut Draft, given: Given<'_>) -> bool {
    rewrite(draft, given, "血液培養は陰性であった。", |text, _| swap(text, PENDING, &[]))
}

/// What was planned is told as done.
pub(super) fn plan_as_done(draft: &mut Draft, given: Given<'_>) -> bool {
    rewrite(draft, given, "胃瘻造設術を施行した。", |text, _| swap(text, PLANS, NO_PLANS))
}

fn without(text: &str, words: &[&str]) -> String {
    words.iter().fold(text.to_owned(), |text, word| text.replace(word, ""))
}
