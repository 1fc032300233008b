//! One drafting request: parse, decide, write, record, answer.

use fude::audit::{Action, Outcome as EventOutcome};
use fude::drafting::{self, Order, Outcome, Prepared};
use fude::grounding::CHECKS;
use fude::integrity::Digest;
use fude::problem::Problem;
use fude::record::Asked;
use fude_aws::answer;
use fude_aws::audit::{self, What};
use fude_aws::caller::Caller;
use fude_aws::hospital::{self, KeyUse, Keys, Registration};
use fude_aws::objects::Objects;
use fude_aws::rows::Rows;
use fude_aws::state::{self, State, StateError};
use lambda_http::{Body, Request, Response};
use serde_json::value::RawValue;

use crate::commit::{Commit, Drafted};
use crate::config::Config;
use crate::error::Error;
use crate::job::{Job, Wanted};
use crate::lease::{self, Decision};
use crate::model::{Answer, Model};
use crate::request::{self, OnModelFailure};
use crate::source;

pub struct Handler {
    config: Config,
    dynamodb: aws_sdk_dynamodb::Client,
    records: Objects,
    documents: Objects,
    keys: Keys,
    model: Model,
}

/// How a request ends well.
enum Ending {
    Created(State),
    Known(State),
    Pending(State),
}

