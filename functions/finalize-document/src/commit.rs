//! One transaction: the new state, its event, and the answer that a repeat of the same key gets.

use fude::audit::{Action, Outcome};
use fude::integrity::{Digest, canonical};
use fude_aws::audit::{self, What};
use fude_aws::caller::Caller;
use fude_aws::metadata::{Issue, Person, Step};
use fude_aws::state::{self, Answer, Expectation, State, StateError};

use crate::error::Error;
use crate::handler::Job;

/// Steps of one document's history: with the longest reasons, half of what a row of the table holds.
const MOST_STEPS: usize = 100;

/// What the person said about an act; stays in the table.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub reason: Option<String>,
    pub issue: Option<Issue>,
    pub on_behalf_of: Option<String>,
}

impl Said {
    pub fn why(reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..Self::default() }
    }

    /// What the event's salted hash is over: the reason as it was sent, or the issue as canonical JSON.
    fn stated(&self) -> Option<String> {
        let issue = self.issue.as_ref().map(|issue| {
            let bytes = canonical::to_vec(issue).expect("strings and a small number");
            String::from_utf8(bytes).expect("JSON is UTF-8")
        });
        self.reason.clone().or(issue)
    }
}

/// Adds the step to the state: `next` is the document as the act leaves it, at the version before.
pub fn step(job: &Job<'_>, mut next: State, action: Action, said: &Said, new_text: bool) -> Result<State, Error> {
    if next.history.len() >= MOST_STEPS {
        return Err(Error::HistoryFull);
    }
    next.version = job.state.version + 1;
    next.history.push(Step {
        version: next.version,
        action: action.name().to_owned(),
        revision: next.revision,
        at: audit::now().to_string(),
        by: Person::of(job.caller, job.registration.staff.as_ref()),
        on_behalf_of: said.on_behalf_of.clone(),
        reason: said.reason.clone(),
        issue: said.issue.clone(),
        content_sha256: next.content_sha256.filter(|_| new_text),
        manifest_sha256: next.manifest_sha256.filter(|_| new_text),
    });
    Ok(next)
}

/// Table and caller, for one request.
pub struct Commit<'c> {
    pub dynamodb: &'c aws_sdk_dynamodb::Client,
    pub table: &'c str,
    pub caller: &'c Caller,
}

impl Commit<'_> {
    /// Writes all of it or nothing. A crash before leaves new objects that no state names; after it, only the answer
    /// is lost, and the same key gets it.
    pub async fn change(
        &self,
        job: &Job<'_>,
        next: State,
        what: What,
        said: &Said,
        status: u16,
    ) -> Result<(State, Answer), Error> {
        let what = What {
            document: Some(next.reference()),
            patient_tag: Digest::parse(&next.patient_tag).ok(),
            on_behalf_of: said.on_behalf_of.clone(),
            stated: said.stated(),
            ..what
        };
        let event = audit::event(self.caller, what, next.events + 1, next.last_event);
        let mut answer =
            Answer { key: job.ask.key, request: job.ask.hash, status, version: 0, metadata: String::new() };
        let expected = Expectation::Version(job.state.version);
        let changed =
            state::change_and_answer(self.dynamodb, self.table, next, &event, &expected, Some(&mut answer)).await;
        match changed {
            Ok(state) => Ok((state, answer)),
            // Somebody else was faster, or this very request in another invocation.
            Err(StateError::Conflict) => Err(Error::Stale),
            Err(e) => Err(e.into()),
        }
    }
}

pub fn success(action: Action) -> What {
    What::new(action, Outcome::Success)
}
