//! Plain text for pasting into an EMR. No ids in it; every character fits CP932.

use std::fmt::Write;

use super::{Printed, cp932, must_be_filled, paragraphs, shown, words};
use crate::calendar::with_japanese_days;
use crate::document::{Mode, Section};

/// The document as text. What CP932 cannot hold is 〓 and named in the last line.
pub fn plain_text(printed: &Printed) -> String {
    let mut out = String::new();
    head(printed, &mut out);
    for section in printed.document.sections.iter().filter(|s| !s.sentences.is_empty()) {
        // Greeting and closing of a letter bear no title
        let title = Some(&section.title).filter(|t| !t.is_empty());
        let title = title.map(|t| format!("【{t}】\n")).unwrap_or_default();
        let _ = write!(out, "\n{title}{}", body(section));
    }
    if !printed.is_final() {
        to_decide(printed, &mut out);
    }
    let fitted = cp932::fit(&out);
    let mut out = fitted.text;
    if !fitted.lost.is_empty() {
        let _ = writeln!(out, "\nこの形式で表せない文字: {}（〓で置換）", fitted.lost.join("、"));
    }
    out
}

fn head(printed: &Printed, out: &mut String) {
    let document = printed.document;
    let _ = writeln!(out, "{}", document.title);
    let state = words::state(printed.state);
    let created = printed.time(printed.created_at);
    if let Some(mark) = printed.mark() {
        let caution = if mark == "下書き" { "確定前。" } else { "" };
        let state = if state == mark { String::new() } else { format!("（{state}）") };
        let _ = writeln!(out, "【{mark}】{state}{caution}第{}版 {created}作成", document.revision);
    } else {
        let _ = writeln!(out, "第{}版 {created}作成", document.revision);
    }
    if document.generation.mode == Mode::Extractive {
        out.push_str("【自動要約不可・転記のみ】\n");
    }
    if !printed.addressee_line.trim().is_empty() {
        let _ = writeln!(out, "\n{}", printed.addressee_line.trim());
    }
    let _ = writeln!(out, "\n氏名　　：{}", printed.name());
    let _ = writeln!(out, "患者番号：{}", document.patient.id);
    let _ = writeln!(out, "生年月日：{}", printed.birth());
    let _ = writeln!(out, "性別　　：{}", words::gender(&document.patient.gender));
    if let Some(who) = printed.entered_by {
        let _ = writeln!(out, "入力者　：{who}");
    }
    if let Some(who) = printed.finalised_by {
        let when = printed.finalised_at.map(|at| format!("　{}", printed.time(at))).unwrap_or_default();
        let _ = writeln!(out, "確定者　：{who}{when}");
    }
}

fn body(section: &Section) -> String {
    let mut out = String::new();
    for paragraph in paragraphs(section) {
        for sentence in paragraph {
            out.push_str(&shown(sentence));
        }
        out.push('\n');
    }
    out
}

