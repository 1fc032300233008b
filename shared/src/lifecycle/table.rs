//! Every state × act × role, written out once more by hand: the table that the rules must agree with.

use super::{Act, Refusal, State, after_revision, permit, role_may, sign_in_is_fresh, state_takes};
use crate::role::Role;
use crate::template::Template;

/// Roles by kind: P physician, C clerk, N nurse. Nobody else may do anything.
const ROLES: &[(Act, &str, &str)] = &[
    (Act::Revise, "discharge-summary", "PC"),
    (Act::Finalise, "discharge-summary", "P"),
    (Act::Withdraw, "discharge-summary", "P"),
    (Act::Seal, "discharge-summary", "P"),
    (Act::Issue, "discharge-summary", "PC"),
    (Act::Revise, "nursing-summary", "PN"),
    (Act::Finalise, "nursing-summary", "N"),
    (Act::Withdraw, "nursing-summary", "PN"),
    (Act::Seal, "nursing-summary", "PN"),
    (Act::Issue, "nursing-summary", "PN"),
];

/// requested, draft, revised, awaiting approval, final, amended, withdrawn, sealed, failed: x where the act takes place.
const STATES: &[(Act, &str)] = &[
    (Act::Revise, ".xxxxx..."),
    (Act::Finalise, ".xxx.x..."),
    (Act::Withdraw, ".xxxxx..."),
    (Act::Seal, "....xxx.."),
    (Act::Issue, "....x...."),
];

#[test]
fn every_state_act_and_role_is_as_the_table_says() {
    let mut cells = 0;
    for (act, kind, roles) in ROLES {
        let (template, _) = Template::find(kind).expect("a kind");
        let (_, states) = STATES.iter().find(|(a, _)| a == act).expect("every act");
        for role in Role::ALL {
            let letter = role.as_str()[..1].to_uppercase();
            let may = role != Role::Auditor && roles.contains(&letter);
            assert_eq!(role_may(*act, role, &template), may, "{act:?} {kind} {role:?}");
            for (state, cell) in State::ALL.into_iter().zip(states.chars()) {
                let takes = cell == 'x';
                assert_eq!(state_takes(*act, state), takes, "{act:?} {state:?}");
                let expected = match (may, takes) {
                    (false, _) => Err(Refusal::Role),
                    (true, false) => Err(Refusal::State),
                    (true, true) => Ok(()),
                };
                assert_eq!(permit(*act, state, role, &template), expected, "{act:?} {kind} {role:?} {state:?}");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, Act::ALL.len() * 2 * Role::ALL.len() * State::ALL.len());
}

#[test]
fn names_of_states_read_back() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
    }
    assert_eq!(State::parse("Final"), None);
}

#[test]
fn a_revision_leads_where_its_author_and_history_say() {
    for (role, ever_final, next) in [
        (Role::Physician, false, State::Revised),
        (Role::Nurse, false, State::Revised),
        (Role::Physician, true, State::Amended),
        (Role::Clerk, false, State::AwaitingApproval),
        (Role::Clerk, true, State::AwaitingApproval),
    ] {
        assert_eq!(after_revision(role, ever_final), next, "{role:?} {ever_final}");
    }
}

#[test]
fn a_sign_in_serves_for_fifteen_minutes() {
    for (signed_in, fresh) in [(1000, true), (100, true), (99, false), (1060, true), (1061, false)] {
        assert_eq!(sign_in_is_fresh(signed_in, 1000), fresh, "{signed_in}");
    }
}
