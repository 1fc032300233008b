//! Where the next page of a search begins. Opaque to the caller; one of another hospital, search or period is refused.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fude::audit::UtcMillis;
use fude_aws::state::{self, Index};
use serde::{Deserialize, Serialize};

use crate::period::Period;

/// The last document that was looked at, by its place in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cursor {
    /// Hash key of the index: hospital and patient tag, or hospital and physician.
    key: String,
    /// `<createdAt>#<document id>`
    at: String,
}

impl Cursor {
    pub fn after(key: &str, created_at: &str, document_id: &str) -> Self {
        Self { key: key.to_owned(), at: format!("{created_at}#{document_id}") }
    }

    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("plain strings serialise"))
    }

    /// `None` for a cursor that this search did not give.
    pub fn decode(text: &str, key: &str, period: &Period) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (at, id) = cursor.at.split_once('#')?;
        let formed = UtcMillis::parse(at).is_ok() && state::is_document_id(id);
        // DynamoDB refuses a start outside the bounds of the query.
        (formed && cursor.key == key && period.holds(&cursor.at)).then_some(cursor)
    }

    /// The key after which the index is read on.
    pub fn start(&self, hospital: &str, index: Index) -> HashMap<String, AttributeValue> {
        let [_, hash, range] = index.names();
        let id = self.at.rsplit('#').next().unwrap_or_default();
        [
            ("pk", state::document_key(hospital, id)),
            ("sk", "STATE".to_owned()),
            (hash, self.key.clone()),
            (range, self.at.clone()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use fude::integrity::Digest;
    use fude_aws::state::patient_key;

    use super::{Cursor, Index, Period};

    const ID: &str = "0123456789abcdef0123456789abcdef";
    const AT: &str = "2026-07-05T00:00:00.000Z";

    fn all() -> Period {
        Period::parse(None, None).expect("a period")
    }

    #[test]
    fn a_cursor_comes_back_for_its_own_search_alone() {
        let mine = patient_key("hospital-a", &Digest::of(b"1"));
        let cursor = Cursor::after(&mine, AT, ID);
        let text = cursor.encode();
        assert_eq!(Cursor::decode(&text, &mine, &all()), Some(cursor));
        for other in [patient_key("hospital-b", &Digest::of(b"1")), patient_key("hospital-a", &Digest::of(b"2"))] {
            assert_eq!(Cursor::decode(&text, &other, &all()), None);
        }
        let june = Period::parse(Some("2026-06-01"), Some("2026-06-30")).expect("a period");
        assert_eq!(Cursor::decode(&text, &mine, &june), None);
    }

    #[test]
    fn an_invented_cursor_is_refused() {
        for (at, id) in [("2026-07-05", ID), (AT, "search"), (AT, ""), ("", ID)] {
            assert_eq!(Cursor::decode(&Cursor::after("k", at, id).encode(), "k", &all()), None, "{at}#{id}");
        }
        let more = format!(r#"{{"patientKey":"k","patientAt":"{AT}#{ID}","pk":"LOG#hospital-a"}}"#);
        for text in ["", "!", "e30", &URL_SAFE_NO_PAD.encode(more)] {
            assert_eq!(Cursor::decode(text, "k", &all()), None, "{text}");
        }
    }

    #[test]
    fn the_start_is_a_document_of_the_callers_hospital() {
        let start = Cursor::after("k", AT, ID).start("hospital-a", Index::Patient);
        assert_eq!(start["pk"], AttributeValue::S(format!("DOC#hospital-a#{ID}")));
        assert_eq!(start["patientAt"], AttributeValue::S(format!("{AT}#{ID}")));
        assert_eq!(start.len(), 4);
    }
}
