//! The main job, once, over the real front door: draft, fetch, verify, audit. What it prints is what a caller gets.

mod log;

pub use log::Place;

use fude::document::Document;
use fude::integrity::Digest;
use serde_json::{Value, json};

use crate::caller::{Caller, blocking, problem};
use crate::client::{self, Answer, SignIn};
use crate::printed;
use crate::seed::DATA_SOURCE;
use crate::settings::CLIENT;
use crate::stack::Stack;
use crate::staff::{HOUSES, MAIN_JOB_USER};

pub async fn run(stack: &Stack) -> Result<(), String> {
    let house = HOUSES[0].id;
    let token = sign_in(stack).await?;
    let patient = fude_records::patients(house).into_iter().next().ok_or("no patient is staged")?;
    let order = json!({
        "patientId": patient.number,
        "dataSourceId": DATA_SOURCE,
        "documentType": "discharge-summary",
        "destination": { "type": "medical-institution", "institution": "みなと診療所", "department": "内科" },
    });
    eprintln!("POST {}/documents …", stack.api());
    let identity = &stack.pki.clients[house];
    let agent = client::agent(&stack.pki.ca_cert, &identity.cert, &identity.key)?;
    let caller = Caller { agent, api: stack.api(), token };
    let drafted = caller.post("/documents", None, order).await?;
    if drafted.status != 201 {
        return Err(format!("drafting answered {}: {}", drafted.status, problem(&drafted)));
    }
    let metadata = drafted.json()?;
    let id = metadata["documentId"].as_str().ok_or("the answer has no documentId")?.to_owned();
    let content = caller.get(&format!("/documents/{id}/content"), "application/json").await?;
    let text = caller.get(&format!("/documents/{id}/content"), "text/plain").await?;
    let hash = verify(&metadata, &content, &text)?;
    let document: Document =
        serde_json::from_slice(&content.body).map_err(|e| format!("the document cannot be read: {e}"))?;
    printed::document(&String::from_utf8_lossy(&text.body), &document);

    eprintln!("waiting for the log …");
    let place = log::find(stack, house, &id, &hash).await?;
    printed::proof(&metadata, &hash, &place);
    Ok(())
}

async fn sign_in(stack: &Stack) -> Result<String, String> {
    let users = stack.cognito.users();
    let user = users.into_iter().find(|u| u.name == MAIN_JOB_USER.name).ok_or("the main job has no user")?;
    let cognito = stack.address.cognito.clone();
    blocking(move || {
        let who = SignIn {
            cognito: &cognito,
            client_id: CLIENT,
            user: &user.name,
            password: &user.password,
            totp_secret: &user.totp_secret,
        };
        client::sign_in(&who, || eprintln!("waiting for an unused TOTP step (at most 60 s) …"))
    })
    .await
}

/// Status, `contentSha256` and `Repr-Digest` against the bytes that arrived.
fn verify(metadata: &Value, content: &Answer, text: &Answer) -> Result<Digest, String> {
    for answer in [content, text] {
        if answer.status != 200 {
            return Err(format!("fetching answered {}: {}", answer.status, problem(answer)));
        }
        let digest = format!("sha-256=:{}:", Digest::of(&answer.body).base64());
        if answer.headers.get("repr-digest").and_then(|h| h.to_str().ok()) != Some(&digest) {
            return Err("Repr-Digest is not the hash of the bytes".to_owned());
        }
    }
    let hash = Digest::of(&content.body);
    if metadata["contentSha256"] != hash.to_string() {
        return Err("contentSha256 is not the hash of the bytes".to_owned());
    }
    Ok(hash)
}
