//! Check 17: what a value was measured under stays with it.
//!
//! SpO2 96 % on room air sends a patient home, 96 % on 5 L/min does not; a negative smear is no negative culture, a
//! preliminary result no final one. Oxygen, smear or culture and the preliminary state must be carried and may not be
//! exchanged; of fasting, exertion, posture and specimen the physician is asked. That blood was taken from a vein
//! needs no saying. The condition may be worded and placed anew: 「室内気でSpO2 92%」.

mod paired;

use std::cell::OnceCell;
use std::sync::OnceLock;

use regex_lite::Regex;

use super::{Claim, Context, Verdict};
use crate::facts::{Fact, Kind};
use crate::text::{compact, nfkc};
use paired::{crossed, flow_lost};

/// A condition: the words that say it, and the names of the values that it matters to (all, where none).
struct Condition {
    words: &'static [&'static str],
    /// What may stand for it in a sentence beyond the words.
    also: &'static [&'static str],
    of: &'static [&'static str],
    /// Conditions that exclude this one, by place in its group.
    loses: Loss,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    Drop,
    Flag,
    /// May be left unsaid, but not exchanged.
    Nothing,
}

const OXYGENATION: &[&str] =
    &["spo2", "sao2", "酸素飽和度", "pao2", "paco2", "pco2", "po2", "血液ガス", "サチュレーション"];
const SUGAR: &[&str] = &["血糖", "グルコース", "中性脂肪", "トリグリセ", "cペプチド", "インスリン"];
const CIRCULATION: &[&str] = &["血圧", "bp", "脈拍", "心拍", "hr", "spo2"];

/// One of a group excludes the others.
const GROUPS: &[&[Condition]] = &[
    &[
        Condition {
            words: &["室内気", "roomair", "ルームエア", "(ra)", "酸素なし"],
            also: &["酸素投与なし", "酸素を必要とせ", "酸素を要さ", "酸素投与を終了", "酸素を終了", "酸素離脱"],
            of: OXYGENATION,
            loses: Loss::Drop,
        },
        Condition {
            words: &[
                "l/分", "l/min", "カニュラ", "カニューラ", "カニューレ", "酸素マスク", "保育器内酸素", "リザーバー",
                "ベンチュリ", "nppv", "人工呼吸", "fio2", "ネーザルハイフロー", "酸素投与下", "酸素吸入下", "酸素下",
            ],
            also: &["酸素"],
            of: OXYGENATION,
            loses: Loss::Drop,
        },
    ],
    &[
        Condition {
            words: &["塗抹"], also: &["グラム染色", "抗酸菌染色", "鏡検", "染色"], of: &[], loses: Loss::Drop
        },
        Condition {
            words: &["培養"],
            also: &["検出", "分離", "同定", "感受性", "起炎菌", "発育"],
            of: &[],
            loses: Loss::Flag,
        },
    ],
    &[
        Condition {
            words: &["速報", "中間報告"],
            also: &["迅速", "暫定", "最終結果は未", "未確定", "最終報告待"],
            of: &[],
            loses: Loss::Drop,
        },
        Condition { words: &["最終報告", "最終結果"], also: &[], of: &[], loses: Loss::Nothing },
    ],
    &[
        Condition { words: &["空腹時"], also: &["朝食前", "早朝"], of: SUGAR, loses: Loss::Flag },
        Condition { words: &["食後"], also: &[], of: SUGAR, loses: Loss::Flag },
        Condition { words: &["随時"], also: &[], of: SUGAR, loses: Loss::Nothing },
    ],
    &[
        Condition { words: &["安静時"], also: &["安静"], of: CIRCULATION, loses: Loss::Flag },
        Condition {
            words: &["労作時"],
            also: &["労作", "歩行時", "歩行後", "運動時", "動作時"],
            of: CIRCULATION,
            loses: Loss::Flag,
        },
    ],
    &[
        Condition { words: &["座位", "坐位"], also: &["起坐"], of: CIRCULATION, loses: Loss::Flag },
        Condition { words: &["臥位"], also: &["臥床"], of: CIRCULATION, loses: Loss::Flag },
        Condition { words: &["立位"], also: &["起立"], of: CIRCULATION, loses: Loss::Flag },
    ],
    &[
        Condition { words: &["髄液"], also: &["腰椎穿刺"], of: &[], loses: Loss::Flag },
        Condition { words: &["胸水"], also: &[], of: &[], loses: Loss::Flag },
        Condition { words: &["腹水"], also: &[], of: &[], loses: Loss::Flag },
        Condition { words: &["関節液"], also: &[], of: &[], loses: Loss::Flag },
        Condition { words: &["尿"], also: &[], of: &[], loses: Loss::Flag },
        Condition {
            words: &["血清", "血液", "静脈血", "動脈血", "血漿"], also: &[], of: &[], loses: Loss::Nothing
        },
    ],
];
/// Three steps of thickened liquids (学会分類2021): one is not another.
const THICKNESS: &[&str] = &["薄いとろみ", "中間のとろみ", "濃いとろみ"];
/// The group of specimens: its words are conditions only where a result names its specimen.
const SPECIMENS: usize = 6;

