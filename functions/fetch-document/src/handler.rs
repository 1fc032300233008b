//! One reading: route, find, check, record, answer.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use fude::audit::{Action, Outcome};
use fude::compose::Sender;
use fude::integrity::Digest;
use fude::lifecycle::State as Life;
use fude::problem::Problem;
use fude_aws::answer;
use fude_aws::audit::{self, What};
use fude_aws::caller::{self, Caller};
use fude_aws::config::{Config, ConfigError};
use fude_aws::hospital::{self, KeyUse, Keys};
use fude_aws::metadata::Metadata;
use fude_aws::objects::Objects;
use fude_aws::rows::Rows;
use fude_aws::state::{self, State};
use fude_aws::stored::{self, Broken, Checked, Stored};
use lambda_http::http::header::{ACCEPT, ETAG};
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde::Serialize;

use crate::answered::{refused, represented, values};
use crate::changes;
use crate::content;
use crate::error::{Error, Refusal};
use crate::log::Log;
use crate::reading;
use crate::route::{Route, route};
use crate::search::{self, Whose};
use crate::sight::Sight;

pub struct Handler {
    table: String,
    dynamodb: aws_sdk_dynamodb::Client,
    documents: Objects,
    keys: Keys,
    log: Log,
}

/// The answer to a search.
#[derive(Serialize)]
struct Page {
    items: Vec<Metadata>,
    next: Option<String>,
}

impl Handler {
    pub fn new(config: Config, sdk: &aws_types::SdkConfig) -> Result<Self, ConfigError> {
        let dynamodb = aws_sdk_dynamodb::Client::new(sdk);
        let kms = aws_sdk_kms::Client::new(sdk);
        let documents = Objects::new(sdk, &config.documents);
        Ok(Self {
            log: Log::from_env(&config.table, &dynamodb, &kms, &documents)?,
            dynamodb,
            documents,
            keys: Keys::new(kms, &config.mac_key),
            table: config.table,
        })
    }

    /// Total: whatever happens is an HTTP answer.
    pub async fn respond(&self, request: Request) -> Result<Response<Body>, std::convert::Infallible> {
        let ended = match Caller::from_request(&request) {
            // A store that hangs must not take the answer with it.
            Ok(caller) => {
                match tokio::time::timeout(time_left(&request), Box::pin(self.admitted(&caller, &request))).await {
                    Ok(ended) => ended,
                    Err(late) => Err(Error::store(late)),
                }
            }
            Err(e) => Err(e.into()),
        };
        Ok(ended.unwrap_or_else(|error| refused(&error, &caller::request_id(&request))))
    }

    async fn admitted(&self, caller: &Caller, request: &Request) -> Result<Response<Body>, Error> {
        let route = route(request.method().as_str(), request.raw_http_path());
        let id = route.as_ref().ok().and_then(Route::document).filter(|id| state::is_document_id(id));
        let along = id.map(|id| state::key(caller.hospital.as_str(), id)).into_iter().collect();
        let (hospital, rows) = hospital::admit(&self.dynamodb, &self.table, caller, along).await?;
        let ended = match route {
            Ok(Route::Search) => self.search(caller, request).await,
            Ok(Route::Metadata(id)) => self.metadata(caller, known(caller, &id, &rows)).await,
            Ok(Route::Content(id)) => {
                Box::pin(self.content(caller, known(caller, &id, &rows), request, &hospital.sender)).await
            }
            Ok(Route::Changes(id)) => Box::pin(self.changes(caller, known(caller, &id, &rows), request)).await,
            Ok(Route::Proof(id)) => Box::pin(self.proof(caller, known(caller, &id, &rows))).await,
            Err(e) => Err(e.into()),
        };
        match ended {
            Ok(answer) => Ok(answer),
            Err(refusal) => {
                self.record_refusal(caller, &refusal).await?;
                Err(refusal.error)
            }
        }
    }

