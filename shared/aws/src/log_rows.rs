//! The rows of a log, `LOG#<name of the log>`: how head and sequence rows are written and read.
//!
//! | sk | attributes |
//! | --- | --- |
//! | `HEAD` | `size` N, `root` S, `frontier` list of S, `published` N; while `published` < `size` also `pending` and `recordedAt`, so that the sweep finds it; after a change of key `keyId` S, before the next `nextKeyId` S |
//! | `SEQ#<first, 12 digits>` | `first` N, `entries` list of `pk`, `sk`, `leaf`: what one commit put at the indexes from `first` on; `seam` B, an entry before those that is no row's |

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use fude::audit::merkle::Frontier;
use fude::audit::{Head, LogName, RowKey, Sequence};

use crate::attributes::{Item, bytes, digest, key_of, list, number, text};

pub fn log_key(log: &str, sk: &str) -> Item {
    key_of(&format!("LOG#{log}"), sk)
}

pub fn sequence_sk(first: u64) -> String {
    format!("SEQ#{first:012}")
}

/// Puts the new head where the old one is unchanged.
pub fn head_put(table: &str, log: &str, before: Option<&Head>, after: &Head) -> Result<Put, BuildError> {
    let put = Put::builder().table_name(table).set_item(Some(head_item(log, after)));
    let put = match before {
        None => put.condition_expression("attribute_not_exists(pk)"),
        Some(before) => put
            // A log that was closed meanwhile has another size
            .condition_expression("#size = :size AND root = :root AND published = :published")
            // `size` is a word of the expression language
            .expression_attribute_names("#size", "size")
            .expression_attribute_values(":size", AttributeValue::N(before.size().to_string()))
            .expression_attribute_values(":root", AttributeValue::S(before.frontier.root().to_string()))
            .expression_attribute_values(":published", AttributeValue::N(before.published.to_string())),
    };
    put.build()
}

fn head_item(log: &str, head: &Head) -> Item {
    let frontier = head.frontier.hashes().iter().map(|hash| AttributeValue::S(hash.to_string())).collect();
    let mut item = log_key(log, "HEAD");
    item.insert("size".into(), AttributeValue::N(head.size().to_string()));
    item.insert("root".into(), AttributeValue::S(head.frontier.root().to_string()));
    item.insert("frontier".into(), AttributeValue::L(frontier));
    item.insert("published".into(), AttributeValue::N(head.published.to_string()));
    if head.published < head.size() {
        item.insert("pending".into(), AttributeValue::S(log.into()));
        item.insert("recordedAt".into(), AttributeValue::S("HEAD".into()));
    }
    for (name, id) in [("keyId", &head.key_id), ("nextKeyId", &head.next_key_id)] {
        item.extend(id.as_ref().map(|id| (name.to_owned(), AttributeValue::S(id.clone()))));
    }
    item
}

/// None where the row is not the head of a tree.
pub fn read_head(item: &Item) -> Option<Head> {
    let hashes: Option<Vec<_>> = list(item, "frontier")?.iter().map(|hash| digest(hash.as_s().ok()?)).collect();
    let frontier = Frontier::from_parts(number(item, "size")?, hashes?).ok()?;
    let id = |name| text(item, name).map(str::to_owned);
    let (key_id, next_key_id) = (id("keyId"), id("nextKeyId"));
    let head = Head { frontier, published: number(item, "published")?, key_id, next_key_id };
    let sound = digest(text(item, "root")?)? == head.frontier.root() && head.published <= head.size();
    sound.then_some(head)
}

pub fn sequence_item(log: &str, sequence: &Sequence) -> Item {
    let entries = sequence.leaves.iter().map(|(key, leaf)| {
        let mut entry = key_of(&key.pk(), &key.sk());
        entry.insert("leaf".into(), AttributeValue::S(leaf.to_string()));
        AttributeValue::M(entry)
    });
    let mut item = log_key(log, &sequence_sk(sequence.first));
    item.insert("first".into(), AttributeValue::N(sequence.first.to_string()));
    item.insert("entries".into(), AttributeValue::L(entries.collect()));
    item.extend(sequence.seam.iter().map(|entry| ("seam".into(), AttributeValue::B(entry.clone().into()))));
    item
}

/// None where the row does not name entries of its own hospital.
pub fn read_sequence(item: &Item) -> Option<Sequence> {
    let log = LogName::parse(text(item, "pk")?.strip_prefix("LOG#")?)?;
    let leaves: Option<Vec<_>> = list(item, "entries")?
        .iter()
        .map(|entry| {
            let entry = entry.as_m().ok()?;
            let key = RowKey::parse(text(entry, "pk")?, text(entry, "sk")?).ok()?;
            (key.hospital() == log.hospital()).then_some((key, digest(text(entry, "leaf")?)?))
        })
        .collect();
    let seam = bytes(item, "seam").map(<[u8]>::to_vec);
    let sequence = Sequence { first: number(item, "first")?, seam, leaves: leaves? };
    (text(item, "sk")? == sequence_sk(sequence.first) && sequence.end() > sequence.first).then_some(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fude::audit::merkle::leaf_hash;

    fn head(size: u64) -> Head {
        let mut frontier = Frontier::empty();
        for index in 0..size {
            frontier.push(leaf_hash(&index.to_be_bytes()));
        }
        Head { frontier, published: size - 1, ..Head::empty() }
    }

    #[test]
    fn head_reads_back() {
        for size in [1, 2, 255, 300] {
            assert_eq!(read_head(&head_item("h", &head(size))), Some(head(size)));
        }
        let changed = Head { key_id: Some("b".into()), next_key_id: Some("c".into()), ..head(3) };
        assert_eq!(read_head(&head_item("h.2", &changed)), Some(changed));
    }

    #[test]
    fn head_that_contradicts_itself_is_not_read() {
        for (name, value) in [
            ("size", AttributeValue::N("8".into())),
            ("size", AttributeValue::N("-7".into())),
            ("root", AttributeValue::S(leaf_hash(b"").to_string())),
            ("frontier", AttributeValue::L(vec![])),
            ("published", AttributeValue::N("8".into())),
            ("published", AttributeValue::S("7".into())),
        ] {
            let mut item = head_item("h", &head(7));
            item.insert(name.into(), value);
            assert_eq!(read_head(&item), None, "{name}");
        }
    }

    #[test]
    fn sequence_row_reads_back_and_names_its_own_hospital_only() {
        let key = RowKey::of_document("h", "5d0c", 3).unwrap();
        let mut sequence = Sequence { first: 17, seam: None, leaves: vec![(key, leaf_hash(b"entry"))] };
        assert_eq!(read_sequence(&sequence_item("h", &sequence)), Some(sequence.clone()));
        assert_eq!(read_sequence(&sequence_item("h.2", &sequence)), Some(sequence.clone()));
        sequence.seam = Some(b"closing".to_vec());
        assert_eq!(read_sequence(&sequence_item("h", &sequence)), Some(sequence.clone()));
        assert_eq!(read_sequence(&sequence_item("g", &sequence)), None);
    }
}
