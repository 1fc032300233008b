//! Reading the table's stream, and remembering how far.

use std::{io, path::PathBuf};

use dynoxide::{
    DynoxideError,
    actions::{
        describe_stream::DescribeStreamRequest, get_records::GetRecordsRequest,
        get_shard_iterator::GetShardIteratorRequest, list_streams::ListStreamsRequest,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ACCOUNT, DynamoDb, REGION, durable};

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

/// The stored position, version 1.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Position {
    version: u32,
    stream_arn: String,
    /// Everything up to and with this one was handed over.
    sequence_number: String,
}

/// The stream of one table, read in order from a durable position.
#[derive(Clone)]
pub(crate) struct Stream {
    db: DynamoDb,
    /// The engine's own name of the stream, which changes when the table is made anew.
    arn: String,
    shard: String,
    position_file: PathBuf,
}

impl Stream {
    pub fn open(db: &DynamoDb, position_file: PathBuf) -> Result<Self, DynoxideError> {
        let missing = || DynoxideError::ResourceNotFoundException("the table has no stream".into());
        let request = ListStreamsRequest { table_name: Some(db.table.clone()), ..Default::default() };
        let arn = db.engine.list_streams(request)?.streams.pop().ok_or_else(missing)?.stream_arn;
        let request = DescribeStreamRequest { stream_arn: arn.clone(), ..Default::default() };
        let shard = db.engine.describe_stream(request)?.stream_description.shards.pop().ok_or_else(missing)?.shard_id;
        Ok(Self { db: db.clone(), arn, shard, position_file })
    }

    /// The next records after `position`, or from the beginning (`TRIM_HORIZON`).
    pub fn read(&self, position: Option<String>) -> Result<Vec<Record>, DynoxideError> {
        let iterator = self.db.engine.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: self.shard.clone(),
            shard_iterator_type: if position.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" }.into(),
            sequence_number: position,
        })?;
        let shard_iterator = iterator.shard_iterator.unwrap_or_default();
        let page = self.db.engine.get_records(GetRecordsRequest { shard_iterator, limit: Some(PAGE) })?;
        let in_lambda_shape = |record| {
            let mut record =
                serde_json::to_value(record).map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
            record["awsRegion"] = REGION.into();
            record["eventSourceARN"] = self.public_arn().into();
            Ok(Record(record))
        };
        page.records.into_iter().map(in_lambda_shape).collect()
    }

    /// The stream's name as AWS would write it.
    pub fn public_arn(&self) -> String {
        let label = self.arn.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}/stream/{label}", self.db.table)
    }

    /// The remembered position; none at first, for another stream, or if it cannot be read.
    ///
    /// Beginning anew is safe: whoever gets the records recognises those that it has had.
    pub fn remembered(&self) -> Option<String> {
        let content = match std::fs::read(&self.position_file) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, "stream position cannot be read; beginning anew");
                return None;
            }
        };
        match serde_json::from_slice::<Position>(&content) {
            Ok(position) if position.stream_arn == self.arn => Some(position.sequence_number),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, "stream position is damaged; beginning anew");
                None
            }
        }
    }

    pub fn remember(&self, sequence_number: String) -> io::Result<()> {
        let position = Position { version: 1, stream_arn: self.arn.clone(), sequence_number };
        durable::replace(&self.position_file, &serde_json::to_vec(&position)?)
    }

    pub fn shard(&self) -> &str {
        &self.shard
    }
}
