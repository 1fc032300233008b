//! Words looked for in thousands of texts.

use std::sync::OnceLock;

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{AhoCorasick, Anchored};

use super::{compact, folded, is_kept, spelling};

/// Words searched for in thousands of texts, all in one walk.
pub struct AnyOf {
    words: &'static [&'static [&'static str]],
    finder: OnceLock<Option<AhoCorasick>>,
    /// Whether one of the words holds ASCII, which is written in several ways.
    ascii: OnceLock<bool>,
}

impl AnyOf {
    pub const fn new(words: &'static [&'static [&'static str]]) -> Self {
        Self { words, finder: OnceLock::new(), ascii: OnceLock::new() }
    }

    /// Whether one of the words stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        let words = || self.words.iter().copied().flatten();
        match self.finder.get_or_init(|| AhoCorasick::new(words()).ok()) {
            Some(finder) => finder.is_match(text),
            None => words().any(|w| text.contains(w)),
        }
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
    finder: OnceLock<Option<Finder>>,
}

struct Finder {
    words: DFA,
    /// One bit for each group that a word belongs to.
    groups: Vec<u16>,
}

impl Groups {
    /// At most sixteen groups.
    pub const fn new(words: &'static [&'static [&'static [&'static str]]]) -> Self {
        Self { words, finder: OnceLock::new() }
    }

    /// One bit for each group of which a word stands in [`compact`] of a text; all of them where nothing can be told.
    pub fn standing_in(&self, text: &str) -> u16 {
        let Some(finder) = self.finder.get_or_init(|| Finder::new(self.words)) else { return u16::MAX };
        finder.groups_in(text).or_else(|| finder.groups_in(&compact(text))).unwrap_or(u16::MAX)
    }
}

impl Finder {
    fn new(groups: &[&[&[&str]]]) -> Option<Self> {
        let mut words: Vec<(String, u16)> = Vec::new();
        for (group, lists) in groups.iter().enumerate() {
            words.extend(lists.iter().copied().flatten().map(|word| (compact(word), 1 << group)));
        }
        let finder = DFA::new(words.iter().map(|(word, _)| word)).ok()?;
        Some(Self { words: finder, groups: words.into_iter().map(|(_, group)| group).collect() })
    }

    /// Folds as it goes; `None` where only the tables can tell how a text folds.
    fn groups_in(&self, text: &str) -> Option<u16> {
        let start = self.words.start_state(Anchored::No).ok()?;
        let (mut state, mut found) = (start, 0);
        let mut step = |byte: u8| {
            state = self.words.next_state(Anchored::No, state, byte);
            if self.words.is_match(state) {
                let words = (0..self.words.match_len(state)).map(|i| self.words.match_pattern(state, i));
                found |= words.fold(0, |all, word| all | self.groups[word.as_usize()]);
            }
        };
        let bytes = text.as_bytes();
        let mut at = 0;
        loop {
            at += match &bytes[at..] {
                [first @ (0xE5..=0xE9 | 0xE4), second, third, ..] if *first != 0xE4 || *second >= 0xB8 => {
                    [*first, *second, *third].into_iter().for_each(&mut step);
                    3
                }
                [0xE3, second, third, ..] if is_kept(*second, *third) => {
                    [0xE3, *second, *third].into_iter().for_each(&mut step);
                    3
                }
                [b' ' | 0x09..=0x0D, ..] => 1,
                [byte @ ..=0x7F, ..] => {
                    step(byte.to_ascii_lowercase());
                    1
                }
                // ！ to ～
                [0xEF, 0xBC, byte @ 0x81..=0xBF, ..] => {
                    step((byte - 0x60).to_ascii_lowercase());
                    3
                }
                [0xEF, 0xBD, byte @ 0x80..=0x9E, ..] => {
                    step(byte - 0x20);
                    3
                }
                [0xE3, 0x80, 0x80, ..] => 3,
                [] => return Some(found),
                _ => return None,
            };
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
    use super::{AnyOf, Edge, Groups, compact, nfkc};
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