impl Handler {
    pub fn new(config: Config, sdk: &aws_types::SdkConfig) -> Self {
        let documents = Objects::new(sdk, &config.shared.documents);
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            records: documents.beside(&config.shared.records),
            documents,
            keys: Keys::new(aws_sdk_kms::Client::new(sdk), &config.shared.mac_key),
            model: Model::new(sdk),
            config,
        }
    }

    /// Total: whatever happens is an HTTP answer.
    pub async fn respond(&self, request: Request) -> Result<Response<Body>, std::convert::Infallible> {
        let caller = Caller::from_request(&request);
        let request_id = caller.as_ref().map_or_else(|_| uuid::Uuid::new_v4().to_string(), |c| c.request_id.clone());
        let ended = match caller {
            Ok(caller) => self.admitted(&caller, &request).await,
            Err(e) => Err(e.into()),
        };
        Ok(match ended {
            Ok(ending) => respond(&ending),
            Err(error) => {
                let problem = Problem::from(&error);
                answer::log(&error, &problem, &request_id);
                answer::problem(&problem, &request_id)
            }
        })
    }

    async fn admitted(&self, caller: &Caller, request: &Request) -> Result<Ending, Error> {
        let wanted = self.wanted(caller, request).await;
        let along = wanted.as_ref().map_or_else(|_| Vec::new(), |w| w.along(caller));
        let (registration, rows) = hospital::admit(&self.dynamodb, &self.config.shared.table, caller, along).await?;
        match self.draft(caller, &registration, wanted, &rows).await {
            Ok(ending) => Ok(ending),
            Err(error) => {
                self.record_refusal(caller, &error).await?;
                Err(error)
            }
        }
    }

    /// The names of document and patient need a key alone: so what they lead to is read with the admission.
    async fn wanted<'r>(&self, caller: &Caller, request: &'r Request) -> Result<Wanted<'r>, Error> {
        let ask = request::parse(request)?;
        let hospital = caller.hospital.as_str();
        let (id, patient_tag) = tokio::try_join!(
            self.keys.mac(hospital, KeyUse::DocumentId, ask.key.as_bytes()),
            self.keys.mac(hospital, KeyUse::PatientTag, ask.fields.patient_id.as_bytes()),
        )
        .map_err(Error::store)?;
        Ok(Wanted { document_id: id.to_string()[..32].to_owned(), patient_tag, ask })
    }

    async fn draft(
        &self,
        caller: &Caller,
        registration: &Registration,
        wanted: Result<Wanted<'_>, Error>,
        rows: &Rows,
    ) -> Result<Ending, Error> {
        let job = Job::new(caller, registration, wanted?, rows)?;
        let known = state::along(rows, caller.hospital.as_str(), &job.document_id).map_err(Error::store)?;
        let now = audit::now().unix_ms();
        let expected = match lease::decide(known.as_ref(), &job.ask.hash, now) {
            Decision::Reused => return Err(Error::KeyReused),
            Decision::Replay => return Ok(Ending::Known(known.expect("replayed"))),
            Decision::Wait => return Ok(Ending::Pending(known.expect("waited for"))),
            Decision::Claim(expected) => expected,
        };
        // Everything that can refuse the request comes before the claim: a 4xx never uses up a key.
        let prepared = self.prepare(&job).await?;
        let commit = self.commit(&job);
        let state = match commit.claim(job.claimed(known, now), expected).await {
            Ok(state) => state,
            Err(StateError::Conflict) => return self.overtaken(&job).await,
            Err(e) => return Err(Error::store(e)),
        };
        match self.write(&job, &prepared, &state).await {
            Ok(state) => Ok(Ending::Created(state)),
            Err(error) => {
                let reason = Problem::from(&error).slug.as_str();
                if let Err(e) = commit.fail(&state, reason).await {
                    // The lease runs out by itself.
                    tracing::warn!(error = %e, document.id = state.document_id, "the lease could not be given back");
                }
                Err(error)
            }
        }
    }

    /// Another request of the same key was faster: its state decides.
    async fn overtaken(&self, job: &Job<'_>) -> Result<Ending, Error> {
        let (table, hospital) = (&self.config.shared.table, job.caller.hospital.as_str());
        let rows = Rows::read(&self.dynamodb, table, &[state::key(hospital, &job.document_id)]).await;
        let known = state::along(&rows.map_err(Error::store)?, hospital, &job.document_id).map_err(Error::store)?;
        match lease::decide(known.as_ref(), &job.ask.hash, audit::now().unix_ms()) {
            Decision::Reused => Err(Error::KeyReused),
            Decision::Replay => Ok(Ending::Known(known.expect("replayed"))),
            Decision::Wait | Decision::Claim(_) => {
                known.map(Ending::Pending).ok_or_else(|| Error::store("the state vanished"))
            }
        }
    }

    fn commit<'h>(&'h self, job: &'h Job<'_>) -> Commit<'h> {
        Commit {
            dynamodb: &self.dynamodb,
            table: &self.config.shared.table,
            documents: &self.documents,
            caller: job.caller,
            draft_days: job.registration.draft_days,
        }
    }

    async fn prepare(&self, job: &Job<'_>) -> Result<Prepared, Error> {
        let fields = &job.ask.fields;
        let staged;
        let record: &RawValue = match job.ask.record {
            Some(inline) => inline,
            None => {
                let hospital = job.caller.hospital.as_str();
                staged =
                    source::staged(&self.records, &self.keys, hospital, &fields.data_source_id, &fields.patient_id)
                        .await?;
                serde_json::from_slice(&staged).map_err(|_| fude::record::RecordError::NotABundle)?
            }
        };
        let source = job.registration.data_source(&fields.data_source_id).ok_or(Error::UnknownDataSource)?;
        let check = fields.patient_check.as_ref();
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let statements = fields.stated();
        let order = Order {
            document_id: &job.document_id,
            asked: Asked {
                patient_id: &fields.patient_id,
                system: source.identifier_system.as_deref(),
                pad_width: source.pad_width,
                birth_date: check.and_then(|c| c.birth_date.as_deref()),
                kana: check.and_then(|c| c.kana.as_deref()),
            },
            destination: &fields.destination,
            encounter_id: fields.encounter_id.as_deref(),
            main_diagnosis: fields.main_diagnosis.as_deref(),
            statements: &statements,
            author: &job.caller.username,
            sender: &job.registration.sender,
            remark: fields.remark.as_deref(),
            nonce: &nonce,
        };
        Ok(drafting::prepare(job.template.clone(), job.template_hash, record, &order)?)
    }

    async fn write(&self, job: &Job<'_>, prepared: &Prepared, state: &State) -> Result<State, Error> {
        let drafted = self.ask_model(job, prepared).await?;
        self.commit(job).draft(state, prepared, &drafted).await
    }

    async fn ask_model(&self, job: &Job<'_>, prepared: &Prepared) -> Result<Drafted, Error> {
        let fields = &job.ask.fields;
        let facts_only = |model_id: Option<&str>| Drafted {
            document: prepared.extractive(model_id),
            model_id: model_id.map(str::to_owned),
            reply_sha256: None,
        };
        if fields.without_model || prepared.refuses_model {
            return Ok(facts_only(None));
        }
        let registered = job.registration.model_id.as_deref().filter(|id| self.config.permits(id));
        let model_id = registered.unwrap_or(&self.config.model_id);
        match self.model.ask(model_id, &prepared.prompt).await {
            Ok(answer) => Ok(self.checked(prepared, model_id, &answer).await),
            Err(error) if fields.on_model_failure == OnModelFailure::Extractive => {
                tracing::warn!(error = %error, document.id = job.document_id, "drafted without the model");
                Ok(facts_only(Some(model_id)))
            }
            Err(error) => Err(error),
        }
    }

    /// The reply against the facts; what was dropped is asked for once more.
    async fn checked(&self, prepared: &Prepared, model_id: &str, answer: &Answer) -> Drafted {
        let mut grounded = prepared.check(&answer.reply, CHECKS);
        let mut raw = vec![answer.raw.as_bytes()];
        let repaired = match grounded.repair_request() {
            Some(request) => self.model.repair(model_id, &prepared.prompt, answer, &request).await,
            None => None,
        };
        if let Some(repaired) = &repaired {
            grounded.mend(prepared.check(&repaired.reply, CHECKS));
            raw.extend([b"\0".as_slice(), repaired.raw.as_bytes()]);
        }
        let (Outcome::Drafted(document) | Outcome::Extractive(document)) = prepared.finish_with(&grounded, model_id);
        Drafted {
            document: *document,
            model_id: Some(model_id.to_owned()),
            // Over the reply, or over both with a zero byte between.
            reply_sha256: Some(Digest::of_parts(&raw)),
        }
    }

    /// A refusal of a known hospital is an event, written before the answer leaves.
    async fn record_refusal(&self, caller: &Caller, error: &Error) -> Result<(), Error> {
        let slug = Problem::from(error).slug;
        let outcome =
            if slug.status() >= 500 || slug.status() == 429 { EventOutcome::Failed } else { EventOutcome::Refused };
        let what = What { reason: Some(slug.as_str().to_owned()), ..What::new(Action::RequestRefused, outcome) };
        audit::record_access(&self.dynamodb, &self.config.shared.table, caller, what).await.map_err(Error::store)
    }
}

fn respond(ending: &Ending) -> Response<Body> {
    let (status, state) = match ending {
        Ending::Created(state) => (201, state),
        Ending::Known(state) => (200, state),
        Ending::Pending(state) => (202, state),
    };
    let metadata = state.metadata();
    let mut builder =
        answer::builder(status).header("Location", &metadata.links.itself).header("ETag", metadata.etag());
    if status == 202 {
        builder = builder.header("Retry-After", "3");
    }
    answer::json(builder, &metadata)
}
