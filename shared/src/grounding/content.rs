//! What a text is about, as a set of comparable units: kanji and katakana in short pieces, Latin words,
//! numbers, and groups of spellings that mean the same (`lexicon/synonyms.txt`). Word order and endings are
//! left out, so that a rewording keeps its units. Holds no rule.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::lexicon;
use crate::text::{AnyOf, Dictionary, Edge, Groups, is_kanji};

/// Units with their weights, sorted by unit.
#[derive(Clone, Debug, Default)]
pub struct Content {
    units: Vec<(u64, f32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Katakana,
    Latin,
    Digit,
    Other,
}

impl Content {
    /// Of a claim: what a synonym covers counts once, as the synonym.
    pub fn said(text: &str) -> Self {
        Self::read(text, true, true)
    }

    /// Of evidence: synonyms and the words themselves, drugs also by their class.
    pub fn known(text: &str) -> Self {
        Self::read(text, false, true)
    }

    /// Of a claim, without its figures.
    pub fn words(text: &str) -> Self {
        Self::read(text, true, false)
    }

    fn read(text: &str, once: bool, figures: bool) -> Self {
        let lower = text.to_lowercase();
        let mut content = Self::default();
        let mut rest = lower.clone();
        for (start, end, group) in groups(&lower) {
            content.units.push((tagged(GROUP, u64::from(group)), 1.0));
            if once {
                // One byte a byte, so that later offsets hold.
                rest.replace_range(start..end, &" ".repeat(end - start));
            }
        }
        if once {
            for (start, end, class) in lexicon::classes_named(&lower) {
                content.units.push((tagged(CLASS, u64::from(class)), 1.0));
                rest.replace_range(start..end, &" ".repeat(end - start));
            }
        } else {
            for class in lexicon::classes_held(&lower) {
                content.units.push((tagged(CLASS, u64::from(class)), 1.0));
            }
        }
        static TOPIC_WORDS: Groups = Groups::new(TOPICS);
        let standing = TOPIC_WORDS.standing_in(&lower);
        for (i, topic) in TOPICS.iter().enumerate().filter(|(i, _)| standing >> i & 1 == 1) {
            let [topics, tests] = topic else { continue };
            let named = topics.iter().find_map(|t| rest.find(t).map(|at| (at, at + t.len())));
            let measured = || {
                !once
                    && tests.iter().any(|t| lower.match_indices(t).any(|(at, _)| whole_word(&lower, at, at + t.len())))
            };
            if named.is_some() || measured() {
                content.units.push((tagged(TOPIC, i as u64), 1.0));
            }
            if let Some((start, end)) = named.filter(|_| once) {
                rest.replace_range(start..end, &" ".repeat(end - start));
            }
        }
        content.runs(&rest, figures);
        static ANY_HIRAGANA: AnyOf = AnyOf::new(&[HIRAGANA]);
        let words = if ANY_HIRAGANA.is_in(&lower) { HIRAGANA } else { &[] };
        for (i, word) in words.iter().enumerate() {
            if lower.contains(word) {
                content.units.push((tagged(KANA, i as u64), 1.0));
            }
        }
        content.units.sort_unstable_by_key(|(unit, _)| *unit);
        content.units.dedup_by_key(|(unit, _)| *unit);
        content
    }

    fn runs(&mut self, text: &str, figures: bool) {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            let script = script(chars[at]);
            let mut end = at + 1;
            while end < chars.len() && continues(script, chars[end]) {
                end += 1;
            }
            let run = &chars[at..end];
            match script {
                Script::Kanji => self.pieces(run, 2),
                Script::Katakana => self.pieces(run, 3),
                Script::Latin => self.units.push((hash(WORD, run), 1.0)),
                Script::Digit if figures => {
                    let digits: String = run.iter().filter(|c| **c != ',').collect();
                    let digits = digits.trim_end_matches('.').trim_start_matches('0');
                    let weight = if digits.len() <= 1 { 0.4 } else { 1.0 };
                    let plain: Vec<char> = digits.chars().collect();
                    self.units.push((hash(NUMBER, &plain), weight));
                }
                Script::Digit | Script::Other => {}
            }
            at = end;
        }
    }

