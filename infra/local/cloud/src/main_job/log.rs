//! Where a document stands in the log: the signed checkpoint, and every entry below it hashed again.

use std::time::{Duration, Instant};

use fude::audit::checkpoint::{Checkpoint, LogKey, origin};
use fude::audit::{Action, LogEntry, LogName, layout, merkle, tiles};
use fude::integrity::Digest;
use fude_aws::clients::cause;

use crate::seed::sdk;
use crate::stack::Stack;

/// Place of one event below a checkpoint that was verified.
pub struct Place {
    pub index: u64,
    pub size: u64,
    pub root: Digest,
    pub origin: String,
}

const PATIENCE: Duration = Duration::from_secs(60);

/// The bucket of the log.
struct Audit {
    s3: aws_sdk_s3::Client,
    bucket: String,
}

/// Waits until a signed checkpoint covers the drafting of this content, and verifies it.
pub async fn find(stack: &Stack, hospital: &str, document: &str, content: &Digest) -> Result<Place, String> {
    let s3 = aws_sdk_s3::Client::new(&sdk(&stack.address.s3, &stack.account));
    let audit = Audit { s3, bucket: stack.names.audit.clone() };
    let began = Instant::now();
    loop {
        if let Some(place) = look(&audit, &stack.kms.log_public_keys(), hospital, document, content).await? {
            return Ok(place);
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("the log has no checkpoint over the draft after {} s", PATIENCE.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn look(
    audit: &Audit,
    known: &[[u8; 32]],
    hospital: &str,
    document: &str,
    content: &Digest,
) -> Result<Option<Place>, String> {
    let Some((log, newest)) = newest(audit, hospital).await? else {
        return Ok(None);
    };
    let note = read(audit, &newest).await?;
    let signed =
        known.iter().find_map(|key| Checkpoint::open(&note, &LogKey::new(&origin(log.as_str()), key).ok()?).ok());
    let checkpoint = signed.ok_or("the checkpoint is signed by no key of the log")?;
    let mut leaves = Vec::new();
    let mut found = None;
    for batch in keys(audit, &layout::batch_prefix(log.as_str())).await? {
        let bytes = read(audit, &batch).await?;
        for entry in tiles::decode_bundle(&bytes).map_err(|e| e.to_string())? {
            if let Ok(LogEntry::Event(event)) = LogEntry::parse(entry) {
                let here =
                    event.document.as_ref().is_some_and(|d| d.id == document && d.content_sha256 == Some(*content));
                if here && event.action == Action::DocumentDrafted {
                    found = Some(leaves.len() as u64);
                }
            }
            leaves.push(merkle::leaf_hash(entry));
        }
    }
    let size = usize::try_from(checkpoint.size).map_err(|e| e.to_string())?;
    let Some(index) = found.filter(|i| *i < checkpoint.size) else {
        return Ok(None);
    };
    if leaves.len() < size || merkle::root_of(&leaves[..size]) != checkpoint.root {
        return Err("the entries do not give the root of the checkpoint".to_owned());
    }
    Ok(Some(Place { index, size: checkpoint.size, root: checkpoint.root, origin: checkpoint.origin }))
}

/// The log that goes on, and the key of its newest checkpoint.
async fn newest(audit: &Audit, hospital: &str) -> Result<Option<(LogName, String)>, String> {
    let (mut log, mut found) = (LogName::first(hospital), None);
    while let Some(key) = keys(audit, &layout::checkpoint_prefix(log.as_str())).await?.pop() {
        let next = log.next();
        found = Some((std::mem::replace(&mut log, next), key));
    }
    Ok(found)
}

/// All keys below a prefix, in order.
async fn keys(audit: &Audit, prefix: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut token = None;
    loop {
        let page = audit
            .s3
            .list_objects_v2()
            .bucket(&audit.bucket)
            .prefix(prefix)
            .set_continuation_token(token)
            .send()
            .await
            .map_err(|e| format!("the log cannot be listed: {}", cause(&e)))?;
        out.extend(page.contents().iter().filter_map(|o| o.key().map(str::to_owned)));
        token = page.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            return Ok(out);
        }
    }
}

async fn read(audit: &Audit, key: &str) -> Result<Vec<u8>, String> {
    let object = audit
        .s3
        .get_object()
        .bucket(&audit.bucket)
        .key(key)
        .send()
        .await
        .map_err(|e| format!("the log cannot be read: {}", cause(&e)))?;
    let bytes = object.body.collect().await.map_err(|e| format!("the log cannot be read: {e}"))?;
    Ok(bytes.to_vec())
}
