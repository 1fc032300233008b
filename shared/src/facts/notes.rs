//! Sentence facts: `N03.2` is the second sentence of the third note.
//!
//! A summary or letter that the record holds beside this stay tells a course of its own. Its sentences say which
//! document they are from and of what day, and are material of no section: they are context, never this course.
//! The letter that brought the patient here is told apart too, but may explain why.

use std::collections::HashSet;

use super::scope::Scope;
use super::{Cues, Detail, EARLIER, Fact, Kind, Source, Tally, digits, numbered};
use crate::calendar::Day;
use crate::record::notes::{count_sentences, each_sentence};
use crate::record::{ClinicalRecord, Note};
use crate::text::nfkc;

/// A referral that is not older than this brought the patient here.
const DAYS_BEFORE_ADMISSION: i64 = 31;

pub(crate) fn facts(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut notes: Vec<(&Note, Option<Day>, Option<Titles>)> = Vec::new();
    for note in &record.notes {
        let Some(text) = note.text() else { continue };
        let day = note.date.as_deref().and_then(Day::parse);
        // Who an earlier letter was from and to is no fact about the patient.
        if matches!(note.code.as_deref(), Some("910" | "920")) {
            tally.count("letterhead", 1);
        } else if let Some(titles) = other_document(note, scope, day) {
            notes.push((note, day, Some(titles)));
        } else if belongs(note, scope, day) {
            notes.push((note, day, None));
        } else {
            tally.count("outside-encounter", count_sentences(text));
        }
    }
    notes.sort_by_key(|(_, day, titles)| (titles.is_some(), *day));
    let mut out = Vec::new();
    // Room for notes of usual length, so that their sentences are not hashed over and over as they grow.
    let mut told: HashSet<(Option<Day>, String)> = HashSet::with_capacity(notes.len() * 8);
    for (n, (note, day, titles)) in notes.into_iter().enumerate() {
        let (title, shown) = match &titles {
            Some(t) => (t.title, t.shown.as_str()),
            None => (&*note.title, &*note.title),
        };
        let of_title = Cues::of(shown);
        let mut position = 0;
        each_sentence(note.text().unwrap_or_default(), &mut |sentence| {
            position += 1;
            let folded = nfkc(sentence);
            let cues = of_title.and(Cues::of(&folded));
            // Copied forward within a day, word for word: once is enough.
            if !told.insert((day, folded)) {
                tally.count("duplicate", 1);
                return;
            }
            let source = Source::Record { resource: note.resource.clone(), path: note.pointer.clone() };
            let fields = vec![shown.to_owned(), sentence.to_owned()];
            let mut fact = Fact::telling(cues, Kind::Note, day, "", fields, source)
                .with(Detail::Note { title: title.to_owned(), code: note.code.clone() });
            fact.id = numbered("N", n + 1);
            fact.id.push('.');
            digits(position, &mut fact.id);
            out.push(fact);
        });
    }
    out
}

/// By the encounters that the note names, else by its day.
fn belongs(note: &Note, scope: &Scope, day: Option<Day>) -> bool {
    if note.encounters.is_empty() {
        return scope.within(day);
    }
    note.encounters.iter().any(|e| scope.holds_entry(Some(*e), day))
}

/// What a sentence of another document is called.
struct Titles {
    /// For choosing the material of a section.
    title: &'static str,
    /// As the fact says it.
    shown: String,
}

/// A summary or letter of something else than this stay.
fn other_document(note: &Note, scope: &Scope, day: Option<Day>) -> Option<Titles> {
    let document = note.document.as_deref()?;
    if note.encounters.iter().any(|e| scope.is_own(*e)) {
        return None;
    }
    let referral = ["紹介", "情報提供書"].iter().any(|w| document.contains(w));
    let stay = scope.stay.as_ref();
    let days_before = || Some((stay?.start?.date()? - day?.date()?).whole_days());
    let not_after_end = || stay.and_then(|s| s.end).is_none_or(|end| day.is_some_and(|d| d <= end));
    let brought_here = referral && days_before().is_some_and(|d| d <= DAYS_BEFORE_ADMISSION) && not_after_end();
    let title = if brought_here { "紹介状" } else { EARLIER };
    let when = day.map_or_else(|| "日付不明".to_owned(), Day::iso);
    let section = if &*note.title == document { "" } else { &*note.title };
    Some(Titles { title, shown: format!("{title}（{when} {document}）{section}") })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::facts::testing::{build, note, stay};
    use crate::facts::{Facts, Kind};

    fn summary(date: &str, title: &str, text: &str) -> Value {
        json!({ "resourceType": "Composition", "id": "old", "subject": { "reference": "Patient/p1" }, "date": date, "title": title,
            "section": [{ "title": "入院中経過", "code": { "coding": [{ "code": "333" }] },
                "text": { "div": format!("<div>{text}</div>") } }] })
    }

    fn sentence<'f>(facts: &'f Facts, word: &str) -> &'f crate::facts::Fact {
        facts.of(Kind::Note).find(|f| f.fields[1].contains(word)).expect("the sentence")
    }

    #[test]
    fn an_earlier_summary_is_dated_and_no_part_of_this_course() {
        let facts = build(&[
            stay(),
            summary("2024-03-10", "退院時サマリー", "第3病日に転倒した。"),
            note("2026-07-06", "経過記録 医師", "解熱した。"),
        ]);
        let old = sentence(&facts, "転倒");
        assert_eq!(old.text(), "2024-03-10 過去の文書（2024-03-10 退院時サマリー）入院中経過 第3病日に転倒した。");
        assert!(old.is_earlier() && !sentence(&facts, "解熱").is_earlier());
        let (template, _) = crate::template::Template::find("discharge-summary").expect("kind");
        assert!(!template.model_sections().any(|s| crate::drafting::suits(&s.material, old)));
        assert!(
            !crate::grounding::concerns_any(&[crate::grounding::Rule::AdverseEvents], old),
            "not an event of this stay"
        );
    }

    #[test]
    fn the_letter_that_brought_the_patient_may_say_why() {
        let facts = build(&[stay(), summary("2026-07-04", "診療情報提供書", "精査をお願いします。")]);
        let letter = sentence(&facts, "精査");
        assert!(crate::drafting::suits("note(入院理由,紹介)", letter) && !letter.is_earlier());
        assert!(!crate::drafting::suits("note(経過)", letter));
        assert!(letter.fields[0].contains("2026-07-04 診療情報提供書"));
    }

    #[test]
    fn a_summary_that_names_this_stay_is_its_own_course() {
        let mut own = summary("2026-07-12", "退院時サマリー", "解熱した。");
        own["encounter"] = json!({ "reference": "Encounter/e1" });
        let facts = build(&[stay(), own]);
        assert_eq!(sentence(&facts, "解熱").fields[0], "入院中経過");
    }
}
