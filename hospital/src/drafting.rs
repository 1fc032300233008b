//! From typed fields to a draft: the request, and the wait for its answer, which goes on while the person is elsewhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::{ApiError, Write};
use crate::cognito::now;
use crate::config::Addressee;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::kept::{About, Stage, Work};
use crate::kinds;
use crate::problem::Problem;
use crate::session::Session;
use crate::source::SourceError;
use crate::sourced::{self, Sourced};

/// Seconds for which a drafting that is under way is waited for: lease and time-out of the function, twice.
const PATIENCE: u64 = 150;
/// How often a service that does not answer is asked.
const TRIES: u32 = 3;
/// Prefix of fields with what only the author knows, by section; and of sections written by hand.
pub const STATED: &str = "st:";
pub const BY_HAND: &str = "hand:";

/// What the waiting page tells.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Progress {
    pub begun: u64,
    pub tries: u32,
    pub said: &'static str,
}

/// Draftings that are waited for, by id of the work.
#[derive(Default)]
pub struct Jobs(Mutex<HashMap<String, Progress>>);

impl Jobs {
    pub fn of(&self, work: &str) -> Option<Progress> {
        self.held().get(work).cloned()
    }

    fn begin(&self, work: &str) -> bool {
        let mut held = self.held();
        if held.contains_key(work) {
            return false;
        }
        held.insert(work.to_owned(), Progress { begun: now(), tries: 1, said: "" });
        true
    }

    fn say(&self, work: &str, said: &'static str, again: bool) {
        if let Some(progress) = self.held().get_mut(work) {
            progress.said = said;
            progress.tries += u32::from(again);
        }
    }

