//! Check 6, second part: a drug that no cited fact holds. The record's own names are `known_names`' business; a
//! drug that a model brought along is in no record. Three nets: the lexicon (brand and generic name are one
//! ingredient, アマリール and アルマール two), endings by which Japanese drug names are told (…サルタン, …フロキサシン),
//! and the words around a name (…錠, …の内服). A name that is nearly one of the cited facts is no support:
//! confused names are how wrong drugs reach patients.

use super::{Claim, Context, Verdict};
use super::{clauses, lexicon};
use crate::text::is_kanji;

const UNKNOWN: Verdict = Verdict::Drop("drug-not-in-evidence");

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let text = plain(&clauses::without_placeholders(&claim.text));
    let evidence: Vec<String> = claim.evidence.iter().map(|e| plain(e)).collect();
    let held: Vec<lexicon::Hit> = evidence.iter().flat_map(|e| lexicon::drugs(e)).collect();
    let hits = lexicon::drugs(&text);
    for hit in &hits {
        let name = &text[hit.start..hit.end];
        if !held.iter().any(|h| h.line == hit.line) && !evidence.iter().any(|e| stands(e, name)) {
            return UNKNOWN;
        }
    }
    if replaced(&text, &hits).is_some_and(|said| evidence.iter().any(|e| turned(said, e))) {
        return UNKNOWN;
    }
    if given_though_avoided(&text, &hits, &evidence) {
        return UNKNOWN;
    }
    if exchanged(&text, &hits, &evidence) {
        return Verdict::Drop("dose-structure");
    }
    let classes: Vec<u16> = evidence.iter().flat_map(|e| lexicon::classes_held(e)).collect();
    for (start, end, class) in lexicon::classes_named(&text) {
        let word = &text[start..end];
        let risky = ["インスリン", "ステロイド", "オピオイド", "抗凝固薬", "抗癌剤", "抗凝固剤"].contains(&word);
        if risky && !classes.contains(&class) && !evidence.iter().any(|e| e.contains(word)) {
            return UNKNOWN;
        }
    }
    let near: Vec<String> =
        evidence.iter().flat_map(|e| words(e).map(|(s, e2)| e[s..e2].to_owned()).collect::<Vec<_>>()).collect();
    for (start, end) in words(&text) {
        let word = &text[start..end];
        if hits.iter().any(|h| h.start < end && start < h.end) || evidence.iter().any(|e| stands(e, word)) {
            continue;
        }
        let drug_like = has_drug_ending(word) || is_taken(&text, start, end);
        let is_near = || near.iter().any(|n| n != word && confusable(word, n));
        // A part of a longer word of the evidence (リハビリ of リハビリテーション) is a shortening.
        let part = evidence.iter().any(|e| e.contains(word));
        if (drug_like && (!part || has_drug_ending(word))) || (!part && is_near()) {
            return UNKNOWN;
        }
    }
    if names_before_forms(&text).iter().any(|n| !evidence.iter().any(|e| compact(e).contains(n.as_str()))) {
        return UNKNOWN;
    }
    Verdict::Keep
}

/// 「セファゾリンで発疹の既往があるためバンコマイシンを用いた」: of the first it is only said why it was not given.
fn given_though_avoided(text: &str, hits: &[lexicon::Hit], evidence: &[String]) -> bool {
    const GIVEN: &[&str] = &["投与", "使用", "用い", "開始", "処方", "内服", "点滴", "静注", "導入"];
    const AVOIDED: &[&str] = &["アレルギー", "発疹", "既往", "避け", "禁忌", "副作用", "過敏", "ショック"];
    let own = |text: &str, hits: &[lexicon::Hit], i: usize| {
        let end = hits.get(i + 1).map_or(text.len(), |next| next.start.max(hits[i].end));
        text[hits[i].end..end].split('。').next().unwrap_or_default().to_owned()
    };
    let says = |text: &str, words: &[&str]| words.iter().any(|w| text.contains(w));
    hits.iter().enumerate().any(|(i, hit)| {
        let said = own(text, hits, i);
        if !says(&said, GIVEN) || says(text, AVOIDED) {
            return false;
        }
        let mut told = evidence.iter().flat_map(|e| {
            let known = lexicon::drugs(e);
            let of_it = (0..known.len()).filter(|n| known[*n].line == hit.line).map(|n| own(e, &known, n));
            of_it.collect::<Vec<_>>()
        });
        let mut any = false;
        let all = told.all(|t| {
            any = true;
            says(&t, AVOIDED) && !says(&t, GIVEN)
        });
        any && all
    })
}

/// A dose that the evidence gives of one drug, told of another of which the evidence gives other doses.
fn exchanged(text: &str, hits: &[lexicon::Hit], evidence: &[String]) -> bool {
    let said = doses(text, hits);
    if said.is_empty() {
        return false;
    }
    let known: Vec<(u16, String)> = evidence.iter().flat_map(|e| doses(e, &lexicon::drugs(e))).collect();
    said.iter().any(|(drug, dose)| {
        let own = || known.iter().filter(|(d, _)| d == drug);
        own().next().is_some() && own().all(|(_, k)| k != dose) && known.iter().any(|(d, k)| d != drug && k == dose)
    })
}

