//! Names out, names in: persons, institutions, numbers and addresses become placeholders before the
//! prompt and come back last. `⟦P1⟧` patient and relatives, `⟦D1⟧` professionals, `⟦O1⟧` institutions,
//! `⟦I1⟧` numbers and addresses.
//!
//! A whole name is always replaced. A bare surname only as a token of its own or before an honorific:
//! 橋本 must not damage 橋本病, nor 原 原因.

mod shapes;
#[cfg(test)]
mod tests;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::calendar::{Day, in_era};
use crate::record::{People, PersonKind};
use crate::text::{Folded, is_hidden, is_kanji, nfkc};
use shapes::Shapes;

const HONORIFICS: &[&str] = &[
    "様",
    "さん",
    "さま",
    "氏",
    "先生",
    "殿",
    "ちゃん",
    "くん",
    "君",
    "医師",
    "看護師",
    "薬剤師",
    "技師",
    "Dr",
    "Ns",
    "MSW",
    "PT",
    "OT",
    "ST",
    "療法士",
    "師長",
    "院長",
    "部長",
];
/// What may stand before a bare surname, with or without a space: 主治医 鈴木が.
const PROFESSIONS: &[&str] =
    &["主治医", "担当医", "医師", "看護師", "薬剤師", "執刀医", "麻酔科医", "当直医", "紹介医", "かかりつけ医"];
/// Particles after which 「鈴木が」 is a surname; 橋本病 and 原因 go on with kanji.
const PARTICLES: &[char] = &['が', 'は', 'に', 'を', 'の', 'と', 'へ', 'も', 'で', 'よ', 'や', 'か'];
const TITLES_BEFORE: &[&str] = &["Dr.", "Dr. ", "Dr ", "Mr. ", "Mr ", "Mrs. ", "Mrs ", "Ms. ", "Ms ", "Prof. "];

/// How strictly a pattern's neighbours are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// A whole name: wherever it stands.
    Anywhere,
    /// A bare part of a name.
    TokenOrHonorific,
    /// A bare part that is also a word (one kanji, Latin letters): before or after a title only.
    TitleOnly,
    /// Digits: not inside a longer number.
    Number,
}

struct Pattern {
    placeholder: usize,
    rule: Rule,
}

/// The placeholders of one request and what they stand for.
pub struct Names {
    /// Placeholder and what is printed in its place.
    issued: Vec<(String, String)>,
    patterns: Vec<Pattern>,
    automaton: Option<AhoCorasick>,
}

