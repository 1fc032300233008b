//! What a Japanese clinical text says there is, there is not, may be, or is still awaited, finding by finding.
//!
//! Japanese puts the word that decides behind the finding (圧痛なし, 圧痛を認めなかった), and one word may decide
//! over a list (頭痛、視力障害なし). So the text is searched for deciding words, and each is led back to its finding.
//! Left out: grammar beyond that; a deciding word whose finding is not found has an empty term.

mod cues;
mod term;

use crate::facts::{Detail, Fact, Kind};
use crate::text::nfkc;

pub(crate) use term::{canonical, content_runs, is_content};

/// What is said of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polarity {
    Present,
    Absent,
    /// Was there and is no more: agrees with both.
    Gone,
    /// 疑い, 可能性, 否定できない.
    Suspected,
    /// 考えられる, 示唆する: a judgement, weaker than a suspicion that awaits its proof.
    Supposed,
    /// The result is not in yet.
    Awaited,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assertion {
    /// Folded finding; empty where none was found.
    pub term: String,
    pub polarity: Polarity,
    /// Part of a list over which a later word decides.
    pub carried: bool,
    /// Where the finding begins.
    pub at: usize,
    /// End of the deciding word.
    pub end: usize,
    /// Told as going on: 持続, 残存.
    pub lasts: bool,
}

/// All assertions of a text that is NFKC.
pub(crate) fn read(text: &str) -> Vec<Assertion> {
    let mut out: Vec<Assertion> = Vec::new();
    let mut lower = 0;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let Some(hit) = cues::at(text, at) else {
            at += c.len_utf8();
            continue;
        };
        let end = hit.end;
        if let Some(polarity) = hit.polarity {
            // 「出現なし」「可能性はない」: the second word decides over what the first one spoke of.
            let joined = !out.is_empty() && lower > 0 && term::is_link(&text[lower..at]);
            if joined {
                if matches!(polarity, Polarity::Absent | Polarity::Awaited) {
                    for earlier in out.iter_mut().rev().take_while(|a| a.end == lower) {
                        (earlier.polarity, earlier.end) = (polarity, end);
                    }
                } else {
                    for earlier in out.iter_mut().rev().take_while(|a| a.end == lower) {
                        earlier.end = end;
                    }
                }
            } else if let Some((start, word)) = hit.forward.then(|| term::after(text, end)).flatten() {
                out.push(Assertion { term: canonical(&word), polarity, carried: false, at: start, end, lasts: false });
            } else {
                push(text, lower, at, end, polarity, &mut out);
            }
            lower = end;
        }
        at = end;
    }
    out
}

fn push(text: &str, lower: usize, at: usize, end: usize, polarity: Polarity, out: &mut Vec<Assertion>) {
    let lasts = polarity == Polarity::Present && cues::lasts(&text[at..end]);
    let Some((start, word)) = term::before(text, lower, at) else {
        out.push(Assertion { term: String::new(), polarity, carried: false, at, end, lasts });
        return;
    };
    let mut list = vec![Assertion { term: canonical(&word), polarity, carried: false, at: start, end, lasts }];
    let mut from = start;
    while let Some((earlier, word)) = term::listed_before(text, lower, from) {
        list.push(Assertion { term: canonical(&word), polarity, carried: true, at: earlier, end, lasts });
        from = earlier;
    }
    out.extend(list.into_iter().rev());
}

/// What a fact asserts, with what its kind says beyond its words.
pub(crate) fn of(fact: &Fact) -> Vec<Assertion> {
    let text = nfkc(&fact.fields.join(" "));
    let mut out = read(&text);
    let mut add = |name: &str, polarity| {
        let term = canonical(&nfkc(name).split_whitespace().collect::<String>());
        out.push(Assertion { term, polarity, carried: false, at: 0, end: 0, lasts: false });
    };
    match fact.kind {
        Kind::Result | Kind::Report if awaited(fact) => add(&fact.name, Polarity::Awaited),
        // 「血液培養 2セット | 陰性（7日間）」: the value decides over the name.
        Kind::Result => {
            let value = nfkc(fact.fields.get(1).map_or("", String::as_str));
            let decided = [("陰性", Polarity::Absent), ("陽性", Polarity::Present)];
            if let Some((_, polarity)) =
                decided.into_iter().find(|(w, _)| value.contains(w) && !value.contains("グラム"))
            {
                let name = nfkc(&fact.name);
                std::iter::once(name.as_str()).chain(name.split_whitespace()).for_each(|n| add(n, polarity));
            }
        }
        Kind::Allergy if !text.contains("なし") => {
            add("アレルギー", Polarity::Present);
            add(&fact.name, Polarity::Present);
        }
        Kind::Condition if suspected(fact) => {
            let name = fact.name.trim_end_matches("疑い").trim_end_matches('疑').trim_end_matches('の');
            add(name, Polarity::Suspected);
        }
        _ => {}
    }
    out
}

