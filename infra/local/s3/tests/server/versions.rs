//! Versions, delete markers, listings, and what a restart keeps.

use crate::stand::{Stand, code};

#[tokio::test]
async fn every_version_stays_and_is_listed_newest_first() {
    let stand = Stand::start().await;
    let first = stand.put("documents", "a", b"one").await.unwrap();
    let second = stand.put("documents", "a", b"two").await.unwrap();
    stand.put("documents", "b", b"other").await;
    assert_eq!(stand.get("documents", "a", None).await, b"two");
    assert_eq!(stand.get("documents", "a", Some(&first)).await, b"one");
    assert_eq!(std::fs::read(stand.file("documents/a")).unwrap(), b"one");
    assert_eq!(std::fs::read(stand.file(&format!("documents/a@{second}"))).unwrap(), b"two");
    let listed = stand.client.list_object_versions().bucket("documents").prefix("a").send().await.unwrap();
    let ids: Vec<_> = listed.versions().iter().map(|v| (v.version_id().unwrap(), v.is_latest().unwrap())).collect();
    assert_eq!(ids, [(second.as_str(), true), (first.as_str(), false)]);
}

#[tokio::test]
async fn a_delete_hides_and_destroys_nothing() {
    let stand = Stand::start().await;
    let id = stand.put("documents", "a", b"one").await.unwrap();
    let deleted = stand.client.delete_object().bucket("documents").key("a").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    assert_eq!(code(stand.client.get_object().bucket("documents").key("a").send().await), "NoSuchKey");
    assert_eq!(stand.get("documents", "a", Some(&id)).await, b"one");
    let marker = deleted.version_id().unwrap();
    let of_marker = stand.client.get_object().bucket("documents").key("a").version_id(marker);
    assert_eq!(code(of_marker.send().await), "MethodNotAllowed");
    let listed = stand.client.list_object_versions().bucket("documents").send().await.unwrap();
    assert_eq!(listed.delete_markers()[0].version_id(), Some(marker));
    assert!(stand.client.list_objects_v2().bucket("documents").send().await.unwrap().contents().is_empty());
    let undo = stand.client.delete_object().bucket("documents").key("a").version_id(marker);
    assert_eq!(undo.send().await.unwrap().delete_marker(), Some(true));
    assert_eq!(stand.get("documents", "a", None).await, b"one");
}

#[tokio::test]
async fn a_deleted_object_can_be_created_again() {
    let stand = Stand::start().await;
    stand.put("documents", "a", b"one").await;
    stand.client.delete_object().bucket("documents").key("a").send().await.unwrap();
    let put = stand.client.put_object().bucket("documents").key("a").if_none_match("*").body(b"two".to_vec().into());
    put.send().await.unwrap();
    assert_eq!(stand.get("documents", "a", None).await, b"two");
}

#[tokio::test]
async fn an_unlocked_version_is_removed_with_its_file() {
    let stand = Stand::start().await;
    let first = stand.put("documents", "a", b"one").await.unwrap();
    let second = stand.put("documents", "a", b"two").await.unwrap();
    stand.client.delete_object().bucket("documents").key("a").version_id(&first).send().await.unwrap();
    assert!(!stand.file("documents/a").exists());
    assert_eq!(stand.get("documents", "a", None).await, b"two");
    let gone = stand.client.get_object().bucket("documents").key("a").version_id(&first);
    assert_eq!(code(gone.send().await), "NoSuchVersion");
    stand.client.delete_object().bucket("documents").key("a").version_id(&second).send().await.unwrap();
    assert_eq!(code(stand.client.get_object().bucket("documents").key("a").send().await), "NoSuchKey");
}

#[tokio::test]
async fn an_unversioned_bucket_overwrites_and_removes() {
    let stand = Stand::start().await;
    assert_eq!(stand.put("records", "a", b"one").await, None);
    stand.put("records", "a", b"two").await;
    assert_eq!(std::fs::read(stand.file("records/a")).unwrap(), b"two");
    stand.client.delete_object().bucket("records").key("a").send().await.unwrap();
    assert!(!stand.file("records/a").exists());
    assert_eq!(code(stand.client.get_object().bucket("records").key("a").send().await), "NoSuchKey");
}

#[tokio::test]
async fn listings_come_in_pages_and_groups() {
    let stand = Stand::start().await;
    for key in ["a", "b/1", "b/2", "b-", "c/1", "c/2/3"] {
        stand.put("records", key, b"x").await;
    }
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let list = stand.client.list_objects_v2().bucket("records").delimiter("/").max_keys(1);
        let page = list.set_continuation_token(token).send().await.unwrap();
        names.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        names.extend(page.common_prefixes().iter().map(|group| group.prefix().unwrap().to_owned()));
        assert!(page.key_count().unwrap() <= 1);
        token = page.next_continuation_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(names, ["a", "b-", "b/", "c/"]);
    let below = stand.client.list_objects_v2().bucket("records").prefix("c/").start_after("c/1").send().await.unwrap();
    assert_eq!(below.contents().iter().map(|object| object.key().unwrap()).collect::<Vec<_>>(), ["c/2/3"]);
    let outside = stand.client.list_objects_v2().bucket("records").prefix("../").send().await.unwrap();
    assert!(outside.contents().is_empty());
}

#[tokio::test]
async fn version_listings_resume_inside_a_key() {
    let stand = Stand::start().await;
    let mut expected = Vec::new();
    for key in ["a", "b"] {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(stand.put("documents", key, b"x").await.unwrap());
        }
        expected.extend(ids.into_iter().rev());
    }
    let (mut ids, mut key, mut id) = (Vec::new(), None, None);
    loop {
        let list = stand.client.list_object_versions().bucket("documents").max_keys(2);
        let page = list.set_key_marker(key).set_version_id_marker(id).send().await.unwrap();
        ids.extend(page.versions().iter().map(|version| version.version_id().unwrap().to_owned()));
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, id) = (page.next_key_marker, page.next_version_id_marker);
    }
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_restart_keeps_everything_but_unfinished_uploads() {
    let stand = Stand::start().await;
    let first = stand.put("documents", "a", b"one").await.unwrap();
    stand.put("documents", "a", b"two").await;
    let unfinished = stand.file("../s3-meta/.incoming/half");
    std::fs::write(unfinished, b"ha").unwrap();
    let stand = stand.restart().await;
    assert_eq!(stand.incoming(), 0);
    assert_eq!(stand.get("documents", "a", None).await, b"two");
    assert_eq!(stand.get("documents", "a", Some(&first)).await, b"one");
    let again = stand.client.put_object().bucket("documents").key("a").if_none_match("*");
    assert_eq!(code(again.body(b"three".to_vec().into()).send().await), "PreconditionFailed");
}
