//! Verbs made of a noun, and whether they are denied: 「解熱しなかった」 told as 「解熱した」, 「摂取できず」 as
//! 「摂取できる」. A noun that the evidence also says without denial is left alone.

use crate::assertion::{is_content, same};
use crate::text::compact;

const DENIED: &[&str] = &[
    "しな", "せず", "されず", "されな", "していな", "しておら", "しませ", "していませ", "しておりませ", "されませ",
    "されていな", "されておら", "できな", "できず", "できませ", "できていな", "できておら", "することな", "はしな",
];
const AFFIRMED: &[&str] =
    &["した", "して", "しました", "し、", "しつつ", "され", "する", "します", "でき", "いたしま", "は可能", "が可能"];

/// The verb of the sentence that the evidence only denies.
pub fn turned<'t>(text: &'t str, evidence: &[String]) -> Option<&'t str> {
    let told = of(text).into_iter().filter(|v| v.denied == Some(false) && !later_denied(&text[v.end..]));
    let known: Vec<(&str, Verb)> =
        evidence.iter().flat_map(|e| of(e).into_iter().map(|v| (&e[v.start..v.end], v))).collect();
    // What somebody cannot do may be named beside it: 「自力摂取できず、介助で5割摂取」.
    let only_denied = |noun: &str, able: bool| {
        let mut of_it =
            known.iter().filter(|(k, v)| same(k, noun) && (!able || v.able && v.denied.is_some())).peekable();
        of_it.peek().is_some() && of_it.all(|(_, v)| v.denied == Some(true))
    };
    told.map(|v| (&text[v.start..v.end], v.able)).find(|(n, able)| only_denied(&compact(n), *able)).map(|(n, _)| n)
}

/// The ability that the sentence denies and the evidence affirms: 「8割以上摂取」 told as 「摂取できなかった」.
pub fn disabled<'t>(text: &'t str, evidence: &[String]) -> Option<&'t str> {
    const UNABLE: &[&str] = &["困難", "不能", "不可", "障害", "不良", "低下", "不十分", "制限", "できな", "できず"];
    if evidence.iter().any(|e| UNABLE.iter().any(|w| e.contains(w))) {
        return None;
    }
    let known: Vec<(&str, Option<bool>)> =
        evidence.iter().flat_map(|e| of(e).into_iter().map(|v| (&e[v.start..v.end], v.denied))).collect();
    let told = of(text).into_iter().filter(|v| v.able && v.denied == Some(true)).map(|v| &text[v.start..v.end]);
    let affirmed = |noun: &str| {
        let mut of_it = known.iter().filter(|(k, _)| same(k, noun)).peekable();
        of_it.peek().is_some() && of_it.all(|(_, denied)| *denied != Some(true))
    };
    told.into_iter().find(|noun| affirmed(&compact(noun)))
}

/// A treatment told as given is no matter of a flag.
pub fn is_treatment(noun: &str) -> bool {
    ["投与", "使用", "施行", "実施", "処方", "導入", "輸血", "挿管", "切除", "開始", "手術", "接種"]
        .iter()
        .any(|w| noun.ends_with(w))
}

/// 「摂取することができなかった」
fn later_denied(rest: &str) -> bool {
    let clause = rest.split(['、', '。']).next().unwrap_or_default();
    ["なかった", "ない", "なく", "ず", "ません", "なし"].iter().any(|d| clause.contains(d))
        || ["場合", "よう", "予定", "すれば", "したら", "可能性", "恐れ"].iter().any(|w| clause.contains(w))
}

struct Verb {
    start: usize,
    end: usize,
    /// `None` where no verb's ending follows.
    denied: Option<bool>,
    /// Told as an ability: できる, 可能.
    able: bool,
}

/// Each noun of a text.
fn of(text: &str) -> Vec<Verb> {
    let mut out = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), '。'))) {
        match (is_content(c) && !c.is_ascii(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                start = None;
                if text[from..at].chars().count() >= 2 {
                    let rest = &text[at..];
                    let able = rest.starts_with("でき") || rest.starts_with("は可能") || rest.starts_with("が可能");
                    out.push(Verb { start: from, end: at, denied: ending(rest), able });
                }
            }
            _ => {}
        }
    }
    out
}

fn ending(rest: &str) -> Option<bool> {
    if DENIED.iter().any(|d| rest.starts_with(d)) {
        return Some(true);
    }
    AFFIRMED.iter().any(|a| rest.starts_with(a)).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::{disabled, turned};

    #[test]
    fn what_somebody_does_is_not_told_as_what_cannot_be_done() {
        let evidence = ["悪心はGrade 1で、食事は8割以上摂取。".to_owned()];
        assert_eq!(disabled("食事は摂取できなかった。", &evidence), Some("摂取"));
        assert_eq!(disabled("食事は摂取できた。", &evidence), None);
        assert_eq!(disabled("歩行できなかった。", &evidence), None);
        assert_eq!(disabled("食事は摂取できなかった。", &["食事摂取困難。".to_owned()]), None);
    }

    #[test]
    fn a_denied_verb_is_not_told_as_done() {
        let evidence = [
            "アミオダロンは投与しなかった。食事は自力摂取できず、全介助で5割摂取。抗菌薬を処方されたが解熱しなかった。"
                .to_owned(),
        ];
        for (text, found) in [
            ("アミオダロンを投与した。", Some("投与")),
            ("アミオダロンは投与しなかった。", None),
            ("食事は自力で摂取できている。", Some("摂取")),
            ("食事は自力で摂取することができなかった。", None),
            ("抗菌薬を処方され、解熱しました。", Some("解熱")),
            ("抗菌薬が処方された。", None),
        ] {
            assert_eq!(turned(text, &evidence), found, "{text}");
        }
    }
}
