//! A stack as a process of its own, as an operator has one, and a physician who uses it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::caller::{Caller, blocking, problem};
use crate::client::{self, Answer, SignIn};
use crate::seed::DATA_SOURCE;
use crate::staff::HOUSES;

const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(30);
/// A kind that needs nothing but its record.
const KIND: &str = "discharge-summary";

pub struct Running {
    child: Child,
    state: PathBuf,
    pub caller: Caller,
    patient: String,
}

/// How a tool ended.
pub struct Ended {
    pub status: Option<i32>,
    pub printed: String,
}

/// Runs a binary that was built with this one.
pub async fn tool(name: &str, args: &[&str]) -> Result<Ended, String> {
    let binary = beside(name)?;
    let output = Command::new(&binary).args(args).output().await.map_err(|e| format!("{}: {e}", binary.display()))?;
    let printed = [output.stdout, output.stderr].concat();
    Ok(Ended { status: output.status.code(), printed: String::from_utf8_lossy(&printed).into_owned() })
}

/// Ends well only where `fude-verify` finds nothing wrong.
pub async fn verified(state: &Path) -> Result<(), String> {
    let ended = tool("fude-verify", &["--state", &state.to_string_lossy()]).await?;
    if ended.status == Some(0) { Ok(()) } else { Err(format!("fude-verify found:\n{}", ended.printed)) }
}

fn beside(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let binary = own.with_file_name(name);
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(format!("{} is not built; start with `cargo run`", binary.display()))
    }
}

