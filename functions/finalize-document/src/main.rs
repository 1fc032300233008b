//! `finalize-document`: revisions, finalisation, withdrawal, sealing and issuing. Each act is new objects first, then
//! one transaction of state, audit event and answer. On a schedule, it sets locks that a crash left open.

mod acts;
mod chain;
mod commit;
mod config;
mod error;
mod finalise;
mod handler;
mod request;
mod revise;
mod route;
mod sweep;

use lambda_http::{Error, run, service_fn};

// An instance has one call at a time: threads would be started for nothing
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fude_aws::clients::init_logging();
    let config = config::Config::from_env()?;
    let sdk = fude_aws::clients::sdk_config();
    let handler = &handler::Handler::new(config, &sdk);
    run(service_fn(|request| handler.invoked(request))).await
}
