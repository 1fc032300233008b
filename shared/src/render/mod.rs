//! Representations for people: plain text for an EMR, the review view and the issue copy in HTML. All show the same
//! sentences. Holds no FHIR; reads no clock and no state: everything comes as argument.

pub mod cp932;
mod html;
mod issue;
mod text;
mod view;
pub mod words;

use std::borrow::Cow;

use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

pub use html::review_html;
pub use issue::{Paper, issue_html};
pub use text::plain_text;
pub use words::reason_in_japanese;

use crate::calendar::{Day, age_on, in_era};
use crate::document::{Document, Empty, Flag, FlagState, Section, SectionOrigin, Sentence, SentenceKind};

/// A document and what stands about it outside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Printed<'a> {
    pub document: &'a Document,
    /// State of this revision: `draft`, `awaiting-approval`, `final`, `withdrawn` …
    pub state: &'a str,
    /// RFC 3339; printed in Japan's time.
    pub created_at: &'a str,
    /// 入力者, with the physician for whom where a clerk typed.
    pub entered_by: Option<&'a str>,
    /// 確定者: name, qualification, department.
    pub finalised_by: Option<&'a str>,
    /// RFC 3339.
    pub finalised_at: Option<&'a str>,
    /// How the addressee stands on the document, honorific included.
    pub addressee_line: &'a str,
    pub calendar: Calendar,
    /// Answers to flags: they stand in the manifest, the document's bytes do not change.
    pub answers: &'a [Answer<'a>],
}

/// A physician's answer to a flag: `accepted`, `corrected` or `removed`.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub flag: &'a str,
    pub answer: &'a str,
}

/// How dates of the head are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// 2026年7月5日
    Western,
    /// 令和8年7月5日
    Japanese,
}

impl From<&str> for Calendar {
    /// As a template names it; `western`, everything else is 和暦.
    fn from(name: &str) -> Self {
        if name == "western" { Self::Western } else { Self::Japanese }
    }
}

impl Printed<'_> {
    fn is_final(&self) -> bool {
        self.state == "final"
    }

    /// The word across the page; none once the document is final.
    fn mark(&self) -> Option<&'static str> {
        match self.state {
            "final" => None,
            "withdrawn" => Some("撤回"),
            "sealed" => Some("封印"),
            _ => Some("下書き"),
        }
    }

    fn answer(&self, flag: &Flag) -> Option<&str> {
        self.answers.iter().find(|a| a.flag == flag.id).map(|a| a.answer)
    }

    fn is_open(&self, flag: &Flag) -> bool {
        flag.state == FlagState::Open && self.answer(flag).is_none()
    }

    /// A FHIR date in the document's calendar; what is no date stays what it is.
    fn day(&self, text: &str) -> String {
        let Some(day) = Day::parse(text) else {
            return text.to_owned();
        };
        match (self.calendar, day.date()) {
            (Calendar::Japanese, Some(date)) => in_era(date),
            _ => day.japanese(),
        }
    }

    /// A time in Japan, to the minute.
    fn time(&self, text: &str) -> String {
        let japan = UtcOffset::from_hms(9, 0, 0).expect("nine hours is an offset");
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(at) => {
                let at = at.to_offset(japan);
                format!("{} {:02}:{:02}", self.day(text), at.hour(), at.minute())
            }
            Err(_) => text.to_owned(),
        }
    }

    /// 1944年3月8日（作成日現在 82歳）
    fn birth(&self) -> String {
        let text = &self.document.patient.birth_date;
        if text.is_empty() {
            return "記録なし".to_owned();
        }
        let dates = Day::parse(text).and_then(Day::date).zip(Day::parse(self.created_at).and_then(Day::date));
        match dates {
            Some((birth, on)) if birth <= on => format!("{}（作成日現在 {}）", self.day(text), age(birth, on)),
            _ => self.day(text),
        }
    }

    /// 長谷川 フミ（ハセガワ フミ）
    fn name(&self) -> String {
        let patient = &self.document.patient;
        match (patient.name.is_empty(), patient.kana.is_empty()) {
            (false, false) => format!("{}（{}）", patient.name, patient.kana),
            (false, true) => patient.name.clone(),
            (true, false) => patient.kana.clone(),
            (true, true) => "氏名の記録なし".to_owned(),
        }
    }
}

/// In years; of small children in years and months, of infants in months, of newborns in days.
fn age(birth: Date, on: Date) -> String {
    let years = age_on(birth, on);
    let months = i32::from(on.month() as u8) - i32::from(birth.month() as u8) - i32::from(on.day() < birth.day());
    match (years, months.rem_euclid(12)) {
        (0, 0) => format!("日齢{}", (on - birth).whole_days()),
        (0, months) => format!("{months}か月"),
        (1..6, months) if months > 0 => format!("{years}歳{months}か月"),
        _ => format!("{years}歳"),
    }
}

/// Begins with a day: 「7月8日、」「2026年7月5日（第3病日）、」
fn is_dated(text: &str) -> bool {
    let number = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).len() < text.len();
    let after = text.split_once('年').filter(|(year, _)| year.len() == 4).map_or(text, |(_, rest)| rest);
    let day = after.split_once('月').filter(|(month, _)| month.len() <= 2 && number(month));
    day.is_some_and(|(_, rest)| rest.split_once('日').is_some_and(|(day, _)| day.len() <= 2 && number(day)))
}

