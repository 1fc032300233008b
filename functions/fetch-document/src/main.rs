//! `fetch-document`: metadata, search and content of documents. Every hash is computed again and the reading is
//! recorded before a byte leaves. Writes nothing but audit events.

mod accept;
mod answered;
mod check;
mod content;
mod cursor;
mod error;
mod handler;
mod period;
mod route;
mod search;
mod sight;

use fude_aws::config::Config;
use lambda_http::{Error, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    fude_aws::clients::init_logging();
    let config = Config::from_env()?;
    let sdk = fude_aws::clients::sdk_config().await;
    let handler = &handler::Handler::new(config, &sdk);
    run(service_fn(|request| handler.respond(request))).await
}
