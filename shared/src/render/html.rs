//! The review view: the document on the left, its evidence beside each sentence, what to decide on top.
//! One file without script or outside resource; everything from the document is escaped by the template engine.
//! Holds that engine too, which the issue copy shares.

use std::fmt::{self, Write};
use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter, syntax::SyntaxConfig};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Printed, view::View};

static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the usual delimiters"),
    );
    environment.set_formatter(|out, state, value| match value.as_str().filter(|_| !value.is_safe()) {
        Some(text) => Ok(escape(text, out)?),
        None => escape_formatter(out, state, value),
    });
    environment.add_filter("whole", |text: &str| Value::from_safe_string(whole(text)));
    for (name, source) in [("review", include_str!("review.html")), ("issue", include_str!("issue.html"))] {
        environment.add_template(name, source).expect("a test renders the template");
    }
    environment
});

/// The document for the one who reviews it, with evidence, flags, questions and what was dropped. Prints on A4.
pub fn review_html(printed: &Printed) -> String {
    page("review", &View::of(printed))
}

pub(super) fn page(template: &str, view: &impl Serialize) -> String {
    let template = ENVIRONMENT.get_template(template).expect("added above");
    template.render(Serde(view)).expect("a view always renders: it has every member the template names")
}

/// The source expression by which the page's policy allows one style sheet.
pub(super) fn style_hash(css: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(css)))
}

/// HTML's five. The engine's own escape turns `/` too, and mg/dL could no longer be searched for in the file.
fn escape(text: &str, out: &mut impl Write) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

