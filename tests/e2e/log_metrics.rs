//! What an alarm is set on: a log that stands says so in a metric, a quiet one does not.

use std::time::{Duration, Instant};

use e2e::client::order;
use e2e::stack::Stack;
use e2e::stores::s;
use e2e::target::not_run_by_wire;
use fude::audit::layout;
use serde_json::{Value, json};

/// The writer's lines in CloudWatch's embedded metric format that hold this metric.
fn metrics(stack: &Stack, name: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(stack.state.join("log/audit-writer.log")).expect("the writer has a log");
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] == name).collect()
}

fn stops(stack: &Stack, code: &str) -> usize {
    metrics(stack, "LogStopped").iter().filter(|line| line["code"] == code).count()
}

#[track_caller]
fn wait(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn head(stack: &Stack, hospital: &str) -> Value {
    let rows = stack.rows_under(&format!("LOG#{hospital}"));
    rows.into_iter().find(|row| s(row, "sk") == "HEAD").unwrap_or(Value::Null)
}

fn put(stack: &Stack, row: &Value) {
    stack.dynamodb("PutItem", &json!({ "TableName": stack.text("table"), "Item": row }));
}

#[test]
fn a_log_that_stands_is_counted_by_its_code_and_a_quiet_one_is_not() {
    if not_run_by_wire() {
        return;
    }
    let stack = Stack::start_with("rest", &["--wire"]);
    wait("the main job is logged", || stack.nothing_pending());
    let (physician, stranger) = (stack.caller("sato"), stack.caller("ishii"));
    let id = physician.draft("metrics", &order("84192637", "referral-letter")).expect(201).id();
    wait("the draft is logged", || stack.nothing_pending());

    // A quiet pass: the age of what waits, which is nothing, and no stop.
    assert!(stack.sweep());
    wait("the sweep says how long events wait", || !metrics(&stack, "OldestPendingEvent").is_empty());
    let quiet = metrics(&stack, "OldestPendingEvent");
    assert_eq!(quiet.last().expect("a sweep")["OldestPendingEvent"], 0.0);
    assert_eq!(metrics(&stack, "LogStopped"), Vec::<Value>::new());

    // A table restored from a backup: the head is older than the newest checkpoint.
    let backup = head(&stack, "hospital-a");
    physician.metadata(&id).expect(200);
    wait("the reading is logged", || stack.nothing_pending() && head(&stack, "hospital-a") != backup);
    let newest = head(&stack, "hospital-a");
    put(&stack, &backup);
    physician.metadata(&id).expect(200);
    wait("the stream meets the head", || stops(&stack, "E_HEAD_BEHIND") > 0);
    assert!(!stack.sweep(), "a sweep that stops ends as failed");
    let waited = metrics(&stack, "OldestPendingEvent");
    assert!(waited.last().expect("a sweep")["OldestPendingEvent"].as_f64().expect("seconds") > 0.0);
    put(&stack, &newest);
    wait("the log goes on", || stack.sweep() && stack.nothing_pending());

    // Something else lies where the other hospital's next entry belongs.
    let size = head(&stack, "hospital-b")["size"]["N"].as_str().map_or(0, |n| n.parse().expect("a number"));
    let key = layout::batch_key("hospital-b", size, size);
    stack.s3("PUT", "audit", &key, b"something else").expect(200);
    stranger.search(&json!({ "patientId": "26839417" })).expect(200);
    wait("the stream meets the object", || stops(&stack, "E_CONFLICT") > 0);

    // Hospital and code, and nothing of what the events are about.
    for line in metrics(&stack, "LogStopped") {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["code"]]));
        assert_eq!(directive["Namespace"], "Fude");
        let house = if line["code"] == "E_CONFLICT" { "hospital-b" } else { "hospital-a" };
        assert_eq!((&line["hospital.id"], &line["LogStopped"]), (&json!(house), &json!(1)));
        assert_eq!(line.as_object().expect("an object").len(), 4, "{line}");
    }
    physician.metadata(&id).expect(200);
    wait("the first hospital's log is not held up", || {
        stack.sweep();
        stack.rows_under("LOG#hospital-a").iter().all(|row| row["pending"].is_null())
            && head(&stack, "hospital-a") != newest
    });
}
