//! Object Lock over the wire: what is locked cannot be removed, and a lock cannot be weakened.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};

use crate::stand::{Stand, code};

const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

fn days(days: u64) -> DateTime {
    let at = SystemTime::now() + Duration::from_secs(days * 86_400);
    DateTime::from_secs(DateTime::from(at).secs())
}

fn retention(mode: ObjectLockRetentionMode, until: DateTime) -> ObjectLockRetention {
    ObjectLockRetention::builder().mode(mode).retain_until_date(until).build()
}

async fn put_locked(stand: &Stand, mode: ObjectLockMode, until: DateTime) -> String {
    let put = stand.client.put_object().bucket("documents").key("a").body(b"hello".to_vec().into());
    let put = put.checksum_sha256(HELLO_SHA256).object_lock_mode(mode).object_lock_retain_until_date(until);
    put.send().await.unwrap().version_id.unwrap()
}

#[tokio::test]
async fn a_compliance_lock_outlives_every_attempt_and_a_restart() {
    let stand = Stand::start().await;
    let id = put_locked(&stand, ObjectLockMode::Compliance, days(30)).await;
    let stand = stand.restart().await;
    for bypass in [false, true] {
        let delete = stand.client.delete_object().bucket("documents").key("a").version_id(&id);
        assert_eq!(code(delete.bypass_governance_retention(bypass).send().await), "AccessDenied");
        let retain = |wanted| {
            let retain = stand.client.put_object_retention().bucket("documents").key("a").version_id(&id);
            retain.bypass_governance_retention(bypass).retention(wanted).send()
        };
        let shorter = retention(ObjectLockRetentionMode::Compliance, days(29));
        assert_eq!(code(retain(shorter).await), "AccessDenied");
        let weaker = retention(ObjectLockRetentionMode::Governance, days(40));
        assert_eq!(code(retain(weaker).await), "AccessDenied");
    }
    assert_eq!(std::fs::read(stand.file("documents/a")).unwrap(), b"hello");
    let until = days(60);
    let longer = stand.client.put_object_retention().bucket("documents").key("a").version_id(&id);
    longer.retention(retention(ObjectLockRetentionMode::Compliance, until)).send().await.unwrap();
    let told = stand.client.get_object_retention().bucket("documents").key("a").version_id(&id).send().await.unwrap();
    assert_eq!(told.retention().unwrap().retain_until_date(), Some(&until));
    let head = stand.client.head_object().bucket("documents").key("a").send().await.unwrap();
    assert_eq!(head.object_lock_mode(), Some(&ObjectLockMode::Compliance));
    assert_eq!(head.object_lock_retain_until_date(), Some(&until));
}

#[tokio::test]
async fn a_locked_version_can_be_hidden_and_overwritten_but_stays() {
    let stand = Stand::start().await;
    let id = put_locked(&stand, ObjectLockMode::Compliance, days(30)).await;
    stand.put("documents", "a", b"later").await;
    stand.client.delete_object().bucket("documents").key("a").send().await.unwrap();
    assert_eq!(stand.get("documents", "a", Some(&id)).await, b"hello");
}

#[tokio::test]
async fn governance_yields_to_a_bypass() {
    let stand = Stand::start().await;
    let id = put_locked(&stand, ObjectLockMode::Governance, days(1)).await;
    let delete = || stand.client.delete_object().bucket("documents").key("a").version_id(&id);
    assert_eq!(code(delete().send().await), "AccessDenied");
    delete().bypass_governance_retention(true).send().await.unwrap();
    assert!(!stand.file("documents/a").exists());
}

#[tokio::test]
async fn a_lock_can_be_set_after_the_put() {
    let stand = Stand::start().await;
    let id = stand.put("documents", "a", b"hello").await.unwrap();
    let unlocked = stand.client.get_object_retention().bucket("documents").key("a").send().await;
    assert_eq!(code(unlocked), "NoSuchObjectLockConfiguration");
    let retain = stand.client.put_object_retention().bucket("documents").key("a").version_id(&id);
    retain.retention(retention(ObjectLockRetentionMode::Compliance, days(3650))).send().await.unwrap();
    let record = stand.record("documents", "a");
    assert_eq!(record["versions"][0]["retention"]["mode"], "COMPLIANCE");
    let delete = stand.client.delete_object().bucket("documents").key("a").version_id(&id);
    assert_eq!(code(delete.send().await), "AccessDenied");
}

#[tokio::test]
async fn a_lock_needs_a_bucket_that_has_locks_a_future_date_and_a_checksum() {
    let stand = Stand::start().await;
    let put = |bucket: &str, until| {
        let put = stand.client.put_object().bucket(bucket).key("a").body(b"hello".to_vec().into());
        put.object_lock_mode(ObjectLockMode::Compliance).object_lock_retain_until_date(until)
    };
    assert_eq!(code(put("records", days(1)).checksum_sha256(HELLO_SHA256).send().await), "InvalidRequest");
    let past = put("documents", DateTime::from_secs(1_600_000_000)).checksum_sha256(HELLO_SHA256);
    assert_eq!(code(past.send().await), "InvalidArgument");
    assert!(!stand.file("records/a").exists());
    assert!(!stand.file("documents/a").exists());
}
