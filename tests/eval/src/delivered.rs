//! What a delivered document is measured by, with means of its own: none of Fude's checks is asked.

use std::collections::BTreeSet;

use fude::document::{Document, Sentence, SentenceKind};
use fude::render::{Calendar, Printed, plain_text};
use fude::template::Template;
use fude::text::nfkc;
use serde_json::Value;

use crate::rate::Rate;

/// Sentences that claim something, by whether their evidence leads into the record.
pub fn valid_evidence(document: &Document, record: &Value) -> Rate {
    let mut rate = Rate::default();
    for sentence in document.sentences().filter(|s| matches!(s.kind, SentenceKind::Fact | SentenceKind::Entered)) {
        let valid =
            !sentence.evidence.is_empty() && sentence.evidence.iter().all(|id| leads_home(document, record, id, 0));
        rate.count(valid);
    }
    rate
}

fn leads_home(document: &Document, record: &Value, id: &str, depth: usize) -> bool {
    let Some(evidence) = document.evidence.get(id) else { return false };
    match (&evidence.path, &evidence.from, &evidence.by) {
        (Some(path), None, None) => evidence.resource.is_some() && record.pointer(path).is_some(),
        (None, Some(from), None) => {
            !from.is_empty() && depth < 4 && from.iter().all(|f| leads_home(document, record, f, depth + 1))
        }
        (None, None, Some(by)) => !by.is_empty(),
        _ => false,
    }
}

/// Sentences with a figure that stands neither in what they cite nor in what that was derived from.
pub fn unsupported_figures(document: &Document) -> Vec<&Sentence> {
    document.sentences().filter(|s| s.kind == SentenceKind::Fact && !figures_hold(document, s)).collect()
}

fn figures_hold(document: &Document, sentence: &Sentence) -> bool {
    let mut known = BTreeSet::new();
    let mut wanted: Vec<&str> = sentence.evidence.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = wanted.pop() {
        let Some(evidence) = document.evidence.get(id).filter(|_| seen.insert(id.to_owned())) else { continue };
        known.extend(figures(&evidence.text));
        wanted.extend(evidence.from.iter().flatten().map(String::as_str));
    }
    let western = |n: &String| {
        n.parse::<u32>()
            .is_ok_and(|n| [1867, 1911, 1925, 1988, 2018].iter().any(|first| known.contains(&(first + n).to_string())))
    };
    let text = nfkc(&sentence.text);
    let era = ["令和", "平成", "昭和", "大正", "明治"].iter().any(|e| text.contains(e));
    figures(&text).iter().all(|n| known.contains(n) || (era && western(n)))
}

/// Digit runs with their decimals; no leading zeros, no thousands separators.
fn figures(text: &str) -> Vec<String> {
    let text: Vec<char> = nfkc(text).chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut run = String::new();
        while at < text.len() {
            let next = text.get(at + 1).is_some_and(char::is_ascii_digit);
            match text[at] {
                c if c.is_ascii_digit() => run.push(c),
                '.' if next && !run.contains('.') => run.push('.'),
                ',' if text.get(at + 1..at + 4).is_some_and(|three| three.iter().all(char::is_ascii_digit)) => {}
                _ => break,
            }
            at += 1;
        }
        let trimmed = run.trim_start_matches('0');
        out.push(if trimmed.is_empty() || trimmed.starts_with('.') {
            format!("0{trimmed}")
        } else {
            trimmed.to_owned()
        });
    }
    out
}

/// The document as an EMR gets it.
pub fn text(document: &Document) -> String {
    let calendar = Template::find(&document.document_type).map(|(t, _)| t.calendar).unwrap_or_default();
    let addressee_line = fude::drafting::addressee_of(document);
    plain_text(&Printed {
        document,
        state: "draft",
        created_at: "2026-07-16T01:00:00.000Z",
        entered_by: None,
        finalised_by: None,
        finalised_at: None,
        addressee_line: &addressee_line,
        calendar: Calendar::from(calendar.as_str()),
        answers: &[],
    })
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn figures_are_read_whatever_their_width() {
        assert_eq!(
            figures("２０２６-07-05 12,500/µL 7.40、0.5 mg、1回２錠"),
            ["2026", "7", "5", "12500", "7.40", "0.5", "1", "2"]
        );
        assert_eq!(figures("3.5.2"), ["3.5", "2"]);
    }
}
