//! Representations for people: plain text for an EMR, and the review view in HTML. Both show the same sentences.
//! Holds no issue copy and no FHIR; reads no clock and no state: everything comes as argument.

pub mod cp932;
mod html;
mod text;
mod view;
mod words;

use std::borrow::Cow;

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

pub use html::review_html;
pub use text::plain_text;
pub use words::reason_in_japanese;

use crate::calendar::{Day, age_on, in_era};
use crate::document::{Document, Empty, Flag, FlagState, Sentence, SentenceKind};

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
            Some((birth, on)) if birth <= on => {
                format!("{}（作成日現在 {}歳）", self.day(text), age_on(birth, on))
            }
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
    use super::{Calendar, Printed, plain_text, review_html, sample, shown};

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
    fn times_are_japans() {
        let document = sample::document();
        let mut printed = sample::printed(&document);
        assert_eq!(printed.time("2026-07-12T20:05:59.120Z"), "2026年7月13日 05:05");
        printed.calendar = Calendar::from("japanese");
        assert_eq!(printed.time("2026-07-12T20:05:59Z"), "令和8年7月13日 05:05");
        assert_eq!(printed.birth(), "昭和19年3月8日（作成日現在 82歳）");
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
