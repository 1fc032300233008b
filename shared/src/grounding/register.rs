//! Check 20: style of the kind, abbreviations for its reader, length of the form's box. Flags only, at most one a
//! section and reason, because every flag has to be answered and many flags are read by nobody.
//!
//! Style: notes are in plain style, and a sentence that repeats one word for word is still true. So a letter in
//! polite style is flagged only where one section mixes both, which no editor would leave; a plain document is
//! flagged where a sentence is polite. 体言止め goes with either.
//! Abbreviations: slang of the ward for every reader; shorthand of charts where a kind is for nurses and care
//! managers; nearly all Latin shorthand where it is for patient or family.

use super::{Claim, Context, Passed, Verdict, clauses};
use crate::template::Template;
use crate::text::{AnyOf, nfkc};

pub fn style(claim: &Claim, context: &Context) -> Verdict {
    if flagged(claim.earlier, "register") {
        return Verdict::Keep;
    }
    let here = ending(&claim.text);
    let polite = context.template.register == "敬体";
    let mixed = |wanted: Ending| claim.earlier.iter().any(|p| ending(&nfkc(&p.text)) == wanted);
    let message = match here {
        Ending::Plain if polite && mixed(Ending::Polite) => {
            "常体の文が混じっています。敬体（です・ます調）にそろえるか確認してください。"
        }
        Ending::Polite if polite && mixed(Ending::Plain) => {
            "常体と敬体が混じっています。敬体（です・ます調）にそろえるか確認してください。"
        }
        Ending::Polite if !polite => "敬体の文があります。常体（である調）に直すか確認してください。",
        _ => return Verdict::Keep,
    };
    Verdict::Flag("register", message.to_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Polite,
    Plain,
    Noun,
}

fn ending(text: &str) -> Ending {
    const POLITE: &[&str] =
        &["です", "ます", "ました", "でした", "ません", "ませんでした", "ください", "下さい", "ましょう"];
    let text = text.trim_end_matches(['。', '」', ')', '）', ' ']);
    // 「…と話された」 quotes; only the end counts.
    if POLITE.iter().any(|p| text.ends_with(p)) {
        return Ending::Polite;
    }
    match text.chars().next_back() {
        Some('た' | 'る' | 'だ' | 'い' | 'う' | 'く' | 'す' | 'ず') => Ending::Plain,
        _ => Ending::Noun,
    }
}

pub fn abbreviations(claim: &Claim, context: &Context) -> Verdict {
    if flagged(claim.earlier, "abbreviation") {
        return Verdict::Keep;
    }
    let text = clauses::without_placeholders(&claim.text);
    static ANY: AnyOf = AnyOf::new(&[SLANG, CHART, LAY]);
    if !ANY.is_in(&text) {
        return Verdict::Keep;
    }
    let reader = Reader::of(context.template);
    let mut found: Vec<&str> = SLANG.iter().copied().filter(|w| stands(&text, w)).collect();
    if reader >= Reader::Care {
        found.extend(CHART.iter().copied().filter(|w| stands(&text, w)));
    }
    if reader >= Reader::Lay {
        found.extend(LAY.iter().copied().filter(|w| stands(&text, w)));
    }
    if found.is_empty() {
        return Verdict::Keep;
    }
    let message =
        format!("略語「{}」は読み手に通じないおそれがあります。言い換えるか確認してください。", found.join("」「"));
    Verdict::Flag("abbreviation", message)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reader {
    Physician,
    Care,
    Lay,
}

impl Reader {
    /// By the kind: who may receive it besides physicians is not known here, so a kind that mostly goes to
    /// physicians is read as theirs.
    fn of(template: &Template) -> Self {
        let types = &template.addressee.types;
        let lay = |t: &String| matches!(t.as_str(), "patient" | "family");
        if !types.is_empty() && types.iter().all(lay) {
            Self::Lay
        } else if template.finalisers.iter().any(|f| f == "nurse") || !types.iter().any(|t| t == "medical-institution")
        {
            Self::Care
        } else {
            Self::Physician
        }
    }
}

/// Spoken on the ward, written in no letter.
const SLANG: &[&str] = &[
    "ムンテラ", "アポった", "アポって", "ステった", "ステルベン", "タキって", "タキった", "デコった", "ワイセ",
    "ハルン", "プルス", "マーゲン", "サチュレーション", "ゼク", "ツッカー", "エッセン", "ネーベン", "オーベン",
    "アナムネ", "ギネ", "ゼクト", "アッペ", "レスピ", "ルンバール",
];

/// Shorthand of charts.
const CHART: &[&str] = &[
    "DOA", "s/o", "r/o", "f/u", "Pt", "Dx", "Tx", "Rx", "Hx", "KT", "BT", "HT", "P/E", "w/u", "c/o", "NP", "n.p.",
    "IC", "ope", "Do", "BS", "HR", "RR", "Kot", "SC", "NC", "BE", "EF", "KP", "Ns", "Dr", "Fa", "DIV", "IVH", "NPO",
    "prn", "q.d.", "b.i.d.",
];

/// What a patient or a relative cannot be expected to know.
const LAY: &[&str] = &[
    "WBC", "CRP", "Hb", "Plt", "Alb", "Cr", "BUN", "AST", "ALT", "SpO2", "BP", "ADL", "QOL", "PT", "OT", "ST", "DNAR",
    "DNR", "MRSA", "COPD", "CKD", "DVT", "PE", "AF", "HF", "eGFR", "BNP", "EF", "NPPV", "PEG", "CV", "IVH", "ICU",
    "HCU", "GFO", "NRS", "JCS", "GCS", "DM", "HT", "UTI", "ACP", "MSW",
];

fn stands(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let goes_on =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | 'ァ'..='ヺ' | 'ー'));
        !goes_on(text[..at].chars().next_back()) && !goes_on(text[at + word.len()..].chars().next())
    })
}