/// The first dose behind each drug, before the next drug.
fn doses(text: &str, hits: &[lexicon::Hit]) -> Vec<(u16, String)> {
    const UNITS: &[&str] = &["単位", "mg", "μg", "ml", "錠", "g"];
    let behind = |(i, hit): (usize, &lexicon::Hit)| {
        let end = hits.get(i + 1).map_or(text.len(), |next| next.start.max(hit.end));
        let own = &text[hit.end..end];
        let start = own.find(|c: char| c.is_ascii_digit())?;
        let digits = own[start..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(own.len(), |l| start + l);
        let unit = UNITS.iter().find(|u| own[digits..].trim_start().starts_with(**u))?;
        Some((hit.line, format!("{}{unit}", &own[start..digits])))
    };
    hits.iter().enumerate().filter_map(behind).collect()
}

/// 「AをBに変更」: which drug gave way to which.
fn replaced(text: &str, hits: &[lexicon::Hit]) -> Option<(u16, u16)> {
    let change =
        ["に変更", "へ変更", "に切り替", "へ切り替", "に切替", "へ切替", "に置換"].iter().find_map(|w| text.find(w))?;
    let mut before = hits.iter().filter(|h| h.end <= change).map(|h| h.line);
    let new = before.next_back()?;
    let old = before.next_back()?;
    (old != new).then_some((old, new))
}

/// The evidence tells the same change the other way round.
fn turned((old, new): (u16, u16), evidence: &str) -> bool {
    replaced(evidence, &lexicon::drugs(evidence)) == Some((new, old))
}

/// Salts say nothing of which drug it is.
fn plain(text: &str) -> String {
    text.to_lowercase().replace("ナトリウム・", "・").replace("ナトリウム/", "/").replace("水和物", "")
}

fn compact(text: &str) -> String {
    text.split_whitespace().collect()
}

fn stands(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| lexicon::is_own_word(text, at, at + word.len()))
}

fn is_katakana(c: char) -> bool {
    matches!(c, 'ァ'..='ヺ' | 'ー')
}

/// Katakana words of four letters and more.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find(is_katakana)?;
            let length = text[start..].find(|c| !is_katakana(c)).unwrap_or(text.len() - start);
            from = start + length;
            if text[start..from].chars().count() >= 4 {
                return Some((start, from));
            }
        }
    })
}

/// Endings of Japanese drug names, and words that end like them and are none.
fn has_drug_ending(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "マイシン", "サイクリン", "フロキサシン", "オキサシン", "プリル", "サルタン", "スタチン", "コナゾール",
        "プラゾール", "ダゾール", "ジピン", "グリプチン", "グリフロジン", "グリタゾン", "ロロール", "ノロール",
        "ジロール", "ペネム", "シリン", "バクタム", "シクロビル", "ナミビル", "テガビル", "ブビル", "ツマブ",
        "キシマブ", "リムマブ", "ルマブ", "ズマブ", "チニブ", "ラフェニブ", "パリン", "キサバン", "グレル",
        "トリプタン", "セトロン", "ゼパム", "ゾラム", "バルビタール", "プロスト", "テロール", "トロピウム", "チアジド",
        "セミド", "プラチン", "ルビシン", "タキセル", "ドロン", "ニゾロン", "タゾン", "メタゾン", "キサント",
        "チアピン", "ペリドン", "ペリドール", "オキセチン", "プラミン", "ピバカイン", "バスタチン", "グルチド",
        "グリニド", "フィブラート", "フェナク", "プロフェン", "コキシブ", "モルヒネ", "コドン", "フェンタニル",
        "カルバゼピン", "トイン", "セタム", "ギャバリン", "ガバリン", "プリド", "プロマジン", "ゾリン", "キソン",
        "タジジム", "ジノゲスト", "トレキサート", "ゾニド", "ラスト", "ヒスタジン", "リドン", "セルピン", "ロキシン",
        "ブタモール",
    ];
    const OTHERS: &[&str] = &[
        "コレステロール", "エルゴステロール", "ブラスト", "コントラスト", "プラスト", "ラスト", "プロスタグランジン",
        "アルドステロン", "ビリルビン", "フィブリン", "マージン", "バージン", "スタチン製剤", "カルシトニン",
        "エリスロポエチン", "シリンジ", "カテコラミン", "ドーパミン", "ケトン",
    ];
    word.chars().count() >= 5 && ENDINGS.iter().any(|e| word.ends_with(e)) && !OTHERS.contains(&word)
}

