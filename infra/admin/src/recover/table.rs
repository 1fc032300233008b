//! The table's side: rows read consistently, changes only where nothing moved since.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem, Update};
use fude::audit::{Head, LogName, RowKey, RowOwner, Sequence};
use fude::integrity::Digest;
use fude_aws::attributes::{Item, bytes, digest, key_of, number, text};
use fude_aws::log_rows::{head_put, log_key, read_head, read_sequence, sequence_item, sequence_sk};

use fude_aws::state::State;

use super::Stop;
use crate::place::Place;

/// What one BatchGetItem takes.
const MOST_KEYS: usize = 100;

pub struct Table<'p> {
    place: &'p Place,
}

/// An event row as it stands.
#[derive(Clone, Debug)]
pub struct EventRow {
    pub key: RowKey,
    pub event: Option<Vec<u8>>,
    /// Log and index, once it is logged.
    pub logged: Option<(LogName, u64)>,
    pub item: Item,
}

impl EventRow {
    fn read(item: Item) -> Option<Self> {
        let key = RowKey::parse(text(&item, "pk")?, text(&item, "sk")?).ok()?;
        let log = text(&item, "logName").map_or_else(|| Some(LogName::first(key.hospital())), LogName::parse);
        let event = bytes(&item, "event").map(<[u8]>::to_vec);
        Some(Self { key, event, logged: log.zip(number(&item, "logIndex")), item })
    }
}

/// A change of one event row, with what must still hold.
pub enum Change {
    /// Absent as yet.
    Put { key: RowKey, event: Option<Vec<u8>>, recorded_at: Option<String>, index: u64 },
    /// There with these very bytes.
    Number { key: RowKey, index: u64 },
}

impl<'p> Table<'p> {
    pub const fn new(place: &'p Place) -> Self {
        Self { place }
    }

    pub async fn head(&self, log: &LogName) -> Result<Option<Head>, Stop> {
        let item = self.get(log_key(log.as_str(), "HEAD")).await?;
        item.map(|item| read_head(&item).ok_or_else(|| Stop::Row(format!("LOG#{log} HEAD")))).transpose()
    }

    pub async fn sequence(&self, log: &LogName, first: u64) -> Result<Option<Sequence>, Stop> {
        Ok(self.get(log_key(log.as_str(), &sequence_sk(first))).await?.as_ref().and_then(read_sequence))
    }

