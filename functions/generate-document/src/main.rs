//! `generate-document`: `POST /documents`. One patient's record becomes a checked draft, stored once.

mod commit;
mod config;
mod error;
mod handler;
mod job;
mod lease;
mod model;
mod request;
mod source;

use lambda_http::{Error, run, service_fn};

// An instance has one call at a time: threads would be started for nothing
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fude_aws::clients::init_logging();
    let config = config::Config::from_env()?;
    let sdk = fude_aws::clients::sdk_config();
    let handler = &handler::Handler::new(config, &sdk);
    run(service_fn(|request| handler.respond(request))).await
}
