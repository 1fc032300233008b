//! Free text as sentences, each verbatim but for bullets and white space around it.
//! A heading (`#1 肺炎`) is a sentence of its own, so that what follows can be told by problem.

use std::borrow::Cow;

/// Splits at 。, ．(not between digits), line ends and English full stops before a capital. A bracket that
/// closes on its line keeps the sentence together; a line that goes on with a comma is no new sentence.
pub fn sentences(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    each(text, &mut |sentence| out.push(sentence.to_owned()));
    out
}

/// How many they are, for what is counted and not told.
pub fn count(text: &str) -> usize {
    let mut count = 0;
    each(text, &mut |_| count += 1);
    count
}

/// Hands them out one by one.
pub fn each(text: &str, out: &mut dyn FnMut(&str)) {
    let bytes = text.as_bytes();
    // Hardly any text has the rare ends of lines.
    let rare = memchr::memchr3(0x0B, 0x0C, 0xC2, bytes).is_some();
    let mut current = Cow::Borrowed("");
    let (mut from, mut more) = (0, true);
    while more {
        let end = if rare { line_end(bytes, from) } else { usual_line_end(bytes, from) };
        let (to, next) = end.map_or((text.len(), text.len()), |(at, length)| (at, at + length));
        let line = text[from..to].trim();
        if !line.starts_with(['、', '，', '。', '．', '）']) {
            flush(&mut current, out);
        }
        split_line(line, &mut current, out);
        (from, more) = (next, end.is_some());
    }
    flush(&mut current, out);
}

/// Where from `at` on a line ends in a text without the rare marks, and how many bytes the mark has.
fn usual_line_end(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    loop {
        at += memchr::memchr3(b'\n', b'\r', 0xE2, &bytes[at..])?;
        match &bytes[at..] {
            [0xE2, 0x80, 0xA8 | 0xA9, ..] => return Some((at, 3)),
            [0xE2, ..] => at += 3,
            _ => return Some((at, 1)),
        }
    }
}

/// The same in any text.
fn line_end(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    loop {
        match *bytes.get(at)? {
            b'\n' | b'\r' | 0x0B | 0x0C => return Some((at, 1)),
            // U+0085
            0xC2 if bytes.get(at + 1) == Some(&0x85) => return Some((at, 2)),
            // U+2028, U+2029
            0xE2 if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xA8 | 0xA9])) => return Some((at, 3)),
            0xE3..=0xE9 => at += 3,
            _ => at += 1,
        }
    }
}

fn split_line<'t>(line: &'t str, current: &mut Cow<'t, str>, out: &mut dyn FnMut(&str)) {
    let closes = |c: char| matches!(c, '）' | ')' | '」' | '』' | '】');
    // Closing brackets from here on, counted at the first opening one.
    let mut closing: Option<usize> = None;
    let (mut depth, mut from) = (0usize, 0);
    for (here, c) in marks(line, 0) {
        let at = here + c.len_utf8();
        match c {
            // An opening bracket without its partner is a slip of the pen, not a bracket.
            '（' | '(' | '「' | '『' | '【' => {
                let closing = *closing.get_or_insert_with(|| marks(line, here).filter(|(_, c)| closes(*c)).count());
                depth += usize::from(closing > depth);
            }
            c if closes(c) => {
                depth = depth.saturating_sub(1);
                closing = closing.map(|c| c.saturating_sub(1));
            }
            _ => {}
        }
        let ends = match c {
            '。' | '｡' => true,
            '．' => line[..here].chars().next_back().is_some_and(|b| !is_digit(b)),
            '.' => is_full_stop(line, here),
            _ => false,
        };
        if ends && depth == 0 {
            put(current, &line[from..at]);
            flush(current, out);
            from = at;
        }
    }
    put(current, &line[from..]);
}

/// Nearly every sentence stands in one piece and is not copied.
fn put<'t>(current: &mut Cow<'t, str>, piece: &'t str) {
    if current.is_empty() {
        *current = Cow::Borrowed(piece);
    } else {
        current.to_mut().push_str(piece);
    }
}

/// What may end a sentence or be a bracket, and others of their blocks, from a place on.
fn marks(line: &str, mut at: usize) -> impl Iterator<Item = (usize, char)> {
    std::iter::from_fn(move || {
        let (here, c) = next_mark(line, at)?;
        at = here + c.len_utf8();
        Some((here, c))
    })
}

/// The next of them, told by its first bytes.
fn next_mark(line: &str, mut at: usize) -> Option<(usize, char)> {
    let bytes = line.as_bytes();
    loop {
        let found = match bytes.get(at)? {
            b'.' | b'(' | b')' => true,
            // U+3000 to U+303F
            0xE3 => bytes.get(at + 1) == Some(&0x80),
            // U+FF00 to U+FF7F
            0xEF => matches!(bytes.get(at + 1), Some(0xBC | 0xBD)),
            _ => false,
        };
        if found {
            return Some((at, line[at..].chars().next()?));
        }
        at += if matches!(bytes[at], 0xE3..=0xEF) { 3 } else { 1 };
    }
}

