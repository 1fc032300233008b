//! Grounding: every sentence of the model is checked against the facts that it cites, one rule a module.
//!
//! | # | check | module |
//! | --- | --- | --- |
//! | 1 | one patient | `record`, before the model |
//! | 2 | stop reason and schema | `draft`, and the caller's stop reason |
//! | 3 | citations | [`citation`], [`support`] |
//! | 4 | placeholders | [`placeholder`] |
//! | – | instructions planted in the record | [`instruction`] |
//! | 5 | numbers, dates, units, codes | [`numbers`] |
//! | 6 | names of drugs, tests, diseases | [`known_names`] |
//! | 6 | drugs and diseases of no cited fact | [`drugs`], [`diseases`] |
//! | 6 | words that exclude each other | [`alternatives`] |
//! | 7 | negation, suspicion, history | [`negation`], [`status`] |
//! | 8 | side | [`side`] |
//! | 9 | required sections | `drafting` |
//! | 10 | must mention, must not mention | [`must_mention`], [`must_not_mention`] |
//! | 11 | contradictions | `facts::contradictions`, [`contradicted`] |
//! | 12 | order in time | [`order`] |
//! | 13 | plan or done, stopped, resumed | [`plan`] |
//! | 14 | causes | [`cause`] |
//! | 15 | trends | [`trend`] |
//! | 16 | dose structure and changes | [`dose`] |
//! | 17 | measuring condition | [`condition_kept`] |
//! | 18 | whose fact | [`whose`] |
//! | 19 | note of another person | `facts::strangers`, [`pasted`] |
//! | 20 | register, abbreviations, length | [`register`] |
//!
//! A further check is a module here and a line in [`CHECKS`]. Checks drop or flag; none rewrites.
//! A test takes one out ([`without`]) and must then fail: that is what shows that it checks.

mod alternatives;
mod cause;
mod citation;
#[cfg(test)]
mod claims_tests;
mod clauses;
mod condition_kept;
mod content;
mod contradicted;
mod diseases;
mod dose;
mod drugs;
mod duplicate;
mod entered;
mod instruction;
mod known_names;
mod lexicon;
#[cfg(test)]
mod meaning_tests;
mod must_mention;
mod must_not_mention;
mod negation;
mod numbers;
mod order;
mod pasted;
mod placeholder;
mod plan;
mod register;
mod repair;
mod side;
mod status;
mod support;
#[cfg(test)]
pub(crate) mod testing;
mod trend;
mod whose;

use crate::document::Dropped;
use crate::draft::{Reply, ReplyKind, ReplySentence};
use crate::facts::{Fact, Facts, mentions};
use crate::names::Names;
use crate::template::Template;
use crate::text::nfkc;

pub use entered::entered;
pub(crate) use must_mention::{EVENTS, concerns_none};
pub use must_mention::{Rule, Words, concerns, concerns_any, is_infection, is_operation, restates, target};
pub use must_not_mention::{MUST_NOT_MENTION, forbids};
pub(crate) use side::{SIDES, Side, places};

/// What a check says of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    /// Why it is dropped: a slug that is delivered.
    Drop(&'static str),
    /// Delivered, but a person has to look: slug and message in Japanese.
    Flag(&'static str, String),
}

/// What a check may look at.
pub struct Context<'c> {
    pub facts: &'c Facts,
    pub names: &'c Names,
    pub template: &'c Template,
    /// Folded names of everything that the record knows.
    pub known: &'c [String],
}

/// A sentence with the facts that it cites, ready to be checked.
pub struct Claim<'c> {
    pub sentence: &'c ReplySentence,
    /// Code of the section that it stands in.
    pub section: &'c str,
    /// What passed before it in the same section.
    pub earlier: &'c [Passed],
    /// Texts that passed so far, in any section.
    pub seen: &'c [String],
    /// NFKC of the text as the model wrote it.
    pub text: String,
    pub cited: Vec<&'c Fact>,
    /// NFKC of what the cited facts say.
    pub evidence: Vec<String>,
}

const HELD_BACK: &str = "（開示できない内容を含むため表示しない）";

/// One rule, by a name that tests use.
#[derive(Clone, Copy)]
pub struct Check {
    pub name: &'static str,
    run: fn(&Claim, &Context) -> Verdict,
}

const fn rule(name: &'static str, run: fn(&Claim, &Context) -> Verdict) -> Check {
    Check { name, run }
}

/// In the order of the specification; the first that drops ends it.
pub const CHECKS: &[Check] = &[
    rule("duplicate", duplicate::check),
    rule("citation", citation::check),
    rule("placeholder", placeholder::check),
    rule("instruction", instruction::check),
    rule("undisclosed", known_names::undisclosed),
    rule("numbers", numbers::check),
    rule("known-names", known_names::check),
    rule("drugs", drugs::check),
    rule("diseases", diseases::check),
    // After the checks that can say what is wrong.
    rule("alternatives", alternatives::check),
    rule("support", support::check),
    rule("negation", negation::check),
    rule("status", status::check),
    rule("side", side::check),
    rule("plan", plan::check),
    rule("cause", cause::check),
    rule("trend", trend::check),
    rule("dose", dose::check),
    rule("condition-kept", condition_kept::check),
    rule("whose", whose::check),
    rule("contradicted", contradicted::check),
    rule("pasted", pasted::check),
    rule("order", order::check),
    rule("register", register::style),
    rule("abbreviations", register::abbreviations),
    rule("length", register::length),
    // Last, as names come back: nothing that was not put back is delivered.
    rule("names-back", placeholder::names_back),
];

