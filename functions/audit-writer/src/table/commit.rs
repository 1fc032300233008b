//! Writing to the table: the one transaction that appends, and the mark that it is published.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use fude::audit::{LogName, RowKey};
use fude_aws::attributes::key_of;
use fude_aws::log_rows::{head_put, log_key, sequence_item, sequence_sk};

use super::{PENDING, Table};
use crate::error::Error;
use crate::plan::{Commit, Sequence};

/// How a transaction ended.
pub enum Committed {
    Yes,
    /// A condition did not hold, or another transaction was under way: read again.
    OthersWereFaster,
}

impl Table {
    /// Step 5: head, sequence row and every event's index, or nothing.
    pub async fn commit(&self, log: &LogName, commit: &Commit) -> Result<Committed, Error> {
        let mut actions = vec![
            TransactWriteItem::builder().put(self.head_action(log, commit)?).build(),
            TransactWriteItem::builder().put(self.sequence_action(log, &commit.sequence)?).build(),
        ];
        for (index, key) in commit.sequence.rows() {
            actions.push(TransactWriteItem::builder().update(self.index_action(log, key, index)?).build());
        }
        let sent = self.client.transact_write_items().set_transact_items(Some(actions)).send().await;
        let Err(error) = sent else {
            return Ok(Committed::Yes);
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return Err(Error::unavailable("DynamoDB TransactWriteItems", &error));
        };
        let reasons: Vec<_> =
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
        match reasons.as_slice() {
            // The head stands where it stood, yet its place is taken: no writer does that
            ["None", "ConditionalCheckFailed", ..] => {
                Err(Error::Conflict(format!("LOG#{log} {}", sequence_sk(commit.sequence.first))))
            }
            reasons
                if reasons
                    .iter()
                    .all(|code| matches!(*code, "None" | "ConditionalCheckFailed" | "TransactionConflict"))
                    && !reasons.is_empty() =>
            {
                Ok(Committed::OthersWereFaster)
            }
            _ => Err(Error::unavailable("DynamoDB TransactWriteItems", &error)),
        }
    }

    fn head_action(&self, log: &LogName, commit: &Commit) -> Result<Put, Error> {
        head_put(&self.name, log.as_str(), commit.before.as_ref(), &commit.after)
            .map_err(|error| Error::unavailable("building the head", &error))
    }

    fn sequence_action(&self, log: &LogName, sequence: &Sequence) -> Result<Put, Error> {
        Put::builder()
            .table_name(&self.name)
            .set_item(Some(sequence_item(log.as_str(), sequence)))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|error| Error::unavailable("building the sequence row", &error))
    }

    fn index_action(&self, log: &LogName, key: &RowKey, index: u64) -> Result<Update, Error> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key_of(&key.pk(), &key.sk())))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(logIndex)")
            .expression_attribute_names("#pending", PENDING)
            .expression_attribute_values(":index", AttributeValue::N(index.to_string()));
        let update = if log.is_first() {
            update.update_expression("SET logIndex = :index REMOVE #pending")
        } else {
            update
                .update_expression("SET logIndex = :index, logName = :log REMOVE #pending")
                .expression_attribute_values(":log", AttributeValue::S(log.to_string()))
        };
        update.build().map_err(|error| Error::unavailable("building an index", &error))
    }

    /// Step 9. A head that is further on was raised by another writer: that is success.
    pub async fn raise_published(&self, log: &LogName, size: u64) -> Result<(), Error> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(log_key(log.as_str(), "HEAD")))
            .update_expression("SET published = :size REMOVE #pending")
            // `size` is a word of the expression language
            .condition_expression("#size = :size AND published < :size")
            .expression_attribute_names("#size", "size")
            .expression_attribute_names("#pending", PENDING)
            .expression_attribute_values(":size", AttributeValue::N(size.to_string()))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(Error::unavailable("DynamoDB UpdateItem", &error)),
        }
    }
}
