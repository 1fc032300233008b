//! One drafting request: parse, decide, write, record, answer.

use fude::audit::{Action, Outcome as EventOutcome};
use fude::drafting::{self, Order, Outcome, Prepared};
use fude::grounding::CHECKS;
use fude::integrity::Digest;
use fude::problem::Problem;
use fude::record::Asked;
use fude::template::Template;
use fude_aws::answer;
use fude_aws::audit::{self, What};
use fude_aws::caller::{Caller, Role};
use fude_aws::hospital::{self, KeyUse, Keys, Registration};
use fude_aws::objects::Objects;
use fude_aws::state::{self, State, StateError};
use lambda_http::{Body, Request, Response};
use serde_json::value::RawValue;

use crate::commit::{Commit, Drafted};
use crate::config::Config;
use crate::error::Error;
use crate::job::Job;
use crate::lease::{self, Decision};
use crate::model::{Answer, Model};
use crate::request::{self, Ask, OnModelFailure};
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
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            records: Objects::new(sdk, &config.shared.records),
            documents: Objects::new(sdk, &config.shared.documents),
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
        let registration = hospital::admit(&self.dynamodb, &self.config.shared.table, caller).await?;
        match self.draft(caller, &registration, request).await {
            Ok(ending) => Ok(ending),
            Err(error) => {
                self.record_refusal(caller, &error).await?;
                Err(error)
            }
        }
    }

    async fn draft(&self, caller: &Caller, registration: &Registration, request: &Request) -> Result<Ending, Error> {
        let ask = request::parse(request)?;
        let job = self.job(caller, registration, &ask).await?;
        let known = self.known(&job).await?;
        let now = audit::now().unix_ms();
        let expected = match lease::decide(known.as_ref(), &ask.hash, now) {
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

    /// Checks that need no record.
    async fn job<'j>(
        &self,
        caller: &'j Caller,
        registration: &'j Registration,
        ask: &'j Ask<'j>,
    ) -> Result<Job<'j>, Error> {
        let fields = &ask.fields;
        let (template, template_hash) = Template::find(&fields.document_type).ok_or(Error::UnknownDocumentType)?;
        if !template.may_draft(caller.role.as_str()) {
            return Err(Error::Role);
        }
        if !template.addressee.types.contains(&fields.destination.kind) {
            return Err(Error::Addressee);
        }
        if fields.statements.iter().any(|s| template.section(&s.section).is_none()) {
            let known: Vec<&str> = template.sections.iter().map(|s| s.code.as_str()).collect();
            return Err(Error::Malformed(format!("statements[].section must be one of {}", known.join(", "))));
        }
        if registration.data_source(&fields.data_source_id).is_none() {
            return Err(Error::UnknownDataSource);
        }
        self.physician(caller, fields.on_behalf_of.as_deref()).await?;
        let hospital = caller.hospital.as_str();
        let (id, patient_tag) = tokio::try_join!(
            self.keys.mac(hospital, KeyUse::DocumentId, ask.key.as_bytes()),
            self.keys.mac(hospital, KeyUse::PatientTag, fields.patient_id.as_bytes()),
        )
        .map_err(Error::store)?;
        if let Some(other) = &fields.based_on {
            self.same_patients(hospital, other, &patient_tag).await?;
        }
        let document_id = id.to_string()[..32].to_owned();
        Ok(Job { caller, registration, ask, template, template_hash, document_id, patient_tag })
    }

    /// Whom a clerk names is a physician of this hospital.
    async fn physician(&self, caller: &Caller, named: Option<&str>) -> Result<(), Error> {
        let Some(named) = named.filter(|_| caller.role == Role::Clerk) else { return Ok(()) };
        let table = &self.config.shared.table;
        let staff = hospital::staff(&self.dynamodb, table, caller.hospital.as_str(), named).await?;
        let physician = staff.is_some_and(|s| s.role == Role::Physician.as_str());
        if physician { Ok(()) } else { Err(Error::NoPhysician) }
    }

    /// An earlier draft to go on from is one of the same patient.
    async fn same_patients(&self, hospital: &str, other: &str, patient_tag: &Digest) -> Result<(), Error> {
        if !state::is_document_id(other) {
            return Err(Error::NoSuchDocument);
        }
        let earlier = state::read(&self.dynamodb, &self.config.shared.table, hospital, other).await;
        let earlier = earlier.map_err(Error::store)?.filter(|s| s.patient_tag == patient_tag.to_string());
        earlier.map(|_| ()).ok_or(Error::NoSuchDocument)
    }

    async fn known(&self, job: &Job<'_>) -> Result<Option<State>, Error> {
        state::read(&self.dynamodb, &self.config.shared.table, job.caller.hospital.as_str(), &job.document_id)
            .await
            .map_err(Error::store)
    }

    /// Another request of the same key was faster: its state decides.
    async fn overtaken(&self, job: &Job<'_>) -> Result<Ending, Error> {
        let known = self.known(job).await?;
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
