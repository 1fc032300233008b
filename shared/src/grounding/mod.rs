//! Grounding: every sentence of the model is checked against the facts that it cites, one rule a module.
//!
//! | # | check | module |
//! | --- | --- | --- |
//! | 1 | one patient | `record`, before the model |
//! | 2 | stop reason and schema | `draft`, and the caller's stop reason |
//! | 3 | citations | [`citation`] |
//! | 4 | placeholders | [`placeholder`] |
//! | – | instructions planted in the record | [`instruction`] |
//! | 5 | numbers, dates, units, codes | [`numbers`] |
//! | 6 | names of drugs, tests, diseases | [`known_names`] |
//! | 8 | side | [`side`] |
//! | 9 | required sections | `drafting` |
//! | 10 | must mention | [`must_mention`] |
//!
//! A further check is a module here and a line in [`CHECKS`]. Checks drop or flag; none rewrites.
//! A test takes one out ([`without`]) and must then fail: that is what shows that it checks.

mod citation;
mod instruction;
mod known_names;
mod must_mention;
mod numbers;
mod placeholder;
mod side;
#[cfg(test)]
mod testing;

use crate::document::Dropped;
use crate::draft::{Reply, ReplyKind, ReplySentence};
use crate::facts::{Fact, Facts, mentions};
use crate::names::Names;
use crate::template::Template;
use crate::text::nfkc;

pub use must_mention::{MUST_MENTION, concerns, is_operation, target};

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
    rule("citation", citation::check),
    rule("placeholder", placeholder::check),
    rule("instruction", instruction::check),
    rule("undisclosed", known_names::undisclosed),
    rule("numbers", numbers::check),
    rule("known-names", known_names::check),
    rule("side", side::check),
];

/// All checks but the one of this name.
pub fn without(name: &str) -> Vec<Check> {
    CHECKS.iter().copied().filter(|c| c.name != name).collect()
}

/// A sentence that passed, with names restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    pub text: String,
    pub facts: Vec<String>,
    /// Slug and message.
    pub flags: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounded {
    pub sections: Vec<(String, Vec<Passed>)>,
    pub dropped: Vec<Dropped>,
    pub asked: Vec<String>,
    /// Sentences that claimed something.
    pub claims: usize,
}

impl Grounded {
    /// More than 30 % dropped: the draft falls back to facts only.
    pub fn too_much_dropped(&self) -> bool {
        self.dropped.len() * 10 > self.claims * 3
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
        for sentence in &section.sentences {
            if sentence.kind == ReplyKind::Missing {
                continue;
            }
            out.claims += 1;
            let verdict = if !known_section {
                Err("unknown-section")
            } else if seen.contains(&sentence.text) {
                Err("duplicate")
            } else {
                one(sentence, &section.code, &passed, &context, checks)
            };
            match verdict {
                Ok(p) => {
                    seen.push(sentence.text.clone());
                    passed.push(p);
                }
                Err(reason) => out.dropped.push(Dropped {
                    section: section.code.clone(),
                    // Even as a dropped sentence it must not be read.
                    text: if mentions(&sentence.text, &facts.undisclosed) {
                        HELD_BACK.to_owned()
                    } else {
                        shown(&sentence.text, names)
                    },
                    reason: reason.to_owned(),
                }),
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
    let claim = Claim { sentence: &sentence, section: "", earlier: &[], text: nfkc(text), evidence, cited };
    let context = Context { facts, names, template, known: &[] };
    numbers::check(&claim, &context) == Verdict::Keep && placeholder::check(&claim, &context) == Verdict::Keep
        && !crate::prompt::passes_on_instruction(text)
}

fn one(
    sentence: &ReplySentence,
    section: &str,
    earlier: &[Passed],
    context: &Context,
    checks: &[Check],
) -> Result<Passed, &'static str> {
    let cited: Vec<&Fact> = sentence.facts.iter().filter_map(|id| context.facts.get(id)).collect();
    let claim = Claim {
        sentence,
        section,
        earlier,
        text: nfkc(&sentence.text),
        evidence: cited.iter().map(|f| nfkc(&f.text())).collect(),
        cited,
    };
    let mut flags = Vec::new();
    for check in checks {
        match (check.run)(&claim, context) {
            Verdict::Keep => {}
            Verdict::Drop(reason) => return Err(reason),
            Verdict::Flag(reason, message) => flags.push((reason, message)),
        }
    }
    let text = context.names.put_back(&sentence.text).ok_or("unknown-placeholder")?;
    Ok(Passed { text, facts: sentence.facts.clone(), flags })
}

/// A dropped sentence as the physician may see it; what names nobody issued stays as it is.
fn shown(text: &str, names: &Names) -> String {
    names.put_back(text).unwrap_or_else(|| text.replace(['⟦', '⟧'], "□"))
}
