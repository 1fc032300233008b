//! Several rows of the table, read in one round trip.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

/// Partition and sort key of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pk: String,
    sk: String,
}

impl Key {
    pub fn new(pk: String, sk: String) -> Self {
        Self { pk, sk }
    }

    /// As a request names it.
    pub fn item(&self) -> HashMap<String, AttributeValue> {
        [("pk", &self.pk), ("sk", &self.sk)].map(|(n, v)| (n.to_owned(), AttributeValue::S(v.clone()))).into()
    }

    fn names(&self, row: &HashMap<String, AttributeValue>) -> bool {
        let is = |name: &str, value: &str| row.get(name).and_then(|v| v.as_s().ok()).is_some_and(|v| v == value);
        is("pk", &self.pk) && is("sk", &self.sk)
    }
}

/// Those of the rows asked for that there are.
#[derive(Debug, Default)]
pub struct Rows(Vec<HashMap<String, AttributeValue>>);

impl Rows {
    /// Consistent reads of at most 100 different keys; all or nothing.
    pub async fn read(
        dynamodb: &Client,
        table: &str,
        keys: &[Key],
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(Key::item).collect()))
            .consistent_read(true)
            .build()
            .expect("keys are given");
        let answer = dynamodb.batch_get_item().request_items(table, wanted).send().await?;
        if answer.unprocessed_keys.as_ref().is_some_and(|k| !k.is_empty()) {
            return Err("the table is throttled".into());
        }
        Ok(Self(answer.responses.unwrap_or_default().remove(table).unwrap_or_default()))
    }

    pub fn get(&self, key: &Key) -> Option<&HashMap<String, AttributeValue>> {
        self.0.iter().find(|row| key.names(row))
    }
}
