//! Check 8: side and place stay what they are: 右, 左, 両側, Rt, Lt, lobes of the lung, limbs, levels of the spine.
//!
//! A wrong side is the classic error that reaches an operating theatre. So a side is compared together with the word
//! that it belongs to: a record that speaks of both sides does not license either. 右室 and 左方移動 are words of
//! their own; one of them is not exchanged for the other either. L4/5 is a word with digits, checked as one.

use super::{Claim, Context, Verdict};
use crate::assertion::is_content;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Right,
    Left,
    Both,
}

/// A side and the word that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub side: Side,
    /// What follows it, without particles: 下肺野, 上葉結節.
    pub of: String,
    /// Where the side stands.
    pub at: usize,
}

const DROP: Verdict = Verdict::Drop("side-not-in-evidence");

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let known: Vec<Place> = claim.evidence.iter().flat_map(|e| places(e)).collect();
    let holds = |side: Side| known.iter().any(|k| k.side == side);
    for said in places(&claim.text) {
        let both_told = said.side == Side::Both && holds(Side::Right) && holds(Side::Left);
        if !holds(said.side) && !both_told {
            return DROP;
        }
        let alike: Vec<&Place> = known.iter().filter(|k| alike(&k.of, &said.of)).collect();
        let sides: Vec<Side> = alike.iter().map(|k| k.side).collect();
        let told = sides.contains(&said.side)
            || (said.side == Side::Both && sides.contains(&Side::Right) && sides.contains(&Side::Left));
        if !alike.is_empty() && !told {
            return DROP;
        }
    }
    let evidence = claim.evidence.join("\n");
    if REGIONS.iter().any(|group| moved(&claim.text, &evidence, group)) { DROP } else { Verdict::Keep }
}

/// Words of one group exclude one another; each with its spellings.
type Group = &'static [&'static [&'static str]];

const REGIONS: &[Group] = &[
    &[&["上葉", "上肺野"], &["中葉", "中肺野"], &["下葉", "下肺野"], &["舌区"]],
    &[
        &["上肢", "上腕", "前腕", "手", "腕", "肩", "肘", "上下肢"],
        &["下肢", "大腿", "下腿", "足", "膝", "股", "上下肢"],
    ],
    &[
        &["頸椎", "頚椎", "C3", "C4", "C5", "C6", "C7"],
        &["胸椎", "Th"],
        &["腰椎", "L1", "L2", "L3", "L4", "L5"],
        &["仙椎", "仙骨"],
    ],
    &[&["右室", "右心室", "RV"], &["左室", "左心室", "LV"]],
    &[&["右房", "右心房", "RA径"], &["左房", "左心房", "LA径", "LAD"]],
    &[&["右脚"], &["左脚"]],
    &[&["右心不全", "右心系"], &["左心不全", "左心系"]],
    &[&["左方移動"], &["右方移動"]],
];

/// The sentence names a place of which the evidence names only another.
fn moved(text: &str, evidence: &str, group: Group) -> bool {
    let names = |text: &str, spellings: &[&str]| spellings.iter().any(|s| text.contains(s));
    let told: Vec<usize> = (0..group.len()).filter(|i| names(evidence, group[*i])).collect();
    (0..group.len()).any(|i| names(text, &group[i][..1]) && !told.contains(&i) && !told.is_empty())
}

/// Whether two places are named by one word, or one by the end or beginning of the other's.
fn alike(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    short.chars().count() >= 2 && (long.ends_with(short) || long.starts_with(short))
}

/// Words in which 右 or 左 is no side of a finding.
const NOT_A_SIDE: &[&str] = &[
    "右室", "右房", "右心", "左室", "左房", "左心", "左方移動", "右方移動", "左方偏位", "右方偏位", "左軸", "右軸",
    "左右", "右脚", "左脚", "座右",
];
/// What follows 両 where it means both sides.
const PAIRED: &[char] = &[
    '側', '肺', '眼', '腎', '手', '足', '膝', '肩', '股', '肘', '耳', '上', '下', '大', '乳', '副', '頬', '脚', '腕',
    '腋', '鼠', '卵', '尿', '胸', '葉', '前', '足', '踵', '趾', '頸', '腸', '腰',
];

/// One of these stands in every text that names a side, however it is spelt.
pub(crate) const SIDES: &[&[&str]] = &[&["右", "左", "両", "rt", "lt", "(r)", "(l)", "right", "left", "bilateral"]];

/// The sides that a text names. The text is NFKC.
pub(crate) fn places(text: &str) -> Vec<Place> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(next) = candidate(text.as_bytes(), at) {
        at = next;
        let here = &text[at..];
        let Some(c) = here.chars().next() else { break };
        if let Some(word) = NOT_A_SIDE.iter().find(|w| here.starts_with(**w)) {
            at += word.len();
            continue;
        }
        let (side, length) = match c {
            '右' | '左' => {
                let side = if c == '右' { Side::Right } else { Side::Left };
                (
                    Some(side),
                    c.len_utf8()
                        + if here[c.len_utf8()..].starts_with('側') && !here[c.len_utf8()..].starts_with("側腹") {
                            '側'.len_utf8()
                        } else {
                            0
                        },
                )
            }
            '両' if here.chars().nth(1).is_some_and(|n| PAIRED.contains(&n)) => {
                let more = if here.starts_with("両側") { '側'.len_utf8() } else { 0 };
                (Some(Side::Both), c.len_utf8() + more)
            }
            c if c.is_ascii_alphabetic() || c == '(' => latin(text, at),
            _ => (None, c.len_utf8()),
        };
        if let Some(side) = side {
            out.push(Place { side, of: named_after(&text[at + length..]), at });
        }
        at += length;
    }
    out
}

