//! What a sentence may tell: groups of words, all looked for in one walk. A long chart has thousands of sentences, each of
//! which half a dozen searches would ask for their own words, and hardly any sentence holds one.

use super::{contradictions, pending, reasons, strangers};
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
    /// Who follows a pending result up.
    FollowUp,
}

/// In the order of [`Cue`].
static WORDS: Groups = Groups::new(&[
    grounding::EVENTS,
    strangers::SIGNS,
    &[contradictions::ALLERGY],
    contradictions::EXAMINED,
    reasons::CHANGES,
    grounding::SIDES,
    pending::FOLLOWED,
]);

/// Which searches have a word in the fields of a fact, however it is spelt; a word more does no harm, as each search
/// then reads the fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cues(u32);

impl Cues {
    pub fn of(field: &str) -> Self {
        Self(WORDS.standing_in(field))
    }

    /// What either tells.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Of a fact that nobody has looked at.
    pub const ANY: Self = Self(u32::MAX);

    pub fn holds(self, cue: Cue) -> bool {
        self.0 >> (cue as u32) & 1 == 1
    }
}
