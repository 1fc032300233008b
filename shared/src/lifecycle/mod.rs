//! The life of a document: `requested → draft → (revised)* → [awaiting approval] → final → (amended → final)* |
//! withdrawn | sealed`, and `failed`. Who may do what in which state, and what state follows.
//!
//! Holds decisions alone. Leaves out storage, time and the transaction (`functions/finalize-document`).

mod changes;
mod finality;
mod retention;
mod revision;
#[cfg(test)]
mod table;
#[cfg(test)]
mod testing;

use crate::role::Role;
use crate::template::Template;

pub use changes::{Change, Changes, changes};
pub use finality::{AnswersError, entered_permille, incomplete, open_flags_answered};
pub use retention::{Stage, Term, term};
pub use revision::{RevisionError, SubmittedSection, SubmittedSentence, revise};

/// Where a document stands; stored and sent by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Under a lease, being drafted.
    Requested,
    /// As the machine wrote it.
    Draft,
    /// Changed by a person.
    Revised,
    /// Typed by a clerk for a physician (代行入力), who has to approve it (guideline 6.0, 別添: 代行操作の承認機能).
    AwaitingApproval,
    /// 確定.
    Final,
    /// A final version stands, and a change of it is under way.
    Amended,
    Withdrawn,
    /// Unreadable to all but an auditor, by two persons.
    Sealed,
    /// Drafting failed; the same key may try again.
    Failed,
}

impl State {
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Draft,
        Self::Revised,
        Self::AwaitingApproval,
        Self::Final,
        Self::Amended,
        Self::Withdrawn,
        Self::Sealed,
        Self::Failed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Draft => "draft",
            Self::Revised => "revised",
            Self::AwaitingApproval => "awaiting-approval",
            Self::Final => "final",
            Self::Amended => "amended",
            Self::Withdrawn => "withdrawn",
            Self::Sealed => "sealed",
            Self::Failed => "failed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether somebody has still to finalise what is there.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Revised | Self::AwaitingApproval | Self::Amended)
    }
}

/// What a person does to a document that has been drafted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    Revise,
    Finalise,
    Withdraw,
    /// The first of two persons asks for sealing, the second seals.
    Seal,
    /// Handing a copy of the final version out.
    Issue,
}

impl Act {
    pub const ALL: [Self; 5] = [Self::Revise, Self::Finalise, Self::Withdraw, Self::Seal, Self::Issue];
}

/// Why an act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 403 `role-not-permitted`
    #[error("the role may not do this to this kind of document")]
    Role,
    /// 409 `state-not-allowed`
    #[error("this cannot be done in the state that the document is in")]
    State,
}

/// Whether a role may do this to this kind at all.
///
/// Physicians revise, withdraw and seal every kind and finalise where the template names them; nurses do all of it to
/// the kinds that name them; clerks revise and issue the kinds that allow clerks, and never finalise.
pub fn role_may(act: Act, role: Role, template: &Template) -> bool {
    let finalises = template.finalisers.iter().any(|f| f == role.as_str());
    match role {
        Role::Physician => finalises || act != Act::Finalise,
        Role::Nurse => finalises,
        Role::Clerk => template.clerk && matches!(act, Act::Revise | Act::Issue),
        Role::Auditor => false,
    }
}

/// Whether an act takes place in a state.
pub const fn state_takes(act: Act, state: State) -> bool {
    match act {
        Act::Revise | Act::Withdraw => state.is_open() || matches!(state, State::Final),
        Act::Finalise => state.is_open(),
        Act::Seal => matches!(state, State::Final | State::Amended | State::Withdrawn),
        Act::Issue => matches!(state, State::Final),
    }
}

/// Both of the above, the role first: who may not act learns nothing of the state.
pub fn permit(act: Act, state: State, role: Role, template: &Template) -> Result<(), Refusal> {
    if !role_may(act, role, template) {
        return Err(Refusal::Role);
    }
    if state_takes(act, state) { Ok(()) } else { Err(Refusal::State) }
}

/// The state after a revision: a clerk's awaits approval, a final document's begins an amendment.
pub fn after_revision(role: Role, ever_final: bool) -> State {
    match role {
        Role::Clerk => State::AwaitingApproval,
        _ if ever_final => State::Amended,
        _ => State::Revised,
    }
}

/// Seconds for which a sign-in serves to finalise (guideline 6.0, re-authentication for 確定).
pub const SIGN_IN_SECONDS: i64 = 15 * 60;

/// Whether a sign-in is fresh enough to finalise; both in seconds since 1970. One from the future is none.
pub const fn sign_in_is_fresh(signed_in_at: i64, now: i64) -> bool {
    // Clocks of two machines differ a little.
    signed_in_at <= now + 60 && now - signed_in_at <= SIGN_IN_SECONDS
}
