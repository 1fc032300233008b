//! One act: who, which document, may it, do it, write it, answer.

use fude::audit::{Action, DocumentRef, Outcome, UtcMillis};
use fude::integrity::Digest;
use fude::lifecycle::{self, Act, Refusal};
use fude::problem::{Problem, Slug};
use fude::template::Template;
use fude_aws::answer;
use fude_aws::audit::{self, What};
use fude_aws::caller::{self, Caller};
use fude_aws::hospital::{self, KeyUse, Keys, Registration};
use fude_aws::lock;
use fude_aws::objects::Objects;
use fude_aws::rows::{Key, Rows};
use fude_aws::state::{self, Answer, State};
use fude_aws::stored::{Broken, Checked, Stored};
use lambda_http::http::header::{ALLOW, HeaderValue};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt as _, Response};

use crate::acts;
use crate::commit::{Commit, success};
use crate::config::Config;
use crate::error::Error;
use crate::request::{self, Ask, Wish};
use crate::route::route;
use crate::sweep::SweepError;

pub struct Handler {
    pub(crate) config: Config,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) documents: Objects,
    keys: Keys,
}

/// An act that may be done, on the document as it was read.
pub struct Job<'j> {
    pub caller: &'j Caller,
    pub registration: &'j Registration,
    pub state: State,
    pub template: Template,
    pub ask: &'j Ask,
}

/// An error, and the document that it was about.
struct Refused {
    error: Error,
    document: Option<Box<(DocumentRef, Option<Digest>)>>,
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { error: error.into(), document: None }
    }
}

