//! A process that dies between the commit of a final version and its locks: the schedule sets them, and nobody reads.

use std::time::{Duration, Instant};

use e2e::client::{accepted, filled, order};
use e2e::stack::Stack;
use e2e::stores::s;
use e2e::target::not_run_by_wire;
use serde_json::json;

/// Keys of the final version's objects with and without retention.
fn locks(stack: &Stack, id: &str) -> (Vec<String>, Vec<String>) {
    stack.keys("documents", &format!("final/{id}/")).into_iter().partition(|key| {
        let lock = stack.s3("GET", "documents", &format!("{key}?retention"), b"");
        lock.status == 200 && lock.text().contains("<RetainUntilDate>")
    })
}

#[test]
fn locks_that_a_crash_left_open_are_set_on_schedule() {
    if not_run_by_wire() {
        return;
    }
    let stack = Stack::start_with("rest", &["--wire"]);
    let physician = stack.caller("sato");
    let id = physician.draft("locks", &order("84192637", "referral-letter")).expect(201).id();
    let draft = physician.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&draft), "reason": "記載を補った。" });
    let revised = physician.act(&id, "revisions", "locks-r", &physician.etag(&id), &revision).expect(201);
    let answers = accepted(&physician.content(&id, "application/json").expect(200));

    // A sweep with nothing to do ends well, and asks no more than the index.
    stack.wire_calls();
    assert!(stack.sweep_locks());
    let asked: Vec<_> = stack.wire_calls().into_iter().filter(|c| c.function == "finalize-document").collect();
    assert_eq!(asked.iter().map(|c| c.operation.as_str()).collect::<Vec<_>>(), ["Scan"]);

    stack.arm_wire("finalize-document", ("s3", "GetObjectRetention"), 1, ("kill-before", false));
    let killed = physician.act(&id, "finalization", "locks-f", revised.header("etag"), &answers);
    assert_eq!((killed.status, stack.disarm_wire()), (503, 1), "{}", killed.text());
    let row = stack.state_row(&id);
    assert_eq!((s(&row, "state"), s(&row, "unlocked")), ("final", "hospital-a"));
    let (locked, open) = locks(&stack, &id);
    assert!(!open.is_empty(), "all of {locked:?} are locked already");

    // A sweep that cannot lock says so and leaves the mark.
    stack.arm_wire("finalize-document", ("s3", "PutObjectRetention"), 1, ("denied", true));
    assert!(!stack.sweep_locks(), "it ends as failed");
    assert!(stack.disarm_wire() > 0, "it tried");
    assert_eq!(s(&stack.state_row(&id), "unlocked"), "hospital-a");

    assert!(stack.sweep_locks());
    let (locked, open) = locks(&stack, &id);
    // Two revisions with content and manifest, four renderings, the final manifest.
    assert_eq!((locked.len(), open), (9, Vec::<String>::new()));
    let after = stack.state_row(&id);
    assert_eq!(s(&after, "unlocked"), "");
    assert_eq!((&after["version"], &after["events"]), (&row["version"], &row["events"]), "a lock is no act");

    // The next one finds nothing; the caller who lost the answer gets it.
    assert!(stack.sweep_locks());
    let repeated = physician.act(&id, "finalization", "locks-f", revised.header("etag"), &answers).expect(200);
    assert_eq!(repeated.json()["state"], "final");
}

#[test]
fn the_local_clouds_schedule_comes_by_itself() {
    let stack = Stack::shared();
    let physician = stack.caller("sato");
    let id = physician.draft("locks-by-themselves", &order("84192637", "referral-letter")).expect(201).id();
    let draft = physician.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&draft), "reason": "記載を補った。" });
    let revised = physician.act(&id, "revisions", "by-r", &physician.etag(&id), &revision).expect(201);
    let answers = accepted(&physician.content(&id, "application/json").expect(200));
    physician.act(&id, "finalization", "by-f", revised.header("etag"), &answers).expect(200);
    assert_eq!(s(&stack.state_row(&id), "unlocked"), "");

    stack.dynamodb(
        "UpdateItem",
        &json!({ "TableName": stack.text("table"),
            "Key": { "pk": { "S": format!("DOC#hospital-a#{id}") }, "sk": { "S": "STATE" } },
            "UpdateExpression": "SET unlocked = :hospital",
            "ExpressionAttributeValues": { ":hospital": { "S": "hospital-a" } } }),
    );
    let began = Instant::now();
    while !s(&stack.state_row(&id), "unlocked").is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "no schedule came");
        std::thread::sleep(Duration::from_millis(500));
    }
}
