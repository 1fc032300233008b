//! The first page: what waits for this person, what is begun, who was discharged without a summary.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use fude::render::words;
use fude::role::Role;
use serde_json::{Value, json};
use time::Date;
use tokio::task::JoinSet;

use crate::census::{self, Patient};
use crate::cognito::now;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::form::{Posted, Signed};
use crate::kept::{About, Stage, Work};
use crate::kinds;
use crate::known::Known;
use crate::page;
use crate::session::Session;

const SUMMARY: &str = "discharge-summary";
/// A summary is due within 14 days of discharge: 診療録管理体制加算1 counts those that are there by then.
const DUE: i64 = 14;
const SOON: i64 = 7;
/// Patients that are asked about in one go, and searches at a time.
const MOST: usize = 200;
const AT_ONCE: usize = 4;

pub async fn show(State(desk): State<Arc<Desk>>, Signed(session): Signed) -> Result<Response, Failure> {
    let (waiting, away) = waiting(&desk, &session).await?;
    let census = desk.census.list();
    let known = desk.known.all();
    let today = census::today();
    let reads = session.person.role != Role::Auditor;
    let ids: Vec<&str> = waiting.iter().map(|k| k.id.as_str()).collect();
    let open = known.iter().filter(|k| reads && k.is_open() && !ids.contains(&k.id.as_str()));
    let kept = desk.kept.of(&session.person.user);
    let context = json!({
        "away": away,
        "looked": Some(desk.looked_up.load(Ordering::Relaxed)).filter(|at| *at > 0).map(page::clock),
        "waiting": rows(&waiting, &census),
        "kept": kept.iter().map(|w| unsent(w, &census)).collect::<Vec<_>>(),
        "due": if reads { due(&census, &known, today) } else { Vec::new() },
        "open": open.map(|k| row(k, &census)).collect::<Vec<_>>(),
        "done": known.iter().filter(|k| k.is_final()).map(|k| row(k, &census)).collect::<Vec<_>>(),
        "patients": patients(&census),
        "kinds": kinds::draftable(session.person.role).iter().map(|t| json!({ "id": t.id, "title": t.title })).collect::<Vec<_>>(),
        "summaries": kinds::draftable(session.person.role).iter().any(|t| t.id == SUMMARY),
        "physician": session.person.role == Role::Physician,
    });
    Ok(page::shown(&session, "worklist", "文書の一覧", &context))
}

/// Asks the API about the list's patients, so that documents made elsewhere are listed, and no summary is due that is
/// there. A person's act and not the page's, since every search is on record under a name.
pub async fn look_up(State(desk): State<Arc<Desk>>, Posted { session, .. }: Posted) -> Result<Response, Failure> {
    let census = desk.census.list();
    let mut patients: Vec<&Patient> = census.iter().collect();
    // Those in hospital, then the last to leave
    patients.sort_by_key(|p| (!p.discharged.is_empty(), std::cmp::Reverse(&p.discharged)));
    let mut asked: JoinSet<Result<(), Failure>> = JoinSet::new();
    for patient in patients.into_iter().take(MOST) {
        if asked.len() == AT_ONCE
            && let Some(answer) = asked.join_next().await
        {
            answer.map_err(|_| Failure::Broken)??;
        }
        let (desk, session, number) = (desk.clone(), session.clone(), patient.number.clone());
        asked.spawn(async move { desk.search(&session, &json!({ "patientId": number })).await.map(drop) });
    }
    while let Some(answer) = asked.join_next().await {
        answer.map_err(|_| Failure::Broken)??;
    }
    desk.looked_up.store(now(), Ordering::Relaxed);
    Ok(Redirect::to("/").into_response())
}

/// What awaits this physician's approval, and whether the cloud is away.
async fn waiting(desk: &Desk, session: &Session) -> Result<(Vec<Known>, bool), Failure> {
    if session.person.role != Role::Physician {
        return Ok((Vec::new(), false));
    }
    match desk.search(session, &json!({ "awaitingApprovalOf": session.person.user })).await {
        Ok(found) => Ok((found, false)),
        Err(Failure::Api(error)) if error.passes() => Ok((Vec::new(), true)),
        Err(other) => Err(other),
    }
}

