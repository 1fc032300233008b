//! What a sentence may tell: groups of words, all looked for in one walk. A long chart has thousands of sentences, each of
//! which half a dozen searches would ask for their own words, and hardly any sentence holds one.

use super::{contradictions, reasons, strangers};
use crate::grounding;
use crate::text::Groups;

/// A search that wants one of its words to stand in a fact.
#[derive(Clone, Copy)]
pub(crate) enum Cue {
    /// Adverse events, pending results, incidental findings, directives.
    Event,
    /// An age or an honorific.
    Stranger,
    Allergy,
    /// A finding of the examining hand.
    Examined,
    /// A drug begun, stopped or changed.
    DrugChange,
    /// 右, 左, 両, Rt, Lt.
    Side,
}

/// In the order of [`Cue`].
static WORDS: Groups = Groups::new(&[
    grounding::EVENTS,
    strangers::SIGNS,
    &[contradictions::ALLERGY],
    contradictions::EXAMINED,
    reasons::CHANGES,
    grounding::SIDES,
]);

/// Which searches have a word in the fields of a fact, however it is spelt; a word more does no harm, as each search
/// then reads the fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cues(u32);

impl Cues {
    pub fn of(fields: &[String]) -> Self {
        Self(fields.iter().fold(0, |all, field| all | WORDS.standing_in(field)))
    }

    /// Of a fact that nobody has looked at.
    pub const ANY: Self = Self(u32::MAX);

    pub fn holds(self, cue: Cue) -> bool {
        self.0 >> (cue as u32) & 1 == 1
    }
}
