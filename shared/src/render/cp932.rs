//! What a terminal that speaks CP932 (Windows-31J) can hold, and how text is brought there.
//! Look-alikes are folded; a kanji never becomes another kanji: what is left becomes 〓 and is reported.

use encoding_rs::SHIFT_JIS;
use unicode_normalization::{UnicodeNormalization, char::compose};

/// Stands for a character that cannot be held.
pub const GETA: char = '〓';

/// The distinct characters that CP932 cannot hold, in order of appearance.
pub fn unencodable(text: &str) -> Vec<char> {
    let mut lost = Vec::new();
    for c in text.chars().filter(|c| !holds(*c)) {
        if !lost.contains(&c) {
            lost.push(c);
        }
    }
    lost
}

/// Text that CP932 can hold, and what was lost on the way, each named in characters that it can hold.
pub struct Fitted {
    pub text: String,
    pub lost: Vec<String>,
}

/// Folds what has an equivalent, replaces the rest by 〓.
pub fn fit(text: &str) -> Fitted {
    let mut out = Fitted { text: String::with_capacity(text.len()), lost: Vec::new() };
    for c in fold(text).chars() {
        if is_variant_mark(c) {
            // 葛 with a selector stays 葛: the nearest that there is
            let base = out.text.chars().last().unwrap_or(GETA);
            note(&mut out.lost, format!("{base}の異体字"));
        } else if holds(c) {
            out.text.push(c);
        } else {
            note(&mut out.lost, format!("U+{:04X}", u32::from(c)));
            out.text.push(GETA);
        }
    }
    out
}

fn note(lost: &mut Vec<String>, what: String) {
    if !lost.contains(&what) {
        lost.push(what);
    }
}

/// Whether Windows' table has the character. The web's encoder also takes four look-alikes, which Windows does not.
fn holds(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    !matches!(c, '\u{80}' | '\u{A5}' | '\u{203E}' | '\u{2212}') && !SHIFT_JIS.encode(c.encode_utf8(&mut [0; 4])).2
}

/// Ideographic variation selectors, which tell one form of a name's kanji from another.
fn is_variant_mark(c: char) -> bool {
    matches!(c, '\u{E0100}'..='\u{E01EF}')
}

fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '\0';
    for c in composed(text).chars() {
        fold_one(c, before, &mut out);
        before = c;
    }
    out
}

/// か and a combining ゛ become が. Not NFC: that would replace compatibility kanji of names.
fn composed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let joined = matches!(c, '\u{0300}'..='\u{036F}' | '\u{3099}' | '\u{309A}')
            .then(|| out.chars().last().and_then(|last| compose(last, c)))
            .flatten();
        if let Some(joined) = joined {
            out.pop();
            out.push(joined);
        } else {
            out.push(c);
        }
    }
    out
}

fn fold_one(c: char, before: char, out: &mut String) {
    if c.is_ascii() {
        if c == '\n' || c == '\t' || !c.is_control() {
            out.push(c);
        }
        return;
    }
    if let Some(same) = counterpart(c) {
        out.push(same);
    } else if let Some(words) = spelled(c) {
        out.push_str(words);
    } else if let Some(fraction) = fraction(c) {
        // 1½錠 must not become 11/2錠
        if before.is_numeric() {
            out.push('と');
        }
        out.push_str(fraction);
    } else if let Some(raised) = raised(c) {
        // 10⁹ must not become 109; m² is written m2
        if before.is_numeric() && self::raised(before).is_none() {
            out.push('^');
        }
        out.push(raised);
    } else if holds(c) || is_variant_mark(c) {
        out.push(c);
    } else if !crate::text::is_hidden(c) {
        fold_by_compatibility(c, out);
    }
}

/// One character for one: Unicode's and Windows' choice for the same JIS cell, and usual replacements.
fn counterpart(c: char) -> Option<char> {
    Some(match c {
        'µ' => 'μ',
        '〜' => '～',
        '−' => '－',
        '‖' => '∥',
        '—' => '―',
        '¢' => '￠',
        '£' => '￡',
        '¥' => '￥',
        '¬' => '￢',
        '¦' => '￤',
        '‾' => '￣',
        'Å' => '\u{212B}',
        '\u{2011}'..='\u{2013}' | '\u{FE63}' => '-',
        '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{00B7}' => '・',
        '≤' | '⩽' => '≦',
        '≥' | '⩾' => '≧',
        '≈' | '≃' | '≅' => '≒',
        '⋯' => '…',
        '➡' | '⟶' => '→',
        '⬅' | '⟵' => '←',
        '⬆' => '↑',
        '⬇' => '↓',
        '☐' => '□',
        '☑' => '■',
        '⁄' => '/',
        'ø' => 'o',
        'Ø' => 'O',
        'đ' => 'd',
        'Đ' => 'D',
        'ł' => 'l',
        'Ł' | 'ℓ' => 'L',
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => ' ',
        _ => return None,
    })
}

