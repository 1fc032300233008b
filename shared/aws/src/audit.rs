//! Audit events as table rows. A change of state carries its event in the same transaction; readings,
//! searches and refusals stand on rows of their own, written before the answer leaves.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use fude::audit::{
    Action, Agent, AuditEvent, DocumentRef, EventSchema, Outcome, Retention, Review, RowKey, Salt, Source, UtcMillis,
};
use fude::integrity::Digest;

use crate::caller::Caller;

pub type Item = HashMap<String, AttributeValue>;

/// What an event says beyond who and from where.
#[derive(Clone, Debug)]
pub struct What {
    pub action: Action,
    pub outcome: Outcome,
    pub document: Option<DocumentRef>,
    pub patient_tag: Option<Digest>,
    pub reason: Option<String>,
    pub on_behalf_of: Option<String>,
    /// What the person stated: its salted hash goes into the event, the text nowhere near it.
    pub stated: Option<String>,
    pub retention: Option<Retention>,
    pub review: Option<Review>,
}

impl What {
    pub fn new(action: Action, outcome: Outcome) -> Self {
        Self {
            action,
            outcome,
            document: None,
            patient_tag: None,
            reason: None,
            on_behalf_of: None,
            stated: None,
            retention: None,
            review: None,
        }
    }
}

/// Server time; the only clock that an event knows.
pub fn now() -> UtcMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    UtcMillis::from_unix_ms(ms).expect("the clock stands between 1970 and 9999")
}

/// An event in a document's chain, or (`sequence` 1, no `previous`) one by itself.
pub fn event(caller: &Caller, what: What, sequence: u64, previous: Option<Digest>) -> AuditEvent {
    let salt = Salt::from_bytes(*uuid::Uuid::new_v4().as_bytes());
    AuditEvent {
        schema: EventSchema::V1,
        hospital: caller.hospital.as_str().to_owned(),
        action: what.action,
        outcome: what.outcome,
        at: now(),
        request_id: caller.request_id.clone(),
        agent: Agent {
            id: caller.user.clone(),
            role: caller.role.as_str().to_owned(),
            on_behalf_of: what.on_behalf_of,
        },
        document: what.document,
        patient_tag: what.patient_tag,
        source: Source {
            certificate: caller.certificate.subject.clone(),
            address: caller.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        },
        reason: what.reason,
        stated_sha256: what.stated.as_deref().map(|stated| salt.commit(stated)),
        retention: what.retention,
        review: what.review,
        previous,
        sequence,
        salt,
    }
}

/// The row of an event and its hash. `pending` is the sparse index by which a sweep finds it.
pub fn row(event: &AuditEvent, key: &RowKey) -> (Item, Digest) {
    let bytes = event.canonical_bytes().expect("an event holds no number of 2^53");
    let hash = Digest::of(&bytes);
    let item = HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk())),
        ("sk".to_owned(), AttributeValue::S(key.sk())),
        ("event".to_owned(), AttributeValue::B(Blob::new(bytes))),
        ("eventSha256".to_owned(), AttributeValue::S(hash.to_string())),
        ("pending".to_owned(), AttributeValue::S(event.hospital.clone())),
        ("recordedAt".to_owned(), AttributeValue::S(event.at.to_string())),
    ]);
    (item, hash)
}

#[derive(Debug, thiserror::Error)]
#[error("the event cannot be recorded")]
pub struct RecordError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Records a reading, a search or a refusal. Nothing may be answered before this has returned.
pub async fn record_access(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &str,
    caller: &Caller,
    what: What,
) -> Result<(), RecordError> {
    let event = event(caller, what, 1, None);
    let random = uuid::Uuid::new_v4().simple().to_string();
    let key = RowKey::of_access(caller.hospital.as_str(), &random).expect("a hospital id and hex digits make a key");
    let (item, _) = row(&event, &key);
    let sent = dynamodb
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        // An attempt whose answer was lost may be in the log by now: overwriting the row would take its index away,
        // and the sweep would log it once more
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await;
    match sent {
        Ok(_) => Ok(()),
        // Nobody else knows the key: an attempt before this one wrote it
        Err(e) if e.code() == Some("ConditionalCheckFailedException") => Ok(()),
        Err(e) => Err(RecordError(e.into())),
    }
}
