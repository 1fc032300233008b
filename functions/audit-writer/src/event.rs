//! What invokes the function: a batch of the table's stream, or the schedule.
//!
//! Of a stream record only the key is read; the row comes from the table. An image may be older
//! than the row, and it may have been cut off.

use std::collections::BTreeMap;

use fude::audit::RowKey;
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
