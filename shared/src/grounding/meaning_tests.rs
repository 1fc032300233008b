//! The checks of meaning over whole tables: true sentences that must pass all checks, wrong ones that one of the
//! checks of meaning must catch, and what the staged patients' facts yield, word for word and altered.

use super::testing::verdicts;
use super::{CHECKS, Verdict};
use crate::draft::{ReplyKind, ReplySentence};
use crate::facts::Facts;

mod staged;
mod true_narrative;
mod true_sentences;
mod wrong_sentences;

/// Sentences of a table that a check flags, with what it says.
fn count_flags(facts: &Facts, table: &[(&str, &[&str])]) -> Vec<String> {
    let flagged = |(text, cites): &(&str, &[&str])| {
        let facts_cited = cites.iter().map(|c| (*c).to_owned()).collect();
        let sentence = ReplySentence { text: (*text).to_owned(), facts: facts_cited, kind: ReplyKind::Fact };
        let flag = verdicts(CHECKS, facts, &sentence).into_iter().find(|v| matches!(v, Verdict::Flag(..)))?;
        Some(format!("{text} {flag:?}"))
    };
    table.iter().filter_map(flagged).collect()
}