fn spelled(c: char) -> Option<&'static str> {
    Some(match c {
        '®' => "(R)",
        '©' => "(C)",
        '™' => "(TM)",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        '\u{2028}' | '\u{2029}' => "\n",
        _ => return None,
    })
}

fn fraction(c: char) -> Option<&'static str> {
    Some(match c {
        '½' => "1/2",
        '⅓' => "1/3",
        '⅔' => "2/3",
        '¼' => "1/4",
        '¾' => "3/4",
        _ => return None,
    })
}

fn raised(c: char) -> Option<char> {
    Some(match c {
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁺' => '+',
        '⁻' => '-',
        '⁰' | '⁴'..='⁹' => char::from_digit(u32::from(c) - 0x2070, 10)?,
        _ => return None,
    })
}

/// ㎍ becomes μg, é e; kanji stay what they are, even where Unicode knows a compatible one.
fn fold_by_compatibility(c: char, out: &mut String) {
    let is_kanji = matches!(c, '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}');
    let plain: String = c.nfkc().collect();
    let base = c.nfkd().next().filter(char::is_ascii_alphabetic);
    if !is_kanji && plain.chars().all(holds) {
        // ㉑ must not become a bare 21
        let ringed = matches!(c, '\u{3251}'..='\u{325F}' | '\u{32B1}'..='\u{32BF}');
        out.push_str(if ringed { "(" } else { "" });
        out.push_str(&plain);
        out.push_str(if ringed { ")" } else { "" });
    } else {
        out.push(base.unwrap_or(c));
    }
}

#[cfg(test)]
mod tests {
    use super::{fit, unencodable};
    use proptest::prelude::*;

    fn folded(text: &str) -> String {
        let fitted = fit(text);
        assert!(fitted.lost.is_empty(), "{text}: {:?}", fitted.lost);
        fitted.text
    }

    #[test]
    fn windows_table_is_meant_not_jis() {
        assert_eq!(unencodable("〜−‖¥µ≥𠮷½"), ['〜', '−', '‖', '¥', 'µ', '≥', '𠮷', '½']);
        assert_eq!(unencodable("髙橋﨑①Ⅳ㎎㎡㈱～－∥μ≧｢ｶﾞ"), []);
    }

    #[test]
    fn look_alikes_are_folded() {
        assert_eq!(folded("3〜5日、−2.0、µg、㎍、㎗、SpO₂ 94%"), "3～5日、－2.0、μg、μg、dl、SpO2 94%");
        assert_eq!(folded("≤38℃ ≥90 • Behçet Ångström"), "≦38℃ ≧90 ・ Behcet \u{212B}ngstrom");
        assert_eq!(folded("か\u{3099}ん\u{200B}\u{FEFF}、É、ロキソニン®"), "がん、E、ロキソニン(R)");
    }

    #[test]
    fn no_number_changes_its_value() {
        assert_eq!(folded("10⁹/L 10⁻³ 1.73 m² Ca²⁺"), "10^9/L 10^-3 1.73 m2 Ca2+");
        assert_eq!(folded("1½錠 ½錠 ㉑"), "1と1/2錠 1/2錠 (21)");
    }

    #[test]
    fn kanji_never_become_other_kanji() {
        let fitted = fit("𠮷田 \u{FA30} 葛\u{E0100}城");
        assert_eq!(fitted.text, "〓田 〓 葛城");
        assert_eq!(fitted.lost, ["U+20BB7", "U+FA30", "葛の異体字"]);
    }

    proptest! {
        #[test]
        fn whatever_goes_in_fits(text in any::<String>()) {
            let fitted = fit(&text);
            prop_assert_eq!(unencodable(&fitted.text), []);
            prop_assert!(fitted.lost.iter().all(|l| unencodable(l).is_empty()));
        }

        #[test]
        fn text_that_fits_stays(text in "[ -~ぁ-んァ-ヶ一-三亜-腕、。「」％℃]{0,40}") {
            prop_assume!(unencodable(&text).is_empty());
            prop_assert_eq!(fit(&text).text, text);
        }
    }
}
