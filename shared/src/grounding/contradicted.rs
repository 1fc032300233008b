//! Check 11 on the side of the sentence: what the record contradicts is not told from one side alone.
//!
//! Where an X-ray says right and a CT says left, either sentence has valid evidence, and either may be wrong. The
//! contradiction is asked about; until a person has decided, a sentence that rests on one side of that very thing is
//! dropped. One that cites both sides, or speaks of something else, passes.

use super::{Claim, Context, Verdict};

pub fn check(claim: &Claim, context: &Context) -> Verdict {
    let one_sided = |c: &crate::facts::Contradiction| c.one_sided(&claim.text, &claim.sentence.facts);
    if context.facts.contradictions.iter().any(one_sided) { Verdict::Drop("one-sided") } else { Verdict::Keep }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn one_side_of_a_contradiction_is_not_told() {
        let mut f = facts(&[
            "[F1] report | 2026-07-03 | 胸部X線 | 右下肺野に浸潤影を認める。心胸郭比 54%。",
            "[F2] report | 2026-07-03 | 胸部CT | 左肺下葉に浸潤影を認める。",
            "[F3] medication | 2026-07-09 | 退院 | ミヤBM錠 | 1日3回 毎食後 1回2錠 2日分 | 3日分",
        ]);
        f.contradictions = crate::facts::contradictions::search(&f.list);
        assert_eq!(f.contradictions.len(), 2);
        for (text, ids, verdict) in [
            ("右下肺野に浸潤影を認めた。", &["F1"][..], Verdict::Drop("one-sided")),
            ("左下葉の浸潤影を認めた。", &["F2"], Verdict::Drop("one-sided")),
            ("X線では右下肺野、CTでは左肺下葉に浸潤影を認めた。", &["F1", "F2"], Verdict::Keep),
            ("胸部X線で浸潤影を認めた。", &["F1"], Verdict::Keep),
            ("心胸郭比は54%であった。", &["F1"], Verdict::Keep),
            ("ミヤBM錠を2日分処方した。", &["F3"], Verdict::Drop("one-sided")),
            ("ミヤBM錠を1日3回毎食後に1回2錠処方した。", &["F3"], Verdict::Keep),
        ] {
            assert_eq!(ask(check, &f, text, ids), verdict, "{text}");
        }
    }
}