    async fn search(&self, caller: &Caller, request: &Request) -> Result<Response<Body>, Refusal> {
        let ask = search::parse(request)?;
        let tag = match &ask.whose {
            Whose::AwaitingApproval(_) => None,
            Whose::Patient(id) => Some(self.patient_tag(caller, id).await?),
        };
        let found = search::page(&self.dynamodb, &self.table, caller, tag.as_ref(), &ask).await;
        let found = found.map_err(|error| Refusal { error, document: None, patient_tag: tag })?;
        let what = What { patient_tag: tag, ..What::new(Action::Search, Outcome::Success) };
        self.record(caller, what).await?;
        let items = found.states.iter().map(State::metadata).collect();
        Ok(answer::json(answer::builder(200), &Page { items, next: found.next }))
    }

    async fn metadata(&self, caller: &Caller, state: Known) -> Result<Response<Body>, Refusal> {
        let state = state?;
        self.record(caller, about(&state, Action::MetadataRead)).await.map_err(|e| Refusal::of_document(e, &state))?;
        let metadata = state.metadata();
        Ok(answer::json(answer::builder(200).header(ETAG, metadata.etag()), &metadata))
    }

    async fn content(
        &self,
        caller: &Caller,
        state: Known,
        request: &Request,
        sender: &Sender,
    ) -> Result<Response<Body>, Refusal> {
        let ask = content::Ask::of(request)?;
        let state = state?;
        self.revision(caller, &state, ask, request, sender).await.map_err(|e| Refusal::of_document(e, &state))
    }

    async fn revision(
        &self,
        caller: &Caller,
        state: &State,
        ask: content::Ask,
        request: &Request,
        sender: &Sender,
    ) -> Result<Response<Body>, Error> {
        let stored = content::permitted(caller.role, state, ask.revision, audit::now())?;
        let media = ask.media(values(request, &ACCEPT)).ok_or(Error::NotAcceptable)?;
        let checked = self.checked(caller, state, &stored).await?;
        let text = match content::rendering(media, ask.view) {
            None => checked.json,
            // A final text is never rendered anew.
            Some(rendering) if stored.is_final => {
                let (media_type, view) = rendering.named();
                stored::rendering(&self.documents, &checked.manifest, media_type, view).await?
            }
            Some(rendering) => {
                let state = shown(state, &stored);
                rendering.render(&checked.document, &state, sender, &[]).ok_or(Error::NotAcceptable)?
            }
        };
        if state.unlocked {
            self.lock(state).await;
        }
        let reading = What { document: Some(state.reference_to(&stored)), ..about(state, Action::DocumentRead) };
        let (read, seen) = tokio::join!(
            self.record(caller, reading),
            reading::first(&self.dynamodb, &self.table, caller, state, stored.revision)
        );
        read?;
        if let Err(error) = seen {
            // It only measures how carefully a text was read before it was finalised.
            tracing::warn!(error = %error, document.id = state.document_id, "the first reading was not noted");
        }
        Ok(represented(media, text, request))
    }

    /// The difference between two revisions, sentence by sentence.
    async fn changes(&self, caller: &Caller, state: Known, request: &Request) -> Result<Response<Body>, Refusal> {
        let ask = changes::Ask::of(request)?;
        let state = state?;
        let found = async {
            let now = audit::now();
            let from = content::permitted(caller.role, &state, Some(ask.from), now)?;
            let to = content::permitted(caller.role, &state, Some(ask.to), now)?;
            let from = self.checked(caller, &state, &from).await?;
            let to = self.checked(caller, &state, &to).await?;
            Ok::<_, Error>(fude::lifecycle::changes(&from.document, &to.document))
        };
        let found = found.await.map_err(|e| Refusal::of_document(e, &state))?;
        let read = self.record(caller, about(&state, Action::ChangesRead)).await;
        read.map_err(|e| Refusal::of_document(e, &state))?;
        Ok(answer::json(answer::builder(200), &found))
    }

    /// The events of one document with inclusion proofs and the signed checkpoint.
    async fn proof(&self, caller: &Caller, state: Known) -> Result<Response<Body>, Refusal> {
        let state = state?;
        let proof = self.log.proof(caller.hospital.as_str(), &state.document_id).await;
        let proof = proof.map_err(|e| Refusal::of_document(e, &state))?;
        let read = self.record(caller, about(&state, Action::ProofRead)).await;
        read.map_err(|e| Refusal::of_document(e, &state))?;
        Ok(answer::json(answer::builder(200), &proof))
    }

