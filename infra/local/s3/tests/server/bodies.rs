//! Bytes go in and come out: checksums, conditions, ranges, copies, keys.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{ChecksumMode, ServerSideEncryption};

use crate::stand::{Stand, code};

/// `printf 'hello' | openssl dgst -sha256 -binary | base64`
const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
/// `printf 'hello' | openssl dgst -md5 -binary | base64`
const HELLO_MD5: &str = "XUFAKrxLKna5cZ2REBfFkg==";

#[tokio::test]
async fn bytes_on_the_disk_are_the_bytes_put() {
    let stand = Stand::start().await;
    stand.put("documents", "draft/1/a", b"hello").await;
    assert_eq!(std::fs::read(stand.file("documents/draft/1/a")).unwrap(), b"hello");
    let record = stand.record("documents", "draft/1/a");
    assert_eq!(record["versions"][0]["sha256"], "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_eq!(record["versions"][0]["file"], "draft/1/a");
    assert_eq!(stand.incoming(), 0);
}

#[tokio::test]
async fn what_describes_an_object_is_kept_and_told() {
    let stand = Stand::start().await;
    let put = stand.client.put_object().bucket("documents").key("a").body(b"hello".to_vec().into());
    let put = put.content_type("application/json").metadata("kind", "letter").checksum_sha256(HELLO_SHA256);
    let put =
        put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id("alias/k").bucket_key_enabled(true);
    let put = put.send().await.unwrap();
    assert_eq!(put.checksum_sha256(), Some(HELLO_SHA256));
    assert_eq!(put.ssekms_key_id(), Some("alias/k"));
    let head = stand.client.head_object().bucket("documents").key("a").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.content_type(), Some("application/json"));
    assert_eq!(head.metadata().unwrap()["kind"], "letter");
    assert_eq!(head.checksum_sha256(), Some(HELLO_SHA256));
    assert_eq!(head.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert_eq!(head.content_length(), Some(5));
    assert_eq!(head.version_id(), put.version_id());
    let get = stand.client.get_object().bucket("documents").key("a").send().await.unwrap();
    assert_eq!(get.checksum_sha256(), None, "only where asked for");
    assert_eq!(get.e_tag(), put.e_tag());
}

#[tokio::test]
async fn a_wrong_checksum_stores_nothing() {
    let stand = Stand::start().await;
    let put = || stand.client.put_object().bucket("documents").key("a").body(b"hellO".to_vec().into());
    assert_eq!(code(put().checksum_sha256(HELLO_SHA256).send().await), "BadDigest");
    assert_eq!(code(put().checksum_crc32("AAAAAA==").send().await), "BadDigest");
    assert_eq!(code(put().content_md5(HELLO_MD5).send().await), "BadDigest");
    assert_eq!(code(put().checksum_sha256("aGVsbG8=").send().await), "InvalidDigest");
    assert!(!stand.file("documents/a").exists());
    assert_eq!(stand.incoming(), 0);
    let right = stand.client.put_object().bucket("documents").key("a").body(b"hello".to_vec().into());
    right.content_md5(HELLO_MD5).checksum_sha256(HELLO_SHA256).if_none_match("*").send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_create_only_puts_one_wins() {
    let stand = Stand::start().await;
    for round in 0..5 {
        let puts = (0..20u8).map(|writer| {
            let put = stand.client.put_object().bucket("documents").key(format!("log/{round}")).if_none_match("*");
            tokio::spawn(put.body(vec![writer; 4096].into()).send())
        });
        let mut winners = Vec::new();
        for (writer, put) in puts.collect::<Vec<_>>().into_iter().enumerate() {
            match put.await.unwrap() {
                Ok(_) => winners.push(writer as u8),
                refused => assert_eq!(code(refused), "PreconditionFailed"),
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(stand.get("documents", &format!("log/{round}"), None).await, vec![winners[0]; 4096]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_at_once_are_answered() {
    let stand = Stand::start().await;
    let puts = (0..200).map(|number| {
        let put = stand.client.put_object().bucket("records").key(format!("h/{}", number % 50));
        tokio::spawn(put.body(vec![7; 20_000].into()).send())
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    let listed = stand.client.list_objects_v2().bucket("records").send().await.unwrap();
    let keys: BTreeSet<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys.len(), 50);
    assert_eq!(stand.incoming(), 0);
}

#[tokio::test]
async fn a_changed_file_is_read_as_it_is() {
    let stand = Stand::start().await;
    stand.put("documents", "a", b"hello").await;
    std::fs::write(stand.file("documents/a"), b"hellO!").unwrap();
    assert_eq!(stand.get("documents", "a", None).await, b"hellO!");
}

#[tokio::test]
async fn a_file_without_a_record_is_no_object_and_a_put_replaces_it() {
    let stand = Stand::start().await;
    std::fs::write(stand.file("documents/a"), b"left by a crash").unwrap();
    assert_eq!(code(stand.client.get_object().bucket("documents").key("a").send().await), "NoSuchKey");
    let put = stand.client.put_object().bucket("documents").key("a").if_none_match("*");
    put.body(b"hello".to_vec().into()).send().await.unwrap();
    assert_eq!(std::fs::read(stand.file("documents/a")).unwrap(), b"hello");
}

#[tokio::test]
async fn part_of_an_object_can_be_read() {
    let stand = Stand::start().await;
    stand.put("records", "a", b"0123456789").await;
    let get = |range: &str| stand.client.get_object().bucket("records").key("a").range(range).send();
    let part = get("bytes=2-4").await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 2-4/10"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"234");
    assert_eq!(code(get("bytes=10-").await), "InvalidRange");
}

#[tokio::test]
async fn a_copy_has_the_bytes_and_description_of_its_source() {
    let stand = Stand::start().await;
    let put = stand.client.put_object().bucket("documents").key("draft/a").content_type("text/plain");
    put.checksum_sha256(HELLO_SHA256).body(b"hello".to_vec().into()).send().await.unwrap();
    let copy = || stand.client.copy_object().bucket("documents").key("final/a").copy_source("documents/draft/a");
    let copied = copy().send().await.unwrap();
    assert_eq!(copied.copy_object_result().unwrap().checksum_sha256(), Some(HELLO_SHA256));
    assert_eq!(std::fs::read(stand.file("documents/final/a")).unwrap(), b"hello");
    let head = stand.client.head_object().bucket("documents").key("final/a").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/plain"));
    let missing = stand.client.copy_object().bucket("documents").key("b").copy_source("documents/none");
    assert_eq!(code(missing.send().await), "NoSuchKey");
}

#[tokio::test]
async fn keys_that_are_no_sound_paths_are_refused() {
    let stand = Stand::start().await;
    for key in ["a//b", "a/", "a@b", "x/../../../escaped"] {
        let put = stand.client.put_object().bucket("records").key(key).body(b"x".to_vec().into());
        assert_eq!(code(put.send().await), "InvalidArgument", "{key}");
    }
    stand.put("records", "a", b"x").await;
    let below = stand.client.put_object().bucket("records").key("a/b").body(b"x".to_vec().into());
    assert_eq!(code(below.send().await), "InvalidArgument");
}

#[tokio::test]
async fn other_operations_and_headers_are_refused_by_name() {
    let stand = Stand::start().await;
    let refused = stand.client.get_object_tagging().bucket("records").key("a").send().await.unwrap_err();
    let refused = refused.into_service_error();
    assert_eq!(refused.meta().code(), Some("NotImplemented"));
    assert!(refused.meta().message().unwrap().contains("GetObjectTagging"));
    let tagged = stand.client.put_object().bucket("records").key("a").tagging("a=b");
    assert_eq!(code(tagged.send().await), "NotImplemented");
    assert_eq!(code(stand.client.get_object().bucket("others").key("a").send().await), "NoSuchBucket");
}