/// Sentences that stand together. Narrative flows; a problem, an item, a gap and a line of the record begin anew, and
/// among problems what happened on a day: it belongs to none of them.
fn paragraphs(section: &Section) -> Vec<Vec<&Sentence>> {
    let mut out: Vec<Vec<&Sentence>> = Vec::new();
    let mut flows_on = false;
    let numbered = |text: &str| text.starts_with(['#', '＃']);
    let by_problems = section.sentences.iter().any(|s| numbered(&shown(s)));
    for sentence in &section.sentences {
        let text = shown(sentence);
        let problem = numbered(&text) || by_problems && is_dated(&text);
        // Code sets the parts of a line apart with a wide space
        let line = text.contains('　') && !problem;
        let begins = problem || line || text.starts_with(['・', '-', '【', '〈', '■', '●', '○', '①']);
        match out.last_mut() {
            Some(paragraph) if flows_on && !begins => paragraph.push(sentence),
            _ => out.push(vec![sentence]),
        }
        flows_on = section.origin == SectionOrigin::Model && !line && text.ends_with('。');
    }
    out
}

/// What stands on the page for a sentence, in every representation.
pub(crate) fn shown(sentence: &Sentence) -> Cow<'_, str> {
    let text = sentence.text.trim();
    if sentence.kind != SentenceKind::Missing {
        return Cow::Borrowed(text);
    }
    match sentence.empty.unwrap_or(Empty::ToConfirm) {
        empty if text.is_empty() => Cow::Borrowed(empty.text()),
        Empty::ToConfirm if !text.contains("要確認") => Cow::Owned(format!("【要確認】{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// Whether a person must still fill something in.
fn must_be_filled(sentence: &Sentence) -> bool {
    let missing = sentence.kind == SentenceKind::Missing && matches!(sentence.empty, None | Some(Empty::ToConfirm));
    missing || sentence.text.contains("要確認】") || sentence.text.contains("【要確認")
}

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::{
        Calendar, Printed, SectionOrigin, Sentence, age, is_dated, paragraphs, plain_text, review_html, sample, shown,
    };

    #[test]
    fn text_and_html_show_the_same_sentences() {
        let document = sample::document();
        let printed = sample::printed(&document);
        let (text, html) = (plain_text(&printed), review_html(&printed));
        assert!(document.sentences().count() > 30);
        for sentence in document.sentences() {
            let sentence = shown(sentence);
            assert!(text.contains(&*super::cp932::fit(&sentence).text), "text lacks {sentence}");
            assert!(html.contains(&*sentence), "html lacks {sentence}");
        }
    }

    #[test]
    fn among_problems_a_day_begins_anew() {
        let mut document = sample::document();
        let section = document.sections.iter_mut().find(|s| s.origin == SectionOrigin::Model).expect("one");
        let sentence = section.sentences[0].clone();
        let told =
            |texts: &[&str]| texts.iter().map(|t| Sentence { text: (*t).to_owned(), ..sentence.clone() }).collect();
        section.sentences = told(&["#3 K 3.5。", "補充を終了した。", "7月8日、夜間に転倒した。", "外傷なし。"]);
        assert_eq!(paragraphs(section).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        section.sentences = told(&["解熱した。", "7月8日、夜間に転倒した。", "外傷なし。"]);
        assert_eq!(paragraphs(section).len(), 1, "narrative flows");
        assert!(is_dated("2026年7月5日（第3病日）、") && !is_dated("3か月前より") && !is_dated("7月上旬より"));
    }

    #[test]
    fn times_are_japans() {
        let document = sample::document();
        let mut printed = sample::printed(&document);
        assert_eq!(printed.time("2026-07-12T20:05:59.120Z"), "2026年7月13日 05:05");
        printed.calendar = Calendar::from("japanese");
        assert_eq!(printed.time("2026-07-12T20:05:59Z"), "令和8年7月13日 05:05");
        assert_eq!(printed.birth(), "昭和19年3月8日（作成日現在 82歳）");
    }

    #[test]
    fn small_children_are_as_old_as_a_paediatrician_says() {
        for (birth, on, told) in [
            (date!(2026 - 07 - 14), date!(2026 - 07 - 14), "日齢0"),
            (date!(2026 - 06 - 15), date!(2026 - 07 - 14), "日齢29"),
            (date!(2026 - 06 - 14), date!(2026 - 07 - 14), "1か月"),
            (date!(2025 - 07 - 15), date!(2026 - 07 - 14), "11か月"),
            (date!(2025 - 07 - 14), date!(2026 - 07 - 14), "1歳"),
            (date!(2022 - 12 - 20), date!(2026 - 07 - 14), "3歳6か月"),
            (date!(2020 - 01 - 01), date!(2026 - 07 - 14), "6歳"),
        ] {
            assert_eq!(age(birth, on), told);
        }
    }

    #[test]
    fn only_a_final_document_carries_no_mark() {
        let document = sample::document();
        let marked = |state| Printed { state, ..sample::printed(&document) }.mark().is_some();
        assert!(!marked("final"));
        for state in ["draft", "awaiting-approval", "amending", "withdrawn", "unheard-of"] {
            assert!(marked(state), "{state}");
        }
    }
}
