//! Free text as sentences, each verbatim but for bullets and white space around it.
//! A heading (`#1 肺炎`) is a sentence of its own, so that what follows can be told by problem.

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

fn each(text: &str, out: &mut dyn FnMut(&str)) {
    let mut current = String::new();
    for line in text.split(['\n', '\r', '\u{0B}', '\u{0C}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let line = line.trim();
        if !line.starts_with(['、', '，', '。', '．', '）']) {
            flush(&mut current, out);
        }
        split_line(line, &mut current, out);
    }
    flush(&mut current, out);
}

fn split_line(line: &str, current: &mut String, out: &mut dyn FnMut(&str)) {
    let mut closing = line.chars().filter(|c| matches!(c, '）' | ')' | '」' | '』' | '】')).count();
    let mut depth = 0usize;
    let mut before = None;
    let mut from = 0;
    for (at, c) in line.char_indices() {
        match c {
            // An opening bracket without its partner is a slip of the pen, not a bracket.
            '（' | '(' | '「' | '『' | '【' if closing > depth => depth += 1,
            '）' | ')' | '」' | '』' | '】' => {
                depth = depth.saturating_sub(1);
                closing = closing.saturating_sub(1);
            }
            _ => {}
        }
        let ends = match c {
            '。' | '｡' => true,
            '．' => before.is_some_and(|b| !is_digit(b)),
            '.' => is_full_stop(line, at),
            _ => false,
        };
        before = Some(c);
        if ends && depth == 0 {
            let end = at + c.len_utf8();
            current.push_str(&line[from..end]);
            flush(current, out);
            from = end;
        }
    }
    current.push_str(&line[from..]);
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

fn flush(current: &mut String, out: &mut dyn FnMut(&str)) {
    let sentence = without_bullet(current.trim());
    if sentence.chars().any(char::is_alphanumeric) {
        out(sentence);
    }
    current.clear();
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
