//! Endings of Japanese sentences: 常体 to 敬体, and to 体言止め.
//!
//! By tables and rows of kana, for the words of charts. A sentence whose ending is
//! not known is left as it is.

use crate::register::Tense;

/// Nouns that become verbs with する.
const DEEDS: &[&str] = &[
    "継続", "開始", "終了", "施行", "実施", "低下", "上昇", "増悪", "悪化", "改善", "軽快", "軽減", "縮小", "拡大",
    "検出", "聴取", "指導", "説明", "確認", "抜去", "留置", "挿入", "変更", "減量", "増量", "休薬", "中止", "再開",
    "消失", "出現", "出生", "退院", "入院", "転院", "受診", "摂取", "使用", "判断", "処方", "投与", "依頼", "診察",
    "装着", "離脱", "提出", "経過", "推奨", "解熱", "追加", "増加", "減少", "回復", "処置", "切除", "縫合", "輸血",
    "搬送", "紹介", "採取", "診断", "止血", "対応", "維持", "連絡", "到着", "選択", "死亡", "治癒", "消退",
];

/// The same, for a state that is found.
const STATES: &[&str] = &["拡張", "腫大", "肥厚", "萎縮", "残存", "貯留", "散在", "狭窄"];

/// The same, for what lies ahead or is wished.
const INTENTIONS: &[&str] = &["予定", "検討", "希望", "考慮"];

/// Endings as a whole, longest first.
const WHOLE: &[(&str, &str)] = &[
    ("ではなかった", "ではありませんでした"),
    ("ではない", "ではありません"),
    ("であった", "でした"),
    ("である", "です"),
    ("だった", "でした"),
    ("すること", "することとしています"),
    ("しないこと", "しないこととしています"),
    ("こと", "こととしています"),
    ("していない", "していません"),
    ("を予定する", "を予定しています"),
];

/// Verbs of finding, in the tense of the finding.
const FINDINGS: &[(&str, &str)] = &[
    ("認める", "認めました"),
    ("認めない", "認めませんでした"),
    ("認められる", "認められました"),
    ("認められない", "認められませんでした"),
    ("みられる", "みられました"),
    ("みられない", "みられませんでした"),
    ("がある", "がありました"),
    ("はない", "はありませんでした"),
];

const POLITE: &[&str] = &["です", "でした", "ます", "ました", "ません", "ください", "下さい"];

const A_TO_I: &[(char, char)] = &[
    ('か', 'き'),
    ('が', 'ぎ'),
    ('さ', 'し'),
    ('た', 'ち'),
    ('な', 'に'),
    ('ば', 'び'),
    ('ま', 'み'),
    ('ら', 'り'),
    ('わ', 'い'),
];

const I_ROW: &str = "いきしちにひみりぎじびぴ";
const E_ROW: &str = "えけせてねへめれげぜでべぺ";

/// A sentence without its stop, in 敬体.
pub(crate) fn polite(core: &str, tense: Tense) -> String {
    let japanese = core.chars().any(|c| matches!(c, 'ぁ'..='ん' | 'ァ'..='ヶ') || is_kanji(c));
    // What a quotation or a placeholder ends is not for us to continue.
    let quoted = core.ends_with(['」', '：', ':']) || core.ends_with('と') && !core.ends_with("こと");
    if !japanese || quoted || POLITE.iter().any(|end| core.ends_with(end)) {
        return core.to_owned();
    }
    if let Some(open) = trailing_bracket(core)
        && let Some(head) = verb(&core[..open], tense)
    {
        return format!("{head}{}", &core[open..]);
    }
    verb(core, tense).unwrap_or_else(|| noun(core, tense))
}