    fn pieces(&mut self, run: &[char], size: usize) {
        if run.len() < size {
            let common = run.len() == 1 && COMMON_KANJI.contains(&run[0]);
            self.units.push((hash(PIECE, run), if common { 0.1 } else { 0.7 }));
            return;
        }
        static FIRST: Edge = Edge::first(&[COMMON]);
        for piece in run.windows(size) {
            let common =
                size == 2 && FIRST.may_be(piece[0]) && COMMON.iter().any(|c| c.chars().eq(piece.iter().copied()));
            self.units.push((hash(PIECE, piece), if common { 0.15 } else { 0.8 }));
        }
        // 腹痛 and 腹部の痛み share single letters.
        if size == 2 {
            for c in run.iter().filter(|c| !COMMON_KANJI.contains(c)) {
                self.units.push((hash(PIECE, &[*c]), 0.25));
            }
        }
    }

    pub fn weight(&self) -> f32 {
        self.units.iter().map(|(_, w)| w).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Weight of what both hold.
    pub fn shared(&self, other: &Self) -> f32 {
        let holds = |unit: u64| other.units.binary_search_by_key(&unit, |(u, _)| *u).is_ok();
        self.units.iter().filter(|(unit, _)| holds(*unit)).map(|(_, w)| w).sum()
    }

    /// Share of this that the other holds; 1 where there is nothing to hold.
    pub fn covered_by(&self, other: &Self) -> f32 {
        let all = self.weight();
        if all <= f32::EPSILON { 1.0 } else { self.shared(other) / all }
    }

    pub fn joined(mut self, other: &Self) -> Self {
        self.units.extend_from_slice(&other.units);
        self.units.sort_unstable_by_key(|(unit, _)| *unit);
        self.units.dedup_by_key(|(unit, _)| *unit);
        self
    }
}

/// Whether a text uses a spelling of the same group as this word.
pub fn same_meaning(text: &str, word: &str) -> bool {
    let wanted: Vec<u16> =
        groups(word).into_iter().filter(|(s, e, _)| *s == 0 && *e == word.len()).map(|g| g.2).collect();
    !wanted.is_empty() && groups(text).iter().any(|(_, _, g)| wanted.contains(g))
}

const GROUP: u64 = 1;
const CLASS: u64 = 2;
const KANA: u64 = 3;
const WORD: u64 = 4;
const NUMBER: u64 = 5;
const PIECE: u64 = 6;
const TOPIC: u64 = 7;

/// What tests show, as narrative calls it, and the tests that show it.
const TOPICS: &[&[&[&str]]] = &[
    &[
        &["炎症反応", "炎症所見", "炎症マーカー", "炎症"],
        &["crp", "wbc", "白血球", "プロカルシトニン", "赤沈", "赤血球沈降速度"],
    ],
    &[&["腎機能", "腎障害"], &["cr", "cre", "クレアチニン", "bun", "尿素窒素", "egfr"]],
    &[
        &["肝機能", "肝障害", "肝酵素", "肝胆道系酵素"],
        &["ast", "alt", "got", "gpt", "γ-gtp", "γ-gt", "alp", "ビリルビン"],
    ],
    &[&["酸素化", "呼吸状態", "低酸素血症", "低酸素"], &["spo2", "pao2", "酸素飽和度", "酸素"]],
    &[&["貧血"], &["hb", "ヘモグロビン", "血色素"]],
    &[&["栄養状態", "低栄養"], &["alb", "アルブミン", "総蛋白"]],
    &[&["血糖コントロール", "血糖管理"], &["hba1c", "血糖", "グルコース"]],
    &[&["心不全", "うっ血"], &["bnp", "nt-probnp"]],
    &[&["甲状腺機能"], &["tsh", "ft4", "ft3"]],
    &[&["電解質"], &["na", "k", "cl", "ナトリウム", "カリウム"]],
    &[&["バイタルサイン", "バイタル"], &["血圧", "脈拍", "体温", "spo2", "呼吸数"]],
];

fn tagged(tag: u64, value: u64) -> u64 {
    (tag << 60) | value
}

/// FNV-1a, with the kind of unit in front.
fn hash(tag: u64, chars: &[char]) -> u64 {
    let mixed = chars.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, c| (h ^ u64::from(*c)).wrapping_mul(0x100_0000_01b3));
    tagged(tag, mixed & ((1 << 60) - 1))
}

fn script(c: char) -> Script {
    match c {
        c if is_kanji(c) => Script::Kanji,
        'ァ'..='ヺ' | 'ー' => Script::Katakana,
        'a'..='z' | 'α'..='ω' => Script::Latin,
        '0'..='9' => Script::Digit,
        _ => Script::Other,
    }
}

