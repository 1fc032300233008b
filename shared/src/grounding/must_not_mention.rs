//! What a kind must not mention to its readers: the mirror of `must_mention`. A rule looks at a sentence and at the
//! facts that it cites. What a rule forbids is not offered to the model and is taken out of the document, whoever wrote it.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::facts::{Detail, Fact, Facts, Kind, mentions};
use crate::text::{AnyOf, folded, nfkc};

/// Every rule that a template may name.
pub const MUST_NOT_MENTION: &[&str] = &[
    "undisclosed-diagnoses", "claim-diagnoses", "family-history", "relatives-contacts", "prognosis", "social-history",
    "examination-results", "medication",
];

const PROGNOSIS: &[&str] = &["余命", "予後不良", "予後は", "救命困難", "救命は困難", "看取り", "終末期", "末期"];
/// A relative, and directly after it what makes the sentence about that relative's health.
const KIN: &str = "(?:父|母|両親|兄|姉|弟|妹|祖父|祖母|夫|妻|息子|娘|長男|次男|長女|次女|子|孫|叔父|叔母|いとこ)";

/// Whether a rule forbids a sentence that says `text` and rests on `cited`.
pub fn forbids(rule: &str, text: &str, cited: &[&Fact], facts: &Facts) -> bool {
    let kind = |kinds: &[Kind]| cited.iter().any(|f| kinds.contains(&f.kind));
    match rule {
        "undisclosed-diagnoses" => mentions(text, &facts.undisclosed),
        "claim-diagnoses" => cited.iter().any(|f| matches!(&f.detail, Detail::Condition(c) if c.claim && !c.chosen)),
        "family-history" => kind(&[Kind::Family]) || cited.iter().any(|f| titled(f, "家族歴")) || of_a_relative(text),
        "relatives-contacts" => {
            cited.iter().any(|f| f.kind == Kind::Letterhead && f.name == "relative")
                || (telephone(text) && !kind(&[Kind::Letterhead]))
        }
        "prognosis" => PROGNOSIS.iter().any(|w| text.contains(w)),
        "social-history" => kind(&[Kind::Social]) || cited.iter().any(|f| titled(f, "社会歴") || titled(f, "生活歴")),
        "examination-results" => kind(&[Kind::Result, Kind::Report, Kind::Exam]),
        "medication" => kind(&[Kind::Medication]) || cited.iter().any(|f| matches!(f.detail, Detail::Change(_))),
        _ => false,
    }
}

fn titled(fact: &Fact, word: &str) -> bool {
    matches!(&fact.detail, Detail::Note { title, .. } if title.contains(word))
}

/// 「母に肺結核の既往があり」, 「姉も同じ病気」: somebody else's illness. 「妻に説明した」 is none.
fn of_a_relative(text: &str) -> bool {
    static ILLNESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(&format!("{KIN}(?:に|が|も|は|の)[^。、]{{0,20}}(?:既往|罹患|同じ病気|の治療歴)"))
            .expect("a valid pattern")
    });
    // The regex only where it can match.
    static ILL: AnyOf = AnyOf::new(&[&["既往", "罹患", "同じ病気", "の治療歴"]]);
    if !ILL.is_in_folded(text) {
        return false;
    }
    let text = nfkc(text);
    // 「夫が本人の既往を話した」 is about the patient.
    ILLNESS.find(&text).is_some_and(|m| !m.as_str().contains("本人"))
}

/// Every character that NFKC makes a hyphen-minus.
const HYPHENS: [char; 3] = ['-', '\u{FE63}', '\u{FF0D}'];

fn telephone(text: &str) -> bool {
    static TELEPHONE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"0\d{1,3}-\d{2,4}-\d{3,4}").expect("a valid pattern"));
    // What folds to the hyphen of a number; most sentences hold none.
    if !text.contains(HYPHENS) {
        return false;
    }
    let text = folded(text);
    // Its last part, which no date has.
    let ends = |rest: &str| rest.as_bytes().first_chunk::<3>().is_some_and(|end| end.iter().all(u8::is_ascii_digit));
    text.split('-').skip(1).any(ends) && TELEPHONE.is_match(&text)
}

#[cfg(test)]
mod tests {
    use super::{HYPHENS, MUST_NOT_MENTION, forbids};
    use crate::facts::{ConditionDetail, Detail, Fact, Facts, Kind, Source};

    #[test]
    fn nothing_else_folds_to_a_hyphen() {
        for c in '\0'..=char::MAX {
            assert_eq!(HYPHENS.contains(&c), crate::text::nfkc(&c.to_string()).contains('-'), "{c}");
        }
    }

    fn fact(kind: Kind, detail: Detail) -> Fact {
        Fact::new(kind, None, "", vec!["x".to_owned()], Source::Statement { by: String::new() }).with(detail)
    }

    #[test]
    fn every_rule_forbids_what_it_is_named_after_and_lets_the_rest_pass() {
        let claim = Detail::Condition(ConditionDetail { claim: true, ..ConditionDetail::default() });
        let sure = fact(Kind::Condition, Detail::Condition(ConditionDetail::default()));
        let facts = Facts { undisclosed: vec!["胃がん".to_owned()], ..Facts::default() };
        let none = || fact(Kind::Note, Detail::None);
        for (rule, text, cited, good) in [
            ("undisclosed-diagnoses", "胃癌に対する治療を行います。", none(), "胃潰瘍に対する治療を行います。"),
            ("claim-diagnoses", "胃潰瘍の疑い", fact(Kind::Condition, claim), "胃潰瘍"),
            ("family-history", "母に肺結核の既往があり、喀痰検査を提出した。", none(), "本人に結核の既往はない。"),
            ("family-history", "「姉も同じ病気なので」と話された。", none(), "妻に説明した。"),
            ("family-history", "母：肺結核", fact(Kind::Family, Detail::None), "夫が本人の既往を話した。"),
            ("relatives-contacts", "長女の連絡先は090-0000-4826である。", none(), "長女に電話で連絡した。"),
            ("prognosis", "予後は数か月と考えられます。", none(), "予防のための注射を行います。"),
            ("social-history", "図書館司書", fact(Kind::Social, Detail::None), "歩行は自立している。"),
            ("examination-results", "CRP 0.08", fact(Kind::Result, Detail::None), "解熱した。"),
            ("medication", "チラーヂンＳ錠", fact(Kind::Medication, Detail::None), "内服は自己管理である。"),
        ] {
            assert!(MUST_NOT_MENTION.contains(&rule));
            assert!(forbids(rule, text, &[&cited], &facts), "{rule} lets {text} pass");
            assert!(!forbids(rule, good, &[&sure], &facts), "{rule} forbids {good}");
        }
    }
}
