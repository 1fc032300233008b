//! Comparing Japanese text: NFKC copies with a way back to the original. Stored text is never normalised.

mod dictionary;
mod words;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

pub use dictionary::{Dictionary, Found};
pub use words::{AnyOf, Edge, Groups};

/// NFKC, as compared; the original stays what it is.
pub fn nfkc(text: &str) -> String {
    folded(text).into_owned()
}

/// NFKC, which most texts are already.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut at = kept(bytes, 0);
    if at == bytes.len() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    // What stays as it is goes over in runs.
    let mut run = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = at + c.len_utf8();
        match on_its_own(c) {
            Some(same) if same == c => {}
            Some(other) => {
                out.push_str(&text[run..at]);
                out.push(other);
                run = end;
            }
            None => return Cow::Owned(text.nfkc().collect()),
        }
        at = kept(bytes, end);
    }
    out.push_str(&text[run..]);
    Cow::Owned(out)
}

/// Whether a text is ASCII, kana and kanji alone, each of which NFKC keeps and none of which it joins.
pub(crate) fn is_plain(text: &str) -> bool {
    kept(text.as_bytes(), 0) == text.len()
}

/// Where from `at` on the first character stands that NFKC might change, told by bytes: nearly all of a Japanese chart
/// is kana and kanji, which [`on_its_own`] keeps, and ASCII.
fn kept(bytes: &[u8], mut at: usize) -> usize {
    loop {
        // U+4E00 to U+9FFF, which most letters are, come first.
        at += match &bytes[at..] {
            [0xE5..=0xE9, ..] | [0xE4, 0xB8..=0xBF, ..] => 3,
            [0xE3, second, third, ..] if is_kept(*second, *third) => 3,
            [..=0x7F, ..] => 1,
            _ => return at,
        };
    }
}

/// 、 to 〃 and 々 to 】, ぁ to ゖ, ァ to ー, by the bytes after the first.
fn is_kept(second: u8, third: u8) -> bool {
    match second {
        0x80 => matches!(third, 0x81..=0x83 | 0x85..=0x91),
        0x81 => third >= 0x81,
        0x82 => matches!(third, 0x80..=0x96 | 0xA1..=0xBF),
        0x83 => third <= 0xBC,
        _ => false,
    }
}

/// What of a text's spelling decides whether folding changes which words stand in it.
struct Spelling {
    /// ASCII in full width.
    wide: bool,
    /// Capital letters of ASCII.
    capital: bool,
    space: bool,
}

/// `None` where only the tables can tell how it folds.
fn spelling(text: &str) -> Option<Spelling> {
    let bytes = text.as_bytes();
    let mut out = Spelling { wide: false, capital: false, space: false };
    let mut at = 0;
    loop {
        at += match &bytes[at..] {
            [0xE5..=0xE9, ..] | [0xE4, 0xB8..=0xBF, ..] => 3,
            [0xE3, second, third, ..] if is_kept(*second, *third) => 3,
            [byte @ ..=0x7F, ..] => {
                out.capital |= byte.is_ascii_uppercase();
                out.space |= matches!(byte, b' ' | 0x09..=0x0D);
                1
            }
            // ！ to ～
            [0xEF, 0xBC, 0x81..=0xBF, ..] | [0xEF, 0xBD, ..=0x9E, ..] => {
                out.wide = true;
                3
            }
            [0xE3, 0x80, 0x80, ..] => {
                out.space = true;
                3
            }
            [] => return Some(out),
            _ => return None,
        };
    }
}

/// NFKC of a character that combines with no neighbour; `None` where only the tables can tell.
fn on_its_own(c: char) -> Option<char> {
    match c {
        '\0'..='\u{7F}'
        | 'ぁ'..='ゖ'
        | 'ァ'..='ヺ'
        | 'ー'
        | '・'
        | '\u{4E00}'..='\u{9FFF}'
        | '、'..='〃'
        | '々'..='】' => Some(c),
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0),
        '\u{3000}' => Some(' '),
        _ => None,
    }
}

/// A sign that belongs to the character before it.
fn is_mark(c: char) -> bool {
    matches!(c, 'ﾞ' | 'ﾟ' | '\u{3099}' | '\u{309A}' | '\u{0300}'..='\u{036F}')
}

/// NFKC without space.
pub(crate) fn unspaced(text: &str) -> Cow<'_, str> {
    match folded(text) {
        // Nothing that folding keeps is white space but ASCII's.
        Cow::Borrowed(text) if !text.bytes().any(|b| matches!(b, b' ' | 9..=13)) => Cow::Borrowed(text),
        other => {
            let mut out = other.into_owned();
            out.retain(|c| !c.is_whitespace());
            Cow::Owned(out)
        }
    }
}

/// NFKC in small letters without space: how wordings are compared.
pub fn compact(text: &str) -> String {
    let folded = folded(text);
    let bytes = folded.as_bytes();
    let mut out = String::with_capacity(folded.len());
    let (mut at, mut run) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            // U+3000 to U+9FFF: kana and kanji are neither small nor large, and NFKC left no space among them.
            0xE3..=0xE9 => at += 3,
            b'!'..=b'@' | b'['..=b'~' => at += 1,
            _ => {
                out.push_str(&folded[run..at]);
                let Some(c) = folded[at..].chars().next() else { break };
                if c == 'Σ' {
                    // The one letter that is small in two ways, by its place in a word.
                    return folded.to_lowercase().split_whitespace().collect();
                }
                if c.is_ascii() && !c.is_whitespace() {
                    out.push(c.to_ascii_lowercase());
                } else if !c.is_whitespace() {
                    out.extend(c.to_lowercase());
                }
                at += c.len_utf8();
                run = at;
            }
        }
    }
    out.push_str(&folded[run..]);
    out
}

