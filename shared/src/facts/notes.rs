//! Sentence facts: `N03.2` is the second sentence of the third note.

use super::scope::Scope;
use super::{Detail, Fact, Kind, Source, Tally};
use crate::calendar::Day;
use crate::record::notes::sentences;
use crate::record::{ClinicalRecord, Note};
use crate::text::nfkc;

pub(crate) fn facts(record: &ClinicalRecord, scope: &Scope, tally: &mut Tally) -> Vec<Fact> {
    let mut notes: Vec<(&Note, Option<Day>)> = Vec::new();
    // Who an earlier letter was from and to is no fact about the patient.
    let letterhead = |note: &&Note| matches!(note.code.as_deref(), Some("910" | "920"));
    for note in record.notes.iter().filter(|n| !letterhead(n)) {
        let day = note.date.as_deref().and_then(Day::parse);
        if belongs(record, scope, note, day) {
            notes.push((note, day));
        } else {
            tally.count("outside-encounter", sentences(&note.text).len());
        }
    }
    notes.sort_by_key(|(_, day)| *day);
    let mut out = Vec::new();
    let mut told: std::collections::HashSet<(Option<Day>, String)> = std::collections::HashSet::new();
    for (n, (note, day)) in notes.into_iter().enumerate() {
        for (s, sentence) in sentences(&note.text).into_iter().enumerate() {
            // Copied forward within a day, word for word: once is enough.
            if !told.insert((day, nfkc(&sentence))) {
                tally.count("duplicate", 1);
                continue;
            }
            let source = Source::Record { resource: note.resource.clone(), path: note.pointer.clone() };
            let fields = vec![note.title.clone(), sentence];
            let mut fact = Fact::new(Kind::Note, day, "", fields, source)
                .with(Detail::Note { title: note.title.clone(), code: note.code.clone() });
            fact.id = format!("N{:02}.{}", n + 1, s + 1);
            out.push(fact);
        }
    }
    out
}

/// By the encounters that the note names, else by its day.
fn belongs(record: &ClinicalRecord, scope: &Scope, note: &Note, day: Option<Day>) -> bool {
    use crate::record::types::Reference;
    let references: Vec<Reference> =
        note.encounters.iter().map(|e| Reference { reference: Some(e.clone()), ..Reference::default() }).collect();
    if references.is_empty() {
        return scope.within(day);
    }
    references.iter().any(|r| scope.holds(record, Some(r), day))
}
