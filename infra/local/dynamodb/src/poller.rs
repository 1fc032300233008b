//! The event source mapping and the schedule: who calls the audit writer, and with what.

use std::{future::Future, io, path::PathBuf, time::Duration};

use bytes::Bytes;
use fude_target::Service;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{
    ACCOUNT, REGION,
    delivery::{deliver, pause, persist},
    durable,
    stream::{Page, Record, Stream, StreamError},
};

/// Most records in one event.
const BATCH: usize = 50;
/// Pause between polls of an idle stream on this machine.
const IDLE_PAUSE: Duration = Duration::from_millis(100);
/// The same where calls are counted: AWS takes five a second of a shard, and Lambda makes four.
const FAR_IDLE_PAUSE: Duration = Duration::from_millis(250);

/// Feeds a function from the table's stream and on a schedule.
///
/// Of the stream it gets inserted `EVENT#` rows, each at least once, those of a shard in order and a shard's after its
/// parent's; a record that fails eleven times goes to [`failures`](Self::failures). Beside that it gets a scheduled
/// event every [`interval`](Self::interval), the first after one interval, also while a batch is being worked on.
/// Shards are read in turn, where Lambda reads them side by side.
pub struct Poller {
    /// Where the stream is read.
    pub streams: Service,
    /// Whose stream.
    pub table: String,
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
        let mut stream = self.open().await;
        let idle = if stream.is_near() { IDLE_PAUSE } else { FAR_IDLE_PAUSE };
        let mut failures = 0;
        loop {
            let mut quiet = true;
            for shard in stream.readable() {
                let (read, page) = in_background(&stream, {
                    let shard = shard.clone();
                    move |s| s.read(&shard)
                })
                .await;
                stream = read;
                let advanced = match page {
                    Ok(page) => {
                        quiet &= page.records.is_empty();
                        self.hand_over(&stream, &shard, &page, function).await;
                        let (advanced, found) = in_background(&stream, move |s| s.advance(&shard, &page)).await;
                        stream = advanced;
                        found
                    }
                    Err(error) => Err(error),
                };
                match advanced {
                    Ok(()) => failures = 0,
                    Err(error) => {
                        failures += 1;
                        tracing::error!(%error, "stream cannot be read; trying again");
                        tokio::time::sleep(pause(failures)).await;
                    }
                }
            }
            if quiet {
                tokio::time::sleep(idle).await;
            }
        }
    }

    /// What the filter drops after the last event needs no durable position: it is dropped again.
    async fn hand_over<Call, Answer>(&self, stream: &Stream, shard: &str, page: &Page, function: &Call)
    where
        Call: Fn(Vec<u8>) -> Answer,
        Answer: Future<Output = Result<Bytes, String>>,
    {
        let events: Vec<Record> = page.records.iter().filter(|record| record.is_new_event()).cloned().collect();
        for batch in events.chunks(BATCH) {
            let handed_over = batch.last().map(|record| record.sequence_number().to_owned()).unwrap_or_default();
            deliver(batch.to_vec(), function, |record| self.park(stream, shard, record)).await;
            persist(|| remember(stream, shard, handed_over.clone())).await;
        }
    }

    async fn open(&self) -> Stream {
        let mut failures = 0;
        loop {
            let (service, table, file) =
                (self.streams.clone(), self.table.clone(), self.state.join("stream-position.json"));
            let opened = spawn_blocking(move || Stream::open(service, &table, file)).await;
            match opened.unwrap_or(Err(StreamError::None)) {
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
    async fn park(&self, stream: &Stream, shard: &str, record: Record) -> io::Result<()> {
        let number = record.sequence_number().to_owned();
        let parked = json!({
            "version": "1.0",
            "timestamp": now(),
            "requestContext": { "condition": "RetryAttemptsExhausted" },
            "DDBStreamBatchInfo": {
                "streamArn": stream.public_arn(),
                "shardId": shard,
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

/// Calls wait on a thread of their own; the stream comes back as they left it.
async fn in_background<T: Send + 'static>(
    stream: &Stream,
    work: impl FnOnce(&mut Stream) -> T + Send + 'static,
) -> (Stream, T) {
    let mut stream = stream.clone();
    let done = spawn_blocking(move || {
        let result = work(&mut stream);
        (stream, result)
    });
    done.await.expect("reading a stream does not panic")
}

async fn remember(stream: &Stream, shard: &str, sequence_number: String) -> io::Result<()> {
    let (stream, shard) = (stream.clone(), shard.to_owned());
    spawn_blocking(move || stream.remember(&shard, &sequence_number)).await.map_err(io::Error::other)?
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
