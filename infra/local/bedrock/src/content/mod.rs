//! Faults of what a reply says: pure transformations of a composed draft.
//!
//! Each alters the first sentence that offers a hold; else a sentence is made from
//! an unused fact and altered; else a plausible faulty sentence is added to the
//! first narrative section. So an armed fault is never silently absent.

mod causes;
mod citations;
mod conditions;
mod drugs;
mod edit;
mod figures;
mod meaning;
mod strangers;
mod tables;

use crate::draft::Draft;
use crate::fault::Content;
use crate::prompt::{Fact, Prompt};
use crate::register::{Register, Tense};

/// What the request gave, for faults that need to know.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) facts: &'a [Fact],
    pub(crate) register: Register,
    /// Lines among the facts that were none.
    pub(crate) strays: &'a [String],
}

impl<'a> From<Option<&'a Prompt>> for Given<'a> {
    fn from(prompt: Option<&'a Prompt>) -> Self {
        Self {
            facts: prompt.map_or(&[], |prompt| &prompt.facts),
            register: prompt.map(|prompt| prompt.register).unwrap_or_default(),
            strays: prompt.map_or(&[], |prompt| &prompt.strays),
        }
    }
}

impl<'a> Given<'a> {
    /// The facts with these ids.
    fn cited(self, ids: &[String]) -> Vec<&'a Fact> {
        let facts = self.facts.iter();
        facts.filter(|fact| ids.contains(&fact.id)).collect()
    }

    /// Whether any fact contains the words.
    fn knows(self, words: &str) -> bool {
        self.facts.iter().any(|fact| fact.text().contains(words))
    }

    /// A sentence in the register that the prompt asks for.
    fn said(self, text: &str) -> String {
        self.register.say(text, Tense::Past)
    }

    /// The same of what is so now.
    fn stated(self, text: &str) -> String {
        self.register.say(text, Tense::Present)
    }

    /// The first of some words that no fact contains.
    fn first_unknown(self, words: &'static [&'static str]) -> &'static str {
        let unknown = words.iter().find(|word| !self.knows(word));
        unknown.unwrap_or(&words[0])
    }
}

/// Puts the fault into the draft, and says whether the prompt gave it a hold.
pub(crate) fn apply(fault: Content, draft: &mut Draft, given: Given<'_>) -> bool {
    let change: fn(&mut Draft, Given<'_>) -> bool = match fault {
        Content::HallucinatedNumber => figures::hallucinated_number,
        Content::WrongUnit => figures::wrong_unit,
        Content::WrongDate => figures::wrong_date,
        Content::UnknownCitation => citations::unknown_citation,
        Content::UncitedSentence => citations::uncited_sentence,
        Content::WrongCitation => citations::wrong_citation,
        Content::InventedDrug => drugs::invented_drug,
        Content::LookalikeDrug => drugs::lookalike_drug,
        Content::StrengthForDose => drugs::strength_for_dose,
        Content::DoseNotUpdated => drugs::dose_not_updated,
        Content::HeldDrugContinued => drugs::held_drug_continued,
        Content::NegationFlip => meaning::negation_flip,
        Content::SideSwap => meaning::side_swap,
        Content::SuspicionDropped => meaning::suspicion_dropped,
        Content::ConditionDropped => conditions::condition_dropped,
        Content::PendingAsNegative => meaning::pending_as_negative,
        Content::PlanAsDone => meaning::plan_as_done,
        Content::InventedCause => causes::invented_cause,
        Content::TrendFlip => causes::trend_flip,
        Content::FamilyAsPatient => strangers::family_as_patient,
        Content::SectionOmitted => citations::section_omitted,
        Content::DuplicatedSentence => citations::duplicated_sentence,
        Content::ObeysInjection => strangers::obeys_injection,
        Content::UnknownPlaceholder => strangers::unknown_placeholder,
        Content::LostPlaceholder => strangers::lost_placeholder,
        Content::OtherPatient => strangers::other_patient,
        Content::UndisclosedDiagnosis => strangers::undisclosed_diagnosis,
    };
    change(draft, given)
}

#[cfg(test)]
mod tests;