/// Groups whose words stand right before their values: 空腹時, 安静時, 座位.
const PAIRED: &[usize] = &[3, 4, 5];

const CHANGED: Verdict = Verdict::Drop("condition-changed");

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let text = compact(&claim.text);
    let facts: Vec<Measured> = claim.cited.iter().map(|f| Measured::of(f)).collect();
    if facts.iter().any(|m| THICKNESS.iter().any(|t| m.text.contains(t)))
        && THICKNESS.iter().any(|t| text.contains(t) && !facts.iter().any(|m| m.text.contains(t)))
    {
        return CHANGED;
    }
    if flow_lost(&text, &facts) || PAIRED.iter().any(|g| crossed(GROUPS[*g], &text, &facts)) {
        return CHANGED;
    }
    let mut lost: Option<&str> = None;
    for (g, group) in GROUPS.iter().enumerate() {
        for (i, condition) in group.iter().enumerate() {
            let bound = |m: &&Measured| m.under(condition, g) && m.told_by(&claim.text, &text, condition);
            // Another cited fact may hold the same value without it.
            let free = |m: &Measured| !m.under(condition, g) && m.told_by(&claim.text, &text, condition);
            // Of a fact with one value at rest and one on exertion, either may be told alone.
            let one_of_two =
                || PAIRED.contains(&g) && group.iter().any(|c| c.said(&text) && facts.iter().any(|m| m.under(c, g)));
            let is_bound = facts.iter().any(|m| bound(&m)) && !one_of_two();
            if is_bound && !condition.said(&text) && !facts.iter().any(free) {
                let others = group.iter().enumerate().filter(|(j, _)| *j != i);
                let exchanged = others.map(|(_, c)| c).any(|c| c.named(&text) && !facts.iter().any(|m| m.under(c, g)));
                match condition.loses {
                    _ if exchanged => return CHANGED,
                    Loss::Drop => return CHANGED,
                    Loss::Flag => lost = lost.or(Some(condition.words[0])),
                    Loss::Nothing => {}
                }
            }
            if g != SPECIMENS && condition.named(&text) && !is_bound && exchanged_for(group, i, g, &facts, &claim.text)
            {
                return CHANGED;
            }
        }
    }
    lost.map_or(Verdict::Keep, |word| {
        let ids: Vec<&str> = claim.cited.iter().map(|f| f.id.as_str()).collect();
        let message = format!(
            "値の測定条件「{word}」が文に書かれていない。根拠（{}）と照合し、条件を書き添えるか決めること。",
            ids.join("、")
        );
        Verdict::Flag("condition-changed", message)
    })
}

/// The sentence names one condition for a value that was taken under another, and no fact holds the first.
fn exchanged_for(group: &[Condition], i: usize, g: usize, facts: &[Measured], sentence: &str) -> bool {
    let text = &compact(sentence);
    let told = |c: &Condition| facts.iter().any(|m| m.under(c, g) && m.told_by(sentence, text, c));
    let known = facts.iter().any(|m| group[i].named(&m.text));
    !known && group.iter().enumerate().any(|(j, c)| j != i && c.loses != Loss::Nothing && told(c) && !c.said(text))
}

