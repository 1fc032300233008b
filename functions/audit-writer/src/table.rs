//! The table: reading event rows, the head and the sequence rows of a log. Writing: `commit`.
//!
//! Contract: every read is consistent but that of the pending index, which only finds keys.

mod commit;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use fude::audit::{LogName, RowKey, UtcMillis};
use fude_aws::attributes::{Item, bytes, key_of, number, text};
use fude_aws::log_rows::{log_key, read_head, read_sequence, sequence_sk};

use crate::error::Error;
use crate::plan::{Head, Pending, Row, Sequence};
pub use commit::Committed;

/// The sparse index of what is not in the log yet.
const PENDING: &str = "pending";
/// Keys that one sweep takes along; the next one is five minutes away.
const MOST_PENDING: usize = 450;
/// What one BatchGetItem takes.
const MOST_KEYS: usize = 100;

pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    pub const fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// The head of a log; None where it has not begun.
    pub async fn head(&self, log: &LogName) -> Result<Option<Head>, Error> {
        let item = self.get(log_key(log.as_str(), "HEAD")).await?;
        item.map(|item| read_head(&item).ok_or_else(|| Error::Unreadable(format!("LOG#{log} HEAD")))).transpose()
    }

    /// The sequence row of the commit that began with that index.
    pub async fn sequence(&self, log: &LogName, first: u64) -> Result<Option<Sequence>, Error> {
        let sk = sequence_sk(first);
        let item = self.get(log_key(log.as_str(), &sk)).await?;
        item.map(|item| read_sequence(&item).ok_or_else(|| Error::Unreadable(format!("LOG#{log} {sk}")))).transpose()
    }

    /// The sequence rows that cover the indexes `from..to`, in order.
    pub async fn sequences(&self, log: &LogName, from: u64, to: u64) -> Result<Vec<Sequence>, Error> {
        let mut sequences = Vec::new();
        let mut end = to;
        // A commit's first index is not known beforehand: walk back from the end
        while end > from {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(1)
                .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
                .expression_attribute_values(":pk", AttributeValue::S(format!("LOG#{log}")))
                .expression_attribute_values(":low", AttributeValue::S(sequence_sk(0)))
                .expression_attribute_values(":high", AttributeValue::S(sequence_sk(end - 1)))
                .send()
                .await
                .map_err(|error| Error::unavailable("DynamoDB Query", &error))?;
            let sequence = answer.items().first().and_then(read_sequence);
            let sequence = sequence
                .filter(|sequence| sequence.end() == end)
                .ok_or_else(|| Error::Unreadable(format!("LOG#{log} SEQ before {end}")))?;
            end = sequence.first;
            sequences.insert(0, sequence);
        }
        Ok(sequences)
    }

    async fn get(&self, key: Item) -> Result<Option<Item>, Error> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        let answer = request.send().await.map_err(|error| Error::unavailable("DynamoDB GetItem", &error))?;
        Ok(answer.item)
    }

    /// The event rows with these keys, as far as they exist.
    pub async fn rows(&self, keys: &[RowKey]) -> Result<BTreeMap<RowKey, Row>, Error> {
        let mut keys: Vec<&RowKey> = keys.iter().collect();
        keys.sort();
        keys.dedup();
        let mut rows = BTreeMap::new();
        for keys in keys.chunks(MOST_KEYS) {
            let mut left: Vec<Item> = keys.iter().map(|key| key_of(&key.pk(), &key.sk())).collect();
            while !left.is_empty() {
                let wanted = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true).build();
                let wanted = wanted.map_err(|error| Error::unavailable("DynamoDB BatchGetItem", &error))?;
                let answer = self.client.batch_get_item().request_items(&self.name, wanted).send().await;
                let answer = answer.map_err(|error| Error::unavailable("DynamoDB BatchGetItem", &error))?;
                let items = answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
                rows.extend(items.iter().filter_map(read_row).map(|row| (row.key.clone(), row)));
                let unread = answer.unprocessed_keys.unwrap_or_default().remove(&self.name);
                left = unread.map(|unread| unread.keys).unwrap_or_default();
            }
        }
        Ok(rows)
    }

    /// By hospital, the events that have no index and the heads that are not published.
    pub async fn pending(&self) -> Result<Pending, Error> {
        let mut pending = Pending::default();
        let mut found = 0;
        let mut pages = self
            .client
            .scan()
            .table_name(&self.name)
            .index_name(PENDING)
            .projection_expression("pk, sk, recordedAt")
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::unavailable("DynamoDB Scan", &error))?;
            for item in page.items() {
                let (Some(pk), Some(sk)) = (text(item, "pk"), text(item, "sk")) else {
                    continue;
                };
                if let Ok(key) = RowKey::parse(pk, sk) {
                    let recorded = text(item, "recordedAt").and_then(|at| UtcMillis::parse(at).ok());
                    pending.oldest = pending.oldest.into_iter().chain(recorded).min();
                    pending.by_hospital.entry(key.hospital().to_owned()).or_default().push(key);
                } else if let Some(log) = pk.strip_prefix("LOG#").and_then(LogName::parse) {
                    pending.by_hospital.entry(log.hospital().to_owned()).or_default();
                } else {
                    tracing::error!("a pending row has a key that no function of Fude writes");
                }
                found += 1;
            }
            if found >= MOST_PENDING {
                tracing::warn!(events = found, "more events wait than one sweep takes");
                break;
            }
        }
        Ok(pending)
    }
}

fn read_row(item: &Item) -> Option<Row> {
    Some(Row {
        key: RowKey::parse(text(item, "pk")?, text(item, "sk")?).ok()?,
        event: bytes(item, "event").map(<[u8]>::to_vec),
        event_sha256: text(item, "eventSha256").map(str::to_owned),
        recorded_at: text(item, "recordedAt").unwrap_or_default().to_owned(),
        log_index: number(item, "logIndex"),
    })
}
