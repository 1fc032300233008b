//! Real processes behind the Runtime API, each running `examples/function.rs`, which `cargo test` builds first.

#![allow(clippy::unwrap_used, reason = "a test panics to fail")]

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use fude_standin_lambda::{Function, InvokeError, Lambda};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is missing: run `cargo test -p fude-standin-lambda`", path.display());
    path
}

fn function(name: &str) -> Function {
    Function {
        name: name.into(),
        binary: example("function"),
        env: vec![("GIVEN".into(), "yes".into())],
        timeout: Duration::from_secs(20),
        concurrency: 4,
    }
}

struct Stage {
    lambda: Lambda,
    address: SocketAddr,
    logs: TempDir,
}

impl Stage {
    async fn with(functions: Vec<Function>) -> Self {
        let logs = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            lambda: Lambda::start(listener, functions, logs.path().into()).unwrap(),
            logs,
        }
    }

    async fn invoke(&self, function: &str, event: Value) -> Result<Value, InvokeError> {
        let answer = self.lambda.invoke(function, event.to_string().into_bytes()).await?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    async fn pid(&self, function: &str, event: Value) -> u64 {
        self.invoke(function, event).await.unwrap()["pid"].as_u64().unwrap()
    }

    fn starts(&self, function: &str) -> usize {
        let log = std::fs::read_to_string(self.logs.path().join(format!("{function}.log"))).unwrap();
        log.lines().filter(|line| *line == "started").count()
    }
}

/// Gone, or dead and merely not yet reaped by whoever inherited it.
fn is_gone(pid: u64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

async fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_function_gets_its_event_and_only_its_own_environment() {
    let stage = Stage::with(vec![function("echo")]).await;
    let answer = stage.invoke("echo", json!({ "echo": "筆" })).await.unwrap();
    assert_eq!(answer["echo"], "筆");
    assert_eq!(answer["arn"], "arn:aws:lambda:ap-northeast-1:000000000000:function:echo");
    assert_eq!(answer["request_id"].as_str().unwrap().len(), 36);
    let environment = answer["environment"].as_object().unwrap();
    assert_eq!(environment["GIVEN"], "yes");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "echo");
    assert!(!environment.contains_key("PATH"), "the environment is not inherited");
    assert_eq!(stage.invoke("nobody", json!({})).await, Err(InvokeError::UnknownFunction));
}

#[tokio::test]
async fn an_idle_instance_is_used_again_and_a_busy_one_gets_a_neighbour() {
    let stage = Stage::with(vec![function("work")]).await;
    let first = stage.pid("work", json!({})).await;
    assert_eq!(stage.pid("work", json!({})).await, first);
    let slow = json!({ "sleep_ms": 400 });
    let (one, other) = tokio::join!(stage.pid("work", slow.clone()), stage.pid("work", slow));
    assert_ne!(one, other);
    assert_eq!(stage.starts("work"), 2);
}