impl Condition {
    fn named(&self, text: &str) -> bool {
        self.words.iter().any(|w| text.contains(w))
    }

    /// 「酸素を終了し、SpO2 96%」 says what the value was under; 「SpO2 96%であり酸素を終了した」 does not.
    fn said(&self, text: &str) -> bool {
        let until = match OXYGENATION.iter().filter_map(|n| text.find(n)).min() {
            Some(value) if std::ptr::eq(self.of, OXYGENATION) && self.words[0] == "室内気" => value,
            _ => text.len(),
        };
        self.named(text) || self.also.iter().any(|w| text[..until].contains(w))
    }

    fn concerns(&self, text: &str) -> bool {
        self.of.is_empty() || self.of.iter().any(|n| text.contains(n))
    }
}

/// A fact as values and what they were measured under.
struct Measured<'f> {
    fact: &'f Fact,
    text: String,
    /// Numbers as they are written, dates taken out; most conditions ask for none.
    numbers: OnceCell<Vec<String>>,
    /// What follows name and value.
    condition: OnceCell<String>,
}

impl<'f> Measured<'f> {
    fn of(fact: &'f Fact) -> Self {
        let text = compact(&fact.fields.join(" "));
        Self { fact, text, numbers: OnceCell::new(), condition: OnceCell::new() }
    }

    fn numbers(&self) -> &[String] {
        self.numbers.get_or_init(|| match self.fact.kind {
            Kind::Result => self.fact.fields.get(1).map(|value| numbers(value)).unwrap_or_default(),
            _ => numbers(&self.fact.fields.join(" ")),
        })
    }

    fn condition(&self) -> &str {
        self.condition.get_or_init(|| compact(&self.fact.fields.get(2..).unwrap_or_default().join(" ")))
    }

    fn under(&self, condition: &Condition, group: usize) -> bool {
        let oxygen = !condition.of.is_empty() && std::ptr::eq(condition.of, OXYGENATION);
        match self.fact.kind {
            // Name, value, then what it was measured under.
            Kind::Result | Kind::Report => {
                let said = if group == SPECIMENS { self.condition() } else { &self.text };
                condition.named(said) && condition.concerns(&self.text)
            }
            Kind::Note | Kind::Exam | Kind::Statement | Kind::Derived => {
                let one_value = oxygen && GROUPS[0].iter().filter(|c| c.named(&self.text)).count() == 1;
                let smear = group == 1 && GROUPS[1].iter().filter(|c| c.named(&self.text)).count() == 1;
                let other = (2..SPECIMENS).contains(&group) && !condition.of.is_empty();
                (one_value || smear || other) && condition.named(&self.text) && condition.concerns(&self.text)
            }
            _ => false,
        }
    }

    /// Whether the sentence gives this fact's value.
    fn told_by(&self, sentence: &str, text: &str, condition: &Condition) -> bool {
        if !condition.concerns(text) {
            return false;
        }
        if !condition.of.is_empty() {
            let said = numbers(sentence);
            return self.numbers().iter().any(|n| said.contains(n));
        }
        match self.fact.kind {
            Kind::Result => {
                let value = self.fact.fields.get(1).map(|v| compact(v)).unwrap_or_default();
                let said = numbers(sentence);
                let word = ["陰性", "陽性"].iter().any(|w| value.contains(w) && text.contains(w));
                word || shares(&value, text) || self.numbers().iter().any(|n| said.contains(n))
            }
            Kind::Report | Kind::Note | Kind::Exam => {
                ["陰性", "陽性"].iter().any(|w| self.text.contains(w) && text.contains(w))
            }
            _ => false,
        }
    }
}