    fn end(&self, work: &str) {
        self.held().remove(work);
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<String, Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The destination that the form names: an entry of the address book, or what was typed.
pub fn destination(desk: &Desk, work: &Work) -> Addressee {
    let chosen = work.field("addressee").parse::<usize>().ok().and_then(|at| desk.config.addressee.get(at));
    chosen.cloned().unwrap_or_else(|| {
        let text = |name: &str| work.field(name).trim().to_owned();
        Addressee {
            kind: text("to-type"),
            institution: text("to-institution"),
            department: text("to-department"),
            recipient: text("to-recipient"),
        }
    })
}

/// The body of `POST /documents`.
pub fn order(desk: &Desk, work: &Work) -> Value {
    let About::New { patient, kind } = &work.about else { return Value::Null };
    let to = destination(desk, work);
    let mut destination = json!({ "type": to.kind });
    for (name, value) in
        [("institution", &to.institution), ("department", &to.department), ("recipient", &to.recipient)]
    {
        if !value.is_empty() {
            destination[name] = value.as_str().into();
        }
    }
    let sections = kinds::find(kind).map(|t| t.sections).unwrap_or_default();
    let stated = |code: &str| work.field(&format!("{STATED}{code}")).trim();
    let statements: Vec<Value> = sections
        .iter()
        .filter(|s| !stated(&s.code).is_empty())
        .map(|s| json!({ "section": s.code, "text": stated(&s.code) }))
        .collect();
    let mut body = json!({ "patientId": patient, "dataSourceId": desk.config.api.data_source, "documentType": kind,
        "destination": destination, "statements": statements });
    if let Some(listed) = desk.census.find(patient) {
        let mut check = json!({});
        for (name, value) in [("birthDate", listed.birth_date), ("kana", listed.kana)] {
            if !value.is_empty() {
                check[name] = value.into();
            }
        }
        body["patientCheck"] = check;
    }
    for (name, field) in
        [("onBehalfOf", "for"), ("mainDiagnosis", "main"), ("remark", "remark"), ("basedOn", "based-on")]
    {
        let value = work.field(field).trim();
        if !value.is_empty() {
            body[name] = value.into();
        }
    }
    if !work.field("without-model").is_empty() || is_by_hand(work) {
        body["withoutModel"] = true.into();
    }
    if !work.field("extractive").is_empty() {
        body["onModelFailure"] = "extractive".into();
    }
    body
}

/// Whether sections written by hand are to be brought into the record.
pub fn is_by_hand(work: &Work) -> bool {
    work.field("way") == "by-hand"
}

/// The same work with the same words and record asks under the same key, whoever asks how often and after whatever
/// restart. A record that changed in the house meanwhile is another request.
fn key(work: &Work, body: &str) -> String {
    hex::encode(&Sha256::digest(format!("{}\0{body}", work.id))[..20])
}

/// Begins the drafting, or joins one that is under way.
pub async fn start(desk: &Arc<Desk>, session: &Session, work: &Work) -> Result<(), Failure> {
    let token = desk.token(session).await?;
    if desk.jobs.begin(&work.id) {
        let mut work = work.clone();
        work.stage = Stage::Drafting;
        desk.kept.put(&work)?;
        tokio::spawn(run(desk.clone(), token, work));
    }
    Ok(())
}

async fn run(desk: Arc<Desk>, token: String, work: Work) {
    let mut remarks = Vec::new();
    let stage = match draft(&desk, &token, &work, &mut remarks).await {
        Ok(document) => Stage::Done { document },
        Err(Undrafted::Source(error)) => {
            let slug = sourced::slug(&error);
            tracing::warn!(slug, %error, "the house's record was not read");
            Stage::Failed { slug: slug.into(), words: sourced::words(&error).into() }
        }
        Err(Undrafted::Api(ApiError::Away)) => {
            Stage::Failed { slug: "away".into(), words: crate::failure::AWAY.into() }
        }
        Err(Undrafted::Api(ApiError::Refused(p))) => {
            tracing::warn!(status = p.status, slug = p.slug, detail = p.detail, "drafting was refused");
            Stage::Failed { slug: p.slug.clone(), words: p.words().into() }
        }
    };
    // What was typed meanwhile in another tab stays
    if let Some(now_there) = desk.kept.get(&work.user, &work.id)
        && let Err(error) = desk.kept.put(&Work { stage, remarks, ..now_there })
    {
        tracing::error!(%error, "the end of a drafting was not written");
    }
    desk.jobs.end(&work.id);
}

/// Why there is no draft.
enum Undrafted {
    Api(ApiError),
    Source(SourceError),
}

impl From<ApiError> for Undrafted {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// The body as it is sent: with the record where the house has a source, else the operator's staged one is drafted from.
async fn body(desk: &Desk, work: &Work, remarks: &mut Vec<String>) -> Result<String, SourceError> {
    let body = order(desk, work).to_string();
    let (Some(house), About::New { patient, kind }) = (&desk.house, &work.about) else { return Ok(body) };
    let Sourced { json, remarks: told } = sourced::read(house, patient, kind).await?;
    *remarks = told;
    Ok(sourced::with_record(&body, &json))
}

async fn draft(desk: &Desk, token: &str, work: &Work, remarks: &mut Vec<String>) -> Result<String, Undrafted> {
    let body = body(desk, work, remarks).await.map_err(Undrafted::Source)?;
    let key = key(work, &body);
    let asked = Ask { desk, token, work, limit: now() + PATIENCE };
    let told = asked.until_written(&Write { path: "/documents", key: &key, etag: None, body: &body }).await?;
    let id = told["documentId"].as_str().ok_or(Undrafted::Api(ApiError::Away))?.to_owned();
    if is_by_hand(work) {
        asked.bring(&id, &told, &key).await?;
    }
    Ok(id)
}

struct Ask<'a> {
    desk: &'a Desk,
    token: &'a str,
    work: &'a Work,
    limit: u64,
}

impl Ask<'_> {
    async fn until_written(&self, write: &Write<'_>) -> Result<Value, ApiError> {
        let mut tries = 1;
        loop {
            let (wait, said) = match self.desk.api.write(self.token, write).await {
                Ok(answer) if answer.status != 202 => {
                    let told = answer.json()?;
                    self.desk.known.learn(std::slice::from_ref(&told));
                    return Ok(told);
                }
                Ok(answer) if now() < self.limit => (answer.retry_after, ""),
                Ok(_) => return Err(still()),
                Err(error) if error.is("still-drafting") && now() < self.limit => (None, ""),
                Err(error) if error.passes() && tries < TRIES => {
                    tries += 1;
                    let wait = if let ApiError::Refused(p) = &error { p.retry_after } else { None };
                    (wait, error.words())
                }
                Err(error) => return Err(error),
            };
            self.desk.jobs.say(&self.work.id, said, !said.is_empty());
            tokio::time::sleep(Duration::from_secs(wait.unwrap_or(2).clamp(1, 10))).await;
        }
    }

    /// The sections that were written by hand take the place of the record's.
    async fn bring(&self, id: &str, told: &Value, key: &str) -> Result<(), ApiError> {
        let content = self.desk.api.get(self.token, &format!("/documents/{id}/content"), "application/json").await?;
        let mut sections = content.json()?["sections"].as_array().cloned().unwrap_or_default();
        let About::New { kind, .. } = &self.work.about else { return Ok(()) };
        for section in kinds::find(kind).map(|t| t.sections).unwrap_or_default() {
            let text = self.work.field(&format!("{BY_HAND}{}", section.code));
            let sentences: Vec<Value> =
                text.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| json!({ "text": l })).collect();
            if sentences.is_empty() {
                continue;
            }
            let written = json!({ "code": section.code, "sentences": sentences });
            match sections.iter_mut().find(|s| s["code"] == section.code.as_str()) {
                Some(there) => *there = written,
                None => sections.push(written),
            }
        }
        let mut body = json!({ "sections": sections, "reason": "通信できない間に手書きした内容を取り込んだ。" });
        if let Some(physician) = Some(self.work.field("for")).filter(|f| !f.is_empty()) {
            body["onBehalfOf"] = physician.into();
        }
        let (path, key) = (format!("/documents/{id}/revisions"), format!("{key}-hand"));
        let etag = format!("\"v{}\"", told["version"]);
        self.until_written(&Write { path: &path, key: &key, etag: Some(&etag), body: &body.to_string() }).await?;
        Ok(())
    }
}

fn still() -> ApiError {
    ApiError::Refused(Problem { status: 503, slug: "still-drafting".into(), detail: String::new(), retry_after: None })
}