/// Before a capital and after a word: not in `3.5`, `e.g. S. aureus`, `Dr. Sato`.
fn is_full_stop(line: &str, at: usize) -> bool {
    const ABBREVIATIONS: &[&str] = &[
        "dr", "mr", "mrs", "ms", "prof", "st", "vs", "approx", "fig", "cf", "al", "etc", "sp", "spp", "dept", "hosp",
        "resp",
    ];
    let mut after = line[at + 1..].chars();
    let before_capital =
        after.next().is_none_or(|n| n == ' ') && after.next().is_none_or(|n| n.is_uppercase() || !n.is_ascii());
    let head = &line[..at];
    let word = &head[head.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len()..];
    let after_point = head[..at - word.len()].ends_with('.');
    let last = at + 1 == line.len();
    before_capital
        && word.len() >= 2
        && !after_point
        && word.ends_with(|c: char| c.is_ascii_lowercase())
        && (last || !ABBREVIATIONS.iter().any(|a| word.eq_ignore_ascii_case(a)))
}

/// A digit of any width: 「４．５」 is a number, not the end of a sentence.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９')
}

fn flush(current: &mut Cow<str>, out: &mut dyn FnMut(&str)) {
    if current.is_empty() {
        return;
    }
    let sentence = without_bullet(current.trim());
    if sentence.chars().any(char::is_alphanumeric) {
        out(sentence);
    }
    *current = Cow::Borrowed("");
}

/// 「・食事は全量」, 「- 食事は全量」; a minus before a figure is no bullet.
fn without_bullet(line: &str) -> &str {
    const BULLETS: &[char] = &['・', '･', '●', '○', '■', '□', '◆', '◇', '▪', '•', '‣', '※', '▶', '➢'];
    let bare = line.trim_start_matches(BULLETS).trim_start();
    if bare.len() < line.len() {
        return bare;
    }
    let dashed = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).map(str::trim_start);
    dashed.filter(|rest| !rest.starts_with(is_digit)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::{count, sentences};

    #[test]
    fn sentences_end_at_marks_and_lines_but_not_inside_numbers_or_brackets() {
        assert_eq!(
            sentences("Ｈｂ４．６と低下。便潜血（陰性。再検予定）あり。\n食事は全量摂取"),
            ["Ｈｂ４．６と低下。", "便潜血（陰性。再検予定）あり。", "食事は全量摂取"]
        );
        assert_eq!(sentences("Acute attack. Was wheezing 3.5 days."), ["Acute attack.", "Was wheezing 3.5 days."]);
        assert_eq!(sentences("肺炎（右下葉。解熱した。\n退院"), ["肺炎（右下葉。", "解熱した。", "退院"]);
        assert_eq!(sentences("抗菌薬を開始し\n、解熱した。"), ["抗菌薬を開始し、解熱した。"]);
    }

    #[test]
    fn lines_end_at_every_mark_and_brackets_are_matched_over_the_line() {
        assert_eq!(
            sentences("a1\u{2028}b2\u{85}c3\u{0B}d4\r\ne5Éé\u{200B}6"),
            ["a1", "b2", "c3", "d4", "e5Éé\u{200B}6"]
        );
        assert_eq!(sentences("）A。（B。C）D。「E。"), ["）A。", "（B。C）D。", "「E。"]);
        assert_eq!(sentences("「A。」（B。「C。"), ["「A。」（B。", "「C。"]);
    }

    #[test]
    fn counting_gives_as_many_as_splitting() {
        for text in ["", "。", "解熱した。食事は全量\n、良好。\n\n- 酸素2L/分", "肺炎（右下葉。解熱した。\n退院"]
        {
            assert_eq!(count(text), sentences(text).len(), "{text}");
        }
    }

    #[test]
    fn abbreviations_do_not_end_a_sentence() {
        for whole in ["Gram-positive cocci, e.g. S. aureus.", "Seen by Dr. Sato.", "MRSA vs. MSSA was discussed."] {
            assert_eq!(sentences(whole), [whole]);
        }
    }

    #[test]
    fn headings_and_bullets_are_lines() {
        assert_eq!(
            sentences("#1 細菌性肺炎\n・ABPC/SBTを開始。\n- 酸素2L/分\n- 0.5 kg減\n#2 2型糖尿病\r\n\r\n●血糖は安定。"),
            ["#1 細菌性肺炎", "ABPC/SBTを開始。", "酸素2L/分", "- 0.5 kg減", "#2 2型糖尿病", "血糖は安定。"]
        );
    }
}
