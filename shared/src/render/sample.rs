//! A discharge summary of an invented patient, with everything that a draft may carry.

use super::{Calendar, Printed};
use crate::document::Document;

pub fn document() -> Document {
    serde_json::from_str(include_str!("sample.json")).expect("the sample is a document")
}

pub fn printed(document: &Document) -> Printed<'_> {
    Printed {
        document,
        state: "draft",
        created_at: "2026-07-14T08:42:10.000Z",
        entered_by: Some("山本 直子（医師事務作業補助者）　代行：佐藤 健"),
        finalised_by: None,
        finalised_at: None,
        addressee_line: "みなと診療所 内科 鈴木 一郎 先生 御侍史",
        calendar: Calendar::Western,
        answers: &[],
    }
}
