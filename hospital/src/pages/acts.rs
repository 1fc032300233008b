//! What a person does with a document: keep typing, save a revision, draft anew, withdraw, hand out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fude::role::Role;
use serde_json::json;

use super::review::Opened;
use crate::api::Write;
use crate::cognito::now;
use crate::desk::{Desk, segment};
use crate::drafting::{self, STATED};
use crate::failure::Failure;
use crate::form::{Fields, Posted};
use crate::kept::{About, Stage, Work, place};
use crate::kinds;
use crate::review::{self, ADDED, ANSWER, SENTENCE};
use crate::session::Session;

/// What a revision says where the person gave no reason.
const REASON: &str = "内容を確認し、記載を修正した。";

fn words(field: &str) -> bool {
    let named = ["reason", "for", "remark"].contains(&field);
    named || [SENTENCE, ADDED, ANSWER].iter().any(|p| field.starts_with(p))
}

/// Keeps what was typed over a document; nothing typed, nothing kept.
fn kept(desk: &Desk, session: &Session, id: &str, fields: &Fields) -> Result<Work, Failure> {
    let typed: BTreeMap<String, String> = fields
        .typed()
        .filter(|(k, v)| words(k) && (k.starts_with(SENTENCE) || !v.is_empty()))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    let patient = desk.known.find(id).map(|k| k.patient).unwrap_or_default();
    let revision = fields.get("revision").parse().unwrap_or_default();
    let work = Work {
        id: place(&session.person.user, segment(id)?),
        user: session.person.user.clone(),
        about: About::Document { document: id.to_owned(), revision, patient },
        fields: typed,
        stage: Stage::Typing,
        remarks: Vec::new(),
        saved_at: now(),
    };
    if work.fields.keys().any(|k| k != "for") {
        desk.kept.put(&work)?;
    } else {
        desk.kept.remove(&work.id);
    }
    Ok(work)
}

pub async fn keep(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    kept(&desk, &session, &id, &fields)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn discard(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, .. }: Posted,
) -> Result<Response, Failure> {
    desk.kept.remove(&place(&session.person.user, &id));
    Ok(Redirect::to(&format!("/documents/{}", segment(&id)?)).into_response())
}

/// Saves a revision; a clerk's goes to the physician for approval. Then on to finalising where the button said so.
pub async fn revise(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    // Kept first: whatever goes wrong below, the text is here
    let mut work = kept(&desk, &session, &id, &fields)?;
    let clerk = session.person.role == Role::Clerk;
    let next = if fields.get("act") == "finalise" { "/finalise" } else { "" };
    let done = Redirect::to(&format!("/documents/{}{next}", segment(&id)?));
    let opened = Opened::read(&desk, &session, &id).await?;
    if opened.etag != fields.get("etag") {
        // Somebody else was faster; the page shows both
        return Ok(Redirect::to(&format!("/documents/{id}")).into_response());
    }
    if review::unsaved(&opened.document, &work.fields) == 0 && !clerk {
        return Ok(done.into_response());
    }
    let reason = Some(fields.get("reason").trim()).filter(|r| !r.is_empty()).unwrap_or(REASON);
    let mut body = json!({ "sections": review::revised(&opened.document, &work.fields), "reason": reason });
    if clerk {
        if !desk.config.physicians().iter().any(|p| p.user == fields.get("for")) {
            return Err(Failure::Refused("送り先の医師を選んでください。入力は保存してあります。"));
        }
        body["onBehalfOf"] = fields.get("for").into();
    }
    let told = write(&desk, &session, &id, "revisions", &fields, &body).await?;
    // Answers to flags outlive the revision: a flag keeps its id. What had no place in it waits on
    work.fields.retain(|k, _| k.starts_with(ANSWER) || review::is_orphan(&opened.document, k));
    if let About::Document { revision, .. } = &mut work.about {
        *revision = told["revision"].as_u64().unwrap_or_default();
    }
    if work.fields.is_empty() {
        desk.kept.remove(&work.id);
    } else {
        desk.kept.put(&work)?;
    }
    Ok(if clerk { Redirect::to("/").into_response() } else { done.into_response() })
}

/// A write of a form that names its version and its key, so that a second click gets the first answer.
async fn write(
    desk: &Desk,
    session: &Session,
    id: &str,
    act: &str,
    fields: &Fields,
    body: &serde_json::Value,
) -> Result<serde_json::Value, Failure> {
    let token = desk.token(session).await?;
    let path = format!("/documents/{}/{act}", segment(id)?);
    let write = Write { path: &path, key: fields.get("key"), etag: Some(fields.get("etag")), body: &body.to_string() };
    let told = desk.api.write(&token, &write).await?.json()?;
    desk.known.learn(std::slice::from_ref(&told));
    Ok(told)
}

/// Draws a new draft of the same patient and kind, with a remark; the draft of before stays as it is.
pub async fn again(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let opened = Opened::read(&desk, &session, &id).await?;
    let (document, to) = (&opened.document, &opened.document.destination);
    let template = kinds::find(&document.document_type).ok_or(Failure::NotFound)?;
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let mut typed = BTreeMap::from(
        [
            ("remark", fields.get("remark").trim().to_owned()),
            ("based-on", id.clone()),
            ("addressee", "other".to_owned()),
            ("to-type", to.kind.clone()),
            ("to-institution", text(&to.institution)),
            ("to-department", text(&to.department)),
            ("to-recipient", text(&to.recipient)),
            ("for", opened.meta["onBehalfOf"].as_str().unwrap_or_default().to_owned()),
        ]
        .map(|(k, v)| (k.to_owned(), v)),
    );
    for section in kinds::stated(&template) {
        let said = document.sections.iter().find(|s| s.code == section.code);
        let said: Vec<&str> = said
            .into_iter()
            .flat_map(|s| &s.sentences)
            .filter(|s| !review::to_fill(s) && s.empty.is_none())
            .map(|s| s.text.as_str())
            .collect();
        typed.insert(format!("{STATED}{}", section.code), said.join("\n"));
    }
    let work = Work {
        id: uuid::Uuid::new_v4().to_string(),
        user: session.person.user.clone(),
        about: About::New { patient: document.patient.id.clone(), kind: document.document_type.clone() },
        fields: typed,
        stage: Stage::Typing,
        remarks: Vec::new(),
        saved_at: now(),
    };
    desk.kept.put(&work)?;
    if !super::new::wrong(&desk, &session, &work).is_empty() {
        return Ok(Redirect::to(&format!("/new/{}", work.id)).into_response());
    }
    drafting::start(&desk, &session, &work).await?;
    Ok(Redirect::to(&format!("/new/{}/progress", work.id)).into_response())
}

pub async fn withdraw(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let reason = fields.get("withdraw-reason").trim();
    if reason.is_empty() {
        return Err(Failure::Refused("撤回の理由を入力してください。"));
    }
    write(&desk, &session, &id, "withdrawal", &fields, &json!({ "reason": reason })).await?;
    desk.kept.remove(&place(&session.person.user, &id));
    Ok(Redirect::to("/").into_response())
}

/// Records that a copy went out.
pub async fn issue(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let copies: u32 = fields.get("copies").parse().unwrap_or(1);
    let (to, how) = (fields.get("to").trim(), fields.get("how").trim());
    if to.is_empty() || how.is_empty() {
        return Err(Failure::Refused("交付先と交付方法を入力してください。"));
    }
    write(&desk, &session, &id, "issues", &fields, &json!({ "to": to, "how": how, "copies": copies })).await?;
    Ok(Redirect::to(&format!("/documents/{id}/print")).into_response())
}
