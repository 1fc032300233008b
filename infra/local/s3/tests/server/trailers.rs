//! Checksums that follow the body: from the SDK, and from a request signed by hand, since the SDK never sends a wrong one.

use std::fmt::Write as _;
use std::time::SystemTime;

use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat};
use aws_sdk_s3::types::ChecksumAlgorithm;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stand::Stand;

const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

#[tokio::test]
async fn a_checksum_of_the_sdk_in_the_trailer_is_verified_and_kept() {
    let stand = Stand::start().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"hello").unwrap();
    // A file is streamed, so that its checksum is known only behind it
    let body = ByteStream::from_path(file.path()).await.unwrap();
    let put = stand
        .client
        .put_object()
        .bucket("documents")
        .key("a")
        .body(body);
    let with_checksum = aws_sdk_s3::Config::builder()
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported);
    let put = put
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .customize()
        .config_override(with_checksum);
    put.send().await.unwrap();
    assert_eq!(
        stand.record("documents", "a")["versions"][0]["checksums"]["sha256"],
        HELLO_SHA256
    );
    assert_eq!(std::fs::read(stand.file("documents/a")).unwrap(), b"hello");
}

#[tokio::test]
async fn a_right_trailer_stores_the_body() {
    let stand = Stand::start().await;
    let trailer = format!("x-amz-checksum-sha256:{HELLO_SHA256}\r\n");
    let answer = put_with_trailer(&stand.address, "hello", &trailer).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(std::fs::read(stand.file("documents/a")).unwrap(), b"hello");
}

#[tokio::test]
async fn a_wrong_or_missing_trailer_stores_nothing() {
    let stand = Stand::start().await;
    let trailer = format!("x-amz-checksum-sha256:{HELLO_SHA256}\r\n");
    let answer = put_with_trailer(&stand.address, "hellO", &trailer).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("<Code>BadDigest</Code>"),
        "{answer}"
    );
    let answer = put_with_trailer(&stand.address, "hello", "").await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("<Code>IncompleteBody</Code>"),
        "{answer}"
    );
    assert!(!stand.file("documents/a").exists());
    assert_eq!(stand.incoming(), 0);
}

/// Puts `documents/a` as one unsigned chunk, promising a SHA-256 trailer. Returns the whole answer.
async fn put_with_trailer(address: &str, body: &str, trailer: &str) -> String {
    const SIGNED: &str =
        "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-trailer";
    let payload = format!("{:x}\r\n{body}\r\n0\r\n{trailer}\r\n", body.len());
    let now = DateTime::from(SystemTime::now())
        .fmt(DateTimeFormat::DateTime)
        .unwrap();
    let time: String = now
        .split('.')
        .next()
        .unwrap()
        .chars()
        .filter(|c| !"-:Z".contains(*c))
        .collect::<String>()
        + "Z";
    let day = &time[..8];
    let headers = format!(
        "host:{address}\nx-amz-content-sha256:STREAMING-UNSIGNED-PAYLOAD-TRAILER\nx-amz-date:{time}\n\
         x-amz-decoded-content-length:{}\nx-amz-trailer:x-amz-checksum-sha256\n",
        body.len()
    );
    let request =
        format!("PUT\n/documents/a\n\n{headers}\n{SIGNED}\nSTREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let scope = format!("{day}/ap-northeast-1/s3/aws4_request");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hex(&Sha256::digest(request))
    );
    let key = [day, "ap-northeast-1", "s3", "aws4_request"]
        .iter()
        .fold(b"AWS4secret".to_vec(), |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &to_sign));
    let mut message = "PUT /documents/a HTTP/1.1\r\nconnection: close\r\n".to_owned();
    for line in headers.lines() {
        let (name, value) = line.split_once(':').unwrap();
        write!(message, "{name}: {value}\r\n").unwrap();
    }
    write!(
        message,
        "content-length: {}\r\nauthorization: AWS4-HMAC-SHA256 Credential=local/{scope}, SignedHeaders={SIGNED}, \
         Signature={signature}\r\n\r\n{payload}",
        payload.len()
    )
    .unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(message.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
