//! Whether a match is a name where it stands, and whose: honorifics and professions around it decide.
//! Works on the folded text of [`super::seen`]. 橋本 must not damage 橋本病, nor 原 原因.

use super::words::WORDS_OF_ONE;
use crate::text::{Edge, is_kanji};

/// How strictly a match's neighbours are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A whole name or address: wherever it stands.
    Anywhere,
    /// A bare part of a name: as a token, before a particle, with a title.
    Token,
    /// One kanji: in brackets or before が, は, より, から, も, with a title.
    OneKanji,
    /// A part that is also a word: with a title only.
    Titled,
    /// Digits: not inside a longer number.
    Number,
    /// A short number, which might be a result: after ID or 番号 only.
    Labelled,
}

/// Whom the words around a name speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// 様, さん, 患者.
    Patient,
    /// 夫, 長女 and the like before it.
    Relative,
    /// 先生, 医師, Ns, 執刀.
    Professional,
    Nothing,
}

/// The particles before which a bare surname may stand: 橋本病 and 原因 go on with kanji.
const PARTICLES: &[char] = &['が', 'は', 'に', 'を', 'の', 'と', 'へ', 'も', 'で', 'よ', 'や', 'か', 'ら'];

const PATIENT_AFTER: &[&str] =
    &["様", "さん", "さま", "サン", "サマ", "殿", "ちゃん", "くん", "君", "氏", "-san", " san"];
const PROFESSIONAL_AFTER: &[&str] = &[
    "先生", "医師", "医長", "看護師", "看護士", "准看", "薬剤師", "技師", "療法士", "聴覚士", "栄養士", "保健師",
    "助産師", "介護士", "師長", "主任", "院長", "部長", "科長", "室長", "教授", "准教授", "講師", "助教", "研修医",
    "専攻医", "相談員", "支援専門員", "ケアマネ", "ソーシャルワーカー", "ドクター", "ナース", "sensei",
];
/// Latin ones end where the word ends: PT-INR and STEMI are no titles.
const LATIN_AFTER: &[&str] =
    &["dr", "ns", "msw", "psw", "pt", "ot", "st", "cm", "cw", "rn", "me", "md", "phd", "mt", "rt"];
const PROFESSIONAL_BEFORE: &[&str] = &[
    "主治医", "担当医", "医師", "看護師", "薬剤師", "技師", "療法士", "聴覚士", "栄養士", "保健師", "助産師", "相談員",
    "支援専門員", "執刀医", "執刀", "執刀者", "術者", "助手", "麻酔科医", "麻酔医", "麻酔", "当直医", "当直", "紹介医",
    "指導医", "研修医", "専攻医", "読影医", "読影", "診断医", "病理医", "かかりつけ医", "記載者", "記録者", "記載",
    "記録", "記入者", "入力者", "作成者", "報告者", "説明者", "確認者", "承認者", "検査者", "施行者", "施行医",
    "担当者", "担当", "受持ち", "受け持ち", "受持", "文責", "署名", "サイン", "師長", "院長", "部長", "科長", "医長",
    "教授", "講師", "助教", "ケアマネジャー", "ケアマネージャー", "ケアマネ", "dr", "ns", "prof", "pt", "ot", "st",
    "msw", "cm", "sign", "by",
];
const PATIENT_BEFORE: &[&str] = &["患者", "患者名", "本人", "氏名", "名前", "mr", "mrs", "ms", "patient", "name"];
const RELATIVE_BEFORE: &[&str] = &[
    "夫", "妻", "父", "母", "長男", "長女", "次男", "次女", "二男", "二女", "三男", "三女", "息子", "娘", "兄", "弟",
    "姉", "妹", "孫", "祖父", "祖母", "義父", "義母", "嫁", "婿", "甥", "姪", "叔父", "叔母", "伯父", "伯母", "いとこ",
    "家族", "キーパーソン", "父親", "母親", "内縁", "同居人", "友人", "後見人", "代諾者", "保証人", "連絡先", "続柄",
];
/// What is said after a name begins with one of these, what is said before it ends with one of those.
static AFTER: Edge = Edge::first(&[PATIENT_AFTER, PROFESSIONAL_AFTER, LATIN_AFTER]);
static BEFORE: Edge = Edge::last(&[PROFESSIONAL_BEFORE, PATIENT_BEFORE, RELATIVE_BEFORE]);
/// Letters in which words of the trade end: a name may follow at once (当院内科鈴木医師).
const TRADE_ENDS: &str = "科医師員者士長院棟室部課係任手受";
/// Letters with which 様 means "like": 水様便.
const LIKE: &str = "水泥粉糸膜線砂一同多異仕模今";

