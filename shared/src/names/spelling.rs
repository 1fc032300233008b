//! Every spelling of what the record declares: persons, institutions, numbers, birth dates.

use super::context::Rule;
use super::romaji;
use super::seen::Seen;
use super::words::{WORDS, WORDS_OF_ONE, is_common_place, surname_prefix};
use crate::calendar::{Day, in_era};
use crate::record::Someone;
use crate::text::is_kanji;

/// Something to look for.
#[derive(Debug)]
pub(super) struct Spelling {
    /// Folded.
    pub text: String,
    /// Looked for without spaces, dots and hyphens.
    pub squeezed: bool,
    pub rule: Rule,
    /// A surname or given name alone, which several people may bear.
    pub bare: bool,
}

fn whole(text: String) -> Spelling {
    let short = text.chars().count() < 3;
    Spelling { text, squeezed: true, rule: if short { Rule::Token } else { Rule::Anywhere }, bare: false }
}

fn plain(text: String, rule: Rule) -> Spelling {
    Spelling { text, squeezed: false, rule, bare: false }
}

pub(super) fn person(someone: &Someone, latin: bool) -> Vec<Spelling> {
    let mut family: Vec<String> = someone.family.iter().map(|f| Seen::new(f).squeezed).collect();
    let mut given: Vec<String> = someone.given.iter().map(|g| Seen::new(g).squeezed).collect();
    family.retain(|f| !f.is_empty());
    given.retain(|g| !g.is_empty());
    let mut out = Vec::new();
    for full in &someone.full {
        let full = Seen::new(full).squeezed;
        // 鈴木健一 in one piece.
        if family.is_empty() && full.chars().all(is_kanji) {
            let end = surname_prefix(&full).filter(|end| (1..=4).contains(&full[*end..].chars().count()));
            if let Some(end) = end {
                family.push(full[..end].to_owned());
                given.push(full[end..].to_owned());
            }
        }
        out.extend([other_kana(&full), Some(full)].into_iter().flatten().map(whole));
    }
    for (f, g) in family.iter().flat_map(|f| given.iter().map(move |g| (f, g))) {
        if script(f) != script(g) && !(script(f) == Script::Kanji || script(g) == Script::Kanji) {
            continue;
        }
        out.push(whole(format!("{f}{g}")));
        if script(f) == Script::Latin {
            out.push(whole(format!("{g}{f}")));
        }
        if let (Some(f), Some(g)) = (other_kana(f), other_kana(g)) {
            out.push(whole(f + &g));
        }
        if latin {
            for (f, g) in
                romaji::spellings(f).iter().flat_map(|f| romaji::spellings(g).into_iter().map(move |g| (f, g)))
            {
                out.push(whole(format!("{f}{g}")));
                out.push(whole(format!("{g}{f}")));
            }
        }
    }
    for part in family.into_iter().chain(given) {
        let romaji = if latin { romaji::spellings(&part) } else { Vec::new() };
        for text in other_kana(&part).into_iter().chain(romaji).chain([part]) {
            let rule = rule_of(&text);
            out.push(Spelling { text, squeezed: false, rule, bare: true });
        }
    }
    out.retain(|s| !s.text.is_empty() && (s.bare || s.text.chars().count() >= 2));
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Katakana,
    Hiragana,
    Latin,
}

fn script(text: &str) -> Script {
    if text.is_ascii() {
        Script::Latin
    } else if text.chars().all(|c| matches!(c, 'ァ'..='ヿ')) {
        Script::Katakana
    } else if text.chars().all(|c| matches!(c, 'ぁ'..='ゖ' | 'ー')) {
        Script::Hiragana
    } else {
        Script::Kanji
    }
}

/// Hiragana of katakana and the other way round.
fn other_kana(text: &str) -> Option<String> {
    let shift = |by: i32| text.chars().map(|c| if c == 'ー' { c } else { moved(c, by) }).collect();
    match script(text) {
        Script::Katakana => Some(shift(-0x60)),
        Script::Hiragana => Some(shift(0x60)),
        _ => None,
    }
}

fn moved(c: char, by: i32) -> char {
    u32::try_from(c as i32 + by).ok().and_then(char::from_u32).unwrap_or(c)
}

/// How a bare part may be looked for.
pub(super) fn rule_of(part: &str) -> Rule {
    let letters = part.chars().count();
    match script(part) {
        Script::Latin => Rule::Titled,
        Script::Katakana if letters < 3 => Rule::Titled,
        Script::Hiragana if letters < 4 => Rule::Titled,
        Script::Kanji if letters == 1 && WORDS_OF_ONE.contains(part) => Rule::Titled,
        Script::Kanji if letters == 1 => Rule::OneKanji,
        _ if WORDS.contains(&part) => Rule::Titled,
        _ => Rule::Token,
    }
}

