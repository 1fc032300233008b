//! The server over the wire, as the SDK's client sees it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Debug;

use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::{BehaviorVersion, Region};
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, KeyUsageType, MacAlgorithmSpec, MessageType, SigningAlgorithmSpec};
use fude_standin_kms::{Config, Kms, LOG_ALIAS, MAC_ALIAS};
use ring::signature::{ED25519, UnparsedPublicKey};
use tempfile::TempDir;
use tokio::net::TcpListener;

struct Stand {
    client: Client,
    kms: Kms,
    _folder: TempDir,
}

async fn start() -> Stand {
    let folder = tempfile::tempdir().unwrap();
    let kms = Kms::open(&Config { state_file: folder.path().join("kms.json") }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(kms.clone().serve(listener));
    let client = Client::from_conf(
        aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(Credentials::from_keys("local", "secret", None))
            .endpoint_url(endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build(),
    );
    Stand { client, kms, _folder: folder }
}

/// The error code and message of a refusal.
fn refusal<T: Debug, E: ProvideErrorMetadata + Debug>(answer: Result<T, SdkError<E>>) -> (String, String) {
    let error = answer.expect_err("the request was to be refused");
    let service = error.as_service_error().unwrap_or_else(|| panic!("no answer of the service: {error:?}"));
    (service.code().unwrap_or_default().to_owned(), service.message().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn signatures_verify_with_the_public_key_and_repeat() {
    let stand = start().await;
    let sign = || {
        let sign = stand.client.sign().key_id(LOG_ALIAS).message(Blob::new("checkpoint"));
        sign.message_type(MessageType::Raw).signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512).send()
    };
    let (first, second) = (sign().await.unwrap(), sign().await.unwrap());
    assert_eq!(first.signature(), second.signature());
    assert_eq!(first.key_id(), Some(stand.kms.log_key_arn().as_str()));
    let key = stand.client.get_public_key().key_id(stand.kms.log_key_arn()).send().await.unwrap();
    assert_eq!(key.key_spec(), Some(&KeySpec::EccNistEdwards25519));
    assert_eq!(key.key_usage(), Some(&KeyUsageType::SignVerify));
    let der = key.public_key().unwrap().as_ref();
    // RFC 8410: SEQUENCE { SEQUENCE { 1.3.101.112 }, BIT STRING }
    assert_eq!(der[..12], *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00");
    assert_eq!(der[12..], stand.kms.log_public_key());
    let signature = first.signature().unwrap().as_ref();
    UnparsedPublicKey::new(&ED25519, &der[12..]).verify(b"checkpoint", signature).unwrap();
}

#[tokio::test]
async fn macs_are_the_same_over_the_wire_and_in_process() {
    let stand = start().await;
    let generate = stand.client.generate_mac().key_id(MAC_ALIAS).mac_algorithm(MacAlgorithmSpec::HmacSha256);
    let mac = generate.message(Blob::new("hospital-a")).send().await.unwrap();
    let mac = mac.mac().unwrap().clone();
    assert_eq!(mac.as_ref(), stand.kms.generate_mac(b"hospital-a"));
    let verify = |message: &str| {
        let verify = stand.client.verify_mac().key_id(MAC_ALIAS).mac_algorithm(MacAlgorithmSpec::HmacSha256);
        verify.message(Blob::new(message)).mac(mac.clone()).send()
    };
    assert!(verify("hospital-a").await.unwrap().mac_valid());
    assert_eq!(refusal(verify("hospital-b").await).0, "KMSInvalidMacException");
}

#[tokio::test]
async fn messages_have_1_to_4096_bytes() {
    let stand = start().await;
    let mac = |length: usize| {
        let mac = stand.client.generate_mac().key_id(MAC_ALIAS).mac_algorithm(MacAlgorithmSpec::HmacSha256);
        mac.message(Blob::new(vec![7; length])).send()
    };
    mac(4096).await.unwrap();
    assert_eq!(refusal(mac(4097).await).0, "ValidationException");
    assert_eq!(refusal(mac(0).await).0, "ValidationException");
    let sign = stand.client.sign().key_id(LOG_ALIAS).signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512);
    assert_eq!(refusal(sign.message(Blob::new(vec![7; 4097])).send().await).0, "ValidationException");
}

#[tokio::test]
async fn keys_serve_their_own_use_and_algorithm_only() {
    let stand = start().await;
    let sign = |key: &str, algorithm, kind| {
        let sign = stand.client.sign().key_id(key).message(Blob::new("x"));
        sign.signing_algorithm(algorithm).message_type(kind).send()
    };
    let ed25519 = SigningAlgorithmSpec::Ed25519Sha512;
    let unknown = sign("alias/other", ed25519.clone(), MessageType::Raw).await;
    assert_eq!(refusal(unknown).0, "NotFoundException");
    let other_key = sign(MAC_ALIAS, ed25519.clone(), MessageType::Raw).await;
    assert_eq!(refusal(other_key).0, "InvalidKeyUsageException");
    let other_algorithm = sign(LOG_ALIAS, SigningAlgorithmSpec::EcdsaSha256, MessageType::Raw).await;
    assert_eq!(refusal(other_algorithm).0, "InvalidKeyUsageException");
    let digest = sign(LOG_ALIAS, ed25519, MessageType::Digest).await;
    assert_eq!(refusal(digest).0, "ValidationException");
}

#[tokio::test]
async fn other_operations_are_refused_by_name() {
    let stand = start().await;
    let (code, message) = refusal(stand.client.list_keys().send().await);
    assert_eq!(code, "UnsupportedOperationException");
    assert!(message.contains("ListKeys"), "{message}");
}
