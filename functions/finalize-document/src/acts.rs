//! Acts that leave the text as it is: withdrawal, sealing by two persons, issuing.

use fude::audit::Action;
use fude::lifecycle::State as Life;
use fude_aws::metadata::{Issue, Person};
use fude_aws::state::State;

use crate::commit::{Said, step};
use crate::error::Error;
use crate::handler::Job;

pub fn withdraw(job: &Job<'_>, reason: &str) -> Result<(State, Action, Said), Error> {
    let said = Said::why(reason);
    let next = State { state: Life::Withdrawn.as_str().to_owned(), ..job.state.clone() };
    Ok((step(job, next, Action::DocumentWithdrawn, &said, false)?, Action::DocumentWithdrawn, said))
}

/// The first call asks, the call of a second person seals.
pub fn seal(job: &Job<'_>, reason: &str) -> Result<(State, Action, Said), Error> {
    let said = Said::why(reason);
    let (next, action) = match &job.state.sealing_requested_by {
        None => {
            let person = Person::of(job.caller, job.registration.staff.as_ref());
            (State { sealing_requested_by: Some(person), ..job.state.clone() }, Action::SealingRequested)
        }
        Some(first) if first.id == job.caller.user => return Err(Error::SameSealer),
        Some(_) => (State { state: Life::Sealed.as_str().to_owned(), ..job.state.clone() }, Action::DocumentSealed),
    };
    Ok((step(job, next, action, &said, false)?, action, said))
}

/// A further copy of any version is a reissue, so that a correction reaches whoever has the old one.
pub fn issue(job: &Job<'_>, issue: &Issue) -> Result<(State, Action, Said), Error> {
    let said = Said { issue: Some(issue.clone()), ..Said::default() };
    // By its action: a step that was rebuilt from the log no longer knows to whom the copy went
    let went_out = [Action::DocumentIssued.name(), Action::DocumentReissued.name()];
    let again = job.state.history.iter().any(|s| went_out.contains(&s.action.as_str()));
    let action = if again { Action::DocumentReissued } else { Action::DocumentIssued };
    Ok((step(job, job.state.clone(), action, &said, false)?, action, said))
}
