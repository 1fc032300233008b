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

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]

    /// Whatever a model or a record writes, drafting goes on.
    #[test]
    fn no_text_makes_a_check_panic(
        said in "[なしあり疑否定できない可能性右左両側母父本人「」（）()、。#0-9a-zA-Zア-ンー㎎Ⅱ①陰陽性認めず圧痛肺炎歳様さん /+-]{0,40}",
        told in "[なしあり疑否定できない可能性右左両側母父本人「」（）()、。#0-9a-zA-Zア-ンー㎎Ⅱ①陰陽性認めず圧痛肺炎歳様さん /+-]{1,40}",
    ) {
        let kinds = ["note", "result", "condition", "allergy", "family", "medication", "report"];
        for kind in kinds {
            let line = format!("[F1] {kind} | 2026-07-03 | {} | {}", told.replace('|', ""), said.replace('|', ""));
            let mut facts = super::testing::facts(&[&line, "[N1] note | 2026-07-03 | 経過 | 右下葉に浸潤影あり。"]);
            facts.contradictions = crate::facts::contradictions::search(&facts.list);
            let sentence = ReplySentence { text: said.clone(), facts: vec!["F1".to_owned()], kind: ReplyKind::Fact };
            verdicts(CHECKS, &facts, &sentence);
        }
    }
}