impl Handler {
    pub fn new(config: Config, sdk: &aws_types::SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            documents: Objects::new(sdk, &config.shared.documents),
            keys: Keys::new(aws_sdk_kms::Client::new(sdk), &config.shared.mac_key),
            config,
        }
    }

    /// A request, which always gets an answer, or the schedule, whose failure is the invocation's.
    pub async fn invoked(&self, request: Request) -> Result<Response<Body>, SweepError> {
        if matches!(request.request_context_ref(), Some(RequestContext::PassThrough)) {
            return self.sweep(&request).await.map(|()| Response::new(Body::Empty));
        }
        let Ok(answer) = self.respond(request).await;
        Ok(answer)
    }

    /// Total: whatever happens is an HTTP answer.
    pub async fn respond(&self, request: Request) -> Result<Response<Body>, std::convert::Infallible> {
        let ended = match Caller::from_request(&request) {
            Ok(caller) => Box::pin(self.admitted(&caller, &request)).await,
            Err(e) => Err(e.into()),
        };
        Ok(ended.unwrap_or_else(|error| refused(&error, &caller::request_id(&request))))
    }

    async fn admitted(&self, caller: &Caller, request: &Request) -> Result<Response<Body>, Error> {
        let wanted = wanted(caller, request);
        let along = wanted.as_ref().map_or_else(|_| Vec::new(), |w| w.along(caller));
        let (registration, rows) = hospital::admit(&self.dynamodb, &self.config.shared.table, caller, along).await?;
        match self.act(caller, &registration, wanted, &rows).await {
            Ok((answer, id)) => Ok(answered(&answer, &id)),
            Err(refused) => {
                self.record_refusal(caller, &refused).await?;
                Err(refused.error)
            }
        }
    }

    async fn act(
        &self,
        caller: &Caller,
        registration: &Registration,
        wanted: Result<Wanted, Error>,
        rows: &Rows,
    ) -> Result<(Answer, String), Refused> {
        let wanted = wanted?;
        let state = known(caller, &wanted.id, rows)?;
        let about = Some(Box::new((state.reference(), Digest::parse(&state.patient_tag).ok())));
        match self.on(&wanted, caller, registration, state, rows).await {
            Ok(answer) => Ok((answer, wanted.id)),
            Err(error) => Err(Refused { error, document: about }),
        }
    }

    /// The role first, then the answer of before, then what the caller knew, then the state.
    async fn on(
        &self,
        Wanted { act, ask, .. }: &Wanted,
        caller: &Caller,
        registration: &Registration,
        state: State,
        rows: &Rows,
    ) -> Result<Answer, Error> {
        let act = *act;
        let (template, _) = Template::find(&state.document_type).ok_or(Error::NoTemplate)?;
        if !lifecycle::role_may(act, caller.role, &template) {
            return Err(Refusal::Role.into());
        }
        let answer = state::answer_along(rows, &state.hospital, &state.document_id, ask.key)?;
        if let Some(answer) = self.again(answer, ask, &state).await? {
            return Ok(answer);
        }
        let now = audit::now();
        if act == Act::Finalise && !lifecycle::sign_in_is_fresh(caller.auth_time, now.unix_ms() / 1000) {
            return Err(Error::SignInTooOld);
        }
        let known = ask.if_match.as_deref().ok_or(Error::PreconditionRequired)?;
        if known != state.metadata().etag() {
            // The state may have been read after the same request's transaction, its answer before.
            return self.answer_of_before(ask, &state).await?.ok_or(Error::Stale);
        }
        lifecycle::permit(act, lifecycle::State::parse(&state.state).ok_or(Broken::State)?, caller.role, &template)?;
        if matches!(act, Act::Revise | Act::Finalise) && expired(&state, now)? {
            return Err(Error::Expired);
        }
        let job = Job { caller, registration, state, template, ask };
        match self.done(&job).await {
            // The same request in another invocation may have been faster.
            Err(Error::Stale) => self.answer_of_before(ask, &job.state).await?.ok_or(Error::Stale),
            other => other,
        }
    }

    async fn done(&self, job: &Job<'_>) -> Result<Answer, Error> {
        let commit = Commit { dynamodb: &self.dynamodb, table: &self.config.shared.table, caller: job.caller };
        let (next, what, said, status) = match &job.ask.wish {
            Wish::Revise(revision) => {
                let (next, action, said) = Box::pin(self.revise(job, revision)).await?;
                (next, success(action), said, 201)
            }
            Wish::Finalise(answers) => {
                let (next, what, said) = Box::pin(self.finalise(job, answers)).await?;
                (next, what, said, 200)
            }
            Wish::Withdraw { reason } => {
                let (next, action, said) = acts::withdraw(job, reason)?;
                (next, success(action), said, 200)
            }
            Wish::Seal { reason } => {
                let (next, action, said) = acts::seal(job, reason)?;
                (next, success(action), said, 200)
            }
            Wish::Issue(issue) => {
                let (next, action, said) = acts::issue(job, issue)?;
                (next, success(action), said, 201)
            }
        };
        let (state, answer) = commit.change(job, next, what, &said, status).await?;
        if state.unlocked {
            self.lock(&state).await;
        }
        Ok(answer)
    }

    /// The document is final whether or not this succeeds; a repeat, a reading or the schedule completes it.
    async fn lock(&self, state: &State) {
        let table = &self.config.shared.table;
        if let Err(error) = lock::complete(&self.dynamodb, table, &self.documents, state).await {
            tracing::error!(error = %error, document.id = state.document_id, "a final document is not locked yet");
        }
    }

    /// What this key got before. Completes locks that a crash left open.
    async fn answer_of_before(&self, ask: &Ask, state: &State) -> Result<Option<Answer>, Error> {
        let table = &self.config.shared.table;
        let known = state::answer(&self.dynamodb, table, &state.hospital, &state.document_id, ask.key).await?;
        self.again(known, ask, state).await
    }

    async fn again(&self, known: Option<Answer>, ask: &Ask, state: &State) -> Result<Option<Answer>, Error> {
        if known.as_ref().is_some_and(|a| a.request != ask.hash) {
            return Err(Error::KeyReused);
        }
        if known.is_some() && state.unlocked {
            self.lock(state).await;
        }
        Ok(known)
    }

    /// The current revision, if every hash holds and the patient is the one of the state.
    pub(crate) async fn checked(&self, job: &Job<'_>) -> Result<Checked, Error> {
        let stored = Stored::of(&job.state)?.ok_or(Error::NotFound)?;
        let checked = stored.read(&self.documents, &job.state).await?;
        let patient = checked.document.patient.id.as_bytes();
        let tag = self.keys.mac(job.caller.hospital.as_str(), KeyUse::PatientTag, patient).await;
        if tag.map_err(Error::store)? != stored.patient_tag {
            return Err(Broken::Patient.into());
        }
        Ok(checked)
    }

    /// A refusal of a known hospital is an event too, and a broken document one of its own.
    async fn record_refusal(&self, caller: &Caller, refused: &Refused) -> Result<(), Error> {
        let slug = Problem::from(&refused.error).slug;
        let failed = slug.status() >= 500 || slug.status() == 429;
        let outcome = if failed { Outcome::Failed } else { Outcome::Refused };
        let (action, reason) = match &refused.error {
            Error::Broken(broken) => (Action::IntegrityFailure, broken.code()),
            _ => (Action::RequestRefused, slug.as_str()),
        };
        let (document, patient_tag) = refused.document.as_deref().cloned().unzip();
        let what = What {
            document,
            patient_tag: patient_tag.flatten(),
            reason: Some(reason.to_owned()),
            ..What::new(action, outcome)
        };
        audit::record_access(&self.dynamodb, &self.config.shared.table, caller, what).await.map_err(Error::store)
    }
}

