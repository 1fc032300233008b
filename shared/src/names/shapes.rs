//! Numbers and addresses that nobody declared, known by their form. Works on the folded text of [`super::seen`].

use std::ops::Range;
use std::sync::OnceLock;

use regex_lite::Regex;

use super::context::Rule;
use crate::text::AnyOf;

struct Shapes {
    phone: Regex,
    twelve: Regex,
    labelled: Regex,
    insured: Regex,
    rest: [Regex; 4],
}

fn shapes() -> &'static Shapes {
    static SHAPES: OnceLock<Shapes> = OnceLock::new();
    SHAPES.get_or_init(|| {
        let pattern = |source| Regex::new(source).expect("a valid pattern");
        Shapes {
            phone: pattern(
                r"(?:\+81[-‐-―−ー. ]?\(?0?\)?|\(?0)[0-9]{1,4}\)?[-‐-―−ー. (]{0,2}[0-9]{1,4}[-‐-―−ー. )]{0,2}[0-9]{3,4}",
            ),
            twelve: pattern(r"[0-9]{4}[- ]?[0-9]{4}[- ]?[0-9]{4}"),
            labelled: pattern(
                r"(?:患者番号|患者id|診察券番号|診察券|カルテ番号|カルテno|カルテ|登録番号|保険者番号|被保険者番号|被保険者証番号|証番号|受給者番号|負担者番号|個人番号|マイナンバー|免許証番号|免許番号|旅券番号|口座番号|会員番号|社員番号|職員番号|医籍番号|医籍登録番号|内線|phs|\bid|\bmrn|\bno)[ :.#は=]*([0-9a-z][0-9a-z-]{2,19})",
            ),
            insured: pattern(r"記号[ ・:は]*(?:番号[ :は]*)?([^ 、。:・,()は]{1,10})[ ・,、:()]*番号[ :は]*([0-9]{1,10})"),
            rest: [
                pattern(r"〒 ?[0-9]{3}[-−ー]?[0-9]{4}"),
                pattern(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}"),
                pattern(
                    r"(?:東京都|北海道|京都府|大阪府|[一-龥]{2,3}県)[一-龥々ぁ-ゖァ-ヺー]{2,20}[0-9一二三四五六七八九十]{1,4}(?:(?:丁目|番地|番|号室|号|の|-|−)[0-9一二三四五六七八九十]{0,4})+",
                ),
                pattern(
                    r"[一-龥々ぁ-ゖァ-ヺー]{1,8}[市区町村][一-龥々ぁ-ゖァ-ヺー]{0,12}[0-9一二三四五六七八九十]{1,4}(?:丁目|番地)(?:[0-9]{0,4}(?:番地|番|号室|号|の|-|−)[0-9]{0,4})*",
                ),
            ],
        }
    })
}

/// Fewest digits that are taken for a telephone number.
const PHONE: usize = 9;
/// One of these stands in every label of `labelled`, one of the others in every match of each of `rest`.
static LABEL: AnyOf = AnyOf::new(&[&["番号", "診察券", "カルテ", "マイナンバー", "内線", "id", "phs", "mrn", "no"]]);
static REST: [AnyOf; 4] = [
    AnyOf::new(&[&["〒"]]),
    AnyOf::new(&[&["@"]]),
    AnyOf::new(&[&["東京都", "北海道", "京都府", "大阪府", "県"]]),
    AnyOf::new(&[&["丁目", "番地"]]),
];

/// Where such identifiers stand, and how they are looked for elsewhere.
pub(super) fn identifiers(text: &str) -> Vec<(Range<usize>, Rule)> {
    if !text.contains(|c: char| c.is_ascii_digit() || c == '@' || c == '丁') {
        return Vec::new();
    }
    let shapes = shapes();
    let mut out = Vec::new();
    // Before each pattern, what every match of it holds: looking for that is far cheaper than the pattern.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits >= PHONE {
        let phones = shapes.phone.find_iter(text).filter(|m| is_phone(m.as_str()) && alone(text, m.range()));
        out.extend(phones.map(|m| (trimmed(text, m.range()), Rule::Number)));
    }
    if digits >= 12 {
        let twelve = shapes.twelve.find_iter(text).filter(|m| alone(text, m.range()) && !is_moment(m.as_str()));
        out.extend(twelve.map(|m| (m.range(), Rule::Number)));
    }
    if LABEL.is_in(text) {
        let labelled = shapes.labelled.captures_iter(text).filter_map(|c| c.get(1));
        out.extend(labelled.map(|m| (trimmed(text, m.range()), by_length(m.as_str()))));
    }
    if text.contains("記号") && text.contains("番号") {
        for captures in shapes.insured.captures_iter(text) {
            out.extend([1, 2].into_iter().filter_map(|i| captures.get(i)).map(|m| (m.range(), by_length(m.as_str()))));
        }
    }
    for (shape, holds) in shapes.rest.iter().zip(&REST) {
        if holds.is_in(text) {
            out.extend(shape.find_iter(text).map(|m| (m.range(), Rule::Number)));
        }
    }
    out.retain(|(range, _)| !range.is_empty());
    out
}