fn continues(script_of_run: Script, c: char) -> bool {
    match script_of_run {
        Script::Latin => matches!(script(c), Script::Latin | Script::Digit) || c == '-',
        Script::Digit => script(c) == Script::Digit || matches!(c, '.' | ','),
        Script::Other => false,
        same => script(c) == same,
    }
}

/// Spans of synonyms and the line of each, longest first, not overlapping. Latin ones as whole words only.
pub fn groups(lower: &str) -> Vec<(usize, usize, u16)> {
    static TABLE: OnceLock<Dictionary> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let lines = include_str!("lexicon/synonyms.txt").lines().filter(|l| !l.starts_with('#')).zip(0..);
        Dictionary::new(lines.flat_map(|(line, n)| line.split_whitespace().map(move |word| (Cow::Borrowed(word), n))))
    });
    let hits = table.find_iter(lower).filter(|hit| whole_word(lower, hit.start, hit.end));
    hits.map(|hit| (hit.start, hit.end, hit.number as u16)).collect()
}

/// A Latin word is not a part of a longer one: na is not in dna, k is not in kg.
pub fn whole_word(text: &str, start: usize, end: usize) -> bool {
    let edge = |inside: Option<char>, outside: Option<char>| {
        !inside.is_some_and(|c| c.is_ascii_alphanumeric()) || !outside.is_some_and(|c| c.is_ascii_alphabetic())
    };
    edge(text[start..].chars().next(), text[..start].chars().next_back())
        && edge(text[..end].chars().next_back(), text[end..].chars().next())
}

/// Words of nearly every note: they say little of what a sentence is about.
const COMMON: &[&str] = &[
    "患者", "当院", "当科", "施行", "実施", "所見", "検査", "治療", "経過", "状態", "開始", "投与", "診断", "症状",
    "確認", "予定", "指示", "必要", "方針", "改善", "継続", "医師", "看護", "記録", "可能", "今後", "以後", "以降",
    "全身", "観察", "加療", "対応", "良好", "安定", "本人", "今回", "同日", "翌日", "陽性", "陰性", "正常", "異常",
    "既往", "既歴", "行目", "病日", "日間", "間投", "報告", "評価", "結果", "出現", "消失", "軽快", "増悪", "低下",
    "上昇", "検討", "希望", "中止", "再開", "変更", "追加", "増量", "減量", "年月", "月日",
];

const COMMON_KANJI: &[char] = &[
    '日', '月', '年', '時', '回', '入', '院', '退', '患', '者', '施', '行', '実', '後', '前', '中', '的', '性', '認',
    '見', '所', '検', '査', '診', '断', '治', '療', '経', '過', '状', '態', '開', '始', '間', '第', '同', '当', '本',
    '予', '定', '方', '針', '指', '示', '対', '要', '有', '無', '第', '約', '歳', '者', '度', '分', '部', '量', '加',
    '上', '下', '大', '小', '高', '低', '改', '善', '病', '症', '投', '与', '医', '師', '内', '外', '出', '現', '常',
];

/// Signs and things that are written in hiragana.
const HIRAGANA: &[&str] = &[
    "むせ", "ふるえ", "こわばり", "かゆみ", "けいれん", "いびき", "うつ", "てんかん", "ろれつ", "るいそう", "びらん",
    "ただれ", "あざ", "つかえ", "もの忘れ", "とろみ", "おむつ", "つえ", "ぜんそく", "やけど", "うっ血", "びまん",
    "くも膜", "はしか", "みぞおち", "もうろう", "つじつま", "やせ", "あくび", "よだれ", "かぶれ", "ひび",
];

#[cfg(test)]
mod tests {
    use super::{Content, same_meaning};

    fn cover(said: &str, known: &str) -> f32 {
        Content::said(said).covered_by(&Content::known(known))
    }

    #[test]
    fn rewordings_are_covered_and_other_matters_are_not() {
        assert!(cover("白血球は増加していた。", "WBC 12000") > 0.4);
        assert!(cover("抗菌薬は8日間投与した。", "セフトリアキソンの投与日数 8日") > 0.8);
        assert!(cover("胃瘻造設術を施行した。", "2026-07-01 入院 肺炎") < 0.1);
        assert!(cover("KCl補充", "kg") < 0.1);
    }

    #[test]
    fn synonyms_are_whole_words() {
        assert!(same_meaning("dmあり", "糖尿病") && !same_meaning("dmard投与", "糖尿病"));
    }
}
