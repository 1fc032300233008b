//! Handing one batch to the function until every record is taken or parked.
//!
//! The rules are those of Lambda's event source mapping with `ReportBatchItemFailures`, `BisectBatchOnFunctionError`
//! and `MaximumRetryAttempts: 10`: what was reported as failed is tried again from the lowest number on; a batch that
//! failed as a whole is halved until the record at fault is alone; after ten retries a record is parked.

use std::{future::Future, io, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::stream::Record;

/// Retries of one record, the first attempt not counted.
const MAX_RETRIES: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The event of a function that reads a stream.
#[derive(Serialize)]
pub(crate) struct StreamEvent<'a> {
    #[serde(rename = "Records")]
    pub records: &'a [Record],
}

/// Delivers `batch` in order; returns when every record is taken or, after its retries, parked.
pub(crate) async fn deliver<Call, Answer, Park, Parked>(batch: Vec<Record>, call: Call, park: Park)
where
    Call: Fn(Vec<u8>) -> Answer,
    Answer: Future<Output = Result<Bytes, String>>,
    Park: Fn(Record) -> Parked,
    Parked: Future<Output = io::Result<()>>,
{
    // The next batch to try last, with the number of failures its first record has behind it
    let mut open = vec![(batch, 0)];
    while let Some((mut batch, failures)) = open.pop() {
        if batch.is_empty() {
            continue;
        }
        let outcome = match call(event(&batch)).await {
            Ok(answer) => Outcome::of(&answer, &batch),
            Err(error) => Outcome::AllFailed(error),
        };
        let failures = match outcome {
            Outcome::Taken => continue,
            Outcome::FailedFrom(0) => failures + 1,
            Outcome::FailedFrom(first) => {
                batch.drain(..first);
                1
            }
            Outcome::AllFailed(reason) => {
                tracing::warn!(reason, records = batch.len(), "stream batch failed");
                if batch.len() > 1 {
                    let rest = batch.split_off(batch.len() / 2);
                    open.push((rest, 0));
                    open.push((batch, 0));
                    tokio::time::sleep(FIRST_PAUSE).await;
                    continue;
                }
                failures + 1
            }
        };
        if failures > MAX_RETRIES {
            let record = batch.remove(0);
            tracing::error!(sequence_number = record.sequence_number(), "stream record is parked");
            persist(|| park(record.clone())).await;
            open.push((batch, 0));
        } else {
            tokio::time::sleep(pause(failures)).await;
            open.push((batch, failures));
        }
    }
}

/// Repeats `action` until it succeeds: going on without would lose what it stores.
pub(crate) async fn persist<Done: Future<Output = io::Result<()>>>(action: impl Fn() -> Done) {
    let mut failures = 0;
    while let Err(error) = action().await {
        failures += 1;
        tracing::error!(%error, "stream state cannot be stored; trying again");
        tokio::time::sleep(pause(failures)).await;
    }
}

/// The pause after so many failures: doubling, up to a limit.
pub(crate) fn pause(failures: u32) -> Duration {
    (FIRST_PAUSE * 2_u32.saturating_pow(failures.saturating_sub(1).min(10))).min(LONGEST_PAUSE)
}

