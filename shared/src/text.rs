//! Comparing Japanese text: NFKC copies with a way back to the original. Stored text is never normalised.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use unicode_normalization::UnicodeNormalization;

/// NFKC, as compared; the original stays what it is.
pub fn nfkc(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    // Nearly all of a Japanese chart: kana, kanji and full-width ASCII, none of which combine with a neighbour.
    let mut out = String::with_capacity(text.len());
    // What stays as it is goes over in runs.
    let mut run = 0;
    for (at, c) in text.char_indices() {
        let other = match on_its_own(c) {
            Some(same) if same == c => continue,
            Some(other) => other,
            None => return text.nfkc().collect(),
        };
        out.push_str(&text[run..at]);
        out.push(other);
        run = at + c.len_utf8();
    }
    out.push_str(&text[run..]);
    out
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

/// NFKC in small letters without space: how wordings are compared.
pub fn compact(text: &str) -> String {
    let folded = nfkc(text);
    // The one letter that is small in two ways, by its place in a word.
    if folded.contains('Σ') {
        return folded.to_lowercase().split_whitespace().collect();
    }
    let mut out = String::with_capacity(folded.len());
    for c in folded.chars() {
        match c {
            '\0'..='\u{7F}' if !c.is_whitespace() => out.push(c.to_ascii_lowercase()),
            // Kana and kanji are neither small nor large.
            'ぁ'..='\u{9FFF}' => out.push(c),
            _ if c.is_whitespace() => {}
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Words searched for in thousands of texts, all in one walk.
pub struct AnyOf {
    words: &'static [&'static [&'static str]],
    finder: OnceLock<Option<AhoCorasick>>,
}

impl AnyOf {
    pub const fn new(words: &'static [&'static [&'static str]]) -> Self {
        Self { words, finder: OnceLock::new() }
    }

    /// Whether one of the words stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        let words = || self.words.iter().copied().flatten();
        match self.finder.get_or_init(|| AhoCorasick::new(words()).ok()) {
            Some(finder) => finder.is_match(text),
            None => words().any(|w| text.contains(w)),
        }
    }
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
    use super::{AnyOf, Folded, compact, nfkc};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_gives_what_the_long_way_gives(text in "[ -~ぁ-ゟ゠-ヿ、-〿一-鿿！-ﾟ㎎①]{0,30}") {
            use unicode_normalization::UnicodeNormalization;
            prop_assert_eq!(nfkc(&text), text.nfkc().collect::<String>());
        }

        #[test]
        fn the_short_way_is_small_without_space_too(text in "[ -~　\u{0}-\u{1F}ぁ-ゟΑ-ω゠-ヿ、-〿一-鿿！-ﾟÀ-ÿİ㎎①]{0,30}") {
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
    fn one_walk_finds_any_of_many_words() {
        static WORDS: AnyOf = AnyOf::new(&[&["転倒", "褥瘡"], &["DNAR"]]);
        let found = ["病棟で転倒した", "DNARの方針", "転院、倒れた", "DNR", ""].map(|text| WORDS.is_in(text));
        assert_eq!(found, [true, true, false, false, false]);
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