#[tokio::test]
async fn what_exceeds_the_concurrency_waits_its_turn() {
    let narrow = Function { concurrency: 2, ..function("narrow") };
    let stage = Stage::with(vec![narrow]).await;
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let lambda = stage.lambda.clone();
            tokio::spawn(async move { lambda.invoke("narrow", br#"{"sleep_ms":50}"#.to_vec()).await })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(stage.starts("narrow"), 2);
}

#[tokio::test]
async fn a_full_queue_throttles() {
    let narrow = Function { concurrency: 0, ..function("narrow") };
    let stage = Stage::with(vec![narrow]).await;
    for _ in 0..1000 {
        let lambda = stage.lambda.clone();
        tokio::spawn(async move { lambda.invoke("narrow", Vec::new()).await });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(stage.invoke("narrow", json!({})).await, Err(InvokeError::Throttled));
}

#[tokio::test]
async fn a_function_over_its_time_is_killed() {
    let hasty = Function { timeout: Duration::from_millis(300), ..function("hasty") };
    let stage = Stage::with(vec![hasty]).await;
    let pid = stage.pid("hasty", json!({})).await;
    let late = stage.logs.path().join("late");
    let event = json!({ "sleep_ms": 900, "touch": late });
    assert_eq!(stage.invoke("hasty", event).await, Err(InvokeError::TimedOut));
    assert!(is_gone(pid));
    assert_ne!(stage.pid("hasty", json!({})).await, pid);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!late.exists());
}

#[tokio::test]
async fn a_crash_ends_one_invocation_and_the_next_gets_a_new_instance() {
    let stage = Stage::with(vec![function("frail")]).await;
    let pid = stage.pid("frail", json!({})).await;
    assert_eq!(stage.invoke("frail", json!({ "die": true })).await, Err(InvokeError::Crashed));
    assert_ne!(stage.pid("frail", json!({})).await, pid);
}

#[tokio::test]
async fn an_instance_that_dies_idle_is_replaced() {
    let stage = Stage::with(vec![function("idle")]).await;
    let pid = stage.pid("idle", json!({})).await;
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    wait_until("the process is reaped", || !Path::new(&format!("/proc/{pid}")).exists()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_ne!(stage.pid("idle", json!({})).await, pid);
}

#[tokio::test]
async fn killing_ends_what_is_at_work_or_idle_and_spares_the_neighbours() {
    let stage = Stage::with(vec![function("doomed"), function("spared")]).await;
    let slow = json!({ "sleep_ms": 300 });
    let (idle, other) = tokio::join!(stage.pid("doomed", slow.clone()), stage.pid("doomed", slow));
    let spared = stage.pid("spared", json!({})).await;
    let late = stage.logs.path().join("late");
    let lambda = stage.lambda.clone();
    let event = json!({ "sleep_ms": 3_000, "touch": late }).to_string();
    let at_work = tokio::spawn(async move { lambda.invoke("doomed", event.into_bytes()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;

    stage.lambda.kill("doomed").await.unwrap();
    assert!(is_gone(idle) && is_gone(other), "both are gone when the call returns");
    assert_eq!(at_work.await.unwrap(), Err(InvokeError::Crashed));
    assert!(!late.exists());

    let next = stage.pid("doomed", json!({})).await;
    assert!(next != idle && next != other, "the next event meets a new process");
    assert_eq!(stage.starts("doomed"), 3);
    assert_eq!(stage.pid("spared", json!({})).await, spared);
    assert_eq!(stage.lambda.kill("nobody").await, Err(InvokeError::UnknownFunction));
}

#[tokio::test]
async fn what_is_queued_when_its_function_is_killed_is_done_by_the_next_instance() {
    let narrow = Function { concurrency: 1, ..function("narrow") };
    let stage = Stage::with(vec![narrow]).await;
    let first = stage.pid("narrow", json!({})).await;
    let call = |ms: u64| {
        let lambda = stage.lambda.clone();
        tokio::spawn(async move { lambda.invoke("narrow", format!(r#"{{"sleep_ms":{ms}}}"#).into_bytes()).await })
    };
    let at_work = call(3_000);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let queued = call(0);
    tokio::time::sleep(Duration::from_millis(100)).await;
    stage.lambda.kill("narrow").await.unwrap();
    assert_eq!(at_work.await.unwrap(), Err(InvokeError::Crashed));
    let done: Value = serde_json::from_slice(&queued.await.unwrap().unwrap()).unwrap();
    assert_ne!(done["pid"], first);
}

#[tokio::test]
async fn killing_what_never_started_does_nothing() {
    let stage = Stage::with(vec![function("quiet")]).await;
    stage.lambda.kill("quiet").await.unwrap();
    assert!(stage.invoke("quiet", json!({})).await.is_ok());
}

#[tokio::test]
async fn an_error_of_the_handler_is_handed_on() {
    let stage = Stage::with(vec![function("grumpy")]).await;
    let Err(InvokeError::FunctionError(body)) = stage.invoke("grumpy", json!({ "fail": true })).await else {
        panic!("the error is lost");
    };
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["errorMessage"], "asked to fail");
    assert!(stage.invoke("grumpy", json!({})).await.is_ok());
    assert_eq!(stage.starts("grumpy"), 1, "the instance outlives an error of its handler");
}

#[tokio::test]
async fn a_function_that_never_starts_is_given_up() {
    let env = vec![("REFUSES_TO_START".into(), "1".into())];
    let absent = Function { binary: "/nonexistent/bootstrap".into(), ..function("absent") };
    let stage = Stage::with(vec![Function { env, ..function("stubborn") }, absent]).await;
    assert_eq!(stage.invoke("stubborn", json!({})).await, Err(InvokeError::Crashed));
    assert_eq!(stage.starts("stubborn"), 3);
    assert_eq!(stage.invoke("absent", json!({})).await, Err(InvokeError::Crashed));
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_stop_the_function() {
    let stage = Stage::with(vec![function("patient")]).await;
    let done = stage.logs.path().join("done");
    let call = stage.invoke("patient", json!({ "sleep_ms": 400, "touch": done }));
    assert!(tokio::time::timeout(Duration::from_millis(50), call).await.is_err());
    wait_until("the function is done", || done.exists()).await;
}

#[tokio::test]
async fn large_events_and_responses_pass_up_to_the_limit_of_lambda() {
    let stage = Stage::with(vec![function("large")]).await;
    let event = json!({ "echo": "x".repeat(5_900_000) });
    assert_eq!(stage.invoke("large", event).await.unwrap()["echo"].as_str().unwrap().len(), 5_900_000);
    let answer = stage.invoke("large", json!({ "padding": 6_400_000 })).await;
    let Err(InvokeError::FunctionError(body)) = answer else { panic!("too large an answer passed") };
    assert!(String::from_utf8(body.to_vec()).unwrap().contains("Function.ResponseSizeTooLarge"));
    assert!(stage.invoke("large", json!({})).await.is_ok());
}

#[tokio::test]
async fn stopping_ends_every_process() {
    let stage = Stage::with(vec![function("first"), function("second")]).await;
    let pids = [stage.pid("first", json!({})).await, stage.pid("second", json!({})).await];
    stage.lambda.stop().await;
    assert!(pids.into_iter().all(is_gone));
    assert_eq!(stage.invoke("first", json!({})).await, Err(InvokeError::Crashed));
}

#[tokio::test]
async fn a_child_of_an_earlier_cloud_is_turned_away_and_ends() {
    let stage = Stage::with(vec![function("echo")]).await;
    let mut orphan = Command::new(example("function"))
        .env("AWS_LAMBDA_RUNTIME_API", format!("http://{}/echo/unknown", stage.address))
        .env("AWS_LAMBDA_FUNCTION_NAME", "echo")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "group")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = orphan.id().into();
    wait_until("the orphan has ended", || is_gone(pid)).await;
    orphan.wait().unwrap();
}

#[tokio::test]
async fn functions_end_by_themselves_when_their_cloud_is_killed() {
    for busy in [&[][..], &["busy"][..]] {
        let logs = TempDir::new().unwrap();
        let mut host = Command::new(example("host"))
            .arg(example("function"))
            .arg(logs.path())
            .args(busy)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(host.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let pid: u64 = line.trim().parse().unwrap();
        assert!(!is_gone(pid));
        host.kill().unwrap();
        host.wait().unwrap();
        wait_until("the orphan has ended", || is_gone(pid)).await;
    }
}
