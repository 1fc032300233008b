//! Killed without warning, opened again.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use aws_sdk_dynamodb::Client;
use fude_standin_dynamodb::DynamoDb;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::{client, put, text};

/// Runs `examples/serve.rs`, which `cargo test` builds first.
fn serve(state: &TempDir) -> (Child, Client) {
    let test = std::env::current_exe().unwrap();
    let example = test.parent().unwrap().parent().unwrap().join("examples/serve");
    assert!(example.exists(), "{} is missing: run `cargo test -p fude-standin-dynamodb`", example.display());
    let mut child = Command::new(example).arg(state.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (child, client(address.trim()))
}

#[tokio::test]
async fn what_was_confirmed_survives_a_kill() {
    let state = TempDir::new().unwrap();
    for round in 1..=3 {
        let (mut child, client) = serve(&state);
        for number in 0..20 {
            put(&client, &[("pk", &format!("round{round}")), ("sk", &number.to_string())]).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (mut child, client) = serve(&state);
    for round in 1..=3 {
        let query = client.query().table_name("fude").key_condition_expression("pk = :pk");
        let found = query.expression_attribute_values(":pk", text(&format!("round{round}"))).send().await.unwrap();
        assert_eq!(found.count(), 20);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn only_loopback_is_served() {
    let state = TempDir::new().unwrap();
    let database = DynamoDb::open(state.path(), "fude").unwrap();
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    assert!(database.serve(everywhere, std::future::pending()).await.is_err());
}

#[tokio::test]
async fn a_stopped_server_lets_go_of_its_port() {
    let state = TempDir::new().unwrap();
    let database = DynamoDb::open(state.path(), "fude").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    database.serve(listener, std::future::ready(())).await.unwrap();
    TcpListener::bind(address).await.unwrap();
}