impl Running {
    /// Starts a stack; signs in unless there is a token already, which a restart does not end.
    pub async fn start(state: &Path, log: &Path, token: Option<String>) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|e| e.to_string())?;
        let printed = std::fs::File::options().create(true).append(true).open(log).map_err(|e| e.to_string())?;
        let mut child = Command::new(own)
            .args(["--attached", "--port", "0", "--state"])
            .arg(state)
            .stdin(Stdio::piped())
            .stdout(printed.try_clone().map_err(|e| e.to_string())?)
            .stderr(printed)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| e.to_string())?;
        let began = Instant::now();
        let ready: Value = loop {
            let text = std::fs::read(state.join("ready.json")).unwrap_or_default();
            if let Ok(ready) = serde_json::from_slice(&text) {
                break ready;
            }
            if child.try_wait().map_err(|e| e.to_string())?.is_some() || began.elapsed() > START {
                return Err(format!("the stack did not start; {} says why", log.display()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let house = ready["hospitals"][0].clone();
        let path = |v: &Value| PathBuf::from(v.as_str().unwrap_or_default());
        let agent = client::agent(&path(&ready["ca"]), &path(&house["clientCert"]), &path(&house["clientKey"]))?;
        let token = match token {
            Some(token) => token,
            None => sign_in(&ready).await?,
        };
        let api = ready["api"].as_str().unwrap_or_default().to_owned();
        let patient = house["dataSources"][0]["patients"][0].as_str().ok_or("no patient is staged")?.to_owned();
        Ok(Self { child, state: state.to_owned(), caller: Caller { agent, api, token }, patient })
    }

    /// In order: functions and table are at rest afterwards.
    pub async fn stop(mut self) -> Result<(), String> {
        drop(self.child.stdin.take());
        let ended = tokio::time::timeout(STOP, self.child.wait()).await;
        let status = ended.map_err(|_| "the stack does not stop")?.map_err(|e| e.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("the stack ended with {status}")) }
    }

    /// Drafts a document; its id.
    pub async fn draft(&self) -> Result<String, String> {
        let order = json!({ "patientId": self.patient, "dataSourceId": DATA_SOURCE, "documentType": KIND,
            "destination": { "type": "medical-institution", "institution": "みなと診療所", "department": "内科" } });
        let drafted = expect(201, self.caller.post("/documents", None, order).await?)?;
        Ok(drafted.json()?["documentId"].as_str().ok_or("the answer has no documentId")?.to_owned())
    }

    /// A further revision; the sentence is the first of the document.
    pub async fn revise(&self, id: &str, text: &str) -> Result<(), String> {
        let mut sections = filled(&self.content(id).await?)?;
        sections[0]["sentences"][0]["text"] = text.into();
        self.act(id, "revisions", 201, json!({ "sections": sections, "reason": "記載を補った。" })).await
    }

    /// Fills what was left to fill, answers every flag, and finalises.
    pub async fn finalise(&self, id: &str) -> Result<(), String> {
        let sections = filled(&self.content(id).await?)?;
        self.act(id, "revisions", 201, json!({ "sections": sections, "reason": "記載を補った。" })).await?;
        let content = self.content(id).await?;
        let flags = content["flags"].as_array().cloned().unwrap_or_default();
        let answers: Vec<Value> = flags.iter().map(|f| json!({ "flag": f["id"], "answer": "accepted" })).collect();
        self.act(id, "finalization", 200, json!({ "answers": answers })).await
    }

    async fn act(&self, id: &str, act: &str, status: u16, body: Value) -> Result<(), String> {
        let metadata = self.caller.get(&format!("/documents/{id}"), "application/json").await?;
        let etag = metadata.headers.get("etag").and_then(|h| h.to_str().ok()).ok_or("no ETag")?;
        expect(status, self.caller.post(&format!("/documents/{id}/{act}"), Some(etag), body).await?).map(|_| ())
    }

    async fn content(&self, id: &str) -> Result<Value, String> {
        expect(200, self.caller.get(&format!("/documents/{id}/content"), "application/json").await?)?.json()
    }

    pub async fn status(&self, id: &str) -> Result<u16, String> {
        Ok(self.caller.get(&format!("/documents/{id}"), "application/json").await?.status)
    }

    /// Metadata and content, as a reader gets them.
    pub async fn seen(&self, id: &str) -> Result<Value, String> {
        let metadata = expect(200, self.caller.get(&format!("/documents/{id}"), "application/json").await?)?.json()?;
        Ok(json!({ "metadata": metadata, "content": self.content(id).await? }))
    }

    /// Waits until the log proves so many events of the document.
    pub async fn in_log(&self, id: &str, events: usize, patience: Duration) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let answer = self.caller.get(&format!("/documents/{id}/proof"), "application/json").await?;
            let proved = answer.json().ok().and_then(|p| Some(p["events"].as_array()?.len())).unwrap_or_default();
            if answer.status == 200 && proved >= events {
                return Ok(());
            }
            if began.elapsed() > patience {
                return Err(format!("the log proves {proved} of {events} events after {} s", patience.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Waits until the writer of the log has said that its table is behind.
    pub async fn log_stopped(&self, patience: Duration) -> Result<(), String> {
        let file = self.state.join("log/audit-writer.log");
        let began = Instant::now();
        while !std::fs::read_to_string(&file).is_ok_and(|text| text.contains("E_HEAD_BEHIND")) {
            if began.elapsed() > patience {
                return Err(format!("no E_HEAD_BEHIND in {} after {} s", file.display(), patience.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }
}

async fn sign_in(ready: &Value) -> Result<String, String> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let (cognito, client_id) = (text(&ready["cognito"]), text(&ready["clientId"]));
    let users = ready["hospitals"][0]["users"].as_array().cloned().unwrap_or_default();
    let physician = HOUSES[0].users.iter().find(|u| u.role == "physician").ok_or("no physician")?;
    let user = users.iter().find(|u| u["name"] == physician.name).ok_or("no physician signs in")?;
    let (password, totp_secret) = (text(&user["password"]), text(&user["totpSecret"]));
    blocking(move || {
        let who = SignIn {
            cognito: &cognito,
            client_id: &client_id,
            user: physician.name,
            password: &password,
            totp_secret: &totp_secret,
        };
        client::sign_in(&who, || eprintln!("waiting for an unused TOTP step (at most 60 s) …"))
    })
    .await
}

fn expect(status: u16, answer: Answer) -> Result<Answer, String> {
    if answer.status == status { Ok(answer) } else { Err(format!("answered {}: {}", answer.status, problem(&answer))) }
}

/// The sections, with something in every place that was left to the author.
fn filled(content: &Value) -> Result<Value, String> {
    let mut sections = content["sections"].clone();
    for section in sections.as_array_mut().ok_or("no sections")? {
        for sentence in section["sentences"].as_array_mut().into_iter().flatten() {
            let open = sentence["text"].as_str().is_some_and(|t| t.contains("要確認】"));
            if open || sentence["empty"] == "to-confirm" {
                sentence["text"] = "診察のうえ確認し、記載した。".into();
            }
        }
    }
    Ok(sections)
}
