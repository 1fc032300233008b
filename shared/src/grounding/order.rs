//! Check 12: within a problem block (#1, #2 …) of a narrative section the course runs forward in time. A sentence
//! whose days all lie before the day of the sentence before it makes a reader take a cause for its effect, so a
//! physician is asked once a section. Not across blocks, not in lists, not where the sentence says that it looks back.

use super::numbers::dates::{self, Mentioned};
use super::{Claim, Context, Passed, Verdict};
use crate::facts::Facts;
use crate::text::nfkc;

const REASON: &str = "out-of-order";

pub fn check(claim: &Claim, context: &Context) -> Verdict {
    let title = context.template.section(claim.section).map_or("", |s| s.title.as_str());
    if !["経過", "現病歴"].iter().any(|t| title.contains(t)) || looks_back(&claim.text) || begins_block(&claim.text)
    {
        return Verdict::Keep;
    }
    if claim.earlier.iter().any(|p| p.flags.iter().any(|(reason, _)| *reason == REASON)) {
        return Verdict::Keep;
    }
    let year = claim.cited.iter().find_map(|f| f.date).map(|d| d.year);
    let Some(last) = days(&claim.text, year).into_iter().max() else { return Verdict::Keep };
    let Some(before) = previous(claim.earlier, context.facts) else { return Verdict::Keep };
    if last < before {
        let (_, month, day) = before;
        let message = format!(
            "前の文（{month}月{day}日）より前の日付の文です。時間の順序はこれでよいか、文の位置を確認してください。"
        );
        return Verdict::Flag(REASON, message);
    }
    Verdict::Keep
}

type Key = (i32, u8, u8);

/// First day of the nearest earlier sentence of the same block that names one.
fn previous(earlier: &[Passed], facts: &Facts) -> Option<Key> {
    for passed in earlier.iter().rev() {
        let text = nfkc(&passed.text);
        if !looks_back(&text) {
            let year = passed.facts.iter().find_map(|id| facts.get(id)?.date).map(|d| d.year);
            if let Some(day) = days(&text, year).into_iter().min() {
                return Some(day);
            }
        }
        if begins_block(&text) {
            return None;
        }
    }
    None
}

/// Full days that a text names; a year that it leaves open is that of what it cites.
fn days(text: &str, year: Option<i32>) -> Vec<Key> {
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return Vec::new();
    }
    let full = |d: &Mentioned| Some((d.year.or(year)?, d.month?, d.day?));
    let (dates, _) = dates::take(text);
    dates.iter().filter(|d| !d.slash || text.contains('/')).filter_map(full).collect()
}

fn begins_block(text: &str) -> bool {
    text.trim_start().starts_with('#')
}

fn looks_back(text: &str) -> bool {
    const BACK: &[&str] = &[
        "先立", "前日", "既往", "以前", "過去", "前回", "入院前", "術前", "来院前", "当時", "遡", "さかのぼ", "前医",
        "先行", "まで", "なお", "受診前", "発症前", "従来", "元来", "当初",
    ];
    BACK.iter().any(|w| text.contains(w))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::testing::{ask_after, facts};
    use crate::grounding::{Passed, Verdict};

    fn flagged(before: &[&str], text: &str) -> bool {
        let facts = facts(&["[N1.1] note | 2026-07-10 | 経過記録 | 経過"]);
        let passed =
            |t: &&str| Passed { place: 0, text: (*t).to_owned(), facts: vec!["N1.1".to_owned()], flags: Vec::new() };
        let earlier: Vec<Passed> = before.iter().map(passed).collect();
        matches!(ask_after(check, &facts, &earlier, text, &["N1.1"]), Verdict::Flag("out-of-order", _))
    }

    #[test]
    fn days_run_forward_within_a_block() {
        assert!(flagged(&["7月8日に解熱した。"], "7月5日に抗菌薬を変更した。"));
        assert!(flagged(&["7月8日に解熱した。", "食欲も出た。"], "2026年7月5日に抗菌薬を変更した。"));
        for (before, text) in [
            (&["7月5日に解熱した。"][..], "7月8日に抗菌薬を終了した。"),
            (&["#1 肺炎 7月8日に解熱した。"], "#2 貧血 7月5日に輸血した。"),
            (&["7月8日に手術した。"], "これに先立ち7月5日に造影CTを行った。"),
            (&["7月8日に解熱した。"], "抗菌薬は7月3日から7月7日まで投与した。"),
            (&["解熱した。"], "7月5日に抗菌薬を変更した。"),
        ] {
            assert!(!flagged(before, text), "{text}");
        }
    }
}