/// Whether a diagnosis is only suspected.
pub(crate) fn suspected(fact: &Fact) -> bool {
    matches!(&fact.detail, Detail::Condition(c) if c.suspected)
        || (fact.kind == Kind::Condition && fact.fields.iter().any(|f| nfkc(f) == "疑い"))
}

/// Whether a result is still out: no value, and a word that says so.
pub(crate) fn awaited(fact: &Fact) -> bool {
    let without_value = matches!(&fact.detail, Detail::Result(r) if r.pending && r.value.is_empty());
    let says = |f: &String| read(&nfkc(f)).iter().any(|a| a.polarity == Polarity::Awaited);
    without_value && fact.kind == Kind::Result || fact.fields.get(1).is_some_and(says)
}

/// Whether two findings are the same one: equal, or one ends with the other (腹部圧痛, 圧痛).
pub(crate) fn same(a: &str, b: &str) -> bool {
    let ends = |long: &str, short: &str| short.chars().count() >= 2 && long.ends_with(short);
    !a.is_empty() && !b.is_empty() && (a == b || ends(a, b) || ends(b, a))
}

#[cfg(test)]
mod tests {
    use super::Polarity::{Absent, Awaited, Gone, Present, Supposed, Suspected};
    use super::{Polarity, read};
    use crate::text::nfkc;

    fn said(text: &str) -> Vec<(String, Polarity)> {
        read(&nfkc(text)).into_iter().map(|a| (a.term, a.polarity)).collect()
    }

    #[test]
    fn each_finding_has_its_own_word() {
        for (text, expected) in [
            ("腹部は平坦、軟。圧痛なし。", vec![("圧痛", Absent)]),
            ("圧痛を認めなかった。", vec![("圧痛", Absent)]),
            ("圧痛は認めていない。", vec![("圧痛", Absent)]),
            ("圧痛を認めた。", vec![("圧痛", Present)]),
            ("圧痛（－）", vec![("圧痛", Absent)]),
            ("頭痛、視力障害なし。", vec![("頭痛", Absent), ("視力障害", Absent)]),
            ("頭痛や顎跛行はなく、熱あり", vec![("頭痛", Absent), ("顎跛行", Absent), ("熱", Present)]),
            ("悪性腫瘍を示唆する所見を認めない。", vec![("悪性腫瘍", Absent)]),
            ("本人に結核の既往はない。", vec![("結核", Absent)]),
            ("食事は全量摂取、むせなし。", vec![("むせ", Absent)]),
            ("肺塞栓は否定できない。", vec![("肺塞栓", Suspected)]),
            ("副腎不全は否定された。", vec![("副腎不全", Absent)]),
            ("肺塞栓の可能性はない。", vec![("肺塞栓", Absent)]),
            ("肺塞栓の可能性がある。", vec![("肺塞栓", Suspected)]),
            ("s/o 肺炎", vec![("肺炎", Suspected)]),
            ("橋本病と考えられる。", vec![("橋本病", Supposed)]),
            ("喀痰抗酸菌は塗抹陰性、培養は検査中。", vec![("塗抹", Absent), ("培養", Awaited)]),
            ("グラム陽性双球菌を認め", vec![("グラム陽性双球菌", Present)]),
            ("こわばりは消失し", vec![("こわばり", Gone)]),
            ("再発の出現なし", vec![("再発", Absent)]),
            ("冠動脈造影は施行しない。", vec![("冠動脈造影", Absent)]),
            ("出血を認めることなく経過した。", vec![("出血", Absent)]),
            ("痛みがなくなった。", vec![("痛み", Gone)]),
        ] {
            let expected: Vec<(String, Polarity)> = expected.into_iter().map(|(t, p)| (t.to_owned(), p)).collect();
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_denial_says_nothing() {
        for text in [
            "食事量が少ない。",
            "まもなく退院となる。",
            "体重は減らない。",
            "発熱だけでなく",
            "38℃以上の発熱があれば受診すること。",
            "発熱を認めた場合は連絡すること。",
            "経口摂取できない。",
        ] {
            assert_eq!(said(text).iter().filter(|(_, p)| *p == Absent || *p == Present).count(), 0, "{text}");
        }
    }
}
