//! Writing what was drafted: objects first, then one transaction with state and event.

use std::collections::BTreeMap;

use fude::audit::{Action, Outcome};
use fude::document::Document;
use fude::drafting::Prepared;
use fude::integrity::{Author, Digest, Manifest, ManifestSchema, Model, Representation, Template};
use fude_aws::audit::{self, What};
use fude_aws::caller::Caller;
use fude_aws::metadata::{FlagCounts, Step};
use fude_aws::objects::Objects;
use fude_aws::state::{self, Expectation, State, StateError};

use crate::error::Error;

/// Drafts that nobody finalises go after so many days, unless the hospital registered another term.
const DRAFT_DAYS: u32 = 90;

/// What came out of drafting.
pub struct Drafted {
    pub document: Document,
    pub model_id: Option<String>,
    pub reply_sha256: Option<Digest>,
}

/// Table and bucket, for one request.
pub struct Commit<'c> {
    pub dynamodb: &'c aws_sdk_dynamodb::Client,
    pub table: &'c str,
    pub documents: &'c Objects,
    pub caller: &'c Caller,
    pub draft_days: Option<u32>,
}

impl Commit<'_> {
    /// Takes the lease. `StateError::Conflict` means that another request of the same key was faster.
    pub async fn claim(&self, state: State, expected: Expectation) -> Result<State, StateError> {
        self.change(state, Action::DraftRequested, Outcome::Success, None, expected).await
    }

    /// Gives the lease back, so that the same key may try again at once.
    pub async fn fail(&self, state: &State, reason: &str) -> Result<State, StateError> {
        let token = lease_token(state);
        let next = State { state: "failed".to_owned(), version: state.version + 1, lease: None, ..state.clone() };
        self.change(next, Action::DraftingFailed, Outcome::Failed, Some(reason), Expectation::Lease(token)).await
    }

    /// Stores a draft. Crash after the objects: leftovers that no state names. Crash after the transaction:
    /// only the answer is lost, and the same key gets it.
    pub async fn draft(&self, state: &State, prepared: &Prepared, drafted: &Drafted) -> Result<State, Error> {
        let bytes = drafted.document.bytes();
        let hash = Digest::of(&bytes);
        let folder = format!("draft/{}/{}", state.document_id, drafted.document.revision);
        let content_key = format!("{folder}/{hash}");
        let manifest = self.manifest(state, prepared, drafted, &content_key, hash, bytes.len());
        let manifest_bytes = manifest.canonical_bytes().expect("a manifest holds no float");
        let manifest_hash = Digest::of(&manifest_bytes);
        let manifest_key = format!("{folder}/{manifest_hash}");
        tokio::try_join!(
            self.documents.create(&content_key, "application/json", bytes),
            self.documents.create(&manifest_key, "application/json", manifest_bytes),
        )
        .map_err(Error::store)?;

        let token = lease_token(state);
        let expires = audit::now().plus_days(self.draft_days.unwrap_or(DRAFT_DAYS)).ok();
        let next = State {
            state: "draft".to_owned(),
            revision: drafted.document.revision,
            version: state.version + 1,
            lease: None,
            content_key: Some(content_key),
            content_sha256: Some(hash),
            manifest_key: Some(manifest_key),
            manifest_sha256: Some(manifest_hash),
            flags: FlagCounts { open: drafted.document.open_flags(), answered: 0 },
            expires_at: expires.map(|e| e.to_string()),
            history: vec![Step {
                version: state.version + 1,
                action: Action::DocumentDrafted.name().to_owned(),
                revision: drafted.document.revision,
                at: audit::now().to_string(),
                by: state.entered_by.clone(),
                on_behalf_of: state.on_behalf_of.clone(),
                reason: None,
                issue: None,
                content_sha256: Some(hash),
                manifest_sha256: Some(manifest_hash),
            }],
            ..state.clone()
        };
        self.change(next, Action::DocumentDrafted, Outcome::Success, None, Expectation::Lease(token))
            .await
            .map_err(Error::store)
    }

    fn manifest(
        &self,
        state: &State,
        prepared: &Prepared,
        drafted: &Drafted,
        key: &str,
        hash: Digest,
        size: usize,
    ) -> Manifest {
        let asked = drafted.model_id.as_ref();
        Manifest {
            schema: ManifestSchema::V1,
            hospital: state.hospital.clone(),
            document_id: state.document_id.clone(),
            revision: drafted.document.revision,
            kind: state.document_type.clone(),
            patient_tag: Digest::parse(&state.patient_tag).expect("a tag is a digest"),
            data_source: state.data_source.clone(),
            record_sha256: prepared.record_hash,
            template: Template { id: prepared.template.reference(), sha256: prepared.template_hash },
            prompt_sha256: asked.map(|_| prepared.prompt.hash()),
            model: asked.map(|id| Model {
                id: id.clone(),
                parameters: BTreeMap::from([
                    ("maxTokens".to_owned(), crate::model::MAX_TOKENS.into()),
                    ("temperature".to_owned(), "0".into()),
                ]),
            }),
            reply_sha256: drafted.reply_sha256,
            author: Author {
                id: self.caller.user.clone(),
                role: self.caller.role.as_str().to_owned(),
                on_behalf_of: state.on_behalf_of.clone(),
            },
            finaliser: None,
            answers: Vec::new(),
            previous_manifest: None,
            data_key: None,
            representations: vec![Representation {
                media_type: "application/json".to_owned(),
                view: None,
                size: size as u64,
                sha256: hash,
                key: key.to_owned(),
            }],
        }
    }

    async fn change(
        &self,
        next: State,
        action: Action,
        outcome: Outcome,
        reason: Option<&str>,
        expected: Expectation,
    ) -> Result<State, StateError> {
        let what = What {
            document: Some(next.reference()),
            patient_tag: Digest::parse(&next.patient_tag).ok(),
            reason: reason.map(str::to_owned),
            on_behalf_of: next.on_behalf_of.clone(),
            ..What::new(action, outcome)
        };
        let event = audit::event(self.caller, what, next.events + 1, next.last_event);
        state::change(self.dynamodb, self.table, next, &event, &expected).await
    }
}

fn lease_token(state: &State) -> String {
    state.lease.as_ref().map(|l| l.token.clone()).unwrap_or_default()
}