/// What is asked for, before it is known whether the caller may come in.
struct Wanted {
    act: Act,
    id: String,
    ask: Ask,
}

impl Wanted {
    /// The document and the answer that this key got before.
    fn along(&self, caller: &Caller) -> Vec<Key> {
        if !state::is_document_id(&self.id) {
            return Vec::new();
        }
        let hospital = caller.hospital.as_str();
        vec![state::key(hospital, &self.id), Answer::row(hospital, &self.id, &self.ask.key)]
    }
}

fn wanted(caller: &Caller, request: &Request) -> Result<Wanted, Error> {
    let (act, id) = route(request.method().as_str(), request.raw_http_path())?;
    let ask = request::parse(act, &caller.user, &id, request)?;
    Ok(Wanted { act, id, ask })
}

/// A document of the caller's hospital, out of the rows that were read with the admission.
fn known(caller: &Caller, id: &str, rows: &Rows) -> Result<State, Error> {
    if !state::is_document_id(id) {
        return Err(Error::NotFound);
    }
    let hospital = caller.hospital.as_str();
    let state = state::along(rows, hospital, id)?.ok_or(Error::NotFound)?;
    if state.hospital != hospital || state.document_id != id {
        return Err(Broken::State.into());
    }
    Ok(state)
}

fn expired(state: &State, now: UtcMillis) -> Result<bool, Error> {
    match &state.expires_at {
        Some(at) => Ok(UtcMillis::parse(at).map_err(|_| Broken::State)? <= now),
        None => Ok(false),
    }
}

fn answered(answer: &Answer, id: &str) -> Response<Body> {
    let mut builder = answer::builder(answer.status)
        .header("ETag", format!("\"v{}\"", answer.version))
        .header("Content-Type", "application/json");
    if answer.status == 201 {
        builder = builder.header("Location", format!("/documents/{id}"));
    }
    builder.body(Body::Text(answer.metadata.clone())).expect("headers are ASCII")
}

fn refused(error: &Error, request_id: &str) -> Response<Body> {
    let problem = Problem::from(error);
    answer::log(error, &problem, request_id);
    let mut answer = answer::problem(&problem, request_id);
    if problem.slug == Slug::MethodNotAllowed {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    answer
}
