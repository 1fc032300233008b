//! XHTML of a section: the sentences that stand on the page, nothing else.

use super::node::Node;

/// A Narrative of paragraphs; `additional`, since entries say more than the text and the text more than the entries.
pub(super) fn narrative(paragraphs: &[String]) -> Node {
    let body: String = paragraphs.iter().map(|p| format!("<p>{}</p>", escaped(p))).collect();
    Node::object()
        .with("status", "additional")
        .with("div", format!("<div xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"ja\" lang=\"ja\">{body}</div>"))
}

/// Line ends break; characters that XML does not know vanish.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("<br/>"),
            '\t' => out.push(' '),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::narrative;

    #[test]
    fn markup_in_a_sentence_is_text() {
        let div = narrative(&["CRP <0.02\u{1} & \"低下\"\n翌日".to_owned()]);
        let div = div.get("div").and_then(|d| d.text().map(str::to_owned)).expect("a div");
        assert!(div.ends_with("<p>CRP &lt;0.02 &amp; &quot;低下&quot;<br/>翌日</p></div>"), "{div}");
    }
}
