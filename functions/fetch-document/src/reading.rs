//! When somebody first read a revision: what a finalisation is measured by (確定 in two seconds).

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;
use fude_aws::audit;
use fude_aws::caller::Caller;
use fude_aws::state::{self, State};

use crate::error::Error;

/// Notes the moment once, in a row of its own: no version is raised by a reading.
pub async fn first(dynamodb: &Client, table: &str, caller: &Caller, state: &State, revision: u32) -> Result<(), Error> {
    let (pk, sk) = state::reading_key(&state.hospital, &state.document_id, revision, &caller.user);
    let sent = dynamodb
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(pk))
        .item("sk", AttributeValue::S(sk))
        .item("at", AttributeValue::S(audit::now().to_string()))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await;
    match sent {
        Ok(_) => Ok(()),
        Err(e) if e.code() == Some("ConditionalCheckFailedException") => Ok(()),
        Err(e) => Err(Error::store(e)),
    }
}