/// NFKC of a text with the byte offsets of the original that each character came from.
pub struct Folded {
    pub text: String,
    /// For each byte of `text`: start and end of its source in the original.
    source: Vec<(usize, usize)>,
}

impl Folded {
    /// Folds cluster by cluster, so that ｶﾞ becomes one ガ that points at both halves.
    pub fn new(original: &str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut source = Vec::with_capacity(original.len());
        let mut chars = original.char_indices().peekable();
        while let Some((start, c)) = chars.next() {
            let mut end = start + c.len_utf8();
            // One alone, as nearly all are.
            if let Some(own) = on_its_own(c)
                && !chars.peek().is_some_and(|(_, next)| is_mark(*next))
            {
                text.push(own);
                source.extend(std::iter::repeat_n((start, end), own.len_utf8()));
                continue;
            }
            let mut cluster = String::from(c);
            while let Some(&(at, mark)) = chars.peek() {
                if !is_mark(mark) {
                    break;
                }
                cluster.push(mark);
                end = at + mark.len_utf8();
                chars.next();
            }
            let before = text.len();
            text.extend(cluster.nfkc());
            source.extend(std::iter::repeat_n((start, end), text.len() - before));
        }
        Self { text, source }
    }

    /// The range of the original that a range of the folded text came from.
    pub fn original(&self, start: usize, end: usize) -> (usize, usize) {
        (self.source[start].0, self.source[end - 1].1)
    }
}

/// Characters that hide instructions: zero width, bidirectional, tags, other controls but line ends.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
        | '\u{00AD}' | '\u{E0000}'..='\u{E007F}' | '\u{FE00}'..='\u{FE0F}')
        || (c.is_control() && c != '\n')
}

/// Kanji in the narrow sense, where a name may continue.
pub fn is_kanji(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}' | '々')
}

#[cfg(test)]
mod tests {
    use super::{Folded, compact, nfkc, unspaced};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_gives_what_the_long_way_gives(text in "[ -~ぁ-ゟ゠-ヿ、-〿一-鿿！-ﾟ㎎①]{0,30}") {
            use unicode_normalization::UnicodeNormalization;
            prop_assert_eq!(nfkc(&text), text.nfkc().collect::<String>());
        }

        #[test]
        fn the_short_way_is_small_without_space_too(text in "[ -~　\u{0}-\u{1F}ぁ-ゟΑ-ω゠-ヿ、-〿一-鿿！-ﾟÀ-ÿİ㎎①]{0,30}") {
            prop_assert_eq!(unspaced(&text), nfkc(&text).split_whitespace().collect::<String>());
            let long = nfkc(&text).to_lowercase();
            prop_assert_eq!(compact(&text), long.split_whitespace().collect::<String>());
        }

        #[test]
        fn folding_cluster_by_cluster_is_folding(text in "[ -~ぁ-ゖ、-】゛゜ァ-ヶｦ-ﾟ一-龥！-～　㎎①]{0,30}") {
            use unicode_normalization::UnicodeNormalization;
            let folded = Folded::new(&text);
            let clusters = folded.source.windows(2).filter(|w| w[0] != w[1]).count() + usize::from(!text.is_empty());
            prop_assert!(clusters <= text.chars().count());
            let mut wanted = String::new();
            let mut cluster = String::new();
            for c in text.chars() {
                if !super::is_mark(c) {
                    wanted.extend(cluster.nfkc());
                    cluster.clear();
                }
                cluster.push(c);
            }
            wanted.extend(cluster.nfkc());
            prop_assert_eq!(folded.text, wanted);
        }

        #[test]
        fn folding_is_stable_and_every_range_is_a_range_of_the_original(text in "[ -~ぁ-ん゛゜ァ-ヶｦ-ﾟ一-龥０-９Ａ-ｚ㎎℃①⾷⾎éé ]{0,40}") {
            let folded = Folded::new(&text);
            prop_assert_eq!(nfkc(&folded.text), folded.text.clone());
            for (start, c) in folded.text.char_indices() {
                let (from, to) = folded.original(start, start + c.len_utf8());
                prop_assert!(text.is_char_boundary(from) && text.is_char_boundary(to) && from < to);
            }
        }
    }

    #[test]
    fn kana_and_kanji_are_neither_small_nor_large() {
        for c in ('\u{3001}'..='\u{9FFF}').filter(|c| nfkc(&c.to_string()) == c.to_string()) {
            assert!(!c.is_whitespace() && c.to_lowercase().eq([c]), "{c}");
        }
    }

    #[test]
    fn what_is_kept_by_its_bytes_is_kept_by_the_tables() {
        use unicode_normalization::UnicodeNormalization;
        for c in ('\0'..='\u{FFFF}').filter(|c| super::kept(c.to_string().as_bytes(), 0) > 0) {
            assert!(std::iter::once(c).nfkc().eq([c]) && super::on_its_own(c) == Some(c), "{c}");
        }
    }

    #[test]
    fn folded_ranges_lead_back_to_the_original() {
        let original = "血糖１２０ｍｇ、ｶﾞｽ";
        let folded = Folded::new(original);
        assert_eq!(folded.text, "血糖120mg、ガス");
        let at = folded.text.find("ガ").expect("folded kana");
        let (start, end) = folded.original(at, at + "ガ".len());
        assert_eq!(&original[start..end], "ｶﾞ");
    }
}