/// A sentence without its stop, ending in a noun where it ends in a deed or a copula.
pub(crate) fn nominal(core: &str) -> String {
    for (from, to) in [("である", ""), ("であった", ""), ("がある", "あり"), ("があった", "あり")] {
        if let Some(stem) = core.strip_suffix(from) {
            return format!("{stem}{to}");
        }
    }
    for (from, to) in [("はない", "なし"), ("はなかった", "なし"), ("を認めない", "なし"), ("を認めなかった", "なし")]
    {
        if let Some(stem) = core.strip_suffix(from) {
            return format!("{stem}{to}");
        }
    }
    let deed = ["した", "する"].iter().find_map(|end| core.strip_suffix(end));
    let named = deed.filter(|stem| DEEDS.iter().chain(INTENTIONS).any(|deed| stem.ends_with(deed)));
    named.unwrap_or(core).to_owned()
}

/// Whether the sentence ends in a verb, an adjective or あり・なし.
pub(crate) fn ends_in_verb(core: &str) -> bool {
    verb(core, Tense::Present).is_some()
}

fn verb(core: &str, tense: Tense) -> Option<String> {
    let table =
        |rows: &[(&str, &str)]| rows.iter().find_map(|(from, to)| Some(format!("{}{to}", core.strip_suffix(from)?)));
    if core.ends_with("の予定") {
        return Some(format!("{core}です"));
    }
    let finding = || table(FINDINGS).filter(|_| tense == Tense::Past && !core.ends_with("可能性がある"));
    if let Some(text) = finding().or_else(|| table(WHOLE)) {
        return Some(text);
    }
    if let Some(stem) = core.strip_suffix("なし") {
        let is = if tense == Tense::Past { "ありませんでした" } else { "ありません" };
        return Some(format!("{stem}{}{is}", particle(stem, "は")));
    }
    if let Some(stem) = core.strip_suffix("あり") {
        let is = if tense == Tense::Past { "ありました" } else { "あります" };
        return Some(format!("{stem}{}{is}", particle(stem, "が")));
    }
    if let Some(stem) = core.strip_suffix("なかった") {
        return denied(stem, "でした").or_else(|| Some(format!("{core}です")));
    }
    if let Some(stem) = core.strip_suffix("ない") {
        return denied(stem, "").or_else(|| Some(format!("{core}です")));
    }
    if let Some(stem) = core.strip_suffix('ず') {
        let stem = stem.strip_suffix('せ').map_or_else(|| stem.to_owned(), |deed| format!("{deed}し"));
        return stem.ends_with(['し', 'め', 'れ']).then(|| format!("{stem}ませんでした"));
    }
    past(core).or_else(|| dictionary(core))
}

/// A denial's stem with ません behind it: 認め, 行わ, 施行し, 既往は.
fn denied(stem: &str, past: &str) -> Option<String> {
    let last = stem.chars().next_back()?;
    if matches!(last, 'は' | 'が' | 'も') || stem.ends_with("では") {
        return Some(format!("{stem}ありません{past}"));
    }
    if last == 'く' {
        return Some(format!("{stem}ありません{past}"));
    }
    if let Some((_, to)) = A_TO_I.iter().find(|(from, _)| *from == last) {
        return Some(format!("{}{to}ません{past}", &stem[..stem.len() - last.len_utf8()]));
    }
    let ichidan = I_ROW.contains(last) || E_ROW.contains(last) || "見診得出経来".contains(last);
    ichidan.then(|| format!("{stem}ません{past}"))
}

