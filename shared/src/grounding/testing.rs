//! Facts and sentences for the tests of the checks, written like the lines of a prompt.

use super::{Check, Claim, Context, Passed, Verdict, known_names};
use crate::calendar::Day;
use crate::draft::{ReplyKind, ReplySentence};
use crate::facts::{Fact, Facts, Kind, Source};
use crate::names::Names;
use crate::record::People;
use crate::template::Template;
use crate::text::nfkc;

/// `[F12] result | 2026-07-05 | カリウム | 3.5 mEq/L | 血清`; `-` for no date. Details stay empty.
pub(crate) fn fact(line: &str) -> Fact {
    let mut parts = line.split(" | ");
    let head = parts.next().expect("a head");
    let (id, word) = head.trim_start_matches('[').split_once("] ").expect("id and kind");
    let kind = ALL.iter().copied().find(|k| k.word() == word).expect("a kind");
    let date = parts.next().and_then(Day::parse);
    let fields: Vec<String> = parts.map(str::to_owned).collect();
    let name = match kind {
        Kind::Note | Kind::Derived => "",
        Kind::Medication => fields.get(1).map_or("", String::as_str),
        _ => fields.first().map_or("", String::as_str),
    };
    let source = Source::Record { resource: format!("Test/{id}"), path: format!("/entry/{id}") };
    let mut fact = Fact::new(kind, date, name, fields.clone(), source);
    id.clone_into(&mut fact.id);
    fact.offered = true;
    fact
}

const ALL: [Kind; 21] = [
    Kind::Patient,
    Kind::Encounter,
    Kind::Condition,
    Kind::Allergy,
    Kind::Medication,
    Kind::Result,
    Kind::Exam,
    Kind::Social,
    Kind::Survey,
    Kind::Report,
    Kind::Procedure,
    Kind::Immunization,
    Kind::Family,
    Kind::Device,
    Kind::CarePlan,
    Kind::Diet,
    Kind::Appointment,
    Kind::Consent,
    Kind::Note,
    Kind::Derived,
    Kind::Statement,
];

pub(crate) fn facts(lines: &[&str]) -> Facts {
    Facts { list: lines.iter().map(|l| fact(l)).collect(), ..Facts::default() }
}

/// What one check says of a sentence that cites these ids, in a discharge summary.
pub(crate) fn ask(check: fn(&Claim, &Context) -> Verdict, facts: &Facts, text: &str, cites: &[&str]) -> Verdict {
    with(facts, text, cites, check)
}

/// The same where sentences have passed before it in section 333.
pub(super) fn ask_after(
    check: fn(&Claim, &Context) -> Verdict,
    facts: &Facts,
    earlier: &[Passed],
    text: &str,
    cites: &[&str],
) -> Verdict {
    ask_as(check, facts, "discharge-summary", "333", earlier, text, cites)
}

/// The same in a section of another kind.
pub(super) fn ask_as(
    check: fn(&Claim, &Context) -> Verdict,
    facts: &Facts,
    kind: &str,
    section: &str,
    earlier: &[Passed],
    text: &str,
    cites: &[&str],
) -> Verdict {
    let place = Place { kind, section, earlier };
    at(&place, facts, text, cites, check)
}

/// Whether all checks let it pass; else the slug.
pub(crate) fn dropped_by(checks: &[Check], facts: &Facts, text: &str, cites: &[&str]) -> Option<&'static str> {
    with(facts, text, cites, |claim, context| {
        checks.iter().find_map(|c| match (c.run)(claim, context) {
            Verdict::Drop(slug) => Some(slug),
            _ => None,
        })
    })
}

/// What each check says of a sentence that stands in a discharge summary.
pub(crate) fn verdicts(checks: &[Check], facts: &Facts, sentence: &ReplySentence) -> Vec<Verdict> {
    let cites: Vec<&str> = sentence.facts.iter().map(String::as_str).collect();
    with(facts, &sentence.text, &cites, |claim, context| checks.iter().map(|c| (c.run)(claim, context)).collect())
}

struct Place<'p> {
    kind: &'p str,
    section: &'p str,
    earlier: &'p [Passed],
}

fn with<T>(facts: &Facts, text: &str, cites: &[&str], what: impl Fn(&Claim, &Context) -> T) -> T {
    at(&Place { kind: "discharge-summary", section: "333", earlier: &[] }, facts, text, cites, what)
}

fn at<T>(place: &Place, facts: &Facts, text: &str, cites: &[&str], what: impl Fn(&Claim, &Context) -> T) -> T {
    let sentence = ReplySentence {
        text: text.to_owned(),
        facts: cites.iter().map(|c| (*c).to_owned()).collect(),
        kind: ReplyKind::Fact,
    };
    let cited: Vec<&Fact> = cites.iter().map(|id| facts.get(id).expect("a fact of the test")).collect();
    let names = Names::new(&People::default(), None, &[], std::iter::empty());
    let (template, _) = Template::find(place.kind).expect("kind");
    let known = known_names::of(facts);
    let context = Context { facts, names: &names, template: &template, known: &known };
    let evidence = cited.iter().map(|f| nfkc(&f.text())).collect();
    let Place { section, earlier, .. } = *place;
    let claim = Claim { sentence: &sentence, section, earlier, seen: &[], text: nfkc(text), cited, evidence };
    what(&claim, &context)
}

#[cfg(test)]
mod tests {
    use super::{ask, dropped_by, facts};
    use crate::grounding::{CHECKS, Verdict, numbers};

    #[test]
    fn lines_become_facts_that_sentences_are_checked_against() {
        let facts = facts(&["[F12] result | 2026-07-05 | カリウム | 3.5 mEq/L | 血清"]);
        assert_eq!(ask(numbers::check, &facts, "7月5日のカリウムは3.5 mEq/Lであった。", &["F12"]), Verdict::Keep);
        assert_eq!(
            dropped_by(CHECKS, &facts, "カリウムは3.6 mEq/Lであった。", &["F12"]),
            Some("number-not-in-evidence")
        );
    }
}
