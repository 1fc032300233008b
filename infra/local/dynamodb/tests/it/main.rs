//! The stand-in seen by the AWS SDK, across restarts, and through the poller.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test panics to fail; answers are results")]

mod poller;
mod sdk;
mod survival;

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    types::AttributeValue,
};
use fude_standin_dynamodb::DynamoDb;
use fude_target::{Account, Service};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A served database in a folder of its own.
struct Stage {
    client: Client,
    streams: Service,
    state: TempDir,
}

impl Stage {
    async fn open() -> Self {
        let state = TempDir::new().unwrap();
        let database = DynamoDb::open(state.path(), "fude").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { database.serve(listener, std::future::pending()).await });
        let streams = Service::dynamodb(&address, &Account::local());
        Self { client: client(&address), streams, state }
    }

    async fn put(&self, attributes: &[(&str, &str)]) {
        put(&self.client, attributes).await;
    }
}

async fn put(client: &Client, attributes: &[(&str, &str)]) {
    let mut put = client.put_item().table_name("fude");
    for (name, value) in attributes {
        put = put.item(*name, text(value));
    }
    put.send().await.unwrap();
}

fn client(endpoint: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}