/// Where from `at` on one of 右左両座, a bracket or a Latin letter stands, told by bytes: nearly all of a chart is none.
fn candidate(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at..)? {
            [0xE5, 0x8F, 0xB3, ..] | [0xE5, 0xB7, 0xA6, ..] | [0xE4, 0xB8, 0xA1, ..] | [0xE5, 0xBA, 0xA7, ..] => {
                return Some(at);
            }
            [b'(' | b'A'..=b'Z' | b'a'..=b'z', ..] => return Some(at),
            [0xE3..=0xE9, ..] => at += 3,
            [_, ..] => at += 1,
            [] => return None,
        }
    }
}

/// Rt, Lt, (R), (L), bilateral; the rest of a Latin word is passed over. rt-PA is a drug.
fn latin(text: &str, at: usize) -> (Option<Side>, usize) {
    let here = &text[at..];
    let bracketed = [("(R)", Side::Right), ("(L)", Side::Left)];
    if let Some((word, side)) = bracketed.iter().find(|(w, _)| here.starts_with(w)) {
        return (Some(*side), word.len());
    }
    let end = here.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(here.len());
    let word = &here[..end];
    let length = word.len().max(1);
    let glued = here[word.len()..].starts_with('-');
    let is = |words: &[&str]| words.iter().any(|w| word.eq_ignore_ascii_case(w));
    let side = if is(&["rt", "right"]) && !glued {
        Some(Side::Right)
    } else if is(&["lt", "left"]) && !glued {
        Some(Side::Left)
    } else {
        is(&["bilateral"]).then_some(Side::Both)
    };
    (side, length)
}

/// The word behind a side: 「右の下肺野」 and 「右下肺野」 are one.
fn named_after(rest: &str) -> String {
    let mut rest = rest.trim_start_matches([' ', '.', '(']);
    for particle in ["には", "では", "の", "は", "に", "で", "が", "も"] {
        if let Some(after) = rest.strip_prefix(particle) {
            rest = after.trim_start();
            break;
        }
    }
    // 「左に叩打痛あり、右はなし」: the deciding word is all that a bare side has.
    let decides = ["なし", "あり"].iter().find(|w| rest.starts_with(**w));
    decides.map_or_else(
        || rest.chars().take_while(|c| is_content(*c)).collect::<String>().to_lowercase(),
        |w| (*w).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::{Side, check, places};
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn heart_chambers_and_drugs_are_no_sides() {
        assert!(places("左室駆出率 62%、核の左方移動あり、rt-PA静注、左右差なし").is_empty());
        let sides = |text: &str| places(text).into_iter().map(|p| p.side).collect::<Vec<_>>();
        assert_eq!(sides("右下葉に浸潤影"), [Side::Right]);
        assert_eq!(sides("Lt. pleural effusion"), [Side::Left]);
        assert_eq!(sides("両側胸水、両肩痛"), [Side::Both, Side::Both]);
    }

    #[test]
    fn a_side_is_compared_with_its_word() {
        let f = facts(&[
            "[F1] report | 2026-04-14 | ABI | 右 1.08、左 0.96",
            "[N1] note | 2026-03-14 | 入院時所見 | 左肋骨脊柱角に叩打痛あり、右はなし。",
            "[N2] note | 2026-06-09 | 経過 | 右上肢MMT 1/5、左上肢MMT 5/5。右下肢MMT 2/5。",
            "[F2] report | 2026-06-09 | MRI | 両側胸水、右室拡大、腰椎L4/5の狭小化",
        ]);
        let drop = Verdict::Drop("side-not-in-evidence");
        for (text, id, verdict) in [
            ("ABIは右1.08、左0.96であった。", "F1", Verdict::Keep),
            ("ABIは左1.08、右0.96であった。", "F1", drop.clone()),
            ("左肋骨脊柱角に叩打痛を認めたが、右には認めなかった。", "N1", Verdict::Keep),
            ("右肋骨脊柱角に叩打痛を認めた。", "N1", drop.clone()),
            ("左はなし。", "N1", drop.clone()),
            ("左下肢のMMTは2/5であった。", "N2", drop.clone()),
            ("右の上肢はMMT 1/5であった。", "N2", Verdict::Keep),
            ("両側に胸水を認めた。", "F2", Verdict::Keep),
            ("右胸水を認めた。", "F2", drop.clone()),
            ("左室拡大を認めた。", "F2", drop.clone()),
            ("胸椎L4/5の狭小化を認めた。", "F2", drop),
        ] {
            assert_eq!(ask(check, &f, text, &[id]), verdict, "{text}");
        }
    }
}
