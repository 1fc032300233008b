//! Words looked for in thousands of texts.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::{Dictionary, compact, folded, spelling};

/// Words searched for in thousands of texts, all in one walk.
pub struct AnyOf {
    words: &'static [&'static [&'static str]],
    dictionary: OnceLock<Dictionary>,
    /// Whether one of the words holds ASCII, which is written in several ways.
    ascii: OnceLock<bool>,
}

impl AnyOf {
    pub const fn new(words: &'static [&'static [&'static str]]) -> Self {
        Self { words, dictionary: OnceLock::new(), ascii: OnceLock::new() }
    }

    /// Whether one of the words stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        let words = || self.words.iter().copied().flatten().map(|word| (Cow::Borrowed(*word), 0));
        self.dictionary.get_or_init(|| Dictionary::new(words())).is_in(text)
    }

    /// Whether one of the words stands in the NFKC of a text, which most texts need not be folded to tell.
    pub fn is_in_folded(&self, text: &str) -> bool {
        match spelling(text) {
            Some(s) if !s.wide || !self.hold_ascii() => self.is_in(text),
            _ => self.is_in(&folded(text)),
        }
    }

    /// Whether one of the words stands in [`compact`] of a text.
    pub fn is_in_compact(&self, text: &str) -> bool {
        match spelling(text) {
            Some(s) if !s.space && (!(s.wide || s.capital) || !self.hold_ascii()) => self.is_in(text),
            _ => self.is_in(&compact(text)),
        }
    }

    fn hold_ascii(&self) -> bool {
        *self.ascii.get_or_init(|| self.words.iter().copied().flatten().any(|w| w.bytes().any(|b| b.is_ascii())))
    }
}

/// Groups of words: one walk over a text tells of which groups a word stands in it.
pub struct Groups {
    words: &'static [&'static [&'static [&'static str]]],
    dictionary: OnceLock<Dictionary>,
}

impl Groups {
    /// At most 32 groups, each of some lists.
    pub const fn new(words: &'static [&'static [&'static [&'static str]]]) -> Self {
        Self { words, dictionary: OnceLock::new() }
    }

    /// One bit for each group of which a word stands in [`compact`] of a text.
    pub fn standing_in(&self, text: &str) -> u32 {
        let gathered = || self.words.iter().map(|lists| lists.concat()).collect::<Vec<_>>();
        let of_groups = || Dictionary::of_groups(&gathered().iter().map(Vec::as_slice).collect::<Vec<_>>());
        let dictionary = self.dictionary.get_or_init(of_groups);
        match spelling(text) {
            Some(s) if !(s.wide || s.capital || s.space) => dictionary.groups_in(text),
            _ => dictionary.groups_in(&compact(text)),
        }
    }
}

/// Letters at one edge of some words: where another letter stands, none of the words need be compared.
pub struct Edge {
    words: &'static [&'static [&'static str]],
    last: bool,
    /// One bit for each remainder of a letter's number, so that some letters pass that are none of these.
    letters: OnceLock<[u64; Edge::BITS / 64]>,
}

impl Edge {
    const BITS: usize = 1024;

    /// What the words begin with.
    pub const fn first(words: &'static [&'static [&'static str]]) -> Self {
        Self { words, last: false, letters: OnceLock::new() }
    }

    /// What the words end with.
    pub const fn last(words: &'static [&'static [&'static str]]) -> Self {
        Self { words, last: true, letters: OnceLock::new() }
    }

    /// Whether one of the words may begin or end with a letter.
    pub fn may_be(&self, letter: char) -> bool {
        let place = |c: char| (c as usize % Self::BITS / 64, c as usize % 64);
        let letters = self.letters.get_or_init(|| {
            let mut letters = [0; Self::BITS / 64];
            for word in self.words.iter().copied().flatten() {
                let edge = if self.last { word.chars().next_back() } else { word.chars().next() };
                if let Some((at, bit)) = edge.map(place) {
                    letters[at] |= 1 << bit;
                }
            }
            letters
        });
        let (at, bit) = place(letter);
        letters[at] >> bit & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::{AnyOf, Edge, Groups, compact};
    use crate::text::nfkc;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_found_as_if_the_text_were_folded(text in "[圧痛off。 　Ｏｆｆｏ（ｵﾌF①\u{3099}]{0,12}") {
            static KANJI: AnyOf = AnyOf::new(&[&["圧痛", "オフ"]]);
            static MIXED: AnyOf = AnyOf::new(&[&["痛(", "off", "ガ"]]);
            for words in [&KANJI, &MIXED] {
                prop_assert_eq!(words.is_in_folded(&text), words.is_in(&nfkc(&text)));
                prop_assert_eq!(words.is_in_compact(&text), words.is_in(&compact(&text)));
            }
        }
    }

    proptest! {
        #[test]
        fn groups_are_told_apart_as_if_the_text_were_folded(text in "[圧痛開始off。 　ＯｆｆｏＡ～｀DnR（ｵﾌF①\u{3099}゛\u{1F}é]{0,14}") {
            static GROUPS: Groups = Groups::new(&[&[&["圧痛", "オフ"]], &[&["off"], &["痛(", "開始"]], &[&["DNR"]]]);
            let folded = compact(&text);
            let stands = |words: &[&str]| words.iter().any(|w| folded.contains(w));
            let wanted = [&["圧痛", "オフ"][..], &["off", "痛(", "開始"], &["dnr"]].map(stands);
            prop_assert_eq!([0, 1, 2].map(|group| GROUPS.standing_in(&text) >> group & 1 == 1), wanted);
        }
    }

    #[test]
    fn an_edge_lets_every_word_pass() {
        const WORDS: &[&str] = &["転倒", "褥瘡", "dr"];
        static FIRST: Edge = Edge::first(&[WORDS]);
        static LAST: Edge = Edge::last(&[WORDS]);
        assert!(
            ['転', '褥', 'd'].iter().all(|c| FIRST.may_be(*c)) && ['倒', '瘡', 'r'].iter().all(|c| LAST.may_be(*c))
        );
        assert!(!FIRST.may_be('倒') && !LAST.may_be('あ'));
    }

    #[test]
    fn one_walk_finds_any_of_many_words() {
        static WORDS: AnyOf = AnyOf::new(&[&["転倒", "褥瘡"], &["DNAR"]]);
        let found = ["病棟で転倒した", "DNARの方針", "転院、倒れた", "DNR", ""].map(|text| WORDS.is_in(text));
        assert_eq!(found, [true, true, false, false, false]);
    }
}
