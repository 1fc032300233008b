//! Check 19: a sentence that rests on a note which seems to speak of somebody else.
//!
//! Copying between charts is how one patient's history enters another's. Whether the note is the patient's, only a
//! person can tell: the sentence is delivered with a flag, and the note is asked about even where nothing cites it.

use super::{Claim, Context, Verdict};

pub fn check(claim: &Claim, context: &Context) -> Verdict {
    let cited = |s: &&crate::facts::Stranger| claim.sentence.facts.iter().any(|id| s.facts.contains(id));
    context.facts.strangers.iter().find(cited).map_or(Verdict::Keep, |s| {
        Verdict::Flag("other-person-in-note", format!("根拠が別の患者についての記載の可能性がある。{}", s.question))
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::facts::Stranger;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn sentences_that_rest_on_a_strangers_note_are_flagged() {
        let mut f = facts(&[
            "[N01.1] note | 2026-07-03 | 経過記録 | 78歳男性。",
            "[N01.2] note | 2026-07-03 | 経過記録 | 糖尿病で通院中。",
            "[N02.1] note | 2026-07-04 | 経過記録 | 解熱した。",
        ]);
        f.strangers = vec![Stranger {
            facts: vec!["N01.1".to_owned(), "N01.2".to_owned()],
            question: "確認すること。".to_owned(),
        }];
        let flagged = ask(check, &f, "糖尿病で通院中である。", &["N01.2"]);
        assert!(matches!(flagged, Verdict::Flag("other-person-in-note", _)));
        assert_eq!(ask(check, &f, "解熱した。", &["N02.1"]), Verdict::Keep);
    }
}
