//! The rows of a hospital: read consistently, written where nothing moved since.

use std::path::PathBuf;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use fude_aws::attributes::{Item, key_of, text};
use fude_aws::caller::Certificate;
use fude_aws::clients::cause;
use fude_aws::hospital::{Staff, certificate_key, hospital_key, staff_sk};
use serde::Deserialize;

use crate::place::local_sdk;

const REGISTRATION: &str = "REGISTRATION";

#[derive(clap::Args)]
pub struct TableArgs {
    /// Folder of a running stack on this machine: takes the table from its ready.json
    #[arg(long, conflicts_with = "table")]
    state: Option<PathBuf>,
    /// DynamoDB table
    #[arg(long, env = "FUDE_TABLE", required_unless_present = "state")]
    table: Option<String>,
}

pub struct Rows {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

#[derive(Deserialize)]
struct Ready {
    dynamodb: String,
    table: String,
}

impl Rows {
    pub fn open(args: &TableArgs) -> Result<Self, String> {
        let (sdk, table) = match (&args.state, &args.table) {
            (Some(state), _) => {
                let file = state.join("ready.json");
                let bytes =
                    std::fs::read(&file).map_err(|e| format!("{}: {e}; is the stack running?", file.display()))?;
                let ready: Ready = serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", file.display()))?;
                (local_sdk(&ready.dynamodb), ready.table)
            }
            (None, Some(table)) => (fude_aws::clients::sdk_config(), table.clone()),
            (None, None) => return Err("either --state or --table".to_owned()),
        };
        Ok(Self { client: aws_sdk_dynamodb::Client::new(&sdk), table })
    }

    /// The registration's JSON.
    pub async fn registration(&self, hospital: &str) -> Result<Option<String>, String> {
        let row = self.row(&hospital_key(hospital)).await?;
        row.map(|row| {
            let json = text(&row, "registration").map(str::to_owned);
            json.ok_or_else(|| format!("{hospital}: its row holds no registration"))
        })
        .transpose()
    }

    /// The hospital that the certificate leads to.
    pub async fn owner(&self, certificate: &Certificate) -> Result<Option<String>, String> {
        let row = self.row(&certificate_key(&certificate.issuer_subject_sha256)).await?;
        Ok(row.and_then(|row| text(&row, "hospital").map(str::to_owned)))
    }

    async fn row(&self, pk: &str) -> Result<Option<Item>, String> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key_of(pk, REGISTRATION)));
        let sent = request.consistent_read(true).send().await;
        sent.map(|answer| answer.item).map_err(|e| failed("GetItem", &e))
    }

    /// The registration where it is still what it was, and the way from each certificate to it.
    pub async fn put(
        &self,
        hospital: &str,
        before: Option<&str>,
        after: &str,
        certificates: &[Certificate],
    ) -> Result<(), String> {
        let mut item = key_of(&hospital_key(hospital), REGISTRATION);
        item.insert("registration".to_owned(), AttributeValue::S(after.to_owned()));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("registration = :before")
                .expression_attribute_values(":before", AttributeValue::S(before.to_owned())),
        };
        let mut actions = vec![action(put)];
        for certificate in certificates {
            let mut item = key_of(&certificate_key(&certificate.issuer_subject_sha256), REGISTRATION);
            item.insert("hospital".to_owned(), AttributeValue::S(hospital.to_owned()));
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            actions.push(action(
                put.condition_expression("attribute_not_exists(pk) OR hospital = :hospital")
                    .expression_attribute_values(":hospital", AttributeValue::S(hospital.to_owned())),
            ));
        }
        match self.client.transact_write_items().set_transact_items(Some(actions)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(_)) => {
                    Err(format!("{hospital}: somebody changed it meanwhile; nothing was written, try again"))
                }
                _ => Err(failed("TransactWriteItems", &error)),
            },
        }
    }

    pub async fn put_staff(&self, hospital: &str, user: &str, staff: &Staff) -> Result<(), String> {
        let json = serde_json::to_string(staff).map_err(|e| e.to_string())?;
        let mut item = key_of(&hospital_key(hospital), &staff_sk(user));
        item.insert("staff".to_owned(), AttributeValue::S(json));
        let sent = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        sent.map(|_| ()).map_err(|e| failed("PutItem", &e))
    }
}

fn action(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
}

fn failed(operation: &str, error: &dyn std::error::Error) -> String {
    format!("DynamoDB {operation} failed: {}", cause(error))
}