/// A word of the value (Streptococcus, グラム陽性) stands in the sentence.
fn shares(value: &str, text: &str) -> bool {
    let words = value.split(|c: char| !(c.is_alphabetic() || c == 'ー'));
    words.filter(|w| w.chars().count() >= 4).any(|w| text.contains(w))
}

fn numbers(text: &str) -> Vec<String> {
    static DATE: OnceLock<Regex> = OnceLock::new();
    static NUMBER: OnceLock<Regex> = OnceLock::new();
    let date = DATE.get_or_init(|| {
        Regex::new(r"\d{4}-\d{2}(-\d{2})?|(\d{4}年)?\d{1,2}月(\d{1,2}日)?|\d{1,2}[日時]|(?i:sp|sa|pa|pac|pc|p|fi|c)?[oO]2|(?i:hba1c)|\d+\s?[lL]/(分|min)|第\d+")
            .expect("a valid pattern")
    });
    let number = NUMBER.get_or_init(|| Regex::new(r"\d+(\.\d+)?").expect("a valid pattern"));
    let rest = nfkc(text);
    if !rest.bytes().any(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let rest = date.replace_all(&rest, " ");
    number.find_iter(&rest).map(|m| m.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn conditions_are_carried_and_not_exchanged() {
        let f = facts(&[
            "[F1] result | 2026-07-07 | SpO2 | 94 % | 室内気",
            "[F2] result | 2026-07-03 | SpO2 | 95 % | 鼻カニュラ2L/分",
            "[F3] result | 2026-07-03 | 喀痰抗酸菌 塗抹 | 陰性 | 喀痰、塗抹（蛍光法）",
            "[F4] result | 2026-07-05 | 体温 | 36.4 ℃ | 室内気",
            "[F5] result | 2026-06-11 | 病理 | 断端陰性 | 切除断端 | 速報",
            "[F6] result | 2026-05-29 | 血糖 | 108 mg/dL | 血液、空腹時",
            "[F7] result | 2026-05-29 | カリウム | 3.5 mEq/L | 血清",
            "[F8] result | 2026-05-29 | 糖 | 62 mg/dL | 髄液",
            "[N1] note | 2026-07-07 | 経過 | 室内気でSpO2 94%を保つため、9時に酸素投与を終了した。",
        ]);
        let flagged = |v: Verdict| matches!(v, Verdict::Flag("condition-changed", _));
        for (text, id) in [
            ("7月7日のSpO2は室内気で94%であった。", "F1"),
            ("鼻カニュラ2L/分投与下のSpO2は95%であった。", "F2"),
            ("酸素2L/分でSpO2 95%。", "F2"),
            ("喀痰抗酸菌は塗抹陰性であった。", "F3"),
            ("体温は36.4℃であった。", "F4"),
            ("術中迅速病理で断端陰性であった。", "F5"),
            ("空腹時血糖は108 mg/dLであった。", "F6"),
            ("カリウムは3.5 mEq/Lであった。", "F7"),
            ("髄液糖は62 mg/dLであった。", "F8"),
            ("室内気でSpO2 94%を維持した。", "N1"),
            ("9時に酸素投与を終了した。", "N1"),
        ] {
            assert_eq!(ask(check, &f, text, &[id]), Verdict::Keep, "{text}");
        }
        for (text, id) in [
            ("7月7日のSpO2は94%であった。", "F1"),
            ("酸素2L/分でSpO2は94%であった。", "F1"),
            ("室内気でSpO2は95%であった。", "F2"),
            ("喀痰抗酸菌は陰性であった。", "F3"),
            ("喀痰抗酸菌培養は陰性であった。", "F3"),
            ("病理で断端陰性であった。", "F5"),
            ("食後血糖は108 mg/dLであった。", "F6"),
            ("SpO2 94%を保った。", "N1"),
        ] {
            assert_eq!(ask(check, &f, text, &[id]), Verdict::Drop("condition-changed"), "{text}");
        }
        assert!(flagged(ask(check, &f, "血糖は108 mg/dLであった。", &["F6"])));
        assert!(flagged(ask(check, &f, "糖は62 mg/dLであった。", &["F8"])));
    }
}