fn patient(number: &str, census: &[Patient]) -> Value {
    let listed = census.iter().find(|p| p.number == number);
    json!({ "number": number, "name": listed.map_or("", |p| &p.name), "kana": listed.map_or("", |p| &p.kana),
        "place": listed.map(place).unwrap_or_default() })
}

fn place(patient: &Patient) -> String {
    [&patient.department, &patient.ward].into_iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>().join("　")
}

fn rows(known: &[Known], census: &[Patient]) -> Vec<Value> {
    known.iter().map(|k| row(k, census)).collect()
}

fn row(known: &Known, census: &[Patient]) -> Value {
    json!({ "id": known.id, "title": kinds::title(&known.kind), "patient": patient(&known.patient, census),
        "state": words::state(&known.state), "open_flags": known.open_flags, "addressee": known.addressee,
        "by": known.entered_by, "created": page::time(&known.created_at),
        "finalised": known.finalised_at.as_deref().map(page::time) })
}

fn unsent(work: &Work, census: &[Patient]) -> Value {
    let (title, link) = match &work.about {
        About::New { kind, .. } => (kinds::title(kind), format!("/new/{}", work.id)),
        About::Document { document, .. } => ("文書の修正".to_owned(), format!("/documents/{document}")),
    };
    let (link, stage) = match &work.stage {
        Stage::Typing => (link, "入力中"),
        Stage::Drafting => (format!("/new/{}/progress", work.id), "作成中"),
        Stage::Failed { .. } => (format!("/new/{}/progress", work.id), "作成できませんでした"),
        Stage::Done { .. } => (format!("/new/{}/progress", work.id), "できあがりました"),
    };
    json!({ "title": title, "link": link, "stage": stage, "patient": patient(work.patient(), census),
        "saved": page::clock(work.saved_at) })
}

/// Discharged, and no summary is begun: longest waiting first.
fn due(census: &[Patient], known: &[Known], today: Date) -> Vec<Value> {
    let has =
        |number: &str| known.iter().any(|k| k.patient == number && k.kind == SUMMARY && (k.is_open() || k.is_final()));
    let mut late: Vec<(i64, &Patient)> = census
        .iter()
        .filter_map(|p| Some((p.days_since_discharge(today)?, p)))
        .filter(|(days, p)| *days >= 0 && !has(&p.number))
        .collect();
    late.sort_by_key(|(days, p)| (std::cmp::Reverse(*days), p.number.clone()));
    late.iter()
        .map(|(days, p)| {
            let urgency = match *days {
                d if d > DUE => "期限超過",
                d if d > SOON => "期限間近",
                _ => "",
            };
            json!({ "days": days, "urgency": urgency, "discharged": page::day(&p.discharged), "patient": patient(&p.number, census) })
        })
        .collect()
}

fn patients(census: &[Patient]) -> Vec<Value> {
    census.iter().map(|p| patient(&p.number, census)).collect()
}

#[cfg(test)]
mod tests {
    use super::due;
    use crate::census::{Patient, day};
    use crate::known::Known;

    #[test]
    fn the_longest_waiting_patient_without_a_summary_comes_first() {
        let patient = |number: &str, discharged: &str| Patient {
            number: number.into(),
            discharged: discharged.into(),
            ..Patient::default()
        };
        let census =
            [patient("1", "2026-07-10"), patient("2", "2026-07-01"), patient("3", ""), patient("4", "2026-07-18")];
        let begun = |number: &str, kind: &str, state: &str| Known {
            patient: number.into(),
            kind: kind.into(),
            state: state.into(),
            ..Known::default()
        };
        let known = [
            begun("1", "discharge-summary", "withdrawn"),
            begun("2", "referral-letter", "final"),
            begun("4", "discharge-summary", "draft"),
        ];
        let found = due(&census, &known, day("2026-07-20").expect("a day"));
        let told: Vec<(&str, i64, &str)> = found
            .iter()
            .map(|r| {
                (r["patient"]["number"].as_str().unwrap(), r["days"].as_i64().unwrap(), r["urgency"].as_str().unwrap())
            })
            .collect();
        assert_eq!(told, [("2", 19, "期限超過"), ("1", 10, "期限間近")]);
    }
}
