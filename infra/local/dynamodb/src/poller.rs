//! The event source mapping and the schedule: who calls the audit writer, and with what.

use std::{future::Future, io, path::PathBuf, time::Duration};

use bytes::Bytes;
use dynoxide::DynoxideError;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{
    ACCOUNT, DynamoDb, REGION,
    delivery::{deliver, pause, persist},
    durable,
    stream::{Record, Stream},
};

/// Most records in one event.
const BATCH: usize = 50;
/// Pause between polls of an idle stream.
const IDLE_PAUSE: Duration = Duration::from_millis(100);

/// Feeds a function from the table's stream and on a schedule.
///
/// Of the stream it gets inserted `EVENT#` rows, in order, each at least once; a record that fails eleven times goes to
/// [`failures`](Self::failures). Beside that it gets a scheduled event every [`interval`](Self::interval), the first
/// after one interval, also while a batch is being worked on.
pub struct Poller {
    pub database: DynamoDb,
    /// Folder of `stream-position.json`: how far the stream was handed over.
    pub state: PathBuf,
    /// Folder of parked records, one file each, `<sequence number>.json`.
    pub failures: PathBuf,
    /// Time between two scheduled events.
    pub interval: Duration,
}

impl Poller {
    /// Calls `function` with one event after the other; ends only when dropped.
    ///
    /// Dropping loses nothing: what was not answered is handed over again by the next poller on the same state.
    pub async fn run<Call, Answer>(self, function: Call)
    where
        Call: Fn(Vec<u8>) -> Answer,
        Answer: Future<Output = Result<Bytes, String>>,
    {
        tokio::join!(self.follow(&function), keep_schedule("audit-sweep", self.interval, &function));
    }

    async fn follow<Call, Answer>(&self, function: &Call)
    where
        Call: Fn(Vec<u8>) -> Answer,
        Answer: Future<Output = Result<Bytes, String>>,
    {
        let (stream, mut position) = self.open().await;
        let mut failures = 0;
        loop {
            let records = match in_background(&stream, position.clone()).await {
                Ok(records) => records,
                Err(error) => {
                    failures += 1;
                    tracing::error!(%error, "stream cannot be read; trying again");
                    tokio::time::sleep(pause(failures)).await;
                    continue;
                }
            };
            failures = 0;
            let Some(last) = records.last().map(|record| record.sequence_number().to_owned()) else {
                tokio::time::sleep(IDLE_PAUSE).await;
                continue;
            };
            let mut events = records.into_iter().filter(Record::is_new_event).peekable();
            while events.peek().is_some() {
                let batch: Vec<Record> = events.by_ref().take(BATCH).collect();
                let handed_over = batch.last().map(|record| record.sequence_number().to_owned()).unwrap_or_default();
                deliver(batch, function, |record| self.park(&stream, record)).await;
                persist(|| remember(&stream, handed_over.clone())).await;
            }
            // What the filter dropped after the last event needs no durable position: it is dropped again
            position = Some(last);
        }
    }

    async fn open(&self) -> (Stream, Option<String>) {
        let mut failures = 0;
        loop {
            let (database, file) = (self.database.clone(), self.state.join("stream-position.json"));
            let opened = spawn_blocking(move || {
                let stream = Stream::open(&database, file)?;
                let position = stream.remembered();
                Ok::<_, DynoxideError>((stream, position))
            });
            match opened.await.unwrap_or_else(|error| Err(DynoxideError::InternalServerError(error.to_string()))) {
                Ok(opened) => return opened,
                Err(error) => {
                    failures += 1;
                    tracing::error!(%error, "stream cannot be opened; trying again");
                    tokio::time::sleep(pause(failures)).await;
                }
            }
        }
    }

    /// Stores a record that was given up, in the shape of a failed batch in S3.
    async fn park(&self, stream: &Stream, record: Record) -> io::Result<()> {
        let number = record.sequence_number().to_owned();
        let parked = json!({
            "version": "1.0",
            "timestamp": now(),
            "requestContext": { "condition": "RetryAttemptsExhausted" },
            "DDBStreamBatchInfo": {
                "streamArn": stream.public_arn(),
                "shardId": stream.shard(),
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "batchSize": 1,
            },
            "payload": { "Records": [record] },
        });
        let (folder, content) = (self.failures.clone(), serde_json::to_vec_pretty(&parked)?);
        spawn_blocking(move || {
            std::fs::create_dir_all(&folder)?;
            durable::replace(&folder.join(format!("{number}.json")), &content)
        })
        .await
        .map_err(io::Error::other)?
    }
}

/// Calls `function` with a scheduled event of that rule every `interval`, the first after one interval; ends only when
/// dropped.
pub async fn keep_schedule<Call, Answer>(rule: &str, interval: Duration, function: Call)
where
    Call: Fn(Vec<u8>) -> Answer,
    Answer: Future<Output = Result<Bytes, String>>,
{
    loop {
        tokio::time::sleep(interval).await;
        if let Err(reason) = function(scheduled_event(rule)).await {
            tracing::warn!(rule, reason, "scheduled call failed; the next one comes");
        }
    }
}

async fn in_background(stream: &Stream, position: Option<String>) -> Result<Vec<Record>, DynoxideError> {
    let stream = stream.clone();
    spawn_blocking(move || stream.read(position))
        .await
        .unwrap_or_else(|error| Err(DynoxideError::InternalServerError(error.to_string())))
}

async fn remember(stream: &Stream, sequence_number: String) -> io::Result<()> {
    let stream = stream.clone();
    spawn_blocking(move || stream.remember(sequence_number)).await.map_err(io::Error::other)?
}

/// What EventBridge sends when a rule's time has come.
fn scheduled_event(rule: &str) -> Vec<u8> {
    let event = json!({
        "version": "0",
        "id": Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": now(),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}")],
        "detail": {},
    });
    event.to_string().into_bytes()
}

/// The present time in whole seconds, RFC 3339.
fn now() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).expect("every present time has an RFC 3339 form")
}
