//! `audit-writer`: audit events of the table ─▶ Merkle log in S3.

mod bucket;
mod config;
mod edge;
mod error;
mod event;
mod handler;
mod plan;
mod publish;
mod signer;
mod table;
mod writer;

use lambda_runtime::{Error, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_target(false).init();
    let config = config::Config::from_env()?;
    let sdk = aws_config::SdkConfig::builder().build();
    let handler = &handler::Handler::new(writer::Writer::new(&config, &sdk));
    run(service_fn(|event| handler.respond(event))).await
}
