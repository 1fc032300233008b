//! A cloud that can be killed: hosts the function of its first argument with logs in its second, prints the process id
//! of the instance, and waits; with a third argument while that instance works, otherwise while it is idle.

use std::{path::PathBuf, time::Duration};

use fude_standin_lambda::{Function, Lambda};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let function = Function {
        name: "hosted".into(),
        binary: arguments.next().expect("the function's binary").into(),
        env: Vec::new(),
        timeout: Duration::from_mins(5),
        concurrency: 1,
    };
    let log_dir = PathBuf::from(arguments.next().expect("a folder for logs"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let lambda = Lambda::start(listener, vec![function], log_dir).expect("loopback and a writable folder");

    let answer = lambda.invoke("hosted", b"{}".to_vec()).await.expect("an answer");
    let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
    if arguments.next().is_some() {
        tokio::spawn(async move { lambda.invoke("hosted", br#"{"sleep_ms":1500}"#.to_vec()).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    println!("{}", answer["pid"]);
    tokio::time::sleep(Duration::from_mins(5)).await;
}
