//! A second opinion on figures, simpler than the product's own and independent of it: digits and decimals as they
//! stand after NFKC, Japanese eras as years of our Lord.

use unicode_normalization::UnicodeNormalization;

/// Numbers of a text, each without leading zeros.
pub fn figures(text: &str) -> Vec<String> {
    let text: String = text.nfkc().filter(|c| *c != ',').collect();
    let mut out = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at(start);
        let mut end = digits(tail);
        if tail[end..].starts_with('.') && digits(&tail[end + 1..]) > 0 {
            end += 1 + digits(&tail[end + 1..]);
        }
        let number: f64 = tail[..end].parse().expect("digits and a point");
        let first_year =
            [("令和", 2018.0), ("平成", 1988.0), ("昭和", 1925.0)].into_iter().find(|(era, _)| before.ends_with(era));
        out.push((number + first_year.map_or(0.0, |(_, year)| year)).to_string());
        rest = &tail[end..];
    }
    out
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[test]
fn figures_are_read_as_they_stand() {
    assert_eq!(figures("令和8年７月05日のＫは3.50 mEq/L、血小板120,000"), ["2026", "7", "5", "3.5", "120000"]);
    assert!(figures("特になし").is_empty());
}
