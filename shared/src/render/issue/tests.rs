use super::super::{Printed, sample, shown};
use super::{CSS, Paper, css_string, issue_html};
use crate::compose::Sender;
use crate::document::{Document, Empty, Mode, Section, SectionOrigin, Sentence, SentenceKind};
use crate::template::Template;

fn sender() -> Sender {
    Sender {
        name: "みずき野総合病院".to_owned(),
        address: "東京都小平市みずき野町2-14-1".to_owned(),
        telephone: "042-555-0100".to_owned(),
        ..Sender::default()
    }
}

fn copy(printed: &Printed, kind: &str) -> String {
    let template = Template::find(kind).map(|(t, _)| t);
    issue_html(printed, &Paper { template: template.as_ref(), sender: &sender() })
}

fn draft(document: &Document) -> String {
    copy(&sample::printed(document), "discharge-summary")
}

/// What stands on the page, without style sheets, markup and spaces.
fn words(html: &str) -> String {
    let body = html.split("<body>").nth(1).expect("a body");
    let text: String = body.split('<').filter_map(|t| t.split_once('>')).map(|(_, text)| text).collect();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    squeezed(&text.replace("&amp;", "&"))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn section(code: &str, title: &str, origin: SectionOrigin, texts: &[&str]) -> Section {
    let sentence = |(i, text): (usize, &&str)| Sentence {
        id: format!("{code}-{i}"),
        text: (*text).to_owned(),
        kind: SentenceKind::Fact,
        evidence: Vec::new(),
        empty: None,
    };
    let sentences = texts.iter().enumerate().map(sentence).collect();
    Section { code: code.to_owned(), title: title.to_owned(), origin, sentences }
}

#[test]
fn every_sentence_stands_on_the_copy() {
    let document = sample::document();
    let page = words(&draft(&document));
    for sentence in document.sentences() {
        let text = shown(sentence);
        let whole = page.contains(&squeezed(&text));
        let parts = text.split(['　', '：']).all(|part| page.contains(&squeezed(part)));
        assert!(whole || parts, "{text}");
    }
}

#[test]
fn nothing_of_the_review_stands_on_the_copy() {
    let document = sample::document();
    let html = draft(&document);
    let page = words(&html);
    let ids = document.sentences().map(|s| &s.id).chain(document.evidence.keys());
    for id in ids.chain(document.flags.iter().map(|f| &f.id)) {
        assert!(!page.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == id), "{id}");
        assert!(!html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let said: Vec<String> = document.sentences().map(|s| squeezed(&shown(s))).collect();
    let held = document.coverage.held_back.iter().map(|h| super::words::reason_in_japanese(&h.reason));
    let dropped = document.dropped.iter().map(|d| d.text.as_str());
    let asked = document.questions.iter().map(|q| q.text.as_str());
    let flagged = document.flags.iter().map(|f| f.message.as_str());
    let paths = document.evidence.values().filter_map(|e| e.path.as_deref()).filter(|p| p.len() > 3);
    for hidden in held.chain(dropped).chain(asked).chain(flagged).chain(paths).map(squeezed) {
        assert!(said.iter().any(|s| s.contains(&hidden)) || !page.contains(&hidden), "{hidden}");
    }
    for word in ["要判断", "質問", "根拠", "モデル"] {
        assert!(!page.contains(word) || said.iter().any(|s| s.contains(word)), "{word}");
    }
}

#[test]
fn name_number_and_page_stand_on_every_printed_page() {
    let html = draft(&sample::document());
    assert!(
        html.contains("@top-left{content:\"長谷川\\20 フミ（ハセガワ\\20 フミ）　患者番号\\20 0001234\"}"),
        "{html}"
    );
    assert!(html.contains("@top-right{content:\"退院時サマリー\"}"));
    assert!(CSS.contains("counter(page) \" / \" counter(pages)"));
}

#[test]
fn nothing_gets_out_of_a_margin_string() {
    assert_eq!(css_string("a\"}</style>\\\n原"), "a\\22 \\7d \\3c \\2f style\\3e \\5c \\a 原");
    let mut document = sample::document();
    document.patient.name = "\"}</style><script>".to_owned();
    let html = draft(&document);
    assert_eq!((html.matches("</style>").count(), html.matches("<script").count()), (2, 0));
}

#[test]
fn draft_is_marked_and_final_is_not() {
    let document = sample::document();
    let html = draft(&document);
    assert!(html.contains("<div class=\"mark\" aria-hidden=\"true\">下書き</div>"));
    assert!(html.contains("@bottom-left{content:\"下書き（確定前）\"}") && words(&html).contains("（未確定）"));
    let html = copy(
        &Printed {
            state: "final",
            finalised_by: Some("佐藤 健（呼吸器内科）"),
            finalised_at: Some("2026-07-15T00:10:00Z"),
            ..sample::printed(&document)
        },
        "discharge-summary",
    );
    assert!(!html.contains("下書き") && !html.contains("未確定") && !html.contains("class=\"mark\""));
    assert!(words(&html).contains("2026年7月15日") && words(&html).contains("医師佐藤健（呼吸器内科）"));
}

#[test]
fn gap_stays_visible() {
    let mut document = sample::document();
    document.sections = vec![section("352", "主訴", SectionOrigin::Model, &[""])];
    document.sections[0].sentences[0].kind = SentenceKind::Missing;
    document.sections[0].sentences[0].empty = Some(Empty::ToConfirm);
    let gap = "<strong class=\"gap\">【記載なし：要確認】</strong>";
    for state in ["draft", "final"] {
        let html = copy(&Printed { state, ..sample::printed(&document) }, "discharge-summary");
        assert!(html.contains(gap), "{state}");
    }
}

#[test]
fn stay_stands_in_the_head_and_drugs_in_rows() {
    let mut document = sample::document();
    document.sections = vec![
        section("322", "入院時詳細", SectionOrigin::Record, &["入院日：2026年7月3日", "診療科：呼吸器内科"]),
        section("444", "退院時投薬指示", SectionOrigin::Record, &["ミヤＢＭ錠　1日3回 毎食後 1回2錠　［継続］"]),
        section(
            "333",
            "入院中経過",
            SectionOrigin::Model,
            &["肺炎：改善した。", "退院した。", "#2 脱水", "補液した。"],
        ),
    ];
    let html = draft(&document);
    assert!(html.contains("<dt>診療科</dt><dd>呼吸器内科</dd>") && !html.contains("入院時詳細"));
    assert!(html.contains("<th scope=\"row\">ミヤＢＭ錠</th><td>1日3回 毎食後 1回2錠　［継続］</td>"), "{html}");
    assert!(html.contains("<p>肺炎：改善した。退院した。</p>"), "narrative is no table");
    let html = copy(&sample::printed(&document), "a-kind-that-went");
    assert!(html.contains("<h2>入院時詳細</h2>"));
}

#[test]
fn letter_has_sender_addressee_greeting_and_a_place_to_sign() {
    let mut document = sample::document();
    document.sections = vec![
        section("opening", "", SectionOrigin::Record, &["平素より大変お世話になっております。"]),
        section("920", "紹介元情報", SectionOrigin::Record, &["別の名の病院", "042-555-0199"]),
        section("910", "紹介先情報", SectionOrigin::Record, &["みなと診療所 内科 鈴木 一郎 先生 御侍史"]),
        section("950", "紹介目的", SectionOrigin::Person, &["嚥下機能の再評価をお願いします。"]),
        section("closing", "", SectionOrigin::Record, &["ご高診のほどお願い申し上げます。"]),
    ];
    let html = copy(&sample::printed(&document), "referral-letter");
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
    let order =
        ["先生 御侍史", "別の名の病院", "<span>医師</span>", "平素より", "患者氏名", "紹介目的", "ご高診"].map(at);
    assert!(order.is_sorted(), "{order:?}");
    assert!(html.contains("class=\"seal\"") && !html.contains("みずき野") && !html.contains("紹介先情報"));
    assert_eq!(html.matches("御侍史").count(), 1);
    let html = draft(&sample::document());
    assert!(html.contains("みずき野総合病院") && !html.contains("class=\"seal\""));
}

#[test]
fn extractive_copy_says_so_until_it_is_final() {
    let mut document = sample::document();
    document.generation.mode = Mode::Extractive;
    assert!(draft(&document).contains("自動要約不可・転記のみ"));
    let html = copy(&Printed { state: "final", ..sample::printed(&document) }, "discharge-summary");
    assert!(!html.contains("自動要約不可"));
}

#[test]
fn page_needs_nothing_from_outside() {
    let html = draft(&sample::document());
    assert_eq!(html.matches("'sha256-").count(), 2);
    for outside in ["url(", "@import", "<script", "src=", "href=", "style=\""] {
        assert!(!html.contains(outside), "{outside}");
    }
}
