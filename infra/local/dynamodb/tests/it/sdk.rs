//! What the functions ask of DynamoDB, asked by the SDK that they use.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};

use crate::{Stage, text};

fn put(pk: &str, sk: &str) -> Put {
    Put::builder()
        .table_name("fude")
        .item("pk", text(pk))
        .item("sk", text(sk))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .unwrap()
}

fn raise_version(from: &str, to: &str) -> Update {
    Update::builder()
        .table_name("fude")
        .key("pk", text("DOC#h#1"))
        .key("sk", text("STATE"))
        .update_expression("SET version = :to")
        .condition_expression("version = :from")
        .expression_attribute_values(":from", text(from))
        .expression_attribute_values(":to", text(to))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_transaction_is_applied_as_a_whole_or_not_at_all() {
    let stage = Stage::open().await;
    stage.put(&[("pk", "DOC#h#1"), ("sk", "STATE"), ("version", "1")]).await;
    let write = |from, to, event| {
        let update = TransactWriteItem::builder().update(raise_version(from, to)).build();
        let event = TransactWriteItem::builder().put(put("DOC#h#1", event)).build();
        stage.client.transact_write_items().transact_items(update).transact_items(event).send()
    };
    write("1", "2", "EVENT#0000000001").await.unwrap();

    let error = write("1", "3", "EVENT#0000000002").await.unwrap_err().into_service_error();
    assert!(error.is_transaction_canceled_exception());
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        unreachable!()
    };
    let reasons = cancelled.cancellation_reasons();
    assert_eq!(reasons[0].code(), Some("ConditionalCheckFailed"));
    assert_eq!(reasons[0].item().unwrap()["version"], text("2"));
    assert_eq!(reasons[1].code(), Some("None"));

    let absent = stage.client.get_item().table_name("fude").consistent_read(true);
    let absent = absent.key("pk", text("DOC#h#1")).key("sk", text("EVENT#0000000002")).send().await.unwrap();
    assert!(absent.item.is_none());
}

#[tokio::test]
async fn a_repeated_transaction_token_is_applied_once() {
    let stage = Stage::open().await;
    for _ in 0..2 {
        let item = TransactWriteItem::builder().put(put("DOC#h#1", "EVENT#0000000001")).build();
        let write = stage.client.transact_write_items().transact_items(item).client_request_token("token-1");
        write.send().await.unwrap();
    }
}

#[tokio::test]
async fn a_write_is_read_at_once() {
    let stage = Stage::open().await;
    stage.put(&[("pk", "a"), ("sk", "1"), ("name", "筆")]).await;
    let get = stage.client.get_item().table_name("fude").consistent_read(true);
    let item = get.key("pk", text("a")).key("sk", text("1")).send().await.unwrap().item.unwrap();
    assert_eq!(item["name"], text("筆"));

    stage.put(&[("pk", "a"), ("sk", "2")]).await;
    let key = |sk| HashMap::from([("pk".to_owned(), text("a")), ("sk".to_owned(), text(sk))]);
    let keys = ["1", "2", "3"].map(key).to_vec();
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
    let found = stage.client.batch_get_item().request_items("fude", wanted).send().await.unwrap();
    assert_eq!(found.responses.unwrap()["fude"].len(), 2);
    assert!(found.unprocessed_keys.unwrap_or_default().is_empty());
}

#[tokio::test]
async fn the_index_by_patient_pages_newest_first() {
    let stage = Stage::open().await;
    for number in 1..=7 {
        let (pk, at) = (format!("DOC#h#{number}"), format!("2026-11-0{number}"));
        stage.put(&[("pk", &pk), ("sk", "STATE"), ("patientKey", "tag"), ("patientAt", &at), ("title", "t")]).await;
    }
    stage.put(&[("pk", "DOC#h#8"), ("sk", "STATE"), ("patientKey", "other"), ("patientAt", "2026-11-08")]).await;
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = stage
            .client
            .query()
            .table_name("fude")
            .index_name("by-patient")
            .key_condition_expression("patientKey = :tag AND patientAt > :since")
            .expression_attribute_values(":tag", text("tag"))
            .expression_attribute_values(":since", text("2026-11-01"))
            .scan_index_forward(false)
            .limit(4)
            .set_exclusive_start_key(from)
            .send()
            .await
            .unwrap();
        found.extend(page.items().iter().map(|item| item["patientAt"].as_s().unwrap().clone()));
        assert!(page.items().iter().all(|item| item.contains_key("title")));
        from = page.last_evaluated_key;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(found, ["7", "6", "5", "4", "3", "2"].map(|day| format!("2026-11-0{day}")));
}

#[tokio::test]
async fn the_pending_index_holds_only_marked_rows_and_only_their_keys() {
    let stage = Stage::open().await;
    let marked = [("pk", "D"), ("sk", "EVENT#1"), ("pending", "h"), ("recordedAt", "2026"), ("event", "{}")];
    stage.put(&marked).await;
    stage.put(&[("pk", "D"), ("sk", "EVENT#2"), ("recordedAt", "2026")]).await;
    let pending = || async {
        let query = stage.client.query().table_name("fude").index_name("pending");
        let query = query.key_condition_expression("pending = :h").expression_attribute_values(":h", text("h"));
        query.send().await.unwrap().items.unwrap()
    };
    let found = pending().await;
    assert_eq!(found.len(), 1);
    let mut names: Vec<_> = found[0].keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["pending", "pk", "recordedAt", "sk"]);

    let key = stage.client.update_item().table_name("fude").key("pk", text("D")).key("sk", text("EVENT#1"));
    key.update_expression("REMOVE pending").send().await.unwrap();
    assert!(pending().await.is_empty());
}

#[tokio::test]
async fn two_hundred_writers_at_once_all_succeed() {
    let stage = Stage::open().await;
    let writers: Vec<_> = (0..200)
        .map(|number| {
            let client = stage.client.clone();
            tokio::spawn(async move {
                let pk = format!("DOC#h#{number}");
                let state = TransactWriteItem::builder().put(put(&pk, "STATE")).build();
                let event = TransactWriteItem::builder().put(put(&pk, "EVENT#0000000001")).build();
                client.transact_write_items().transact_items(state).transact_items(event).send().await
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let count = stage.client.scan().table_name("fude").select(aws_sdk_dynamodb::types::Select::Count);
    assert_eq!(count.send().await.unwrap().count(), 400);
}