fn past(core: &str) -> Option<String> {
    if let Some(stem) = core.strip_suffix("かった")
        && !stem.ends_with(['か', 'わ', '分', '掛'])
    {
        return Some(format!("{core}です"));
    }
    if let Some(stem) = core.strip_suffix("った") {
        let ends = |row: &str| stem.chars().next_back().is_some_and(|c| row.contains(c));
        let to = match () {
            () if ends("行伴思従失使補買言担扱払問追")
                || stem.ends_with("向か")
                || stem.ends_with("もら")
                || stem.ends_with("しま") =>
            {
                "いました"
            }
            () if ends("持待立打経") => "ちました",
            () => "りました",
        };
        return Some(format!("{stem}{to}"));
    }
    if let Some(stem) = core.strip_suffix("いた") {
        let stays = stem.ends_with(['て', 'で', '用', '率', 'れ']);
        return Some(format!("{stem}{}", if stays { "いました" } else { "きました" }));
    }
    if let Some(stem) = core.strip_suffix("んだ") {
        let last = stem.chars().next_back()?;
        let to = if "及運選喜呼結並飛".contains(last) { "びました" } else { "みました" };
        return Some(format!("{stem}{to}"));
    }
    let stem = core.strip_suffix('た')?;
    let last = stem.chars().next_back()?;
    (I_ROW.contains(last) || E_ROW.contains(last) || is_kanji(last)).then(|| format!("{stem}ました"))
}

/// Verbs and adjectives as a dictionary has them.
fn dictionary(core: &str) -> Option<String> {
    if let Some(stem) = core.strip_suffix("する") {
        return Some(format!("{stem}します"));
    }
    let last = core.chars().next_back()?;
    let stem = &core[..core.len() - last.len_utf8()];
    let before = stem.chars().next_back()?;
    let kanji = is_kanji(before);
    let to = match last {
        'る' if I_ROW.contains(before) || E_ROW.contains(before) || "見診得出経来寝着".contains(before) => {
            "ます"
        }
        'る' => "ります",
        'す' if kanji || "かたらわ".contains(before) => "します",
        'う' if kanji || "らかま".contains(before) => "います",
        'く' if "低高多近遠強弱軽重深浅早長短悪良し".contains(before) => return None,
        'く' if kanji || "だつ".contains(before) => "きます",
        'む' if kanji => "みます",
        'ぶ' if kanji => "びます",
        'つ' if kanji => "ちます",
        'ぐ' if kanji => "ぎます",
        'い' if kanji || "しなたよきまかるあ".contains(before) => return Some(format!("{core}です")),
        _ => return None,
    };
    Some(format!("{stem}{to}"))
}

fn noun(core: &str, tense: Tense) -> String {
    let head = core.trim_end_matches(is_kanji);
    let run = &core[head.len()..];
    let after_particle = head.ends_with(['を', 'に', 'で', 'と', 'も', 'が', 'は', 'へ', 'ら', 'り', 'て', '、']);
    let deed = DEEDS.iter().any(|deed| run.ends_with(deed));
    // What was done to something was done, in whatever kind of note.
    if deed && (head.ends_with('を') || run == "死亡" || after_particle && tense == Tense::Past) {
        return format!("{core}しました");
    }
    if after_particle && tense == Tense::Past && STATES.contains(&run) {
        return format!("{core}していました");
    }
    if after_particle && INTENTIONS.contains(&run) {
        return format!("{core}しています");
    }
    // A label and what it labels are no sentence, nor is what a particle leaves open.
    if core.contains('：') || core.ends_with(['へ', 'を', 'に']) {
        return core.to_owned();
    }
    // 「両肺に高度の気腫性変化」 is a finding, not an equation.
    let clause = core.rsplit('、').next().unwrap_or(core);
    let clause = clause.rsplit("では").next().unwrap_or(clause);
    if tense == Tense::Past && clause.contains('に') && !clause.contains(['は', 'で']) && !ends_in_count(core) {
        return format!("{core}を認めました");
    }
    format!("{core}{}", if tense == Tense::Past { "でした" } else { "です" })
}

/// Whether the sentence ends in a number with its counter.
fn ends_in_count(core: &str) -> bool {
    core.chars().rev().take(3).any(|c| c.is_ascii_digit())
}

/// The particle between a noun and あり or なし, where none stands there.
fn particle<'a>(stem: &str, particle: &'a str) -> &'a str {
    let has = stem.ends_with(['は', 'が', 'も', 'に', 'で', '、']);
    if has { "" } else { particle }
}