impl Names {
    /// `further` are names that the request brings: addressee, author. `told` is all text that will be shown to the
    /// model: telephone numbers, postal codes, e-mail and 〇〇先生 in it go too, whoever declared them.
    pub fn new<'t>(
        people: &People,
        birth_date: Option<&str>,
        further: &[(PersonKind, String)],
        told: impl Iterator<Item = &'t str>,
    ) -> Self {
        let mut names = Self { issued: Vec::new(), patterns: Vec::new(), automaton: None };
        let mut texts: Vec<String> = Vec::new();
        let mut counts = [0usize; 4];
        for (kind, someone) in &people.someone {
            let placeholder = names.issue(*kind, &someone.display, &mut counts);
            for full in &someone.full {
                for spelling in spellings(full, &someone.family, &someone.given) {
                    names.pattern(&mut texts, spelling, placeholder, Rule::Anywhere);
                }
            }
            for part in someone.family.iter().chain(&someone.given) {
                let part = nfkc(part);
                let rule =
                    if part.chars().count() < 2 || part.is_ascii() { Rule::TitleOnly } else { Rule::TokenOrHonorific };
                names.pattern(&mut texts, part, placeholder, rule);
            }
        }
        for (kind, name) in further {
            let placeholder = names.issue(*kind, name, &mut counts);
            for spelling in spellings(name, &[], &[]) {
                names.pattern(&mut texts, spelling, placeholder, Rule::Anywhere);
            }
        }
        for identifier in people.identifiers.iter().map(|i| nfkc(i.trim())) {
            let placeholder = names.issue_identifier(&identifier, &mut counts);
            let rule = if identifier.chars().all(|c| c.is_ascii_digit()) { Rule::Number } else { Rule::Anywhere };
            names.pattern(&mut texts, identifier, placeholder, rule);
        }
        for spelling in birth_date.and_then(Day::parse).map(birth_spellings).unwrap_or_default() {
            let placeholder = names.issue_identifier(&spelling, &mut counts);
            names.pattern(&mut texts, spelling, placeholder, Rule::Number);
        }
        let shapes = Shapes::new();
        for text in told.map(|t| nfkc(&t.chars().filter(|c| !is_hidden(*c)).collect::<String>())) {
            for identifier in shapes.identifiers(&text) {
                let placeholder = names.issue_identifier(&identifier, &mut counts);
                names.pattern(&mut texts, identifier, placeholder, Rule::Number);
            }
            for surname in shapes.doctors(&text) {
                if !texts.contains(&surname) {
                    let placeholder = names.issue(PersonKind::Professional, &surname, &mut counts);
                    let rule = if surname.chars().count() < 2 { Rule::TitleOnly } else { Rule::TokenOrHonorific };
                    names.pattern(&mut texts, surname, placeholder, rule);
                }
            }
        }
        names.automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&texts)
            .ok();
        names
    }

    fn issue(&mut self, kind: PersonKind, display: &str, counts: &mut [usize; 4]) -> usize {
        if let Some(known) = self.issued.iter().position(|(_, d)| d == display) {
            return known;
        }
        let (letter, at) = match kind {
            PersonKind::Patient => ('P', 0),
            PersonKind::Professional => ('D', 1),
            PersonKind::Organization => ('O', 2),
        };
        counts[at] += 1;
        self.issued.push((format!("⟦{letter}{}⟧", counts[at]), display.to_owned()));
        self.issued.len() - 1
    }

    fn issue_identifier(&mut self, value: &str, counts: &mut [usize; 4]) -> usize {
        if let Some(known) = self.issued.iter().position(|(_, d)| d == value) {
            return known;
        }
        counts[3] += 1;
        self.issued.push((format!("⟦I{}⟧", counts[3]), value.to_owned()));
        self.issued.len() - 1
    }

    fn pattern(&mut self, texts: &mut Vec<String>, text: String, placeholder: usize, rule: Rule) {
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
            self.patterns.push(Pattern { placeholder, rule });
        }
    }

    /// The text as the model may see it: names out, hidden characters out, placeholders of others defused.
    pub fn take_out(&self, original: &str) -> String {
        let clean: String = original
            .chars()
            .filter(|c| !is_hidden(*c))
            .map(|c| match c {
                '⟦' => '[',
                '⟧' => ']',
                '\n' | '\r' => ' ',
                c => c,
            })
            .collect();
        let folded = Folded::new(&clean);
        let mut spans = self.spans(&folded.text);
        spans.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let mut out = String::with_capacity(clean.len());
        let (mut copied, mut covered) = (0, 0);
        for (start, end, placeholder) in spans {
            if start < covered {
                continue;
            }
            covered = end;
            let (from, to) = folded.original(start, end);
            if from < copied {
                continue;
            }
            out.push_str(&clean[copied..from]);
            out.push_str(&self.issued[placeholder].0);
            copied = to;
        }
        out.push_str(&clean[copied..]);
        out
    }

    fn spans(&self, text: &str) -> Vec<(usize, usize, usize)> {
        let mut spans = Vec::new();
        if let Some(automaton) = &self.automaton {
            for found in automaton.find_overlapping_iter(text) {
                let pattern = &self.patterns[found.pattern().as_usize()];
                if allowed(pattern.rule, text, found.start(), found.end()) {
                    spans.push((found.start(), found.end(), pattern.placeholder));
                }
            }
        }
        spans
    }

    /// Names back in; `None` where a placeholder stands that was never issued.
    pub fn put_back(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('⟦') {
            let close = open + rest[open..].find('⟧')? + '⟧'.len_utf8();
            let (_, display) = self.issued.iter().find(|(p, _)| *p == rest[open..close])?;
            out.push_str(&rest[..open]);
            out.push_str(display);
            rest = &rest[close..];
        }
        if rest.contains('⟧') {
            return None;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// Whole-name spellings: with a space, without, given name first for Latin letters.
fn spellings(full: &str, family: &[String], given: &[String]) -> Vec<String> {
    let full = nfkc(full);
    let tight: String = full.split_whitespace().collect();
    let mut out = vec![full.split_whitespace().collect::<Vec<_>>().join(" ")];
    if tight.chars().count() >= 3 {
        out.push(tight);
    }
    for (f, g) in family.iter().flat_map(|f| given.iter().map(move |g| (nfkc(f), nfkc(g)))) {
        out.push(format!("{f} {g}"));
        out.push(format!("{g} {f}"));
        if !f.is_ascii() {
            out.push(format!("{f}{g}"));
        }
    }
    out.retain(|s| s.chars().count() >= 2);
    out.dedup();
    out
}

fn birth_spellings(day: Day) -> Vec<String> {
    let mut out = vec![day.iso(), day.iso().replace('-', "/"), day.iso().replace('-', ".")];
    out.push(day.iso().replace('-', ""));
    if let Some(date) = day.date() {
        out.push(day.japanese());
        out.push(in_era(date));
        out.push(format!("{}/{}/{}", date.year(), date.month() as u8, date.day()));
    } else {
        out.clear();
    }
    out
}

fn allowed(rule: Rule, text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let own = &text[start..end];
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    match rule {
        Rule::Anywhere => !(own.is_ascii() && (letter(before) || letter(after))),
        Rule::Number => {
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            !digit(before) && !digit(after)
        }
        Rule::TokenOrHonorific => {
            let particle = after.is_some_and(|c| PARTICLES.contains(&c)) && own.chars().all(is_kanji);
            let starts = !before.is_some_and(|c| is_kanji(c) || c.is_ascii_alphanumeric() || matches!(c, 'ァ'..='ヿ'));
            titled(text, start, end) || (!word(before) && !word(after)) || (starts && particle)
        }
        Rule::TitleOnly => {
            let continues = before.is_some_and(|c| is_kanji(c) || c.is_ascii_alphabetic());
            let profession = PROFESSIONS.iter().any(|p| text[..start].trim_end_matches(' ').ends_with(p));
            (profession || !continues) && titled(text, start, end)
        }
    }
}

fn titled(text: &str, start: usize, end: usize) -> bool {
    let rest = text[end..].trim_start_matches(' ');
    let before = text[..start].trim_end_matches(' ');
    HONORIFICS.iter().any(|h| rest.starts_with(h))
        || PROFESSIONS.iter().any(|p| before.ends_with(p))
        || TITLES_BEFORE.iter().any(|t| text[..start].ends_with(t))
}

/// A character that a word may go on with: then a bare surname is part of another word.
fn word(c: Option<char>) -> bool {
    c.is_some_and(|c| is_kanji(c) || c.is_ascii_alphanumeric() || matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヿ'))
}
