//! The function that the tests host: does what its event asks for.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    println!("started");
    if std::env::var("REFUSES_TO_START").is_ok() {
        return Err("refuses to start".into());
    }
    lambda_runtime::run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let LambdaEvent { payload, context } = event;
    if let Some(ms) = payload["sleep_ms"].as_u64() {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    if let Some(path) = payload["touch"].as_str() {
        std::fs::write(path, "done")?;
    }
    if payload["die"] == true {
        std::process::exit(3);
    }
    if payload["fail"] == true {
        return Err("asked to fail".into());
    }
    let environment: std::collections::BTreeMap<String, String> = std::env::vars().collect();
    let padding = "x".repeat(payload["padding"].as_u64().unwrap_or(0).try_into()?);
    Ok(json!({ "echo": payload["echo"], "pid": std::process::id(), "environment": environment, "padding": padding,
        "request_id": context.request_id, "deadline": context.deadline, "arn": context.invoked_function_arn }))
}
