//! Checksums that follow the body: from the SDK, and from a request made by hand, since the SDK never sends a wrong one.

use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;

use crate::stand::{Stand, put_raw};

const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

#[tokio::test]
async fn a_checksum_of_the_sdk_in_the_trailer_is_verified_and_kept() {
    let stand = Stand::start().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"hello").unwrap();
    // A file is streamed, so that its checksum is known only behind it
    let body = ByteStream::from_path(file.path()).await.unwrap();
    let put = stand.client.put_object().bucket("documents").key("a").body(body);
    let with_checksum =
        aws_sdk_s3::Config::builder().request_checksum_calculation(RequestChecksumCalculation::WhenSupported);
    let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256).customize().config_override(with_checksum);
    put.send().await.unwrap();
    assert_eq!(stand.record("documents", "a")["versions"][0]["checksums"]["sha256"], HELLO_SHA256);
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
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("<Code>BadDigest</Code>"), "{answer}");
    let answer = put_with_trailer(&stand.address, "hello", "").await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("<Code>IncompleteBody</Code>"), "{answer}");
    assert!(!stand.file("documents/a").exists());
    assert_eq!(stand.incoming(), 0);
}

#[tokio::test]
async fn malformed_framing_stores_nothing() {
    let stand = Stand::start().await;
    let chunked = "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nx-amz-decoded-content-length: 5\r\n";
    for body in ["hello", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "6\r\nhello\r\n0\r\n\r\n", "4\r\nhell\r\n0\r\n\r\n"]
    {
        let answer = put_raw(&stand.address, chunked, body).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{body:?}: {answer}");
    }
    assert!(!stand.file("documents/a").exists());
    assert_eq!(stand.incoming(), 0);
}

/// Puts `documents/a` as two signed chunks with a signed trailer, promising a SHA-256. Returns the whole answer.
async fn put_with_trailer(address: &str, body: &str, trailer: &str) -> String {
    let zeros = "0".repeat(64);
    let (first, second) = body.split_at(2);
    let headers = format!(
        "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\r\nx-amz-date: 20260401T000000Z\r\n\
         x-amz-decoded-content-length: {}\r\nx-amz-trailer: x-amz-checksum-sha256\r\ncontent-encoding: aws-chunked\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=nobody/20260401/us-east-1/s3/aws4_request, SignedHeaders=host, \
         Signature={zeros}\r\n",
        body.len()
    );
    let payload = format!(
        "{:x};chunk-signature={zeros}\r\n{first}\r\n{:x};chunk-signature={zeros}\r\n{second}\r\n\
         0;chunk-signature={zeros}\r\n{trailer}x-amz-trailer-signature:{zeros}\r\n\r\n",
        first.len(),
        second.len()
    );
    put_raw(address, &headers, &payload).await
}
