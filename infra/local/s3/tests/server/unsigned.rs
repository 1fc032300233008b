//! Clients are served whatever their credentials; what they say about the body must still hold.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stand::{Stand, put_raw};

/// `printf 'hello' | openssl dgst -sha256`
const HELLO_HEX: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

#[tokio::test]
async fn unknown_credentials_are_served() {
    let stand = Stand::start().await;
    let stranger =
        aws_sdk_s3::Config::builder().credentials_provider(Credentials::from_keys("stranger", "guessed", None));
    let put = stand.client.put_object().bucket("documents").key("a");
    let put = put.body(b"hello".to_vec().into()).customize().config_override(stranger);
    put.send().await.unwrap();
    assert_eq!(stand.get("documents", "a", None).await, b"hello");
}

#[tokio::test]
async fn a_request_without_credentials_is_served() {
    let stand = Stand::start().await;
    let answer = put_raw(&stand.address, "", "hello").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(stand.get("documents", "a", None).await, b"hello");
}

#[tokio::test]
async fn a_presigned_url_is_served_and_keeps_its_other_parameters() {
    let stand = Stand::start().await;
    let first = stand.put("documents", "a", b"first").await.unwrap();
    stand.put("documents", "a", b"second").await;
    let get = stand.client.get_object().bucket("documents").key("a");
    let hour = PresigningConfig::expires_in(Duration::from_hours(1)).unwrap();
    let presigned = get.version_id(first).presigned(hour).await.unwrap();
    let host = format!("http://{}", stand.address);
    let target = presigned.uri().strip_prefix(&host).unwrap();
    let mut stream = TcpStream::connect(&stand.address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", stand.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\nfirst"), "{answer}");
}

#[tokio::test]
async fn a_wrong_payload_hash_stores_nothing() {
    let stand = Stand::start().await;
    let hash = format!("x-amz-content-sha256: {HELLO_HEX}\r\n");
    let answer = put_raw(&stand.address, &hash, "hellO").await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("<Code>XAmzContentSHA256Mismatch</Code>"),
        "{answer}"
    );
    assert!(!stand.file("documents/a").exists());
    let answer = put_raw(&stand.address, &hash, "hello").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
