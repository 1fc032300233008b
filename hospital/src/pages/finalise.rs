//! Finalising (確定): nothing unsaved, nothing to fill, every flag answered by name, a fresh second factor.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fude::lifecycle::Act;
use fude::render::words;
use serde_json::{Value, json};

use super::review::Opened;
use super::sign_in::code;
use crate::api::Write;
use crate::cognito::person;
use crate::desk::{Desk, segment};
use crate::failure::Failure;
use crate::form::{Posted, Signed};
use crate::page;
use crate::review::{self, View};
use crate::session::Session;

pub async fn show(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let opened = Opened::read(&desk, &session, &id).await?;
    Ok(form(&session, &opened, "", StatusCode::OK))
}

fn form(session: &Session, opened: &Opened, said: &str, status: StatusCode) -> Response {
    let view = review::view(&opened.document, &opened.typed(), &[]);
    let unanswered: Vec<&str> =
        view.flags.iter().filter(|f| f.open && f.answer.is_empty()).map(|f| f.id.as_str()).collect();
    let may = opened.may(Act::Finalise, session.person.role);
    let ready = may && unanswered.is_empty() && view.to_fill.is_empty() && view.unsaved == 0;
    let answers: Vec<Value> = view
        .flags
        .iter()
        .filter(|f| f.open)
        .map(|f| json!({ "id": f.id, "message": f.message, "answer": words::answer(&f.answer) }))
        .collect();
    let context = json!({ "doc": opened.head(), "view": view, "unanswered": unanswered, "answers": answers, "ready": ready,
        "may": may, "said": said, "key": uuid::Uuid::new_v4().to_string(), "person": session.name });
    let mut response = page::shown(session, "finalise", &format!("{}の確定", opened.document.title), &context);
    *response.status_mut() = status;
    response
}

pub async fn finalise(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let opened = Opened::read(&desk, &session, &id).await?;
    if opened.etag != fields.get("etag") {
        let said = "別の人が先に版を進めました。最新の内容を確認してから確定してください。";
        return Ok(form(&session, &opened, said, StatusCode::CONFLICT));
    }
    let view = review::view(&opened.document, &opened.typed(), &[]);
    if view.unsaved > 0 {
        return Ok(form(&session, &opened, "", StatusCode::CONFLICT));
    }
    // Before the one-time code is used up: a code serves once
    let user = &session.person.user;
    let tokens = match desk.cognito.sign_in(user, fields.get("password"), &code(fields.get("code"))).await {
        Ok(tokens) => tokens,
        Err(error) => return Ok(form(&session, &opened, &error.to_string(), StatusCode::UNAUTHORIZED)),
    };
    if person(&tokens.access).as_ref() != Some(&session.person) {
        return Err(Failure::OtherPerson);
    }
    let token = tokens.access.clone();
    desk.sessions.renew(&session, tokens);
    let body = json!({ "answers": answers(&view) });
    let path = format!("/documents/{}/finalization", segment(&id)?);
    let write = Write { path: &path, key: fields.get("key"), etag: Some(&opened.etag), body: &body.to_string() };
    match desk.api.write(&token, &write).await {
        Ok(answer) => {
            desk.known.learn(&[answer.json()?]);
            if let Some(work) = &opened.kept {
                desk.kept.remove(&work.id);
            }
            Ok(Redirect::to(&format!("/documents/{id}/print")).into_response())
        }
        Err(error) if error.is("token-refused") => Err(error.into()),
        Err(error) => Ok(form(&session, &opened, error.words(), StatusCode::CONFLICT)),
    }
}

fn answers(view: &View) -> Vec<Value> {
    let open = view.flags.iter().filter(|f| f.open && !f.answer.is_empty());
    open.map(|f| json!({ "flag": f.id, "answer": f.answer })).collect()
}
