//! Locks on everything that led to a final version. Set after the commit, so that nothing is locked for years that no
//! state names; whoever comes by (the same call, its repeat, a reading, the schedule) completes what a crash left open.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;
use fude::integrity::Manifest;

use crate::objects::{ObjectError, Objects};
use crate::state::{State, document_key};

/// Far above any manifest that was ever written.
const MANIFEST_BYTES: u64 = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("an object of a final document cannot be locked")]
    Object(#[from] ObjectError),
    #[error("the manifest of a final document cannot be read")]
    Manifest,
    #[error("the table did not answer")]
    Table(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Locks every object of the chain up to the latest final revision, then notes that nothing is open.
///
/// A crash in between leaves some locks set and the note unwritten: the next one sets them all once more.
pub async fn complete(dynamodb: &Client, table: &str, documents: &Objects, state: &State) -> Result<(), LockError> {
    let (Some(retention), Some(last)) = (&state.retention, state.final_revision) else { return Ok(()) };
    let keys = keys(documents, state, last).await?;
    let mut locks = tokio::task::JoinSet::new();
    for key in keys {
        let (documents, retention) = (documents.clone(), retention.clone());
        locks.spawn(async move { documents.lock(&key, &retention).await });
    }
    while let Some(done) = locks.join_next().await {
        done.map_err(|e| ObjectError::Store(e.into()))??;
    }
    let sent = dynamodb
        .update_item()
        .table_name(table)
        .key("pk", AttributeValue::S(document_key(&state.hospital, &state.document_id)))
        .key("sk", AttributeValue::S("STATE".to_owned()))
        .update_expression("REMOVE unlocked")
        .condition_expression("version = :version")
        .expression_attribute_values(":version", AttributeValue::N(state.version.to_string()))
        .send()
        .await;
    match sent {
        Ok(_) => Ok(()),
        // Somebody changed the document meanwhile, and carries the note on.
        Err(e) if e.code() == Some("ConditionalCheckFailedException") => Ok(()),
        Err(e) => Err(LockError::Table(e.into())),
    }
}

/// Manifests and contents by the history, renderings by the manifests of final versions.
async fn keys(documents: &Objects, state: &State, last: u32) -> Result<BTreeSet<String>, LockError> {
    let mut out = BTreeSet::new();
    for step in state.history.iter().filter(|s| s.revision <= last) {
        let Some((manifest, content)) = step.manifest_sha256.zip(step.content_sha256) else { continue };
        let folder = state.folder(step.revision);
        let key = format!("{folder}/{manifest}");
        if step.action == fude::audit::Action::DocumentFinalised.name() {
            let bytes = documents.read(&key, MANIFEST_BYTES).await?;
            let manifest = Manifest::parse(&bytes).map_err(|_| LockError::Manifest)?;
            out.extend(manifest.representations.into_iter().map(|r| r.key));
        }
        out.extend([key, format!("{folder}/{content}")]);
    }
    Ok(out)
}