/// What stands right behind a name that is taken or given.
fn is_taken(text: &str, start: usize, end: usize) -> bool {
    const TAKEN: &[&str] = &[
        "錠", "カプセル", "散", "顆粒", "細粒", "の内服", "を内服", "内服", "の投与", "を投与", "投与", "の点滴",
        "を点滴", "点滴静注", "静注", "皮下注", "筋注", "注射液", "点眼", "軟膏", "坐剤", "の服用", "を服用", "を処方",
        "の処方", "処方",
    ];
    const NO_DRUGS: &[&str] = &[
        "ステロイド", "インスリン", "オピオイド", "ビタミン", "ホルモン", "カルシウム", "カリウム", "マグネシウム",
        "ナトリウム", "アルブミン", "グロブリン", "カロリー", "アミノ", "エネルギー", "リハビリ", "リハビリテーション",
        "ワクチン", "サプリメント", "バイオ", "スライディングスケール", "スケール", "ミルク", "カテーテル", "ルート",
        "シリンジ", "ポンプ", "ゼリー", "シロップ", "プラセボ", "クリーム", "ローション", "テープ", "カプセル",
        "ブロッカー", "オンデマンド", "レスキュー", "ジェネリック", "グルコース", "ブドウ", "マスク", "カニューラ",
        "メニュー", "パッチ", "スプレー", "シリーズ", "スタチン", "トリプタン", "タイミング", "コントロール",
        "サポート", "アレルギー", "ワンショット", "ボーラス", "クール", "フィルム", "コンプライアンス",
        "アドヒアランス", "ヒスタミン", "ナルコチック", "カウンセリング", "オピオイド", "ペグ", "エリスロポエチン",
    ];
    let word = &text[start..end];
    let rest = &text[end..];
    // 「5mg」 right behind: a name with its strength.
    let strength = || {
        let digits = rest.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        digits.len() < rest.trim_start().len() && (digits.trim_start().starts_with("mg") || digits.starts_with("μg"))
    };
    !NO_DRUGS.iter().any(|n| word.ends_with(n)) && (TAKEN.iter().any(|t| rest.starts_with(t)) || strength())
}

/// Names before 錠, カプセル and the like, which the record must hold letter by letter.
fn names_before_forms(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for form in ["錠", "カプセル", "顆粒", "細粒", "点眼液", "軟膏"] {
        for (at, _) in text.match_indices(form) {
            let part =
                |c: &(usize, char)| is_katakana(c.1) || c.1.is_ascii_alphabetic() || is_kanji(c.1) || c.1 == '・';
            let start = text[..at].char_indices().rev().take_while(part).last().map_or(at, |(s, _)| s);
            let name = text[start..at].trim_end_matches("od").trim_end_matches("配合");
            let letters = name.chars().filter(|c| is_katakana(*c)).count();
            if letters >= 3 || (letters >= 1 && name.chars().any(|c| c.is_ascii_alphabetic())) {
                // 「薬剤アムロジピン錠」: kanji before a katakana name belong to the sentence.
                out.push(name.trim_start_matches(is_kanji).to_owned());
            }
        }
    }
    out
}

/// Two names that differ in one or, where long, two letters.
fn confusable(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 || a.len() < 4 {
        return false;
    }
    distance(&a, &b) <= if a.len() >= 8 { 2 } else { 1 }
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn drugs_stand_in_what_is_cited() {
        let facts = facts(&[
            "[F1] medication | 2026-07-03 | 入院中 | セフトリアキソンナトリウム静注用１ｇ「NP」 | 1日1回 点滴静注",
            "[F2] medication | 2026-07-09 | 退院 | アルマール錠５ | 1日2回 1回1錠",
            "[F3] medication | 2026-07-09 | 退院 | メチルプレドニゾロン錠4mg | 1日1回 1回1錠",
            "[F4] medication | 2026-07-09 | 退院 | ミヤＢＭ錠 | 1日3回 1回2錠",
            "[N1.1] note | 2026-07-05 | 経過記録 | リハビリテーションを継続する。モニター装着。",
        ]);
        for (text, cite, keep) in [
            ("セフトリアキソンを投与した。", "F1", true),
            ("ロセフィンを投与した。", "F1", true),
            ("CTRXを投与した。", "F1", true),
            ("セフタジジムを投与した。", "F1", false),
            ("セフトリアキツンを投与した。", "F1", false),
            ("ワルファリンの投与を開始した。", "F1", false),
            ("アルマールを内服した。", "F2", true),
            ("アマリールを内服した。", "F2", false),
            ("プレドニゾロンを内服した。", "F3", false),
            ("ニヤBM錠を内服した。", "F4", false),
            ("ミヤBM錠を内服した。", "F4", true),
            ("ゼノマイシンを開始した。", "F1", false),
            ("リハビリを継続した。", "N1.1", true),
            ("モニターを装着した。", "N1.1", true),
        ] {
            let expected = if keep { Verdict::Keep } else { Verdict::Drop("drug-not-in-evidence") };
            assert_eq!(ask(check, &facts, text, &[cite]), expected, "{text}");
        }
    }
}
