//! Drug names in common Japanese use: generic names, brands and unambiguous abbreviations, one ingredient a
//! line (`lexicon/drugs-*.txt`), and the class that a line belongs to. Built once. It is no formulary: what it
//! does not hold, the endings of drug names and the words around a name still give away.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::content::whole_word;
use crate::text::{Dictionary, Found};

const SOURCE: &str = concat!(include_str!("lexicon/drugs-1.txt"), include_str!("lexicon/drugs-2.txt"));

struct Lexicon {
    /// With the line of each.
    names: Dictionary,
    /// Classes of each line.
    classes: Vec<Vec<u16>>,
    class_names: Vec<&'static str>,
}

/// A name in a text: where it stands, and its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub start: usize,
    pub end: usize,
    pub line: u16,
}

fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(|| {
        let (mut names, mut classes, mut class_names) = (Vec::new(), Vec::new(), Vec::new());
        for (n, line) in SOURCE.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).enumerate() {
            let mut own = Vec::new();
            for word in line.split_whitespace() {
                if let Some(class) = word.strip_prefix('+') {
                    let at = class_names.iter().position(|c| *c == class).unwrap_or_else(|| {
                        class_names.push(class);
                        class_names.len() - 1
                    });
                    own.push(at as u16);
                } else {
                    names.push((Cow::Owned(word.to_lowercase()), n as u32));
                }
            }
            classes.push(own);
        }
        Lexicon { names: Dictionary::new(names), classes, class_names }
    })
}

/// Whether two texts name one drug; `None` where the first names none.
pub fn share_a_drug(text: &str, other: &str) -> Option<bool> {
    let (said, known) = (drugs(&text.to_lowercase()), drugs(&other.to_lowercase()));
    (!said.is_empty()).then(|| said.iter().any(|s| known.iter().any(|k| k.line == s.line)))
}

/// Names of the lexicon in a text (NFKC, lower case), each as a word of its own.
pub fn drugs(lower: &str) -> Vec<Hit> {
    let hits = lexicon().names.find_iter(lower).filter(|hit| is_own_word(lower, hit.start, hit.end));
    hits.map(|Found { start, end, number }| Hit { start, end, line: number as u16 }).collect()
}

/// プレドニゾロン is no word of its own in メチルプレドニゾロン; ロサルタン is one in ロサルタンカリウム.
pub fn is_own_word(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (text[..start].chars().next_back(), &text[end..]);
    let katakana = |c: char| matches!(c, 'ァ'..='ヺ' | 'ー');
    let begins = text[start..end].chars().next().is_some_and(katakana);
    let ends = text[start..end].chars().next_back().is_some_and(katakana);
    if begins && before.is_some_and(katakana) {
        return false;
    }
    if ends && after.chars().next().is_some_and(katakana) && !TAILS.iter().any(|t| after.starts_with(t)) {
        return false;
    }
    whole_word(text, start, end)
}

/// Salts and forms that follow a drug's name in katakana.
const TAILS: &[&str] = &[
    "カリウム", "ナトリウム", "カルシウム", "ベシル", "メシル", "マレイン", "プロキセチル", "ピボキシル", "アキセチル",
    "メドキソミル", "シレキセチル", "エチル", "フマル", "コハク", "テープ", "パッチ", "ゼリー", "シロップ",
    "ドライシロップ", "カプセル", "スプレー", "クリーム", "ローション", "フィルム", "ミニ", "キット", "シリンジ",
    "スティック", "レディ", "ファスト", "インスリン", "ネブライザ", "ディスカス", "エリプタ", "タービュヘイラー",
    "ブリーズヘラー", "ハンディヘラー", "レスピマット", "エアゾール", "ロタディスク", "バッグ", "アンプル",
    "ソロスター", "フレックス", "ミリオペン", "ペン", "カート", "グラルギン", "リスプロ", "アスパルト", "デグルデク",
    "バクタム", "タゾバクタム", "スルバクタム", "シラスタチン", "クラブラン", "ソルベ", "トシル", "アルギニン",
    "エルブミン", "イコデキストリン",
];

/// Classes of the drugs that a text holds, and those that it names.
pub fn classes_held(lower: &str) -> Vec<u16> {
    let l = lexicon();
    let mut held: Vec<u16> = classes_named(lower).into_iter().map(|(_, _, class)| class).collect();
    held.extend(drugs(lower).into_iter().flat_map(|h| l.classes[usize::from(h.line)].iter().copied()));
    held
}

/// Other words for a class; 薬 and 剤 are one.
const CLASS_WORDS: &[(&str, &[&str])] = &[
    ("抗菌薬", &["抗生剤", "抗生物質"]),
    ("鎮痛薬", &["痛み止め", "解熱鎮痛薬", "解熱鎮痛剤", "解熱薬", "解熱剤"]),
    ("睡眠薬", &["眠剤", "睡眠導入剤"]),
    ("下剤", &["緩下剤", "便秘薬"]),
    ("抗癌剤", &["抗がん剤", "化学療法", "抗がん薬", "抗癌薬"]),
    ("漢方薬", &["漢方"]),
    ("インスリン", &["インスリン製剤"]),
];

/// Classes that a text names, and where: 抗菌薬, 抗生剤.
pub fn classes_named(lower: &str) -> Vec<(usize, usize, u16)> {
    static WORDS: OnceLock<Dictionary> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut words = Vec::new();
        for (i, name) in lexicon().class_names.iter().enumerate() {
            let others = CLASS_WORDS.iter().find(|(n, _)| n == name).map_or(&[][..], |(_, w)| w);
            let with_other_ending = name.strip_suffix('薬').map(|stem| format!("{stem}剤"));
            let all = others.iter().map(|w| (*w).to_owned()).chain([name.to_lowercase()]).chain(with_other_ending);
            words.extend(all.map(|word| (Cow::Owned(word), i as u32)));
        }
        Dictionary::new(words)
    });
    words.find_iter(lower).map(|class| (class.start, class.end, class.number as u16)).collect()
}

#[cfg(test)]
mod tests {
    use super::{SOURCE, classes_held, classes_named, drugs};

    fn same(a: &str, b: &str) -> bool {
        let (a, b) = (drugs(a), drugs(b));
        !a.is_empty() && a[0].line == b[0].line
    }

    #[test]
    fn brands_and_abbreviations_are_the_same_ingredient() {
        assert!(same("ロセフィン静注用", "セフトリアキソンナトリウム") && same("ctrx 2g", "セフトリアキソン"));
        assert!(!same("アマリール", "アルマール") && !same("タキソール", "タキソテール"));
    }

    #[test]
    fn names_are_words_of_their_own() {
        assert_ne!(drugs("メチルプレドニゾロン")[0].line, drugs("プレドニゾロン")[0].line);
        assert!(drugs("コントミンド").is_empty());
        assert_eq!(drugs("ロサルタンカリウム錠").len(), 1);
    }

    #[test]
    fn a_drug_is_of_its_class() {
        assert!(classes_named("抗生剤を終了").iter().all(|c| classes_held("セフトリアキソン").contains(&c.2)));
    }

    #[test]
    fn no_name_stands_twice() {
        let mut seen = std::collections::HashSet::new();
        for line in SOURCE.lines().filter(|l| !l.starts_with('#')) {
            for word in line.split_whitespace().filter(|w| !w.starts_with('+')) {
                assert!(seen.insert(word.to_lowercase()), "{word}");
            }
        }
        assert!(seen.len() > 500, "{}", seen.len());
    }
}