    async fn get(&self, key: Item) -> Result<Option<Item>, Stop> {
        let request =
            self.place.dynamodb.get_item().table_name(&self.place.table).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(|e| Stop::unavailable("DynamoDB GetItem", &e))?.item)
    }

    pub async fn rows(&self, keys: &[RowKey]) -> Result<BTreeMap<RowKey, EventRow>, Stop> {
        let mut rows = BTreeMap::new();
        for keys in keys.chunks(MOST_KEYS) {
            let mut left: Vec<Item> = keys.iter().map(|key| key_of(&key.pk(), &key.sk())).collect();
            while !left.is_empty() {
                let failed = |e: &dyn std::error::Error| Stop::unavailable("DynamoDB BatchGetItem", e);
                let wanted = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true).build();
                let request = self.place.dynamodb.batch_get_item();
                let sent = request.request_items(&self.place.table, wanted.map_err(|e| failed(&e))?).send().await;
                let answer = sent.map_err(|e| failed(&e))?;
                let items = answer.responses.unwrap_or_default().remove(&self.place.table).unwrap_or_default();
                rows.extend(items.into_iter().filter_map(EventRow::read).map(|row| (row.key.clone(), row)));
                let unread = answer.unprocessed_keys.unwrap_or_default().remove(&self.place.table);
                left = unread.map(|unread| unread.keys).unwrap_or_default();
            }
        }
        Ok(rows)
    }

    /// Readings, searches and refusals that wait for the log, by the hash of their event: the log does not know
    /// under which random name they stand.
    pub async fn waiting_accesses(&self, hospital: &str) -> Result<BTreeMap<Digest, RowKey>, Stop> {
        let mut pages = self
            .place
            .dynamodb
            .query()
            .table_name(&self.place.table)
            .index_name("pending")
            .key_condition_expression("#pending = :hospital")
            .expression_attribute_names("#pending", "pending")
            .expression_attribute_values(":hospital", AttributeValue::S(hospital.to_owned()))
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| Stop::unavailable("DynamoDB Query", &e))?;
            let found = page.items().iter().filter_map(|i| RowKey::parse(text(i, "pk")?, text(i, "sk")?).ok());
            keys.extend(found.filter(|key| matches!(key.owner(), RowOwner::Access(_))));
        }
        let rows = self.rows(&keys).await?.into_values();
        Ok(rows.filter_map(|row| Some((digest(text(&row.item, "eventSha256")?)?, row.key))).collect())
    }

    /// Every document's state that the table knows, for the persons in it.
    pub async fn each_state(&self, hospital: &str, mut each: impl FnMut(&State)) -> Result<(), Stop> {
        let mut pages = self
            .place
            .dynamodb
            .scan()
            .table_name(&self.place.table)
            .filter_expression("sk = :state AND hospital = :hospital")
            .expression_attribute_values(":state", AttributeValue::S("STATE".to_owned()))
            .expression_attribute_values(":hospital", AttributeValue::S(hospital.to_owned()))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| Stop::unavailable("DynamoDB Scan", &e))?;
            page.items().iter().filter_map(State::from_item).for_each(|state| each(&state));
        }
        Ok(())
    }

    /// State and event rows of a document.
    pub async fn document(&self, hospital: &str, id: &str) -> Result<(Option<Item>, Vec<EventRow>), Stop> {
        let mut pages = self
            .place
            .dynamodb
            .query()
            .table_name(&self.place.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(fude_aws::state::document_key(hospital, id)))
            .into_paginator()
            .send();
        let (mut state, mut events) = (None, Vec::new());
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| Stop::unavailable("DynamoDB Query", &e))?;
            for item in page.items.unwrap_or_default() {
                if text(&item, "sk") == Some("STATE") {
                    state = Some(item);
                } else {
                    events.extend(EventRow::read(item));
                }
            }
        }
        Ok((state, events))
    }

    /// The rows of one commit of the log, all or none. False where something moved: read again.
    pub async fn commit(&self, log: &LogName, sequence: &Sequence, changes: Vec<Change>) -> Result<bool, Stop> {
        let mut actions: Vec<TransactWriteItem> = Vec::with_capacity(changes.len() + 1);
        // Whatever else stands in its place is not what the log says
        actions.push(self.put(sequence_item(log.as_str(), sequence), None));
        for change in changes {
            actions.push(match change {
                Change::Put { key, event, recorded_at, index } => {
                    self.put(logged_row(&key, event, recorded_at, (log, index)), Some("attribute_not_exists(pk)"))
                }
                Change::Number { key, index } => {
                    let update = Update::builder()
                        .table_name(&self.place.table)
                        .set_key(Some(key_of(&key.pk(), &key.sk())))
                        .condition_expression("attribute_exists(pk)")
                        .expression_attribute_names("#pending", "pending")
                        .expression_attribute_values(":index", AttributeValue::N(index.to_string()));
                    let update = if log.is_first() {
                        update.update_expression("SET logIndex = :index REMOVE #pending, logName")
                    } else {
                        update
                            .update_expression("SET logIndex = :index, logName = :log REMOVE #pending")
                            .expression_attribute_values(":log", AttributeValue::S(log.to_string()))
                    };
                    TransactWriteItem::builder().update(update.build().expect("all of it is set")).build()
                }
            });
        }
        self.transact(actions).await
    }

    /// Moves an event row that contradicts the log to a name that no writer looks at; second, the new name.
    pub async fn displace(&self, row: &EventRow) -> Result<bool, Stop> {
        let mut item = row.item.clone();
        let hash = Digest::of(row.event.as_deref().unwrap_or_default());
        let (RowOwner::Document(name) | RowOwner::Access(name)) = row.key.owner();
        item.extend(key_of(
            &format!("DISPLACED#{}#{name}", row.key.hospital()),
            &format!("{:010}#{hash}", row.key.sequence()),
        ));
        item.remove("pending");
        let mut delete = Delete::builder().table_name(&self.place.table);
        delete = delete.set_key(Some(key_of(&row.key.pk(), &row.key.sk())));
        delete = match text(&row.item, "eventSha256") {
            Some(hash) => delete
                .condition_expression("eventSha256 = :hash")
                .expression_attribute_values(":hash", AttributeValue::S(hash.to_owned())),
            None => delete.condition_expression("attribute_not_exists(eventSha256)"),
        };
        let delete = TransactWriteItem::builder().delete(delete.build().expect("all of it is set")).build();
        self.transact(vec![self.put(item, None), delete]).await
    }

    /// Writes the state of a document where nobody changed it since.
    pub async fn put_state(&self, item: Item, before: Option<&Item>) -> Result<bool, Stop> {
        let put = self.place.dynamodb.put_item().table_name(&self.place.table).set_item(Some(item));
        let unchanged = before.and_then(|b| Some((b.get("version")?.clone(), b.get("events")?.clone())));
        let put = match (before, unchanged) {
            (None, _) => put.condition_expression("attribute_not_exists(pk)"),
            (_, Some((version, events))) => put
                .condition_expression("version = :version AND events = :events")
                .expression_attribute_values(":version", version)
                .expression_attribute_values(":events", events),
            // A row that is no state: nothing reads it
            (Some(_), None) => put,
        };
        stored(put.send().await.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error))
    }

    /// Notes a first reading once, as the reading itself would have.
    pub async fn put_reading(&self, (pk, sk): (String, String), at: String) -> Result<(), Stop> {
        let mut item = key_of(&pk, &sk);
        item.insert("at".to_owned(), AttributeValue::S(at));
        let put = self.place.dynamodb.put_item().table_name(&self.place.table).set_item(Some(item));
        let sent = put.condition_expression("attribute_not_exists(pk)").send().await;
        stored(sent.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)).map(|_| ())
    }

    /// The last write: from here on the log goes on.
    pub async fn raise_head(&self, log: &LogName, before: Option<&Head>, after: &Head) -> Result<(), Stop> {
        let put = head_put(&self.place.table, log.as_str(), before, after).expect("all of it is set");
        let done = self.transact(vec![TransactWriteItem::builder().put(put).build()]).await?;
        if done { Ok(()) } else { Err(Stop::Contended(format!("LOG#{log} HEAD"))) }
    }

    /// Head and closing entry in one: from then on the next log goes on.
    pub async fn close(&self, log: &LogName, before: &Head, after: &Head, sequence: &Sequence) -> Result<bool, Stop> {
        let put = head_put(&self.place.table, log.as_str(), Some(before), after).expect("all of it is set");
        let sequence = self.put(sequence_item(log.as_str(), sequence), Some("attribute_not_exists(pk)"));
        self.transact(vec![TransactWriteItem::builder().put(put).build(), sequence]).await
    }

    fn put(&self, item: Item, condition: Option<&str>) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.place.table).set_item(Some(item));
        let put = put.set_condition_expression(condition.map(str::to_owned)).build().expect("all of it is set");
        TransactWriteItem::builder().put(put).build()
    }

    async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<bool, Stop> {
        let sent = self.place.dynamodb.transact_write_items().set_transact_items(Some(actions)).send().await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled))
                    if cancelled
                        .cancellation_reasons()
                        .iter()
                        .any(|r| matches!(r.code(), Some("ConditionalCheckFailed" | "TransactionConflict"))) =>
                {
                    Ok(false)
                }
                _ => Err(Stop::unavailable("DynamoDB TransactWriteItems", &error)),
            },
        }
    }
}

fn stored<T>(sent: Result<T, PutItemError>) -> Result<bool, Stop> {
    match sent {
        Ok(_) => Ok(true),
        Err(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
        Err(error) => Err(Stop::unavailable("DynamoDB PutItem", &error)),
    }
}

/// An event row as it stands once the log holds it.
fn logged_row(
    key: &RowKey,
    event: Option<Vec<u8>>,
    recorded_at: Option<String>,
    (log, index): (&LogName, u64),
) -> Item {
    let mut item = key_of(&key.pk(), &key.sk());
    if let Some(event) = event {
        item.insert("eventSha256".to_owned(), AttributeValue::S(Digest::of(&event).to_string()));
        item.insert("event".to_owned(), AttributeValue::B(event.into()));
    }
    if let Some(at) = recorded_at {
        item.insert("recordedAt".to_owned(), AttributeValue::S(at));
    }
    item.insert("logIndex".to_owned(), AttributeValue::N(index.to_string()));
    if !log.is_first() {
        item.insert("logName".to_owned(), AttributeValue::S(log.to_string()));
    }
    item
}
