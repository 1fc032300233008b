//! The document beside its evidence, to read and to correct.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use fude::document::Document;
use fude::lifecycle::{Act, State as DocumentState, permit};
use fude::render::words;
use fude::role::Role;
use serde_json::{Value, json};

use crate::desk::{Desk, segment};
use crate::failure::Failure;
use crate::form::Signed;
use crate::kept::{About, Work, place};
use crate::kinds;
use crate::page;
use crate::review::{self, Typed};
use crate::session::Session;

/// A document as it is now, with what this person typed over it.
pub struct Opened {
    pub meta: Value,
    pub etag: String,
    pub document: Document,
    pub kept: Option<Work>,
    /// Full name of the physician for whom a clerk typed.
    behalf: String,
}

impl Opened {
    /// The latest revision, an amendment that is not final included.
    pub async fn read(desk: &Desk, session: &Session, id: &str) -> Result<Self, Failure> {
        let (meta, etag) = desk.metadata(session, id).await?;
        let document = content(desk, session, id, meta["revision"].as_u64().unwrap_or_default()).await?;
        let kept = desk.kept.get(&session.person.user, &place(&session.person.user, id));
        let behalf = meta["onBehalfOf"].as_str().map(|user| desk.full_name(user)).unwrap_or_default();
        Ok(Self { meta, etag, document, kept, behalf })
    }

    pub fn typed(&self) -> Typed {
        self.kept.as_ref().map(|w| w.fields.clone()).unwrap_or_default()
    }

    pub fn revision(&self) -> u64 {
        self.meta["revision"].as_u64().unwrap_or_default()
    }

    pub fn may(&self, act: Act, role: Role) -> bool {
        let state = self.meta["state"].as_str().and_then(DocumentState::parse);
        let template = kinds::find(&self.document.document_type);
        state.zip(template).is_some_and(|(state, template)| permit(act, state, role, &template).is_ok())
    }

    /// Revision over which the kept corrections were typed, where it is not the one shown.
    fn typed_over(&self) -> Option<u64> {
        match self.kept.as_ref()?.about {
            About::Document { revision, .. } => Some(revision).filter(|r| *r != self.revision() && *r > 0),
            About::New { .. } => None,
        }
    }

    /// What every page of a document shows of it.
    pub fn head(&self) -> Value {
        let patient = &self.document.patient;
        let to = &self.document.destination;
        let parts = [&to.institution, &to.department, &to.recipient].into_iter().flatten().cloned().collect::<Vec<_>>();
        let addressee = if parts.is_empty() { kinds::addressee(&to.kind).to_owned() } else { parts.join("　") };
        let state = self.meta["state"].as_str().unwrap_or_default();
        json!({ "id": self.document.document_id, "title": self.document.title, "revision": self.revision(), "etag": self.etag,
            "state": words::state(state), "is_final": state == "final", "addressee": addressee,
            "by": self.meta["enteredBy"]["name"], "behalf": self.behalf,
            "created": page::time(self.meta["createdAt"].as_str().unwrap_or_default()),
            "patient": { "number": patient.id, "name": patient.name, "kana": patient.kana,
                "birth": page::birth(&patient.birth_date), "gender": words::gender(&patient.gender) } })
    }
}

async fn content(desk: &Desk, session: &Session, id: &str, revision: u64) -> Result<Document, Failure> {
    if revision == 0 {
        return Err(Failure::Refused("まだ作成中です。少し待ってから開いてください。"));
    }
    let token = desk.token(session).await?;
    let path = format!("/documents/{}/content?revision={revision}", segment(id)?);
    let answer = desk.api.get(&token, &path, "application/json").await?;
    serde_json::from_slice(&answer.body).map_err(|_| Failure::Broken)
}

pub async fn show(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let opened = Opened::read(&desk, &session, &id).await?;
    let role = session.person.role;
    let changed = changed(&desk, &session, &opened).await?;
    let view = review::view(&opened.document, &opened.typed(), &changed);
    let typed = opened.typed();
    let context = json!({
        "doc": opened.head(),
        "view": view,
        "key": uuid::Uuid::new_v4().to_string(),
        "typed_over": opened.typed_over(),
        "saved": opened.kept.as_ref().map(|w| page::clock(w.saved_at)),
        "may": {
            "revise": opened.may(Act::Revise, role), "finalise": opened.may(Act::Finalise, role),
            "withdraw": opened.may(Act::Withdraw, role),
            "again": kinds::draftable(role).iter().any(|t| t.id == opened.document.document_type),
        },
        "clerk": role == Role::Clerk,
        "physicians": if role == Role::Clerk { desk.config.physicians() } else { Vec::new() },
        "chosen": typed.get("for").cloned().or(opened.meta["onBehalfOf"].as_str().map(str::to_owned)).unwrap_or_default(),
        "reason": typed.get("reason").cloned().unwrap_or_default(),
        "remark": typed.get("remark").cloned().unwrap_or_default(),
    });
    Ok(page::shown(&session, "review", &format!("{}の確認", opened.document.title), &context))
}

/// Sentences that others changed since the kept corrections were typed.
async fn changed(desk: &Desk, session: &Session, opened: &Opened) -> Result<Vec<String>, Failure> {
    let Some(from) = opened.typed_over() else { return Ok(Vec::new()) };
    let token = desk.token(session).await?;
    let path = format!("/documents/{}/changes?from={from}&to={}", opened.document.document_id, opened.revision());
    let told = match desk.api.get(&token, &path, "application/json").await {
        Ok(answer) => answer.json()?,
        Err(_) => return Ok(Vec::new()),
    };
    let changes = told["changes"].as_array().cloned().unwrap_or_default();
    Ok(changes.iter().filter_map(|c| c["sentence"].as_str().map(str::to_owned)).collect())
}