    /// Sets locks that a crash after a finalisation left open. What fails here is tried again at the next reading.
    async fn lock(&self, state: &State) {
        if let Err(error) = fude_aws::lock::complete(&self.dynamodb, &self.table, &self.documents, state).await {
            tracing::error!(error = %error, document.id = state.document_id, "a final document is not locked yet");
        }
    }

    /// Manifest and content, if every hash holds and the patient is the one of the state.
    async fn checked(&self, caller: &Caller, state: &State, stored: &Stored) -> Result<Checked, Error> {
        let checked = stored.read(&self.documents, state).await?;
        if self.patient_tag(caller, &checked.document.patient.id).await? != stored.patient_tag {
            return Err(Broken::Patient.into());
        }
        Ok(checked)
    }

    async fn patient_tag(&self, caller: &Caller, patient_id: &str) -> Result<Digest, Error> {
        self.keys.mac(caller.hospital.as_str(), KeyUse::PatientTag, patient_id.as_bytes()).await.map_err(Error::store)
    }

    /// Nothing is answered before this has returned.
    async fn record(&self, caller: &Caller, what: What) -> Result<(), Error> {
        audit::record_access(&self.dynamodb, &self.table, caller, what).await.map_err(Error::store)
    }

    /// A refusal of a known hospital is an event too, and a broken document one of its own.
    async fn record_refusal(&self, caller: &Caller, refusal: &Refusal) -> Result<(), Error> {
        let slug = Problem::from(&refusal.error).slug;
        let failed = slug.status() >= 500 || slug.status() == 429;
        let outcome = if failed { Outcome::Failed } else { Outcome::Refused };
        let (action, reason) = match &refusal.error {
            Error::Broken(broken) => (Action::IntegrityFailure, broken.code()),
            _ => (Action::RequestRefused, slug.as_str()),
        };
        let what = What {
            document: refusal.document.as_deref().cloned(),
            patient_tag: refusal.patient_tag,
            reason: Some(reason.to_owned()),
            ..What::new(action, outcome)
        };
        self.record(caller, what).await
    }
}

/// A document of the caller's hospital that the caller's role sees, or why there is none.
type Known = Result<Box<State>, Refusal>;

/// Out of the rows that were read with the admission.
fn known(caller: &Caller, id: &str, rows: &Rows) -> Known {
    if !state::is_document_id(id) {
        return Err(Error::NotFound.into());
    }
    let hospital = caller.hospital.as_str();
    let state = state::along(rows, hospital, id)?.ok_or(Error::NotFound)?;
    if state.hospital != hospital || state.document_id != id {
        return Err(Broken::State.into());
    }
    if !Sight::of(caller.role).sees(&state.document_type) {
        return Err(Refusal::of_document(Error::Role, &state));
    }
    Ok(Box::new(state))
}

/// Until a second before the invocation is cut off. A deadline that is over before the work begins says nothing:
/// `cargo lambda watch` sends one of 1970. A gateway waits 29 s.
fn time_left(request: &Request) -> Duration {
    let left = request.lambda_context_ref().and_then(|c| c.deadline().duration_since(SystemTime::now()).ok());
    left.unwrap_or(Duration::from_secs(29)).saturating_sub(Duration::from_secs(1))
}

/// The state as it was at a revision: another than the current one is a draft of before.
fn shown<'s>(state: &'s State, stored: &Stored) -> Cow<'s, State> {
    if stored.revision == state.revision {
        return Cow::Borrowed(state);
    }
    let step = state.history.iter().rfind(|s| s.revision == stored.revision);
    Cow::Owned(State {
        state: Life::Revised.as_str().to_owned(),
        entered_by: step.map(|s| s.by.clone()).unwrap_or_default(),
        on_behalf_of: step.and_then(|s| s.on_behalf_of.clone()),
        finalised_by: None,
        finalised_at: None,
        ..state.clone()
    })
}

/// A successful reading of a document.
fn about(state: &State, action: Action) -> What {
    What {
        document: Some(state.reference()),
        patient_tag: Digest::parse(&state.patient_tag).ok(),
        ..What::new(action, Outcome::Success)
    }
}
