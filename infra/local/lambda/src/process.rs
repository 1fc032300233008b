//! Starting a function's process and watching it to its end.

use std::{
    fs::OpenOptions,
    io,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    sync::Notify,
};

use crate::{Function, pool::Pool, pool::Site};

/// How long a process may take to ask for its first event, as on Lambda.
const START_LIMIT: Duration = Duration::from_secs(10);
/// The memory that a function is told it has; nothing enforces it here.
const MEMORY_MB: &str = "256";

/// Runs one instance: starts it, kills it when `kill` says so, and reports its end to the pool.
pub(crate) async fn run(pool: Arc<Pool>, instance: String, kill: Arc<Notify>) {
    let function = &pool.function.name;
    let log = pool.site.log.display();
    match launch(&pool.function, &pool.site, &instance) {
        Err(error) => tracing::error!(function, %log, %error, "function cannot be started"),
        Ok(mut child) => match watch(&pool, &instance, &mut child, &kill).await {
            Ok(status) => tracing::info!(function, %log, %status, "function instance ended"),
            Err(error) => tracing::error!(function, %log, %error, "function instance was lost"),
        },
    }
    pool.ended(&instance);
}

async fn watch(pool: &Pool, instance: &str, child: &mut Child, kill: &Notify) -> io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => return status,
        () = kill.notified() => {}
        () = never_ready(pool, instance) => {
            tracing::error!(function = pool.function.name, "function asked for no event in time");
        }
    }
    child.start_kill()?;
    child.wait().await
}

/// Resolves when the time to start is over and the instance still has not asked for an event.
async fn never_ready(pool: &Pool, instance: &str) {
    tokio::time::sleep(START_LIMIT).await;
    if !pool.is_starting(instance) {
        std::future::pending::<()>().await;
    }
}

fn launch(function: &Function, site: &Site, instance: &str) -> io::Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(&site.log)?;
    Command::new(&function.binary)
        .env_clear()
        .envs(function.env.iter().map(|(name, value)| (name, value)))
        .env("AWS_LAMBDA_RUNTIME_API", format!("{}/{instance}", site.runtime_api))
        .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("[$LATEST]{instance}"))
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C in the terminal is meant for the cloud, which then ends its functions itself
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}