/// The whole name; its pieces, without the founder's legal form; and what is left before 病院, クリニック.
pub(super) fn organisation(name: &str) -> Vec<Spelling> {
    const KINDS: &[&str] = &[
        "訪問看護ステーション", "リハビリテーション病院", "総合病院", "中央病院", "クリニック", "診療所", "医院",
        "病院", "薬局", "ケアプランセンター", "ステーション", "医療センター", "センター",
    ];
    const LEGAL: &[&str] = &["法人", "株式会社", "有限会社", "社団", "財団", "合同会社", "組合", "機構"];
    let mut out = vec![whole(Seen::new(name).squeezed)];
    let pieces: Vec<&str> = name.split([' ', '　']).filter(|p| !p.is_empty()).collect();
    if pieces.len() > 1 {
        let named = |p: &&&str| p.chars().count() >= 4 && !LEGAL.iter().any(|l| p.contains(l));
        out.extend(pieces.iter().filter(named).map(|p| whole(Seen::new(p).squeezed)));
    }
    let folded = Seen::new(pieces.last().unwrap_or(&name)).plain;
    for stem in KINDS.iter().filter_map(|kind| folded.strip_suffix(kind)) {
        if stem.chars().count() >= 3 && !is_common_place(stem) && !stem.ends_with(['市', '区', '町', '村', '県', '科'])
        {
            out.push(plain(stem.to_owned(), Rule::Token));
        }
    }
    out.retain(|s| s.text.chars().count() >= 2 && !is_common_place(&s.text));
    out
}

/// Numbers as digits with or without hyphens; addresses with and without province and town.
pub(super) fn identifier(value: &str) -> Vec<Spelling> {
    let seen = Seen::new(value.trim());
    let squeezed = seen.squeezed;
    let length = squeezed.chars().count();
    if squeezed.chars().all(|c| c.is_ascii_digit()) {
        return match length {
            0..4 => Vec::new(),
            4..7 => vec![plain(squeezed, Rule::Labelled)],
            _ => vec![Spelling { text: squeezed, squeezed: true, rule: Rule::Number, bare: false }],
        };
    }
    if length < 4 || (squeezed.is_ascii() && !squeezed.chars().any(|c| c.is_ascii_digit() || c == '@')) {
        return Vec::new();
    }
    let mut out = vec![whole(squeezed.clone())];
    if !squeezed.is_ascii() && length >= 8 {
        let mut rest = squeezed.as_str();
        for marks in [["都", "道", "府", "県"], ["市", "区", "町", "村"]] {
            let cut = marks.iter().filter_map(|m| rest.find(m).map(|at| at + m.len())).min();
            if let Some(tail) = cut.map(|at| &rest[at..]).filter(|t| t.chars().count() >= 6) {
                out.push(whole(tail.to_owned()));
                rest = tail;
            }
        }
    }
    out
}

pub(super) fn birth(day: Day) -> Vec<Spelling> {
    let Some(date) = day.date() else { return Vec::new() };
    let (y, m, d) = (date.year(), date.month() as u8, date.day());
    let mut out = Vec::new();
    for mark in ["-", "/", "."] {
        out.push(format!("{y}{mark}{m:02}{mark}{d:02}"));
        out.push(format!("{y}{mark}{m}{mark}{d}"));
    }
    out.push(format!("{y}{m:02}{d:02}"));
    out.extend([day.japanese(), format!("{y}年{m:02}月{d:02}日"), format!("{m}月{d}日生"), format!("{y}年{m}月生")]);
    out.push(format!("{y}年生"));
    let era = in_era(date);
    if let Some((year, _)) = era.split_once('年') {
        let number: String = year.chars().skip(2).collect();
        let number = if number == "元" { "1".to_owned() } else { number };
        let letter = match year.chars().next() {
            Some('令') => "r",
            Some('平') => "h",
            Some('昭') => "s",
            Some('大') => "t",
            _ => "m",
        };
        let one: String = year.chars().take(1).collect();
        let two: String = year.chars().take(2).collect();
        for name in [two.as_str(), one.as_str(), letter] {
            for mark in [".", "/", "-"] {
                out.push(format!("{name}{number}{mark}{m}{mark}{d}"));
                out.push(format!("{name}{number:0>2}{mark}{m:02}{mark}{d:02}"));
            }
            out.push(format!("{name}{number}年{m}月{d}日"));
            out.push(format!("{name}{number}年生"));
        }
        out.push(format!("{year}年生"));
        out.push(era);
    }
    out.sort();
    out.dedup();
    // A spelling with spaces (昭和 19年 3月 8日) is found where hyphens and dots are not part of it.
    out.into_iter()
        .map(|text| {
            let squeezed = !text.contains(['-', '/', '.']);
            Spelling { text, squeezed, rule: Rule::Number, bare: false }
        })
        .collect()
}
