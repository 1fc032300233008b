//! Reading the table's stream, shard by shard, and remembering how far.

use std::{collections::BTreeMap, io, path::PathBuf};

use fude_target::{CallError, Service};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{ACCOUNT, durable};

/// Most records read at once, before the filter.
const PAGE: usize = 500;

/// One record in the shape in which Lambda hands it to a function.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Record(pub Value);

impl Record {
    pub fn sequence_number(&self) -> &str {
        self.0["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
    }

    /// The mapping's filter: new audit events only.
    pub fn is_new_event(&self) -> bool {
        let sort_key = self.0["dynamodb"]["NewImage"]["sk"]["S"].as_str();
        self.0["eventName"] == "INSERT" && sort_key.is_some_and(|key| key.starts_with("EVENT#"))
    }
}

/// Why the stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("the table has no stream")]
    None,
    #[error(transparent)]
    Call(#[from] CallError),
}

/// The stored positions, version 2.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Positions {
    version: u32,
    stream_arn: String,
    shards: BTreeMap<String, Position>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Position {
    /// Everything up to and with this one was handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
    /// Nothing comes any more: its children may be read.
    #[serde(default)]
    ended: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shard {
    shard_id: String,
    parent_shard_id: Option<String>,
}

/// What a shard gave.
pub(crate) struct Page {
    pub records: Vec<Record>,
    /// Where the next page begins; none where the shard has ended.
    next: Option<String>,
}

/// The stream of one table, read in order from durable positions.
#[derive(Clone)]
pub(crate) struct Stream {
    service: Service,
    /// Changes when the table is made anew.
    arn: String,
    shards: Vec<Shard>,
    positions: BTreeMap<String, Position>,
    /// Of shards under way: where their next page begins. Lost without harm.
    iterators: BTreeMap<String, String>,
    position_file: PathBuf,
}

impl Stream {
    pub fn open(service: Service, table: &str, position_file: PathBuf) -> Result<Self, StreamError> {
        let listed = service.json("DynamoDBStreams_20120810.ListStreams", &json!({ "TableName": table }))?;
        let streams = listed["Streams"].as_array().into_iter().flatten();
        // One that was switched off is listed for a day; labels are instants
        let newest = streams.max_by_key(|stream| stream["StreamLabel"].as_str().unwrap_or_default());
        let arn = newest.and_then(|stream| stream["StreamArn"].as_str()).ok_or(StreamError::None)?.to_owned();
        let (shards, iterators) = (Vec::new(), BTreeMap::new());
        let positions = remembered(&position_file, &arn);
        let mut stream = Self { service, arn, shards, positions, iterators, position_file };
        stream.find_shards()?;
        Ok(stream)
    }

    /// Asks for the shards as they are now; what is known of those that are gone is forgotten.
    fn find_shards(&mut self) -> Result<(), CallError> {
        let (mut shards, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut request = json!({ "StreamArn": self.arn });
            if !start.is_null() {
                request["ExclusiveStartShardId"] = start;
            }
            let mut answer = self.service.json("DynamoDBStreams_20120810.DescribeStream", &request)?;
            let description = &mut answer["StreamDescription"];
            let page: Vec<Shard> = serde_json::from_value(description["Shards"].take()).unwrap_or_default();
            shards.extend(page);
            start = description["LastEvaluatedShardId"].take();
            if start.is_null() {
                break;
            }
        }
        let there = |id: &str| shards.iter().any(|shard| shard.shard_id == id);
        self.positions.retain(|id, _| there(id));
        self.iterators.retain(|id, _| there(id));
        self.shards = shards;
        Ok(())
    }

    /// Shards whose turn it is: not read to their end, and no parent is under way, since a row's later changes may stand
    /// in the child.
    pub fn readable(&self) -> Vec<String> {
        let under_way = |id: &str| self.shards.iter().any(|s| s.shard_id == id) && !self.has_ended(id);
        let ready =
            |shard: &&Shard| under_way(&shard.shard_id) && !shard.parent_shard_id.as_deref().is_some_and(under_way);
        self.shards.iter().filter(ready).map(|shard| shard.shard_id.clone()).collect()
    }

    fn has_ended(&self, shard: &str) -> bool {
        self.positions.get(shard).is_some_and(|position| position.ended)
    }

    /// The next records of a shard, or its first (`TRIM_HORIZON`).
    pub fn read(&mut self, shard: &str) -> Result<Page, CallError> {
        let iterator = match self.iterators.get(shard) {
            Some(iterator) => iterator.clone(),
            None => self.iterator(shard)?,
        };
        let request = json!({ "ShardIterator": iterator, "Limit": PAGE });
        let mut answer = match self.service.json("DynamoDBStreams_20120810.GetRecords", &request) {
            Ok(answer) => answer,
            Err(error) => {
                // It may have expired: after a quarter of an hour
                self.iterators.remove(shard);
                return Err(error);
            }
        };
        let next = answer["NextShardIterator"].as_str().map(str::to_owned);
        let in_lambda_shape = |mut record: Value| {
            record["awsRegion"] = self.service.region().into();
            record["eventSourceARN"] = self.public_arn().into();
            Record(record)
        };
        let records: Vec<Value> = serde_json::from_value(answer["Records"].take()).unwrap_or_default();
        Ok(Page { records: records.into_iter().map(in_lambda_shape).collect(), next })
    }

    fn iterator(&self, shard: &str) -> Result<String, CallError> {
        let mut request = json!({ "StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(number) = self.positions.get(shard).and_then(|position| position.sequence_number.as_deref()) {
            request["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            request["SequenceNumber"] = number.into();
        }
        let call = |request: &Value| self.service.json("DynamoDBStreams_20120810.GetShardIterator", request);
        let answer = match call(&request) {
            // After a day what stood there is gone; the schedule finds its events in the table
            Err(error) if error.code() == "TrimmedDataAccessException" => {
                request["ShardIteratorType"] = "TRIM_HORIZON".into();
                request.as_object_mut().expect("an object").remove("SequenceNumber");
                call(&request)?
            }
            answer => answer?,
        };
        Ok(answer["ShardIterator"].as_str().unwrap_or_default().to_owned())
    }

    /// A page was handed over. At a shard's end its children are looked for.
    pub fn advance(&mut self, shard: &str, page: &Page) -> Result<(), CallError> {
        let position = self.positions.entry(shard.to_owned()).or_default();
        if let Some(last) = page.records.last() {
            position.sequence_number = Some(last.sequence_number().to_owned());
        }
        match &page.next {
            Some(next) => {
                self.iterators.insert(shard.to_owned(), next.clone());
                Ok(())
            }
            None => {
                // First: a shard that ended and whose children nobody looked for would be the end of all
                self.find_shards()?;
                self.positions.entry(shard.to_owned()).or_default().ended = true;
                self.iterators.remove(shard);
                Ok(())
            }
        }
    }

    /// The stream's name as AWS would write it.
    pub fn public_arn(&self) -> String {
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        let account = parts.get(4).copied().filter(|account| account.len() == 12).unwrap_or(ACCOUNT);
        let stream = parts.get(5).copied().unwrap_or_default();
        format!("arn:aws:dynamodb:{}:{account}:{stream}", self.service.region())
    }

    /// Keeps the positions, with this one further on than what was advanced to.
    pub fn remember(&self, shard: &str, sequence_number: &str) -> io::Result<()> {
        let mut shards = self.positions.clone();
        shards.entry(shard.to_owned()).or_default().sequence_number = Some(sequence_number.to_owned());
        let positions = Positions { version: 2, stream_arn: self.arn.clone(), shards };
        durable::replace(&self.position_file, &serde_json::to_vec(&positions)?)
    }

    /// Whether nobody minds that it is asked often.
    pub fn is_near(&self) -> bool {
        self.service.is_near()
    }
}

/// The remembered positions; none at first, for another stream, or if they cannot be read.
///
/// Beginning anew is safe: whoever gets the records recognises those that it has had.
fn remembered(file: &PathBuf, arn: &str) -> BTreeMap<String, Position> {
    let content = match std::fs::read(file) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return BTreeMap::new(),
        Err(error) => {
            tracing::warn!(%error, "stream position cannot be read; beginning anew");
            return BTreeMap::new();
        }
    };
    match serde_json::from_slice::<Positions>(&content) {
        Ok(positions) if positions.stream_arn == arn => positions.shards,
        Ok(_) => BTreeMap::new(),
        Err(error) => {
            tracing::warn!(%error, "stream position is damaged; beginning anew");
            BTreeMap::new()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test panics to fail")]
mod tests {
    use fude_target::Account;

    use super::*;

    fn stream(file: PathBuf, shards: &[(&str, Option<&str>)]) -> Stream {
        let shard = |(id, parent): &(&str, Option<&str>)| Shard {
            shard_id: (*id).to_owned(),
            parent_shard_id: parent.map(str::to_owned),
        };
        let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-11-29T00:00:00.000".to_owned();
        Stream {
            service: Service::dynamodb("http://127.0.0.1:1", &Account::local()),
            positions: remembered(&file, &arn),
            arn,
            shards: shards.iter().map(shard).collect(),
            iterators: BTreeMap::new(),
            position_file: file,
        }
    }

    #[test]
    fn a_child_waits_for_its_parent_and_not_for_one_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = stream(
            folder.path().join("position"),
            &[("a", Some("trimmed")), ("b", Some("a")), ("c", Some("a")), ("d", Some("b")), ("e", None)],
        );
        assert_eq!(stream.readable(), ["a", "e"]);
        stream.positions.insert("a".into(), Position { sequence_number: None, ended: true });
        assert_eq!(stream.readable(), ["b", "c", "e"]);
    }

    #[test]
    fn positions_of_every_shard_are_remembered_and_those_of_another_stream_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("position");
        let mut stream = stream(file.clone(), &[("a", None), ("b", Some("a"))]);
        stream.positions.insert("a".into(), Position { sequence_number: Some("7".into()), ended: true });
        stream.remember("b", "9").unwrap();
        let again = remembered(&file, &stream.arn);
        assert_eq!(again["a"], Position { sequence_number: Some("7".into()), ended: true });
        assert_eq!(again["b"], Position { sequence_number: Some("9".into()), ended: false });
        assert!(remembered(&file, "arn of another").is_empty());
        assert_eq!(
            stream.public_arn(),
            "arn:aws:dynamodb:ap-northeast-1:123456789012:table/t/stream/2026-11-29T00:00:00.000"
        );
    }
}
