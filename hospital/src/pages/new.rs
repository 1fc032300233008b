//! A new document: one screen of what only a person knows, then the wait for the draft.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fude::role::Role;
use fude::template::Template;
use serde_json::{Value, json};

use crate::census;
use crate::cognito::now;
use crate::config::Addressee;
use crate::desk::Desk;
use crate::drafting::{self, STATED};
use crate::failure::Failure;
use crate::form::{Fields, Posted, Signed};
use crate::kept::{About, Stage, Work};
use crate::kinds;
use crate::page;
use crate::session::Session;

/// Opens the screen for a patient of the list; the number comes in the body, never in an address.
pub async fn begin(State(desk): State<Arc<Desk>>, Posted { session, fields }: Posted) -> Result<Response, Failure> {
    let number = narrow(fields.get("patient").trim());
    let kinds = kinds::draftable(session.person.role);
    let wished = fields.get("kind");
    let kind = kinds.iter().find(|t| t.id == wished).or(kinds.first()).map(|t| t.id.clone());
    let kind = kind.ok_or(Failure::Refused("あなたの職種では文書を作成できません。"))?;
    if desk.census.find(&number).is_none() {
        return Err(Failure::Refused("その番号の患者は患者一覧にありません。番号を確認してください。"));
    }
    let about = About::New { patient: number, kind };
    let begun = desk.kept.of(&session.person.user).into_iter().find(|w| w.about == about && w.stage == Stage::Typing);
    let work = match begun {
        Some(work) => work,
        None => {
            let work = Work {
                id: uuid::Uuid::new_v4().to_string(),
                user: session.person.user.clone(),
                about,
                fields: std::collections::BTreeMap::new(),
                stage: Stage::Typing,
                remarks: Vec::new(),
                saved_at: now(),
            };
            desk.kept.put(&work)?;
            work
        }
    };
    Ok(Redirect::to(&format!("/new/{}", work.id)).into_response())
}

/// Digits as a Japanese input method may give them.
fn narrow(text: &str) -> String {
    text.chars()
        .map(|c| if ('！'..='～').contains(&c) { char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c) } else { c })
        .collect()
}

/// The work of that id, if it is this person's and about a new document.
pub fn own(desk: &Desk, session: &Session, id: &str) -> Result<(Work, String, String), Failure> {
    let work = desk.kept.get(&session.person.user, id).ok_or(Failure::NotFound)?;
    match &work.about {
        About::New { patient, kind } => {
            let (patient, kind) = (patient.clone(), kind.clone());
            Ok((work, patient, kind))
        }
        About::Document { .. } => Err(Failure::NotFound),
    }
}

pub async fn show(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (work, ..) = own(&desk, &session, &id)?;
    match work.stage {
        Stage::Typing => form(&desk, &session, &work, &[], StatusCode::OK).await,
        _ => Ok(Redirect::to(&format!("/new/{id}/progress")).into_response()),
    }
}

async fn form(
    desk: &Desk,
    session: &Session,
    work: &Work,
    wrong: &[String],
    status: StatusCode,
) -> Result<Response, Failure> {
    let About::New { patient: number, kind } = &work.about else { return Err(Failure::NotFound) };
    let template = kinds::find(kind).ok_or(Failure::NotFound)?;
    let (others, away) = match desk.search(session, &json!({ "patientId": number })).await {
        Ok(found) => (found, false),
        Err(Failure::Api(error)) if error.passes() => (Vec::new(), true),
        Err(other) => return Err(other),
    };
    let others: Vec<Value> = others
        .iter()
        .map(|k| {
            json!({ "id": k.id, "title": kinds::title(&k.kind), "state": fude::render::words::state(&k.state), "created": page::time(&k.created_at),
                "by": k.entered_by })
        })
        .collect();
    let context = json!({
        "work": work.id,
        "wrong": wrong,
        "away": away,
        "others": others,
        "patient": patient(desk, number),
        "kind": kind,
        "title": template.title,
        "kinds": kinds::draftable(session.person.role).iter().map(|t| json!({ "id": t.id, "title": t.title })).collect::<Vec<_>>(),
        "book": book(desk, &template),
        "types": template.addressee.types.iter().map(|t| json!({ "id": t, "words": kinds::addressee(t) })).collect::<Vec<_>>(),
        "stated": stated(&template, work),
        "diagnoses": desk.census.find(number).map(|p| p.diagnoses).unwrap_or_default(),
        "physicians": if session.person.role == Role::Clerk { desk.config.physicians() } else { Vec::new() },
        "f": fields(work, &["addressee", "to-type", "to-institution", "to-department", "to-recipient", "main", "for", "without-model", "remark", "based-on"]),
    });
    let mut response = page::shown(session, "new", &format!("{}の作成", template.title), &context);
    *response.status_mut() = status;
    Ok(response)
}

