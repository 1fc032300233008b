//! Free text as sentences, each verbatim but for bullets and white space around it.
//! A heading (`#1 肺炎`) is a sentence of its own, so that what follows can be told by problem.

/// Splits at 。, ．(not between digits), line ends and English full stops before a capital. A bracket that
/// closes on its line keeps the sentence together; a line that goes on with a comma is no new sentence.
pub fn sentences(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut current = String::new();
    for line in text.split(['\n', '\r', '\u{0B}', '\u{0C}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let line = line.trim();
        if !line.starts_with(['、', '，', '。', '．', '）']) {
            flush(&mut current, &mut out);
        }
        split_line(line, &mut current, &mut out);
    }
    flush(&mut current, &mut out);
    out
}

fn split_line(line: &str, current: &mut String, out: &mut Vec<String>) {
    let chars: Vec<char> = line.chars().collect();
    let mut closing = closings(&chars);
    let mut depth = 0usize;
    for (i, &c) in chars.iter().enumerate() {
        match c {
            // An opening bracket without its partner is a slip of the pen, not a bracket.
            '（' | '(' | '「' | '『' | '【' if closing > depth => depth += 1,
            '）' | ')' | '」' | '』' | '】' => {
                depth = depth.saturating_sub(1);
                closing = closing.saturating_sub(1);
            }
            _ => {}
        }
        current.push(c);
        let ends = match c {
            '。' | '｡' => true,
            '．' => i > 0 && !is_digit(chars[i - 1]),
            '.' => is_full_stop(&chars, i),
            _ => false,
        };
        if ends && depth == 0 {
            flush(current, out);
        }
    }
}

fn closings(chars: &[char]) -> usize {
    chars.iter().filter(|c| matches!(c, '）' | ')' | '」' | '』' | '】')).count()
}

/// Before a capital and after a word: not in `3.5`, `e.g. S. aureus`, `Dr. Sato`.
fn is_full_stop(chars: &[char], at: usize) -> bool {
    const ABBREVIATIONS: &[&str] = &[
        "dr", "mr", "mrs", "ms", "prof", "st", "vs", "approx", "fig", "cf", "al", "etc", "sp", "spp", "dept", "hosp",
        "resp",
    ];
    let before_capital = chars.get(at + 1).is_none_or(|n| *n == ' ')
        && chars.get(at + 2).is_none_or(|n| n.is_uppercase() || !n.is_ascii());
    let start = chars[..at].iter().rposition(|c| !c.is_ascii_alphabetic()).map_or(0, |p| p + 1);
    let word: String = chars[start..at].iter().collect::<String>().to_lowercase();
    let after_point = start > 0 && chars[start - 1] == '.';
    let last = at + 1 == chars.len();
    before_capital
        && word.len() >= 2
        && !after_point
        && chars[at - 1].is_ascii_lowercase()
        && (last || !ABBREVIATIONS.contains(&word.as_str()))
}

/// A digit of any width: 「４．５」 is a number, not the end of a sentence.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９')
}

fn flush(current: &mut String, out: &mut Vec<String>) {
    let sentence = without_bullet(current.trim());
    if sentence.chars().any(char::is_alphanumeric) {
        out.push(sentence.to_owned());
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
    use super::sentences;

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