/// Where the bracket opens that the sentence ends with.
fn trailing_bracket(core: &str) -> Option<usize> {
    if !core.ends_with('）') {
        return None;
    }
    let mut depth = 0_u32;
    for (at, c) in core.char_indices().rev() {
        match c {
            '）' => depth += 1,
            '（' if depth == 1 => return Some(at),
            '（' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '々')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_become_polite() {
        for (plain, said) in [
            ("肺炎である", "肺炎です"),
            ("咳嗽が出現した", "咳嗽が出現しました"),
            ("浸潤影を認めた", "浸潤影を認めました"),
            ("浸潤影を認める", "浸潤影を認めました"),
            ("血栓を認めない", "血栓を認めませんでした"),
            ("解熱しなかった", "解熱しませんでした"),
            ("下腿浮腫なし", "下腿浮腫はありませんでした"),
            ("右はなし", "右はありませんでした"),
            ("褥瘡あり", "褥瘡がありました"),
            ("本人に結核の既往はない", "本人に結核の既往はありませんでした"),
            ("入院となった", "入院となりました"),
            ("説明を行った", "説明を行いました"),
            ("点滴を行う", "点滴を行います"),
            ("症状は残る", "症状は残ります"),
            ("室内気で95%を保つ", "室内気で95%を保ちます"),
            ("経過をみる", "経過をみます"),
            ("紹介を受けていた", "紹介を受けていました"),
            ("冠動脈造影は施行しない", "冠動脈造影は施行しません"),
            ("投与は行わない", "投与は行いません"),
            ("施行せず", "施行しませんでした"),
            ("血液培養は陰性", "血液培養は陰性でした"),
            ("酸素は2L/分を継続", "酸素は2L/分を継続しました"),
            ("浸潤影は縮小", "浸潤影は縮小しました"),
            ("6月に手術を検討", "6月に手術を検討しています"),
            ("痛みは強かった", "痛みは強かったです"),
            ("意識は清明で、触知は乏しい", "意識は清明で、触知は乏しいです"),
            ("本日で終了とする（計8日間）", "本日で終了とします（計8日間）"),
            ("収縮期雑音（Levine 3/6）", "収縮期雑音（Levine 3/6）でした"),
            ("両肺に高度の気腫性変化", "両肺に高度の気腫性変化を認めました"),
            ("頭部CTでは左前頭葉に低吸収域", "頭部CTでは左前頭葉に低吸収域を認めました"),
            ("術前診断：変形性膝関節症", "術前診断：変形性膝関節症"),
            ("予後は厳しい可能性がある", "予後は厳しい可能性があります"),
            ("解熱を維持", "解熱を維持しました"),
            ("総胆管は14mmに拡張", "総胆管は14mmに拡張していました"),
            ("四肢末梢は温かい", "四肢末梢は温かいです"),
            ("7時にお見送りの予定", "7時にお見送りの予定です"),
            ("内シャント造設術を予定する", "内シャント造設術を予定しています"),
            ("早めに受診すること", "早めに受診することとしています"),
            ("精査加療をお願いいたします", "精査加療をお願いいたします"),
            ("Hb 9.6", "Hb 9.6"),
        ] {
            assert_eq!(polite(plain, Tense::Past), said, "{plain}");
        }
        assert_eq!(polite("喫煙歴なし", Tense::Present), "喫煙歴はありません");
        assert_eq!(polite("目標体重は62kg", Tense::Present), "目標体重は62kgです");
    }

    #[test]
    fn endings_become_nouns() {
        for (plain, said) in [
            ("抗菌薬を開始した", "抗菌薬を開始"),
            ("カリウムは3.5 mEq/Lであった", "カリウムは3.5 mEq/L"),
            ("転移を認めない", "転移なし"),
            ("手術を検討する", "手術を検討"),
            ("症状は残る", "症状は残る"),
        ] {
            assert_eq!(nominal(plain), said);
        }
    }
}