/// Escaped, and 「２．５ｍｇ」 never torn between two lines: a browser breaks after every wide digit.
fn whole(text: &str) -> String {
    let figure = |c: char| matches!(c, '０'..='９' | '．' | '，');
    let unit = |c: char| matches!(c, 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | 'μ' | 'µ' | '％' | '／') || c.is_ascii_alphabetic();
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some(start) = rest.find(figure) {
        let (before, from) = rest.split_at(start);
        let figures = from.find(|c| !figure(c)).unwrap_or(from.len());
        let end = from[figures..].find(|c| !unit(c)).map_or(from.len(), |at| figures + at);
        let _ = escape(before, &mut out);
        out.push_str("<span class=\"whole\">");
        let _ = escape(&from[..end], &mut out);
        out.push_str("</span>");
        rest = &from[end..];
    }
    let _ = escape(rest, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::super::{Answer, Printed, sample, view::CSS};
    use super::{review_html, whole};
    use crate::document::{Document, Mode};

    fn draft(document: &Document) -> String {
        review_html(&sample::printed(document))
    }

    /// The row of one sentence.
    fn row<'a>(html: &'a str, id: &str) -> &'a str {
        let start = html.find(&format!(r#"id="{id}">"#)).expect("a row for the sentence");
        html[start..].split("<div class=\"row").next().expect("text before the next row")
    }

    #[test]
    fn no_dose_is_torn_between_lines() {
        assert_eq!(
            whole("<スピリーバ２．５μｇ 1錠 １０００"),
            "&lt;スピリーバ<span class=\"whole\">２．５μｇ</span> 1錠 <span class=\"whole\">１０００</span>"
        );
        assert_eq!(whole("アムロジピン5mg"), "アムロジピン5mg");
    }

    #[test]
    fn every_passage_stands_beside_its_sentence() {
        let document = sample::document();
        let html = draft(&document);
        for sentence in document.sentences() {
            let row = row(&html, &sentence.id);
            for id in &sentence.evidence {
                let evidence = &document.evidence[id];
                let inputs = evidence.from.iter().flatten().map(|input| &document.evidence[input].text);
                let members = [&evidence.resource, &evidence.path, &evidence.by].into_iter().flatten();
                for shown in members.chain(inputs).chain([id, &evidence.text]) {
                    assert!(row.contains(shown.as_str()), "{} lacks {shown}", sentence.id);
                }
            }
        }
    }

    #[test]
    fn evidence_that_the_document_lacks_is_pointed_out() {
        let mut document = sample::document();
        document.evidence.remove("N01.1");
        document.sections[1].sentences[0].evidence.clear();
        let html = draft(&document);
        assert!(row(&html, "S3").contains("この文書にない根拠です"));
        assert!(row(&html, "S2").contains("根拠がありません"));
        assert!(!row(&html, "S4").contains("この文書にない根拠です"));
    }

    /// Puts the words in front of every text that a record, a model or a caller may have written.
    fn poison(value: &mut Value, words: &str) {
        const FREE: [&str; 14] = [
            "title", "name", "kana", "birthDate", "gender", "text", "resource", "path", "by", "message", "reason",
            "rule", "modelId", "template",
        ];
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    match member {
                        Value::String(text) if FREE.contains(&key.as_str()) => {
                            text.insert_str(0, words);
                        }
                        other => poison(other, words),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| poison(item, words)),
            _ => {}
        }
    }

    #[test]
    fn nothing_from_the_document_becomes_markup() {
        let render = |words: &str| {
            let mut value = serde_json::to_value(sample::document()).expect("a document is JSON");
            poison(&mut value, words);
            let document: Document = serde_json::from_value(value).expect("still a document");
            let line = format!("{words}御中");
            let (entered_by, answers) = (Some(words), [Answer { flag: "W1", answer: words }]);
            let printed = Printed {
                addressee_line: &line,
                entered_by,
                finalised_by: entered_by,
                finalised_at: entered_by,
                created_at: words,
                state: words,
                answers: &answers,
                ..sample::printed(&document)
            };
            review_html(&printed)
        };
        let (hostile, harmless) = (render("\"'><script>alert(1)</script>&amp;"), render("x"));
        assert!(!hostile.contains("<script"));
        assert!(hostile.contains("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"));
        for delimiter in ["<", ">", "\"", "'"] {
            assert_eq!(hostile.matches(delimiter).count(), harmless.matches(delimiter).count(), "{delimiter}");
        }
    }

    #[test]
    fn page_needs_nothing_from_outside_and_allows_one_style_sheet() {
        let html = draft(&sample::document());
        let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
        assert_eq!(style, CSS, "the hash in the policy is over exactly this");
        assert!(html.contains("default-src 'none'; style-src 'sha256-"));
        for outside in ["url(", "@import", "<script", "src=", "href=\"http", "style=\""] {
            assert!(!html.contains(outside), "{outside}");
        }
    }

    #[test]
    fn every_link_leads_somewhere_and_each_place_to_decide_has_one() {
        let html = draft(&sample::document());
        let mut links = BTreeMap::<_, usize>::new();
        for id in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
            *links.entry(id).or_default() += 1;
        }
        for place in ["S29", "S37", "S8", "decide", "flags", "questions", "dropped", "used"] {
            assert!(links.contains_key(place), "{place}");
        }
        for id in ["S29", "S37"] {
            assert!(row(&html, id).contains(r#"<b class="tag">要記入</b>"#));
        }
        // From one place to decide to the next
        assert!(
            row(&html, "S8").contains(r##"<a href="#S29">"##) && row(&html, "S29").contains(r##"<a href="#S37">"##)
        );
        assert!(!row(&html, "S37").contains("次の確認へ"));
    }

    #[test]
    fn question_shows_both_sides() {
        let document = sample::document();
        let html = draft(&document);
        let asked = html.split("<ul id=\"questions\">").nth(1).and_then(|h| h.split("</section>").next());
        for id in &document.questions[0].evidence {
            let words = format!("<span class=\"words\">{}</span>", document.evidence[id].text);
            assert!(asked.expect("a list").contains(&words), "{words}");
        }
        assert!(document.questions[0].evidence.len() == 2);
    }

    #[test]
    fn passage_cited_again_is_not_read_again() {
        let mut document = sample::document();
        let section = document.sections.iter_mut().find(|s| s.sentences.len() > 1).expect("a section of two");
        section.sentences[1].evidence = section.sentences[0].evidence.clone();
        let (first, second) = (section.sentences[0].id.clone(), section.sentences[1].id.clone());
        let html = draft(&document);
        assert!(!row(&html, &first).contains("上の文と同じ") && row(&html, &second).contains("上の文と同じ"));
    }

    #[test]
    fn flag_stands_at_its_sentence_until_it_is_answered() {
        let document = sample::document();
        let html = draft(&document);
        assert!(row(&html, "S8").contains("▲ W1 否定・疑いの有無が根拠と異なる"));
        assert!(html.contains("要判断 <b>2</b>"), "in the head of every page, too");
        let answers = [Answer { flag: "W1", answer: "corrected" }];
        let html = review_html(&Printed { answers: &answers, ..sample::printed(&document) });
        assert!(row(&html, "S8").contains("✓ W1") && row(&html, "S8").contains("回答：修正した"));
        assert!(html.contains("要判断 <b>1</b>"));
    }

    #[test]
    fn draft_is_marked_across_the_page_and_final_is_not() {
        let document = sample::document();
        let mark = r#"<div class="mark" aria-hidden="true">下書き</div>"#;
        assert!(draft(&document).contains(mark));
        let html = review_html(&Printed { state: "final", ..sample::printed(&document) });
        assert!(!html.contains("class=\"mark") && !html.contains("下書き</"));
    }

    #[test]
    fn what_is_not_in_the_document_is_listed_with_its_reason() {
        let html = draft(&sample::document());
        for line in [
            "根拠にない数値",
            "CRPは7月10日に1.3 mg/dLまで低下した。",
            "本人に未告知の病名 <b>1</b>件",
            "文字でない添付 <b>2</b>件",
        ] {
            assert!(html.contains(line), "{line}");
        }
        assert!(!html.contains("自動要約不可"));
        let mut document = sample::document();
        document.generation.mode = Mode::Extractive;
        document.generation.model_id = None;
        let html = draft(&document);
        assert!(html.contains("<b>自動要約不可・転記のみ</b>") && html.contains("<dd>使用せず</dd>"));
    }
}
