//! When cloud or model is away: an empty form of the kind, written by hand, printed, and brought into the record when
//! the line is back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fude::template::{From, Template};
use serde_json::{Value, json};

use super::new::{own, patient, wrong};
use crate::census;
use crate::cognito::now;
use crate::desk::Desk;
use crate::drafting::{self, BY_HAND, STATED};
use crate::failure::Failure;
use crate::form::{Posted, Signed};
use crate::kept::{Stage, Work};
use crate::kinds;
use crate::page;

/// Letterheads are printed from the configuration, the rest is a field each.
fn sections(template: &Template, work: &Work) -> Vec<Value> {
    let head = |render: &str| matches!(render, "sender" | "addressee" | "patient-head");
    let written = template.sections.iter().filter(|s| !(s.from == From::Code && head(&s.render)));
    written
        .map(|s| {
            let field = format!("{BY_HAND}{}", s.code);
            let typed = work.field(&field);
            // What was stated on the screen before need not be typed again
            let value = if typed.is_empty() { work.field(&format!("{STATED}{}", s.code)) } else { typed };
            json!({ "field": field, "title": s.title, "required": s.required, "value": value })
        })
        .collect()
}

fn context(desk: &Desk, work: &Work, number: &str, kind: &str) -> Result<Value, Failure> {
    let template = kinds::find(kind).ok_or(Failure::NotFound)?;
    let to = drafting::destination(desk, work);
    let parts = [&to.institution, &to.department, &to.recipient].into_iter().filter(|t| !t.is_empty());
    let today = census::today();
    Ok(
        json!({ "work": work.id, "title": template.title, "patient": patient(desk, number), "sections": sections(&template, work),
        "addressee": parts.cloned().collect::<Vec<_>>().join("　"), "hospital": desk.config.name,
        "today": format!("{}年{}月{}日", today.year(), u8::from(today.month()), today.day()),
        "saved": page::clock(work.saved_at) }),
    )
}

pub async fn show(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (work, number, kind) = own(&desk, &session, &id)?;
    let mut context = context(&desk, &work, &number, &kind)?;
    context["wrong"] = wrong(&desk, &session, &work).into();
    Ok(page::shown(&session, "by_hand", &format!("{}（手書き）", kinds::title(&kind)), &context))
}

/// Keeps what was written; with `act` `bring`, sends it to the record.
pub async fn save(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let (mut work, ..) = own(&desk, &session, &id)?;
    if work.stage == Stage::Drafting {
        return Ok(Redirect::to(&format!("/new/{id}/progress")).into_response());
    }
    for (name, value) in fields.typed().filter(|(k, _)| k.starts_with(BY_HAND)) {
        work.fields.insert(name.to_owned(), value.to_owned());
    }
    work.saved_at = now();
    work.stage = Stage::Typing;
    let bring = fields.get("act") == "bring";
    if bring {
        work.fields.insert("way".to_owned(), "by-hand".to_owned());
    } else {
        work.fields.remove("way");
    }
    desk.kept.put(&work)?;
    if !bring && !fields.has("act") {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let next = if bring && wrong(&desk, &session, &work).is_empty() {
        drafting::start(&desk, &session, &work).await?;
        "progress"
    } else {
        "by-hand"
    };
    Ok(Redirect::to(&format!("/new/{id}/{next}")).into_response())
}

/// The form as a sheet of its own, to be printed.
pub async fn paper(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (work, number, kind) = own(&desk, &session, &id)?;
    let mut context = context(&desk, &work, &number, &kind)?;
    context["author"] = session.name.as_str().into();
    Ok(page::sheet("by_hand_paper", &context))
}
