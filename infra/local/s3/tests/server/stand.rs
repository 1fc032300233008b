//! A running server, a client of it, and what tests read from its answers.

use std::fmt::Debug;
use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use fude_standin_s3::{Bucket, Config, Server};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub struct Stand {
    pub client: Client,
    pub address: String,
    folder: TempDir,
    server: JoinHandle<()>,
}

impl Stand {
    pub async fn start() -> Self {
        Self::over(tempfile::tempdir().unwrap()).await
    }

    async fn over(folder: TempDir) -> Self {
        let bucket = |name: &str, object_lock, versioned| Bucket { name: name.to_owned(), object_lock, versioned };
        let config = Config {
            root: folder.path().join("s3"),
            meta: folder.path().join("s3-meta"),
            buckets: vec![bucket("records", false, false), bucket("documents", true, true)],
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Server::open(&config).unwrap();
        let server = tokio::spawn(async move { server.serve(listener).await.unwrap() });
        Self { client: client(&address), address, folder, server }
    }

    /// Ends the server between two requests and starts another over the same folders.
    pub async fn restart(self) -> Self {
        self.server.abort();
        let _ = self.server.await;
        Self::over(self.folder).await
    }

    /// A file below the object folder.
    pub fn file(&self, path: &str) -> PathBuf {
        self.folder.path().join("s3").join(path)
    }

    /// A key's metadata.
    pub fn record(&self, bucket: &str, key: &str) -> serde_json::Value {
        let path = self.folder.path().join("s3-meta").join(bucket).join(format!("{key}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// How many uploads are unfinished or left behind.
    pub fn incoming(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("s3-meta/.incoming")).unwrap().count()
    }

    pub async fn put(&self, bucket: &str, key: &str, body: &'static [u8]) -> Option<String> {
        let put = self.client.put_object().bucket(bucket).key(key).body(body.to_vec().into());
        put.send().await.unwrap().version_id
    }

    pub async fn get(&self, bucket: &str, key: &str, version: Option<&str>) -> Vec<u8> {
        let get = self.client.get_object().bucket(bucket).key(key).set_version_id(version.map(str::to_owned));
        get.send().await.unwrap().body.collect().await.unwrap().to_vec()
    }
}

/// A client that adds no checksums of its own.
fn client(address: &str) -> Client {
    use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
    Client::from_conf(
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(Credentials::from_keys("local", "secret", None))
            .endpoint_url(format!("http://{address}"))
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build(),
    )
}

/// The S3 error code of a refusal.
pub fn code<T: Debug, E: ProvideErrorMetadata + Debug>(answer: Result<T, SdkError<E>>) -> String {
    let error = answer.expect_err("the request was to be refused");
    let service = error.as_service_error().unwrap_or_else(|| panic!("no answer of the service: {error:?}"));
    service.code().unwrap_or("none").to_owned()
}

/// Puts `documents/a` with these header lines and exactly this body. Returns the whole answer.
pub async fn put_raw(address: &str, headers: &str, body: &str) -> String {
    let message = format!(
        "PUT /documents/a HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(message.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