/// What is short might be a result elsewhere.
fn by_length(text: &str) -> Rule {
    if text.chars().filter(char::is_ascii_digit).count() < 7 { Rule::Labelled } else { Rule::Number }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let own = &text[range.clone()];
    let tight = own.trim_end_matches([' ', '-', '(', '.', ')']);
    range.start..range.start + tight.len()
}

fn alone(text: &str, range: Range<usize>) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    !digit(text[..range.start].chars().next_back()) && !digit(text[range.end..].chars().next())
}

/// Ten or eleven digits, with a mark between, or a mobile number; 07-05-2026 is none, nor 0.5 and 120.
fn is_phone(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if let Some(abroad) = text.strip_prefix("+81") {
        return (9..=13).contains(&abroad.chars().filter(char::is_ascii_digit).count());
    }
    let marks = text.chars().filter(|c| !c.is_ascii_digit()).count();
    let loose = text.contains(['.', ' ']) && !text.contains(['-', '(', 'ー', '−']);
    let mobile = digits.len() == 11 && ["050", "060", "070", "080", "090"].iter().any(|p| digits.starts_with(p));
    mobile || ((10..=11).contains(&digits.len()) && marks >= 2 && !loose)
}

/// 202607051230 is a moment, no number of a person.
fn is_moment(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |r: Range<usize>| digits.get(r).and_then(|p| p.parse::<u32>().ok()).unwrap_or(u32::MAX);
    (1900..2100).contains(&part(0..4))
        && (1..=12).contains(&part(4..6))
        && (1..=31).contains(&part(6..8))
        && part(8..10) < 24
}

#[cfg(test)]
mod tests {
    use super::identifiers;

    fn found(text: &str) -> Vec<&str> {
        identifiers(text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn numbers_and_addresses_are_known_by_their_form() {
        for (text, wanted) in [
            ("連絡先042-000-7315まで", "042-000-7315"),
            ("tel(03)1234-5678", "(03)1234-5678"),
            ("携帯090‐1234‐5678", "090‐1234‐5678"),
            ("090 1234 5678", "090 1234 5678"),
            ("09012345678へ", "09012345678"),
            ("+81-90-1234-5678", "+81-90-1234-5678"),
            ("0120ー000ー111", "0120ー000ー111"),
            ("〒190-0013", "〒190-0013"),
            ("mail: a.b@c.example.jp", "a.b@c.example.jp"),
            ("個人番号 1234 5678 9012", "1234 5678 9012"),
            ("保険者番号:06130012", "06130012"),
            ("東京都多摩川市若葉町二丁目7番11号に住む", "東京都多摩川市若葉町二丁目7番11号"),
            ("神奈川県汐見市浜町3-6-20", "神奈川県汐見市浜町3-6-20"),
            ("内線 2345", "2345"),
        ] {
            assert!(found(text).contains(&wanted), "{text} {:?}", found(text));
        }
        assert_eq!(found("記号12・番号3456"), ["12", "3456"]);
    }

    #[test]
    fn results_doses_and_dates_are_none() {
        for text in [
            "白血球数 14800 /μl", "0.5-1.0 mg/dl", "07-05-2026", "2026-07-05t09:30", "202607051230", "市販薬を1-2錠",
            "右s3区域1-2個", "0.00-0.14", "bp 120/70", "crp 0.03 0.14 0.20", "3回 1日3錠 14日分", "血圧0-100-2000",
        ] {
            assert!(found(text).is_empty(), "{text} {:?}", found(text));
        }
    }
}