/// What a person decides before the text is used; a final document has nothing of it left.
fn to_decide(printed: &Printed, out: &mut String) {
    let document = printed.document;
    let mut items = Vec::new();
    for section in &document.sections {
        for sentence in section.sentences.iter().filter(|s| must_be_filled(s)) {
            items.push(format!("・要記入：{}　{}\n", section.title, shown(sentence)));
        }
    }
    for flag in document.flags.iter().filter(|f| printed.is_open(f)) {
        let about = document.sentences().find(|s| s.id == flag.sentence);
        let about = about.map(|s| format!("　　対象「{}」\n", shown(s))).unwrap_or_default();
        items.push(format!("・要判断：{}\n{about}", flag.message));
    }
    for question in &document.questions {
        let mut item = format!("・質問：{}\n", question.text);
        for evidence in question.evidence.iter().filter_map(|id| document.evidence.get(id)) {
            let _ = writeln!(item, "　　記録「{}」", with_japanese_days(&evidence.text));
        }
        items.push(item);
    }
    if !items.is_empty() {
        let _ = write!(out, "\n【確認事項】\n{}", items.concat());
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Printed, cp932::unencodable, review_html, sample};
    use super::plain_text;
    use crate::document::{Mode, SentenceKind};

    #[test]
    fn draft_says_so_and_lists_what_is_to_decide() {
        let document = sample::document();
        let text = plain_text(&sample::printed(&document));
        let begin = "退院時サマリー\n【下書き】確定前。第1版 2026年7月14日 17:42作成\n";
        assert!(text.starts_with(begin), "{text}");
        assert!(
            text.contains("氏名　　：長谷川 フミ（ハセガワ フミ）\n患者番号：0001234\n生年月日：1944年3月8日"),
            "{text}"
        );
        let (_, decide) = text.split_once("【確認事項】\n").expect("something to decide");
        assert_eq!(decide.lines().filter(|l| l.starts_with("・要記入")).count(), 2, "{decide}");
        assert_eq!(decide.lines().filter(|l| l.starts_with("・要判断")).count(), 2, "{decide}");
        assert!(decide.contains("　　記録「"));
    }

    #[test]
    fn no_id_stands_in_the_text() {
        let document = sample::document();
        let text = plain_text(&sample::printed(&document));
        let sentences = document.sentences().map(|s| &s.id);
        let others = document.evidence.keys().chain(document.flags.iter().map(|f| &f.id));
        for id in sentences.chain(others) {
            assert!(!text.contains(id.as_str()), "{id} in {text}");
        }
    }

    #[test]
    fn narrative_flows_and_problems_begin_a_line() {
        let text = plain_text(&sample::printed(&sample::document()));
        assert!(text.contains("点滴静注を開始した。第4病日"), "{text}");
        assert!(text.contains("\n#2 低カリウム血症："), "{text}");
        assert!(text.contains("\nアムロジピンＯＤ錠5mg"), "{text}");
    }

    #[test]
    fn greeting_stands_without_title() {
        let mut document = sample::document();
        let greeting = &mut document.sections[0];
        greeting.title.clear();
        greeting.sentences[0].kind = SentenceKind::Connective;
        greeting.sentences[0].text = "平素より大変お世話になっております。".to_owned();
        let text = plain_text(&sample::printed(&document));
        assert!(text.contains("\n\n平素より大変お世話になっております。\n\n【入院時診断】"), "{text}");
        assert!(!text.contains("【】"));
        let html = review_html(&sample::printed(&document));
        assert!(html.contains("<p>平素より大変お世話になっております。</p>") && !html.contains("<h2></h2>"));
    }

    #[test]
    fn final_text_carries_neither_mark_nor_questions() {
        let document = sample::document();
        let answers = [Answer { flag: "W1", answer: "accepted" }, Answer { flag: "W2", answer: "corrected" }];
        let text = plain_text(&Printed {
            state: "final",
            finalised_by: Some("佐藤 健（医師、呼吸器内科）"),
            finalised_at: Some("2026-07-15T00:10:00Z"),
            answers: &answers,
            ..sample::printed(&document)
        });
        assert!(!text.contains("下書き") && !text.contains("確認事項"), "{text}");
        assert!(text.contains("確定者　：佐藤 健（医師、呼吸器内科）　2026年7月15日 09:10\n"), "{text}");
    }

    #[test]
    fn what_cp932_cannot_hold_is_named_at_the_end() {
        let mut document = sample::document();
        assert!(!plain_text(&sample::printed(&document)).contains("表せない文字"));
        document.patient.name = "𠮷田 フミ".to_owned();
        let text = plain_text(&sample::printed(&document));
        assert!(text.contains("氏名　　：〓田 フミ"), "{text}");
        assert!(text.ends_with("\nこの形式で表せない文字: U+20BB7（〓で置換）\n"), "{text}");
        assert_eq!(unencodable(&text), []);
    }

    #[test]
    fn extractive_text_says_so() {
        let mut document = sample::document();
        assert!(!plain_text(&sample::printed(&document)).contains("自動要約不可"));
        document.generation.mode = Mode::Extractive;
        assert!(plain_text(&sample::printed(&document)).contains("【自動要約不可・転記のみ】\n"));
    }
}
