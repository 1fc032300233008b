//! `audit-writer`: audit events of the table ─▶ Merkle log in S3.

mod bucket;
mod config;
mod edge;
mod error;
mod event;
mod handler;
mod metric;
mod plan;
mod publish;
mod signer;
mod table;
mod writer;

use lambda_runtime::{Error, run, service_fn};

// An instance has one call at a time: threads would be started for nothing
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fude_aws::clients::init_logging();
    let config = config::Config::from_env()?;
    let sdk = fude_aws::clients::sdk_config();
    let handler = &handler::Handler::new(writer::Writer::new(&config, &sdk));
    run(service_fn(|event| handler.respond(event))).await
}
