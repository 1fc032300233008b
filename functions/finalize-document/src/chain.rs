//! The chain of revisions that led to a final version: copied from `draft/`, which expires, to `final/`.

use std::collections::BTreeSet;

use fude::integrity::Digest;
use fude_aws::objects::{ObjectError, Objects};
use fude_aws::state::State;
use fude_aws::stored::{Broken, ReadError};
use tokio::task::JoinSet;

use crate::error::Error;

/// Far above any draft or manifest that was ever written.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Copies manifests and contents of all revisions, byte for byte. Where the document was final before, they lie there.
///
/// A crash in between leaves copies that no state names; the next finalisation finds equal bytes and goes on.
pub async fn copy_to_final(documents: &Objects, state: &State) -> Result<(), Error> {
    if state.final_revision.is_some() {
        return Ok(());
    }
    let steps = state.history.iter();
    let objects: BTreeSet<(u32, Digest)> = steps
        .filter_map(|s| Some((s.revision, s.manifest_sha256?, s.content_sha256?)))
        .flat_map(|(revision, manifest, content)| [(revision, manifest), (revision, content)])
        .collect();
    let mut copies = JoinSet::new();
    for (revision, hash) in objects {
        let (documents, id) = (documents.clone(), state.document_id.clone());
        copies.spawn(async move {
            let bytes = documents.read(&format!("draft/{id}/{revision}/{hash}"), MOST_BYTES).await?;
            if Digest::of(&bytes) != hash {
                return Err(ReadError::Broken(Broken::ContentHash));
            }
            Ok(documents.create(&format!("final/{id}/{revision}/{hash}"), "application/json", bytes).await?)
        });
    }
    while let Some(copied) = copies.join_next().await {
        copied.map_err(|e| ReadError::Store(ObjectError::Store(e.into())))??;
    }
    Ok(())
}
