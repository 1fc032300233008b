//! The letter that a reply answers.

use super::{Context, Line};
use crate::calendar::Day;
use crate::document::Empty;
use crate::facts::{Detail, Fact, Facts, Kind};

/// The latest letter of introduction that came before or with the visit: its date, who wrote it, and what it asks
/// for in its own words. The writer knows the rest; greeting and signature are no content.
/// One's own letter (紹介目的 of a document written here) is none.
pub(super) fn letter_answered(c: &Context) -> Vec<Line> {
    let Some((day, told)) = letter(c.facts) else {
        return vec![Line::missing("【記載なし：要確認】ご紹介状の記録がない。", Empty::ToConfirm)];
    };
    let from = signature(&told).map(|s| format!("（{}）", with_honorific(&s))).unwrap_or_default();
    let content = told.iter().copied().filter(|f| !is_signature(&said(f)) && !is_greeting(&said(f)));
    // What it is about, and what it asks for.
    let asked: Vec<&Fact> = content.enumerate().filter(|(i, f)| *i == 0 || asks(&said(f))).map(|(_, f)| f).collect();
    let text: String = asked.iter().map(|f| said(f)).collect();
    vec![Line::fact(format!("{}付のご紹介状{from}：「{text}」", day.japanese()), &told)]
}

/// Who signed the letter that is answered, with the sentence that says so.
pub(crate) fn letter_writer(facts: &Facts) -> Option<(String, &Fact)> {
    let (_, told) = letter(facts)?;
    Some((with_honorific(&signature(&told)?), told.last()?))
}

/// Its day and its sentences.
fn letter(facts: &Facts) -> Option<(Day, Vec<&Fact>)> {
    let letter = |f: &&Fact| match &f.detail {
        Detail::Note { title, code } => title.contains("紹介") && code.is_none(),
        _ => false,
    };
    let letters: Vec<&Fact> = facts.of(Kind::Note).filter(letter).collect();
    let visit = facts.stay.as_ref().and_then(|s| s.start);
    let before = letters.iter().filter(|f| visit.is_none() || f.date <= visit).filter_map(|f| f.date).max();
    let day = before.or_else(|| letters.iter().filter_map(|f| f.date).max())?;
    Some((day, letters.into_iter().filter(|f| f.date == Some(day)).collect()))
}

fn signature(told: &[&Fact]) -> Option<String> {
    told.last().map(|f| said(f)).filter(|t| is_signature(t) && told.len() > 1)
}

fn said(fact: &Fact) -> String {
    fact.fields.get(1).cloned().unwrap_or_default()
}

/// What the letter is about; 「何卒よろしくお願いいたします」 alone asks for nothing.
fn asks(sentence: &str) -> bool {
    const ABOUT: &[&str] = &["精査", "加療", "治療", "評価", "検査", "診察", "診断", "入院", "手術", "相談", "高診"];
    let asks = ["お願い", "依頼", "いただけ", "いただきたく"].iter().any(|w| sentence.contains(w));
    asks && ABOUT.iter().any(|w| sentence.contains(w))
}

fn is_greeting(sentence: &str) -> bool {
    ["お世話にな", "平素", "拝啓", "敬具", "時下", "何卒よろしく", "何卒宜しく"].iter().any(|w| sentence.contains(w))
        && !asks(sentence)
}

/// An institution and a name, without a sentence.
fn is_signature(sentence: &str) -> bool {
    !sentence.contains(['。', '、']) && sentence.chars().count() <= 40
}

/// 「堀内内科クリニック 堀内 貴子 先生」; an institution alone stays as it is.
fn with_honorific(signature: &str) -> String {
    const NO_NAMES: &[&str] = &["先生", "様", "拝", "院", "クリニック", "診療所", "科", "センター"];
    let signature = signature.trim_end_matches("医師").trim();
    if !signature.contains([' ', '　']) || NO_NAMES.iter().any(|w| signature.ends_with(w)) {
        return signature.to_owned();
    }
    format!("{signature} 先生")
}

#[cfg(test)]
mod tests {
    use super::letter_answered;
    use crate::calendar::Day;
    use crate::compose::Context;
    use crate::facts::{Detail, Fact, Facts, Kind, Source, Stay};

    fn letter(day: &str, text: &str, code: Option<&str>) -> Fact {
        let source = Source::Statement { by: String::new() };
        let fields = vec!["紹介 医師".to_owned(), text.to_owned()];
        let detail = Detail::Note { title: "紹介 医師".to_owned(), code: code.map(str::to_owned) };
        Fact::new(Kind::Note, Day::parse(day), "", fields, source).with(detail)
    }

    #[test]
    fn the_latest_letter_before_the_visit_is_the_one_answered() {
        let list = vec![
            letter("2025-11-02", "健診異常の精査をお願いします。", None),
            letter("2026-03-06", "平素よりお世話になっております。", None),
            letter("2026-03-06", "両肩痛が続いています。", None),
            letter("2026-03-06", "降圧薬を処方しております。", None),
            letter("2026-03-06", "両肩痛の精査をお願いします。", None),
            letter("2026-03-06", "当院での加療をお願いします。", Some("950")),
            letter("2026-03-06", "みなと診療所 佐藤 一郎", None),
            letter("2026-05-01", "別件です。", None),
        ];
        let stay = Some(Stay { start: Day::parse("2026-03-06"), ..Stay::default() });
        let facts = Facts { list, stay, ..Facts::default() };
        let lines = letter_answered(&Context::of(&facts));
        assert_eq!(
            lines[0].text,
            "2026年3月6日付のご紹介状（みなと診療所 佐藤 一郎 先生）：「両肩痛が続いています。両肩痛の精査をお願いします。」"
        );
        let none = Facts::default();
        assert!(letter_answered(&Context::of(&none))[0].empty.is_some());
    }
}