pub fn patient(desk: &Desk, number: &str) -> Value {
    let listed = desk.census.find(number).unwrap_or_default();
    let age = listed.age(census::today()).map(|a| format!("{a}歳")).unwrap_or_default();
    json!({ "number": number, "name": listed.name, "kana": listed.kana, "birth": page::birth(&listed.birth_date), "age": age,
        "gender": fude::render::words::gender(&listed.gender), "department": listed.department, "ward": listed.ward,
        "admitted": page::day(&listed.admitted), "discharged": page::day(&listed.discharged) })
}

/// Entries of the address book to which this kind may go.
fn book(desk: &Desk, template: &Template) -> Vec<Value> {
    let may = |a: &&Addressee| template.addressee.types.contains(&a.kind);
    let entries = desk.config.addressee.iter().enumerate().filter(|(_, a)| may(a));
    entries
        .map(|(at, a)| {
            let parts = [&a.institution, &a.department, &a.recipient].into_iter().filter(|t| !t.is_empty());
            let mut name = parts.cloned().collect::<Vec<_>>().join("　");
            if name.is_empty() {
                kinds::addressee(&a.kind).clone_into(&mut name);
            }
            json!({ "at": at.to_string(), "name": name })
        })
        .collect()
}

fn stated(template: &Template, work: &Work) -> Vec<Value> {
    kinds::stated(template)
        .map(|s| {
            let field = format!("{STATED}{}", s.code);
            json!({ "field": field, "title": s.title, "required": s.required, "choices": s.choices, "value": work.field(&field),
                "guidance": s.guidance, "length": s.length })
        })
        .collect()
}

fn fields(work: &Work, names: &[&str]) -> Value {
    let pairs = names.iter().map(|n| (n.replace('-', "_"), Value::from(work.field(n))));
    Value::Object(pairs.collect())
}

/// Takes over what was typed. A box that is not ticked sends nothing, so what the form could have sent is replaced whole.
fn take(desk: &Desk, work: &mut Work, typed: &Fields) -> Result<(), Failure> {
    if work.stage == Stage::Drafting {
        return Err(Failure::Refused("作成中のため変更できません。できあがるのを待ってください。"));
    }
    let by_hand: Vec<_> = work
        .fields
        .iter()
        .filter(|(k, _)| k.starts_with(drafting::BY_HAND) || *k == "based-on")
        .map(own_pair)
        .collect();
    work.fields = by_hand
        .into_iter()
        .chain(typed.typed().filter(|(k, _)| *k != "kind").map(|(k, v)| (k.to_owned(), v.to_owned())))
        .collect();
    if let (About::New { kind, .. }, Some(wished)) = (&mut work.about, kinds::find(typed.get("kind"))) {
        *kind = wished.id;
    }
    work.saved_at = now();
    work.stage = Stage::Typing;
    Ok(desk.kept.put(work)?)
}

fn own_pair((k, v): (&String, &String)) -> (String, String) {
    (k.clone(), v.clone())
}

