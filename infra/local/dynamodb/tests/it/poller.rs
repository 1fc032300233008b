//! The event source mapping over a real stream.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use fude_standin_dynamodb::Poller;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::Stage;

/// A function that keeps its events and answers as told.
#[derive(Clone, Default)]
struct Recorder {
    events: Arc<Mutex<Vec<Value>>>,
}

impl Recorder {
    fn follow(&self, stage: &Stage, interval: Duration, answer: fn(&Value) -> Result<Bytes, String>) -> JoinHandle<()> {
        let state = stage.state.path();
        let poller = Poller {
            streams: stage.streams.clone(),
            table: "fude".into(),
            state: state.into(),
            failures: state.join("stream-failures"),
            interval,
        };
        let events = Arc::clone(&self.events);
        tokio::spawn(poller.run(move |event| {
            let event: Value = serde_json::from_slice(&event).unwrap();
            let result = answer(&event);
            events.lock().unwrap().push(event);
            async { result }
        }))
    }

    /// The sort keys of all records so far, in order.
    fn sort_keys(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let records = events.iter().filter_map(|event| event["Records"].as_array()).flatten();
        records.map(|record| record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap().to_owned()).collect()
    }

    async fn wait_for(&self, count: usize) {
        let began = Instant::now();
        while self.sort_keys().len() < count {
            assert!(began.elapsed() < Duration::from_secs(20), "{:?}", self.sort_keys());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

const NEVER: Duration = Duration::from_hours(24);

fn taken(_: &Value) -> Result<Bytes, String> {
    Ok(Bytes::from_static(br#"{"batchItemFailures":[]}"#))
}

fn poison(event: &Value) -> Result<Bytes, String> {
    let is_poison = |record: &&Value| record["dynamodb"]["Keys"]["sk"]["S"] == "EVENT#poison";
    let poison = event["Records"].as_array().unwrap().iter().find(is_poison);
    let failures: Vec<Value> =
        poison.iter().map(|record| json!({ "itemIdentifier": record["dynamodb"]["SequenceNumber"] })).collect();
    Ok(json!({ "batchItemFailures": failures }).to_string().into())
}

#[tokio::test]
async fn new_events_arrive_in_order_in_the_shape_of_lambda_and_nothing_else_does() {
    let stage = Stage::open().await;
    let recorder = Recorder::default();
    let poller = recorder.follow(&stage, NEVER, taken);
    stage.put(&[("pk", "DOC#h#1"), ("sk", "STATE")]).await;
    stage.put(&[("pk", "DOC#h#1"), ("sk", "EVENT#1"), ("pending", "h"), ("recordedAt", "2026")]).await;
    stage.put(&[("pk", "DOC#h#1"), ("sk", "EVENT#1"), ("index", "0")]).await;
    stage.put(&[("pk", "DOC#h#1"), ("sk", "EVENT#2")]).await;
    recorder.wait_for(2).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    poller.abort();
    assert_eq!(recorder.sort_keys(), ["EVENT#1", "EVENT#2"]);

    let events = recorder.events.lock().unwrap();
    let record = &events[0]["Records"][0];
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["eventVersion"], "1.1");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["awsRegion"], "ap-northeast-1");
    let arn = record["eventSourceARN"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:ap-northeast-1:000000000000:table/fude/stream/"), "{arn}");
    let change = &record["dynamodb"];
    assert_eq!(change["Keys"], json!({ "pk": { "S": "DOC#h#1" }, "sk": { "S": "EVENT#1" } }));
    assert_eq!(change["NewImage"]["pending"]["S"], "h");
    assert_eq!(change["StreamViewType"], "NEW_IMAGE");
    assert!(change["SequenceNumber"].is_string());
    assert!(change["SizeBytes"].as_u64().unwrap() > 0);
    assert!(change["ApproximateCreationDateTime"].as_f64().unwrap() > 1.7e9);
}

#[tokio::test]
async fn a_restarted_poller_goes_on_where_the_last_one_was() {
    let stage = Stage::open().await;
    let recorder = Recorder::default();
    stage.put(&[("pk", "D"), ("sk", "EVENT#before")]).await;
    let poller = recorder.follow(&stage, NEVER, taken);
    recorder.wait_for(1).await;
    let position = stage.state.path().join("stream-position.json");
    while !position.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    poller.abort();
    stage.put(&[("pk", "D"), ("sk", "EVENT#while away")]).await;
    let poller = recorder.follow(&stage, NEVER, taken);
    recorder.wait_for(2).await;
    poller.abort();
    assert_eq!(recorder.sort_keys(), ["EVENT#before", "EVENT#while away"]);
}

#[tokio::test]
async fn a_batch_that_was_never_answered_is_handed_over_again() {
    let stage = Stage::open().await;
    stage.put(&[("pk", "D"), ("sk", "EVENT#1")]).await;
    let recorder = Recorder::default();
    let poller = recorder.follow(&stage, NEVER, |_| Err("killed".into()));
    recorder.wait_for(1).await;
    poller.abort();
    let poller = recorder.follow(&stage, NEVER, taken);
    recorder.wait_for(2).await;
    poller.abort();
    assert_eq!(recorder.sort_keys().last().unwrap(), "EVENT#1");
}

#[tokio::test]
async fn batches_hold_at_most_fifty_records() {
    let stage = Stage::open().await;
    for number in 0..120 {
        stage.put(&[("pk", "D"), ("sk", &format!("EVENT#{number:03}"))]).await;
    }
    let recorder = Recorder::default();
    let poller = recorder.follow(&stage, NEVER, taken);
    recorder.wait_for(120).await;
    poller.abort();
    let events = recorder.events.lock().unwrap();
    let sizes: Vec<_> = events.iter().map(|event| event["Records"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [50, 50, 20]);
}

#[tokio::test]
async fn a_poison_record_is_parked_and_its_successors_arrive() {
    let stage = Stage::open().await;
    for sort_key in ["EVENT#1", "EVENT#poison", "EVENT#3"] {
        stage.put(&[("pk", "D"), ("sk", sort_key)]).await;
    }
    let folder = stage.state.path().join("stream-failures");
    std::fs::create_dir(&folder).unwrap();
    let recorder = Recorder::default();
    let poller = recorder.follow(&stage, NEVER, poison);
    let began = Instant::now();
    let parked = loop {
        if let Some(file) = std::fs::read_dir(&folder)
            .unwrap()
            .flatten()
            .find(|file| Path::new(&file.file_name()).extension().is_some_and(|extension| extension == "json"))
        {
            break file.path();
        }
        assert!(began.elapsed() < Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let parked: Value = serde_json::from_slice(&std::fs::read(parked).unwrap()).unwrap();
    assert_eq!(parked["payload"]["Records"][0]["dynamodb"]["Keys"]["sk"]["S"], "EVENT#poison");
    tokio::time::sleep(Duration::from_millis(300)).await;
    poller.abort();
    assert_eq!(recorder.sort_keys().last().unwrap(), "EVENT#3");
}

#[tokio::test]
async fn the_schedule_calls_while_the_stream_is_stuck() {
    let stage = Stage::open().await;
    stage.put(&[("pk", "D"), ("sk", "EVENT#1")]).await;
    let recorder = Recorder::default();
    let interval = Duration::from_millis(100);
    let poller = recorder.follow(&stage, interval, |_| Err("down".into()));
    tokio::time::sleep(Duration::from_millis(600)).await;
    poller.abort();
    let events = recorder.events.lock().unwrap();
    let scheduled: Vec<_> = events.iter().filter(|event| event["source"] == "aws.events").collect();
    assert!((2..=6).contains(&scheduled.len()), "{}", scheduled.len());
    assert_eq!(scheduled[0]["detail-type"], "Scheduled Event");
}