/// The box of a form is full with this sentence; what came before still fitted.
pub fn length(claim: &Claim, context: &Context) -> Verdict {
    let Some(section) = context.template.section(claim.section).filter(|s| s.length > 0) else { return Verdict::Keep };
    let before: usize = claim.earlier.iter().map(|p| p.text.chars().count()).sum();
    let after = before + claim.sentence.text.chars().count();
    if before <= section.length && after > section.length {
        let message = format!(
            "「{}」の欄は{}字までです。この文から先が収まりません。削る文を選んでください。",
            section.title, section.length
        );
        return Verdict::Flag("too-long", message);
    }
    Verdict::Keep
}

fn flagged(earlier: &[Passed], reason: &str) -> bool {
    earlier.iter().any(|p| p.flags.iter().any(|(r, _)| *r == reason))
}

#[cfg(test)]
mod tests {
    use super::{abbreviations, length, style};
    use crate::grounding::testing::{ask_as, facts};
    use crate::grounding::{Check, Passed, Verdict, rule};

    fn reason(check: Check, kind: &str, section: &str, before: &[&str], text: &str) -> Option<&'static str> {
        let facts = facts(&["[N1.1] note | 2026-07-10 | 経過記録 | 経過"]);
        let passed =
            |t: &&str| Passed { place: 0, text: (*t).to_owned(), facts: vec!["N1.1".to_owned()], flags: Vec::new() };
        let earlier: Vec<Passed> = before.iter().map(passed).collect();
        match ask_as(check.run, &facts, kind, section, &earlier, text, &["N1.1"]) {
            Verdict::Flag(reason, _) => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn a_letter_may_quote_notes_but_not_mix_styles() {
        let style = rule("style", style);
        assert_eq!(reason(style, "referral-letter", "360", &["解熱した。"], "食欲も改善した。"), None);
        assert_eq!(reason(style, "referral-letter", "360", &["解熱しました。"], "食欲も改善した。"), Some("register"));
        assert_eq!(
            reason(style, "discharge-summary", "333", &["解熱した。"], "食欲も改善しました。"),
            Some("register")
        );
        assert_eq!(reason(style, "discharge-summary", "333", &["解熱した。"], "独歩で退院。"), None);
    }

    #[test]
    fn ward_slang_is_for_nobody_and_chart_shorthand_not_for_nurses_outside() {
        let abbreviations = rule("abbreviations", abbreviations);
        assert_eq!(reason(abbreviations, "referral-letter", "360", &[], "家族にムンテラした。"), Some("abbreviation"));
        assert_eq!(reason(abbreviations, "referral-letter", "360", &[], "KT 38.2であった。"), None);
        assert_eq!(reason(abbreviations, "nursing-summary", "330", &[], "KT 38.2であった。"), Some("abbreviation"));
        assert_eq!(reason(abbreviations, "nursing-summary", "330", &[], "CRP 3.2であった。"), None);
    }

    #[test]
    fn the_sentence_that_overflows_the_box_is_flagged_once() {
        let length = rule("length", length);
        let long = "咳".repeat(70);
        assert_eq!(reason(length, "discharge-summary", "352", &[], &long), Some("too-long"));
        assert_eq!(reason(length, "discharge-summary", "352", &[&long], "発熱。"), None);
        assert_eq!(reason(length, "discharge-summary", "352", &[], "発熱。"), None);
    }
}
