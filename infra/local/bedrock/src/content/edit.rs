//! The ways in which a fault gets into a draft.

use super::Given;
use crate::draft::{Draft, Kind, Section, Sentence};
use crate::phrase::alone;
use crate::prompt::Fact;

/// Section of a draft that has none.
const NARRATIVE: &str = "333";

/// Rewrites the first sentence for which `change` has another text; else adds such a sentence made from a fact; else
/// adds `otherwise`. Says whether the prompt gave a hold.
pub(super) fn rewrite(
    draft: &mut Draft,
    given: Given<'_>,
    otherwise: &str,
    change: impl Fn(&str, &[&Fact]) -> Option<String>,
) -> bool {
    let changed = |text: &str, facts: &[&Fact]| change(text, facts).filter(|new| new != text);
    for sentence in draft.claims_mut() {
        if let Some(text) = changed(&sentence.text, &given.cited(&sentence.facts)) {
            sentence.text = text;
            return true;
        }
    }
    let of_fact = |fact: &Fact| changed(&alone(fact, given.register), &[fact]);
    make(draft, given, of_fact) || {
        add(draft, given, otherwise);
        false
    }
}

/// Adds a sentence made from the first fact that gives one.
pub(super) fn make(draft: &mut Draft, given: Given<'_>, sentence: impl Fn(&Fact) -> Option<String>) -> bool {
    let made = given.facts.iter().find_map(|fact| Some((sentence(fact)?, fact.id.clone())));
    let Some((text, id)) = made else {
        return false;
    };
    add_citing(draft, text, vec![id]);
    true
}

/// Adds a sentence to the first narrative section, citing a fact that exists.
pub(super) fn add(draft: &mut Draft, given: Given<'_>, text: &str) {
    let cited = draft.claims().find_map(|sentence| sentence.facts.first());
    let cited = cited.or(given.facts.first().map(|fact| &fact.id));
    let facts = cited.cloned().into_iter().collect();
    add_citing(draft, given.said(text), facts);
}

/// Adds a sentence to the first narrative section.
pub(super) fn add_citing(draft: &mut Draft, text: String, facts: Vec<String>) {
    if draft.sections.is_empty() {
        draft.sections.push(Section { code: NARRATIVE.to_owned(), sentences: Vec::new() });
    }
    let tells = |section: &Section| section.sentences.iter().any(|s| s.kind == Kind::Fact);
    let narrative = draft.sections.iter().position(tells).unwrap_or(0);
    let sentences = &mut draft.sections[narrative].sentences;
    // A section does not say both nothing and something.
    sentences.retain(|sentence| sentence.kind == Kind::Fact);
    sentences.push(Sentence::fact(text, facts));
}

/// Replaces the first hold of a table, row by row, outside the guarded words.
pub(super) fn swap(text: &str, table: &[(&str, &str)], guarded: &[&str]) -> Option<String> {
    table.iter().find_map(|(from, to)| {
        let mut holds = text.match_indices(from).map(|(at, _)| at);
        let at = holds.find(|at| !is_guarded(text, *at, from.len(), guarded))?;
        let (before, after) = (&text[..at], &text[at + from.len()..]);
        Some(format!("{before}{to}{after}"))
    })
}

/// Whether a guarded word covers some of the hold.
fn is_guarded(text: &str, at: usize, length: usize, guarded: &[&str]) -> bool {
    guarded.iter().any(|word| {
        let mut places = text.match_indices(word).map(|(start, _)| start);
        places.any(|start| start < at + length && at < start + word.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_passes_over_guarded_words() {
        let table = [("右", "左")];
        assert_eq!(swap("右室肥大と右下葉", &table, &["右室"]).unwrap(), "右室肥大と左下葉");
        assert_eq!(swap("右室肥大", &table, &["右室"]), None);
    }
}