pub async fn keep(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let (mut work, ..) = own(&desk, &session, &id)?;
    take(&desk, &mut work, &fields)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn change(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let (mut work, ..) = own(&desk, &session, &id)?;
    if fields.has("addressee") {
        take(&desk, &mut work, &fields)?;
    } else if work.stage != Stage::Drafting {
        // Back from a drafting that failed: what was typed stays
        work.stage = Stage::Typing;
        desk.kept.put(&work)?;
    }
    Ok(Redirect::to(&format!("/new/{id}")).into_response())
}

pub async fn draft(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, fields }: Posted,
) -> Result<Response, Failure> {
    let (mut work, ..) = own(&desk, &session, &id)?;
    if work.stage != Stage::Drafting {
        // From the waiting page comes only the wish for another way
        if fields.has("addressee") {
            take(&desk, &mut work, &fields)?;
            work.fields.remove("way");
        } else {
            for name in ["extractive", "way"] {
                if fields.has(name) {
                    work.fields.insert(name.to_owned(), fields.get(name).to_owned());
                }
            }
        }
        let wrong = wrong(&desk, &session, &work);
        if !wrong.is_empty() {
            work.stage = Stage::Typing;
            desk.kept.put(&work)?;
            return form(&desk, &session, &work, &wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    }
    drafting::start(&desk, &session, &work).await?;
    Ok(Redirect::to(&format!("/new/{id}/progress")).into_response())
}

/// What must be mended before the request is worth sending.
pub fn wrong(desk: &Desk, session: &Session, work: &Work) -> Vec<String> {
    let mut found = Vec::new();
    let About::New { kind, .. } = &work.about else { return found };
    let Some(template) = kinds::find(kind) else { return found };
    let to = drafting::destination(desk, work);
    if !template.addressee.types.contains(&to.kind) {
        found.push("宛先を選んでください。".to_owned());
    } else if to.kind == "medical-institution" && to.institution.is_empty() {
        found.push("宛先の医療機関名を入力してください。".to_owned());
    }
    let listed = desk.config.physicians().iter().any(|p| p.user == work.field("for"));
    if session.person.role == Role::Clerk && !listed {
        found.push("どの医師の代行かを選んでください。".to_owned());
    }
    found
}

pub async fn discard(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Posted { session, .. }: Posted,
) -> Result<Response, Failure> {
    let (work, ..) = own(&desk, &session, &id)?;
    if work.stage == Stage::Drafting {
        return Err(Failure::Refused("作成中のため破棄できません。できあがるのを待ってください。"));
    }
    desk.kept.remove(&work.id);
    Ok(Redirect::to("/").into_response())
}

/// The wait. Done: leads to the document, and the work is over.
pub async fn progress(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (work, patient_number, kind) = own(&desk, &session, &id)?;
    // What did not go along is read first
    let remarked = !work.remarks.is_empty() && query.as_deref() != Some("read");
    match &work.stage {
        Stage::Typing => return Ok(Redirect::to(&format!("/new/{id}")).into_response()),
        Stage::Done { document } if !remarked => {
            desk.kept.remove(&work.id);
            return Ok(Redirect::to(&format!("/documents/{document}")).into_response());
        }
        // After a restart nobody waits any more: the same key asks again
        Stage::Drafting if desk.jobs.of(&work.id).is_none() => drafting::start(&desk, &session, &work).await?,
        _ => {}
    }
    let failed = match &work.stage {
        Stage::Failed { slug, words } => json!({ "slug": slug, "words": words }),
        _ => Value::Null,
    };
    let by_hand = drafting::is_by_hand(&work);
    let context = json!({ "work": work.id, "patient": patient(&desk, &patient_number), "title": kinds::title(&kind),
        "failed": failed, "done": matches!(work.stage, Stage::Done { .. }), "remarks": work.remarks, "by_hand": by_hand, "told": told(&desk, &work),
        "passes": matches!(&work.stage, Stage::Failed { slug, .. } if passes(slug)) });
    Ok(page::shown(&session, "progress", "作成中", &context))
}

/// Whether the same request may succeed later.
fn passes(slug: &str) -> bool {
    matches!(slug, "" | "away" | "throttled" | "still-drafting")
        || slug.starts_with("model-")
        || slug.ends_with("-unavailable")
}

pub async fn state(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (work, ..) = own(&desk, &session, &id)?;
    Ok(Json(told(&desk, &work)).into_response())
}

fn told(desk: &Desk, work: &Work) -> Value {
    let progress = desk.jobs.of(&work.id).unwrap_or_default();
    let seconds = if progress.begun == 0 { 0 } else { now().saturating_sub(progress.begun) };
    let said = if progress.said.is_empty() {
        String::new()
    } else {
        format!("{}　{}回目を試しています。", progress.said, progress.tries)
    };
    json!({ "waiting": work.stage == Stage::Drafting, "seconds": seconds, "said": said })
}