pub(crate) fn event(records: &[Record]) -> Vec<u8> {
    serde_json::to_vec(&StreamEvent { records }).expect("JSON values always serialise")
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Taken,
    /// Failed from this index on; what is before was taken.
    FailedFrom(usize),
    AllFailed(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    batch_item_failures: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: Option<String>,
}

impl Outcome {
    /// Reads a function's answer as Lambda does: nothing, null or an empty list is success; an unknown or missing
    /// identifier, or anything unreadable, fails the whole batch.
    fn of(answer: &[u8], batch: &[Record]) -> Self {
        if answer.trim_ascii().is_empty() {
            return Self::Taken;
        }
        let Ok(report) = serde_json::from_slice::<Option<Report>>(answer) else {
            return Self::AllFailed("the answer is no report of failures".into());
        };
        let failures = report.and_then(|report| report.batch_item_failures).unwrap_or_default();
        let index_of = |failure: &Failure| {
            let number = failure.item_identifier.as_deref()?;
            batch.iter().position(|record| record.sequence_number() == number)
        };
        match failures.iter().map(index_of).collect::<Option<Vec<_>>>() {
            None => Self::AllFailed("the answer names a record that was not in the batch".into()),
            Some(indexes) => indexes.into_iter().min().map_or(Self::Taken, Self::FailedFrom),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test panics to fail; answers are results")]
mod tests {
    use std::cell::RefCell;

    use serde_json::{Value, json};

    use super::*;

    fn records(count: usize) -> Vec<Record> {
        (1..=count).map(|number| Record(json!({ "dynamodb": { "SequenceNumber": number.to_string() } }))).collect()
    }

    fn numbers(event: &[u8]) -> Vec<u32> {
        let event: Value = serde_json::from_slice(event).unwrap();
        let number = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap().parse().unwrap();
        event["Records"].as_array().unwrap().iter().map(number).collect()
    }

    fn failed(number: u32) -> Result<Bytes, String> {
        let report = json!({ "batchItemFailures": [{ "itemIdentifier": number.to_string() }] });
        Ok(report.to_string().into())
    }

    /// Every call's records, and the parked ones, for a function that answers as `answer` says.
    async fn run(count: usize, answer: impl Fn(&[u32]) -> Result<Bytes, String>) -> (Vec<Vec<u32>>, Vec<u32>) {
        let (calls, parked) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let call = |event: Vec<u8>| {
            let numbers = numbers(&event);
            let result = answer(&numbers);
            calls.borrow_mut().push(numbers);
            async { result }
        };
        let park = |record: Record| {
            parked.borrow_mut().push(record.sequence_number().parse().unwrap());
            async { Ok(()) }
        };
        deliver(records(count), call, park).await;
        (calls.into_inner(), parked.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_is_taken_is_handed_over_once() {
        for answer in ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#] {
            let (calls, parked) = run(3, |_| Ok(answer.into())).await;
            assert_eq!((calls, parked), (vec![vec![1, 2, 3]], vec![]), "{answer:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reported_failure_is_retried_from_the_lowest_number_on() {
        let first = RefCell::new(true);
        let (calls, parked) = run(4, |_| {
            if first.replace(false) {
                return Ok(r#"{"batchItemFailures":[{"itemIdentifier":"4"},{"itemIdentifier":"3"}]}"#.into());
            }
            Ok(Bytes::new())
        })
        .await;
        assert_eq!((calls, parked), (vec![vec![1, 2, 3, 4], vec![3, 4]], vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_never_succeeds_is_parked_after_ten_retries_and_the_rest_goes_on() {
        let (calls, parked) = run(3, |batch| if batch.contains(&2) { failed(2) } else { Ok(Bytes::new()) }).await;
        assert_eq!(parked, [2]);
        assert_eq!(calls.iter().filter(|batch| batch.contains(&2)).count(), 11);
        assert_eq!(calls.last().unwrap(), &[3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_crashes_the_function_is_isolated_by_halving() {
        let (calls, parked) =
            run(8, |batch| if batch.contains(&6) { Err("crashed".into()) } else { Ok(Bytes::new()) }).await;
        assert_eq!(parked, [6]);
        let taken: Vec<u32> = calls.into_iter().filter(|batch| !batch.contains(&6)).flatten().collect();
        assert_eq!(taken, [1, 2, 3, 4, 5, 7, 8]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_outage_parks_nothing() {
        let left = RefCell::new(9);
        let (calls, parked) = run(1, |_| {
            let failing = *left.borrow() > 0;
            *left.borrow_mut() -= i32::from(failing);
            if failing { Err("throttled".into()) } else { Ok(Bytes::new()) }
        })
        .await;
        assert_eq!((calls.len(), parked), (10, vec![]));
    }

    #[test]
    fn an_answer_that_names_no_record_of_the_batch_fails_all_of_it() {
        let unknown = r#"{"batchItemFailures":[{"itemIdentifier":"99"}]}"#;
        let empty = r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#;
        let absent = r#"{"batchItemFailures":[{}]}"#;
        for answer in [unknown, empty, absent, "<html>", "[1]"] {
            assert!(matches!(Outcome::of(answer.as_bytes(), &records(2)), Outcome::AllFailed(_)), "{answer}");
        }
    }
}