pub(super) fn said(text: &str, start: usize, end: usize) -> Said {
    let own = &text[start..end];
    // 夫の太郎さん
    let before = text[..start].trim_end_matches(['の', '、']);
    match (said_before(before), said_after(own, &text[end..])) {
        (_, Said::Professional) | (Said::Professional, Said::Nothing) => Said::Professional,
        (Said::Relative, _) => Said::Relative,
        (_, Said::Patient) | (Said::Patient, _) => Said::Patient,
        (Said::Professional, Said::Relative) | (Said::Nothing, Said::Nothing | Said::Relative) => Said::Nothing,
    }
}

pub(super) fn said_after(own: &str, after: &str) -> Said {
    let one = own.chars().nth(1).is_none();
    let rest = after.strip_prefix(' ').unwrap_or(after);
    // Some of the words begin with a space themselves.
    if ![after, rest].iter().any(|t| t.chars().next().is_some_and(|c| AFTER.may_be(c))) {
        return Said::Nothing;
    }
    if PROFESSIONAL_AFTER.iter().any(|t| rest.starts_with(t)) {
        return Said::Professional;
    }
    let latin = |t: &&str| {
        let tail = after.strip_prefix(*t).or_else(|| rest.strip_prefix(*t).filter(|_| !one && t.len() != 2));
        tail.is_some_and(|tail| !tail.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
    };
    if LATIN_AFTER.iter().any(latin) {
        return Said::Professional;
    }
    let honorific = PATIENT_AFTER.iter().any(|t| {
        let tail = after.strip_prefix(t).or_else(|| rest.strip_prefix(t).filter(|_| !one));
        tail.is_some_and(|tail| match *t {
            "氏" => !tail.starts_with(['名', '病', '症', '反', '法', '徴', '式']),
            "様" => !(tail.starts_with(['子', '式', '相', '態', '々', '変', '所', '便']) || one && LIKE.contains(own)),
            "君" | "殿" => !tail.starts_with(is_kanji),
            _ => true,
        })
    });
    if honorific { Said::Patient } else { Said::Nothing }
}

pub(super) fn said_before(before: &str) -> Said {
    let gap = before.trim_end_matches([' ', ':', '.', '=', '(', '/', '・', '→', '-', '【', '】', '「']);
    if !gap.chars().next_back().is_some_and(|c| BEFORE.may_be(c)) {
        return Said::Nothing;
    }
    let ends = |words: &[&str]| {
        words.iter().any(|w| {
            gap.strip_suffix(w).is_some_and(|head| !(w.is_ascii() && head.ends_with(|c: char| c.is_ascii_alphabetic())))
        })
    };
    if ends(PROFESSIONAL_BEFORE) {
        return Said::Professional;
    }
    let relative = RELATIVE_BEFORE
        .iter()
        .any(|w| gap.strip_suffix(w).is_some_and(|head| w.chars().nth(1).is_some() || !head.ends_with(is_kanji)));
    match (relative, ends(PATIENT_BEFORE)) {
        (true, _) => Said::Relative,
        (false, true) => Said::Patient,
        _ => Said::Nothing,
    }
}

pub(super) fn allowed(rule: Rule, text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let own = &text[start..end];
    match rule {
        Rule::Anywhere => whole(own, before, after),
        Rule::Number => {
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            !digit(before) && !digit(after)
        }
        Rule::Labelled => allowed(Rule::Number, text, start, end) && labelled(&text[..start]),
        Rule::Token => {
            if trade_mark(text, start, end) {
                return false;
            }
            let alone = !word(before) && !word(after);
            let particle = after.is_some_and(|c| PARTICLES.contains(&c)) && own.ends_with(is_kanji);
            alone || (starts(before) && particle) || titled(text, start, end)
        }
        Rule::OneKanji => {
            let particle = ["が", "は", "より", "から", "も"].iter().any(|p| text[end..].starts_with(p));
            let bracketed = !word(before) && !word(after) && !WORDS_OF_ONE.contains(own);
            bracketed || (starts(before) && particle) || titled(text, start, end)
        }
        Rule::Titled => titled(text, start, end),
    }
}

/// Latin letters and kana are names only as whole words; kanji wherever they stand.
fn whole(own: &str, before: Option<char>, after: Option<char>) -> bool {
    let inside =
        |of: fn(char) -> bool, edge: Option<char>, next: Option<char>| edge.is_some_and(of) && next.is_some_and(of);
    let (first, last) = (own.chars().next(), own.chars().next_back());
    let latin: fn(char) -> bool = |c| c.is_ascii_alphabetic();
    let digit: fn(char) -> bool = |c| c.is_ascii_digit();
    let kana: fn(char) -> bool = |c| matches!(c, 'ァ'..='ヺ' | 'ー');
    let short = own.chars().count() < 7;
    ![latin, digit].iter().any(|of| inside(*of, first, before) || inside(*of, last, after))
        && !(short && own.chars().all(kana) && (inside(kana, first, before) || inside(kana, last, after)))
}

/// With a title or relation before or after, and not the middle of another word.
fn titled(text: &str, start: usize, end: usize) -> bool {
    let (own, before) = (&text[start..end], text[..start].chars().next_back());
    let after = text[end..].chars().next();
    let introduced = said_before(&text[..start]) != Said::Nothing;
    if said_after(own, &text[end..]) != Said::Nothing {
        let free = !before.is_some_and(|c| is_kanji(c) || c.is_ascii_alphanumeric());
        let trade = before.is_some_and(|c| TRADE_ENDS.contains(c)) && own.chars().nth(1).is_some();
        return free || introduced || trade;
    }
    let continues = after.is_some_and(|c| is_kanji(c) || matches!(c, 'ァ'..='ヿ'));
    let one = own.chars().nth(1).is_none();
    // 妻が: the relation itself; a name needs a gap or two letters.
    introduced
        && !(one && (continues || WORDS_OF_ONE.contains(own) && !named_alone(before, after)))
        && !(own.is_ascii() && after.is_some_and(|c| c.is_ascii_alphabetic()))
}

/// 「夫 健が」: apart from the relation, and ended by a particle or mark.
fn named_alone(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| matches!(c, ' ' | ':' | '('))
        && after.is_none_or(|c| !word(Some(c)) || "がはもと".contains(c))
}

fn starts(before: Option<char>) -> bool {
    !before.is_some_and(|c| is_kanji(c) || c.is_ascii_alphanumeric() || matches!(c, 'ァ'..='ヿ'))
}

/// A maker's name behind a drug: 錠330mg「ヨシダ」.
fn trade_mark(text: &str, start: usize, end: usize) -> bool {
    let Some(drug) = text[..start].strip_suffix('「') else { return false };
    let forms = "錠gl%液散剤末囊嚢粒膏注用ルトプ包キンジル";
    text[end..].starts_with('」') && drug.chars().next_back().is_some_and(|c| forms.contains(c) || c.is_ascii_digit())
}

fn labelled(before: &str) -> bool {
    let label = before.trim_end_matches([' ', ':', '.', '#', '(', '=', 'は']);
    ["id", "番号", "no", "カルテ", "患者", "症例", "記号", "内線", "phs"].iter().any(|l| label.ends_with(l))
}

/// A character that a word may go on with: then a bare surname is part of another word.
pub(super) fn word(c: Option<char>) -> bool {
    c.is_some_and(|c| is_kanji(c) || c.is_ascii_alphanumeric() || matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヿ'))
}
