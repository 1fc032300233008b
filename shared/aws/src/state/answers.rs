//! Answers of before: what a repeat of the same `Idempotency-Key` gets. Written with the change that it answers.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use fude::integrity::Digest;

use super::StateError;
use crate::rows::{Key, Rows};

/// `ANSWER#h#id#<SHA-256 of person and key>` / `ANSWER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// SHA-256 of person and key: a key may be anything, a row's name may not.
    pub key: Digest,
    /// Of method, path and body: what makes two requests the same.
    pub request: Digest,
    pub status: u16,
    /// Of the metadata, for its `ETag`.
    pub version: u64,
    /// The body, as JSON.
    pub metadata: String,
}

impl Answer {
    fn pk(hospital: &str, document: &str, key: &Digest) -> String {
        format!("ANSWER#{hospital}#{document}#{key}")
    }

    /// Key of the row in which an answer stands.
    pub fn row(hospital: &str, document: &str, key: &Digest) -> Key {
        Key::new(Self::pk(hospital, document, key), "ANSWER".to_owned())
    }

    pub(super) fn to_item(&self, hospital: &str, document: &str) -> HashMap<String, AttributeValue> {
        let s = |v: String| AttributeValue::S(v);
        HashMap::from([
            ("pk".to_owned(), s(Self::pk(hospital, document, &self.key))),
            ("sk".to_owned(), s("ANSWER".to_owned())),
            ("request".to_owned(), s(self.request.to_string())),
            ("status".to_owned(), AttributeValue::N(self.status.to_string())),
            ("version".to_owned(), AttributeValue::N(self.version.to_string())),
            ("metadata".to_owned(), s(self.metadata.clone())),
        ])
    }

    fn from_item(key: Digest, item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<u64>().ok();
        Some(Self {
            key,
            request: Digest::parse(item.get("request")?.as_s().ok()?).ok()?,
            status: u16::try_from(number("status")?).ok()?,
            version: number("version")?,
            metadata: item.get("metadata")?.as_s().ok()?.clone(),
        })
    }
}

/// What this key got before, if it was used on this document.
pub async fn answer(
    dynamodb: &Client,
    table: &str,
    hospital: &str,
    document: &str,
    key: Digest,
) -> Result<Option<Answer>, StateError> {
    let request = dynamodb.get_item().table_name(table).consistent_read(true);
    let found = request.set_key(Some(Answer::row(hospital, document, &key).item())).send().await;
    let found = found.map_err(|e| StateError::Store(e.into()))?;
    found.item.map(|i| Answer::from_item(key, &i).ok_or(StateError::Unreadable)).transpose()
}

/// The same, of a row that was read along with the admission.
pub fn answer_along(rows: &Rows, hospital: &str, document: &str, key: Digest) -> Result<Option<Answer>, StateError> {
    let found = rows.get(&Answer::row(hospital, document, &key));
    found.map(|i| Answer::from_item(key, i).ok_or(StateError::Unreadable)).transpose()
}

#[cfg(test)]
mod tests {
    use super::{Answer, Digest};

    #[test]
    fn an_answer_comes_back_as_it_was_written() {
        let (key, request) = (Digest::of(b"key"), Digest::of(b"request"));
        let answer = Answer { key, request, status: 201, version: 3, metadata: "{}".to_owned() };
        let mut item = answer.to_item("hospital-a", "0");
        assert_eq!(Answer::from_item(key, &item), Some(answer));
        item.remove("status");
        assert_eq!(Answer::from_item(key, &item), None);
    }
}
