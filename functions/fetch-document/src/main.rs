//! `fetch-document`: metadata, search, content, differences and proofs of documents. Every hash is computed again and the reading is
//! recorded before a byte leaves. Writes nothing but audit events, the first
//! reading of a revision by each person, and locks that a crash left open.

mod accept;
mod answered;
mod changes;
mod content;
mod cursor;
mod error;
mod handler;
mod log;
mod period;
mod reading;
mod route;
mod search;
mod sight;

use fude_aws::config::Config;
use lambda_http::{Error, run, service_fn};

// An instance has one call at a time: threads would be started for nothing
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fude_aws::clients::init_logging();
    let handler = &handler::Handler::new(Config::from_env()?, &fude_aws::clients::sdk_config())?;
    run(service_fn(|request| handler.respond(request))).await
}