/// All checks but the one of this name.
pub fn without(name: &str) -> Vec<Check> {
    CHECKS.iter().copied().filter(|c| c.name != name).collect()
}

/// A sentence that passed, with names restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Its position in the section of the reply.
    pub place: usize,
    pub text: String,
    pub facts: Vec<String>,
    /// Slug and message.
    pub flags: Vec<(&'static str, String)>,
}

/// A sentence that a check dropped, as the model wrote it: names still out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub section: String,
    pub place: usize,
    pub sentence: ReplySentence,
    pub reason: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounded {
    pub sections: Vec<(String, Vec<Passed>)>,
    pub dropped: Vec<Dropped>,
    pub refused: Vec<Refused>,
    pub asked: Vec<String>,
    /// Sentences that claimed something.
    pub claims: usize,
}

impl Grounded {
    /// More than 30 % dropped: the draft falls back to facts only.
    pub fn too_much_dropped(&self) -> bool {
        self.refused.len() * 10 > self.claims * 3
    }
}

/// Checks a reply sentence by sentence.
pub fn check(reply: &Reply, template: &Template, facts: &Facts, names: &Names, checks: &[Check]) -> Grounded {
    let known = known_names::of(facts);
    let context = Context { facts, names, template, known: &known };
    let mut out = Grounded { asked: reply.questions.clone(), ..Grounded::default() };
    let mut seen: Vec<String> = Vec::new();
    for section in &reply.sections {
        let mut passed = Vec::new();
        let known_section = template.model_sections().any(|s| s.code == section.code);
        for (place, sentence) in section.sentences.iter().enumerate() {
            if sentence.kind == ReplyKind::Missing {
                continue;
            }
            out.claims += 1;
            let place_in = Place { section: &section.code, earlier: &passed, seen: &seen };
            let verdict =
                if known_section { one(sentence, place_in, &context, checks) } else { Err("unknown-section") };
            match verdict {
                Ok(p) => {
                    seen.push(sentence.text.clone());
                    passed.push(Passed { place, ..p });
                }
                Err(reason) => {
                    // Even as a dropped sentence it must not be read.
                    let hidden = mentions(&sentence.text, &facts.undisclosed);
                    let text = if hidden { HELD_BACK.to_owned() } else { shown(&sentence.text, names) };
                    let code = section.code.clone();
                    out.dropped.push(Dropped { section: code.clone(), text, reason: reason.to_owned() });
                    out.refused.push(Refused { section: code, place, sentence: sentence.clone(), reason });
                }
            }
        }
        match out.sections.iter_mut().find(|(code, _)| *code == section.code) {
            Some((_, list)) => list.extend(passed),
            None => out.sections.push((section.code.clone(), passed)),
        }
    }
    out
}

/// A question of the model may cite nothing, so its figures and names must stand somewhere among the facts.
pub fn question_rests_on(text: &str, template: &Template, facts: &Facts, names: &Names) -> bool {
    let sentence = ReplySentence { text: text.to_owned(), facts: Vec::new(), kind: ReplyKind::Fact };
    let cited: Vec<&Fact> = facts.offered().collect();
    let evidence = cited.iter().map(|f| nfkc(&f.text())).collect();
    let claim = Claim { sentence: &sentence, section: "", earlier: &[], seen: &[], text: nfkc(text), evidence, cited };
    let context = Context { facts, names, template, known: &[] };
    numbers::check(&claim, &context) == Verdict::Keep
        && placeholder::check(&claim, &context) == Verdict::Keep
        && !crate::prompt::passes_on_instruction(text)
}

/// Where a sentence stands.
struct Place<'p> {
    section: &'p str,
    earlier: &'p [Passed],
    seen: &'p [String],
}

fn one(sentence: &ReplySentence, place: Place, context: &Context, checks: &[Check]) -> Result<Passed, &'static str> {
    let cited: Vec<&Fact> = sentence.facts.iter().filter_map(|id| context.facts.get(id)).collect();
    let claim = Claim {
        sentence,
        section: place.section,
        earlier: place.earlier,
        seen: place.seen,
        text: nfkc(&sentence.text),
        evidence: cited.iter().map(|f| nfkc(&f.text())).collect(),
        cited,
    };
    let mut flags = Vec::new();
    for check in checks {
        match (check.run)(&claim, context) {
            Verdict::Keep => {}
            Verdict::Drop(reason) => return Err(reason),
            Verdict::Flag(reason, message) => flags.push((reason, shown(&message, context.names))),
        }
    }
    Ok(Passed { place: 0, text: shown(&sentence.text, context.names), facts: sentence.facts.clone(), flags })
}

/// A dropped sentence as the physician may see it; what names nobody issued stays as it is.
fn shown(text: &str, names: &Names) -> String {
    names.put_back(text).unwrap_or_else(|| text.replace(['⟦', '⟧'], "□"))
}
