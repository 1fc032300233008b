//! What invokes the function: a batch of the table's stream, or the schedule.
//!
//! Of a stream record only the key is logged by; the row comes from the table. An image may be older
//! than the row, and it may have been cut off. What it says of time serves to compare clocks.

use std::collections::BTreeMap;

use fude::audit::{RowKey, UtcMillis};
use serde::{Deserialize, Serialize};

/// An invocation's payload.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Invocation {
    Stream(StreamBatch),
    Schedule(Schedule),
}

#[derive(Debug, Deserialize)]
pub struct StreamBatch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

/// The scheduled event of EventBridge.
#[derive(Debug, Deserialize)]
pub struct Schedule {
    #[serde(rename = "detail-type")]
    pub detail_type: String,
}

#[derive(Debug, Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    keys: Keys,
    sequence_number: String,
    /// When the table wrote the row, by its own clock, in seconds since 1970, rounded down.
    approximate_creation_date_time: Option<f64>,
    new_image: Option<Image>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    recorded_at: Option<Text>,
}

#[derive(Debug, Deserialize)]
struct Keys {
    pk: Text,
    sk: Text,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// The records of one hospital in a batch, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub keys: Vec<RowKey>,
    /// Stream positions, to be reported when the share fails.
    pub positions: Vec<String>,
}

impl StreamBatch {
    /// By how many seconds the clock of a function that recorded an event stands farthest from the table's. A second is the
    /// table's rounding, and what a write took counts as well. None where no record tells both.
    pub fn clock_offset(&self) -> Option<f64> {
        let offset = |record: &Record| {
            let Change { approximate_creation_date_time, new_image, .. } = &record.dynamodb;
            let recorded = UtcMillis::parse(&new_image.as_ref()?.recorded_at.as_ref()?.text).ok()?;
            Some((recorded.unix_ms() as f64 / 1000.0 - (*approximate_creation_date_time)?).abs())
        };
        self.records.iter().filter_map(offset).max_by(f64::total_cmp)
    }

    /// Sorts the records by hospital; second, the keys that no function of Fude writes.
    pub fn shares(self) -> (BTreeMap<String, Share>, usize) {
        let mut shares = BTreeMap::<String, Share>::new();
        let mut strange = 0;
        for record in self.records {
            let Keys { pk, sk } = record.dynamodb.keys;
            match RowKey::parse(&pk.text, &sk.text) {
                Ok(key) => {
                    let share = shares.entry(key.hospital().to_owned()).or_default();
                    share.keys.push(key);
                    share.positions.push(record.dynamodb.sequence_number);
                }
                // The mapping's filter lets other rows through where it is set up wider
                Err(_) => strange += usize::from(sk.text.starts_with("EVENT#")),
            }
        }
        (shares, strange)
    }
}

/// The answer to a stream batch: what must be delivered again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    pub batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub item_identifier: String,
}

impl BatchAnswer {
    pub fn fail(&mut self, positions: Vec<String>) {
        self.batch_item_failures.extend(positions.into_iter().map(|item_identifier| Failure { item_identifier }));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fixture(name: &str) -> Invocation {
        let path = format!("{}/../../events/audit-writer/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn stream_batch_is_sorted_by_hospital() {
        let Invocation::Stream(batch) = fixture("stream-two-events") else { panic!("not a stream batch") };
        let (shares, strange) = batch.shares();
        assert_eq!(strange, 0);
        let share = &shares["hospital-a"];
        assert_eq!(share.keys[0].sk(), "EVENT#0000000001");
        assert!(share.keys[1].pk().starts_with("ACCESS#hospital-a#"));
        assert_eq!(share.positions, ["111000000000000000001", "111000000000000000002"]);
    }

    #[test]
    fn clocks_are_compared_where_a_record_tells_both_times() {
        let Invocation::Stream(batch) = fixture("stream-two-events") else { panic!("not a stream batch") };
        let offset = batch.clock_offset().unwrap();
        assert!((offset - 0.123).abs() < 1e-6, "{offset}");
        let Invocation::Stream(batch) = fixture("stream-other-rows") else { panic!("not a stream batch") };
        assert_eq!(batch.clock_offset(), None);
        for (recorded, offset) in
            [("2026-11-22T20:05:24.000Z", Some(10.0)), ("2026-11-22T20:05:44.500Z", Some(10.5)), ("HEAD", None)]
        {
            let record = json!({ "dynamodb": { "Keys": { "pk": { "S": "p" }, "sk": { "S": "s" } }, "SequenceNumber": "1",
                "ApproximateCreationDateTime": 1_795_377_934, "NewImage": { "recordedAt": { "S": recorded } } } });
            let batch: StreamBatch = serde_json::from_value(json!({ "Records": [record] })).unwrap();
            assert_eq!(batch.clock_offset(), offset, "{recorded}");
        }
    }

    #[test]
    fn rows_that_are_no_events_are_passed_over() {
        let Invocation::Stream(batch) = fixture("stream-other-rows") else { panic!("not a stream batch") };
        let (shares, strange) = batch.shares();
        assert!(shares.is_empty());
        assert_eq!(strange, 1);
    }

    #[test]
    fn schedule_is_told_from_a_stream() {
        let Invocation::Schedule(schedule) = fixture("schedule") else { panic!("not a schedule") };
        assert_eq!(schedule.detail_type, "Scheduled Event");
        assert!(serde_json::from_str::<Invocation>("{}").is_err());
    }

    #[test]
    fn answer_has_the_shape_that_lambda_reads() {
        let mut answer = BatchAnswer::default();
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[]}"#);
        answer.fail(vec!["7".into()]);
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#);
    }
}
