//! The life of a document: typed by a clerk, approved and finalised by the physician, amended, issued, withdrawn,
//! sealed by two persons. Each act one object and one transaction, and the log tells all of it.

use e2e::assertions::problem;
use e2e::client::{Caller, accepted, filled, order, order_with};
use e2e::log::Log;
use e2e::stack::Stack;
use e2e::stores::s;
use fude::audit::Action;
use fude::problem::Slug;
use serde_json::{Value, json};

const LETTER: &str = "referral-letter";

/// A letter that a clerk drafted for `sato`, with the purpose that only the author knows.
fn letter(clerk: &Caller, key: &str) -> String {
    let more = json!({ "onBehalfOf": "sato", "statements": [{ "section": "950", "text": "嚥下機能の再評価をお願いします。" }] });
    clerk.draft(key, &order_with("84192637", LETTER, more)).expect(201).id()
}

/// Filled by the author and finalised; returns the final metadata.
fn finalised(caller: &Caller, id: &str, key: &str) -> Value {
    let content = caller.content(id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&content), "reason": "記載を補った。" });
    let etag = caller
        .act(id, "revisions", &format!("{key}-r"), &caller.etag(id), &revision)
        .expect(201)
        .header("etag")
        .to_owned();
    let content = caller.content(id, "application/json").expect(200);
    caller.act(id, "finalization", &format!("{key}-f"), &etag, &accepted(&content)).expect(200).json()
}

#[test]
fn a_clerk_types_a_physician_approves_and_amends() {
    let stack = Stack::shared();
    let (clerk, physician) = (stack.caller("kimura"), stack.caller("sato"));
    for nobody in ["nobody", "mori", "ishii"] {
        let more = json!({ "onBehalfOf": nobody });
        let refused = clerk.draft("life-nobody", &order_with("84192637", LETTER, more));
        problem(&refused, Slug::MalformedRequest);
    }
    let id = letter(&clerk, "life-clerk");

    let draft = clerk.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&draft), "reason": "紹介目的を追記した。", "onBehalfOf": "sato" });
    let revised = clerk.act(&id, "revisions", "life-clerk-r", &clerk.etag(&id), &revision).expect(201);
    let (told, etag) = (revised.json(), revised.header("etag").to_owned());
    assert_eq!(
        (&told["state"], &told["revision"], &told["onBehalfOf"]),
        (&json!("awaiting-approval"), &json!(2), &json!("sato"))
    );
    let repeat = clerk.act(&id, "revisions", "life-clerk-r", "\"v1\"", &revision).expect(201);
    assert_eq!(repeat.body, revised.body, "a repeat returns the first answer");
    let other = json!({ "sections": filled(&draft), "reason": "別の理由", "onBehalfOf": "sato" });
    problem(&clerk.act(&id, "revisions", "life-clerk-r", &etag, &other), Slug::IdempotencyKeyReused);

    let waiting = |of: &str| -> Vec<Value> {
        let found = physician.search(&json!({ "awaitingApprovalOf": of })).expect(200).json();
        found["items"].as_array().expect("items").iter().map(|i| i["documentId"].clone()).collect()
    };
    assert!(waiting("sato").contains(&json!(id)) && !waiting("tanaka").contains(&json!(id)));

    let current = physician.content(&id, "application/json").expect(200);
    let answers = accepted(&current);
    problem(&clerk.act(&id, "finalization", "life-f0", &etag, &answers), Slug::RoleNotPermitted);
    problem(&stack.caller("mori").act(&id, "finalization", "life-f0", &etag, &answers), Slug::RoleNotPermitted);
    let headers = [("content-type", "application/json"), ("idempotency-key", "life-f1")];
    let bare = physician.send(&format!("/documents/{id}/finalization"), &headers, answers.to_string().as_bytes());
    problem(&bare, Slug::PreconditionRequired);
    problem(&physician.act(&id, "finalization", "life-f1", "\"v1\"", &answers), Slug::PreconditionFailed);
    let final_ = physician.act(&id, "finalization", "life-f1", &etag, &answers).expect(200);
    let told = final_.json();
    assert_eq!((&told["state"], &told["revision"], &told["expiresAt"]), (&json!("final"), &json!(2), &Value::Null));
    assert_eq!(
        (&told["finalisedBy"]["name"], &told["finalisedBy"]["qualification"]),
        (&json!("佐藤 健一"), &json!("医師"))
    );
    assert!(!waiting("sato").contains(&json!(id)), "what is final awaits nobody");

    assert_eq!(
        physician.content(&id, "application/json").expect(200).body,
        current.body,
        "the JSON bytes do not change"
    );
    let issue = physician.get(&format!("/documents/{id}/content?view=issue"), "text/html").expect(200).text();
    assert!(!issue.contains("下書き") && issue.contains("佐藤 健一"), "the clean copy");
    let fhir = physician.content(&id, "application/fhir+json").expect(200).text();
    assert!(fhir.contains(r#""status":"final""#));
    let first = physician.get(&format!("/documents/{id}/content?revision=1"), "application/json").expect(200);
    assert_eq!(first.body, draft.body, "the machine's own draft stays");

    // An amendment: the final version stays what is read until the next one is final.
    let mut sections = filled(&current);
    sections[0]["sentences"][0]["text"] = "訂正した文。".into();
    let amendment = json!({ "sections": sections, "reason": "誤記の訂正" });
    let begun = physician.act(&id, "revisions", "life-a", &physician.etag(&id), &amendment).expect(201);
    assert_eq!((&begun.json()["state"], &begun.json()["revision"]), (&json!("amended"), &json!(3)));
    assert_eq!(physician.content(&id, "application/json").expect(200).body, current.body);
    let third = physician.get(&format!("/documents/{id}/content?revision=3"), "application/json").expect(200);
    assert_ne!(third.body, current.body);
    let amended = physician.act(&id, "finalization", "life-f3", begun.header("etag"), &accepted(&third)).expect(200);
    assert_eq!((&amended.json()["state"], &amended.json()["finalRevision"]), (&json!("final"), &json!(3)));

    let changes = physician.get(&format!("/documents/{id}/changes?from=2&to=3"), "application/json").expect(200).json();
    let told: Vec<&Value> = changes["changes"].as_array().expect("changes").iter().collect();
    assert_eq!((told.len(), &told[0]["change"], &told[0]["after"]), (1, &json!("changed"), &json!("訂正した文。")));
    assert_eq!((&told[0]["afterBy"], &changes["from"]), (&json!("person"), &json!(2)));

    let history = physician.metadata(&id).expect(200).json()["history"].clone();
    let acts: Vec<&str> = history.as_array().expect("history").iter().filter_map(|s| s["action"].as_str()).collect();
    let expected =
        ["document-drafted", "document-revised", "document-finalised", "amendment-begun", "document-finalised"];
    assert_eq!(acts, expected);
    assert_eq!(
        (&history[1]["reason"], &history[1]["by"]["name"]),
        (&json!("紹介目的を追記した。"), &json!("木村 直子"))
    );

    let log = Log::wait(stack, "hospital-a", "the second finalisation", |log| {
        log.actions_of(&id).iter().filter(|a| **a == "document-finalised").count() == 2
    });
    let event = log
        .events()
        .filter(|e| e.action == Action::DocumentFinalised && e.document.as_ref().is_some_and(|d| d.id == id))
        .last();
    let event = event.expect("waited for");
    let review = event.review.expect("a finalisation says how it was read");
    assert!(review.seconds_from_first_reading.is_some() && review.entered_permille > 0 && event.retention.is_some());
    assert!(!log.entries.iter().any(|e| String::from_utf8_lossy(e).contains("誤記")), "no reason stands in the log");

    let proof = physician.get(&format!("/documents/{id}/proof"), "application/json").expect(200);
    let proof: fude::audit::proof::Proof = serde_json::from_slice(&proof.body).expect("a proof");
    let proved = proof.check(&proof.own_key().expect("a key")).expect("sound");
    assert_eq!(proved.entries.len(), 1 + expected.len(), "the request and every act");
}

#[test]
fn everything_that_led_to_a_final_version_is_locked() {
    let stack = Stack::shared();
    let physician = stack.caller("sato");
    let id = physician.draft("life-lock", &order("84192637", LETTER)).expect(201).id();
    finalised(&physician, &id, "life-lock");
    let keys = stack.keys("documents", &format!("final/{id}/"));
    // Two revisions with content and manifest, four renderings, the final manifest.
    assert_eq!(keys.len(), 9, "{keys:?}");
    for key in &keys {
        let lock = stack.s3("GET", "documents", &format!("{key}?retention"), b"").expect(200).text();
        assert!(lock.contains("<Mode>GOVERNANCE</Mode>"), "{key}: {lock}");
    }
    let key = &keys[0];
    let versions = stack.s3("GET", "documents", &format!("?versions&prefix={key}"), b"").expect(200).text();
    let version = versions.split("<VersionId>").nth(1).and_then(|v| v.split('<').next()).expect("a version").to_owned();
    assert_eq!(stack.s3("DELETE", "documents", &format!("{key}?versionId={version}"), b"").status, 403);
    let shorter =
        "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2026-01-01T00:00:00Z</RetainUntilDate></Retention>";
    let shortened = stack.s3("PUT", "documents", &format!("{key}?retention"), shorter.as_bytes()).status;
    assert!(matches!(shortened, 400 | 403), "{shortened}");
    assert!(s(&stack.state_of(&id), "unlocked").is_empty(), "nothing is left to lock");
}

#[test]
fn two_physicians_finalise_at_the_same_moment_and_one_of_them_is_told() {
    let stack = Stack::shared();
    let (one, other) = (stack.caller("sato"), stack.caller("tanaka"));
    let id = one.draft("life-race", &order("84192637", LETTER)).expect(201).id();
    let content = one.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&content), "reason": "記載を補った。" });
    let etag =
        one.act(&id, "revisions", "life-race-r", &one.etag(&id), &revision).expect(201).header("etag").to_owned();
    let answers = accepted(&one.content(&id, "application/json").expect(200));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let act = |caller: Caller, key: &'static str| {
            let (id, etag, answers) = (&id, &etag, &answers);
            scope.spawn(move || caller.act(id, "finalization", key, etag, answers).status)
        };
        [act(one.clone(), "life-race-1"), act(other, "life-race-2")].map(|h| h.join().expect("no panic")).into()
    });
    let mut sorted = statuses.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 412]);
    let done = |log: &Log| log.actions_of(&id).iter().filter(|a| **a == "document-finalised").count();
    let log = Log::wait(stack, "hospital-a", "the finalisation", |log| done(log) > 0);
    assert_eq!(done(&log), 1);
}

#[test]
fn what_is_open_or_left_to_fill_is_not_finalised() {
    let stack = Stack::shared();
    let physician = stack.caller("sato");
    let id = physician.draft("life-open", &order("84192637", LETTER)).expect(201).id();
    let content = physician.content(&id, "application/json").expect(200);
    let etag = physician.etag(&id);
    problem(&physician.act(&id, "finalization", "life-open-1", &etag, &accepted(&content)), Slug::Incomplete);
    let wrong = json!({ "answers": [{ "flag": "W99", "answer": "accepted" }] });
    problem(&physician.act(&id, "finalization", "life-open-2", &etag, &wrong), Slug::MalformedRequest);
    assert_eq!(physician.etag(&id), etag, "a refusal changes nothing");
    problem(
        &physician.act(&id, "issues", "life-open-3", &etag, &json!({ "to": "家族", "how": "手渡し", "copies": 1 })),
        Slug::StateNotAllowed,
    );
    problem(
        &physician.act(&id, "sealing", "life-open-4", &etag, &json!({ "reason": "取り違え" })),
        Slug::StateNotAllowed,
    );
    let withdrawn =
        physician.act(&id, "withdrawal", "life-open-5", &etag, &json!({ "reason": "不要になった。" })).expect(200);
    assert_eq!(withdrawn.json()["state"], "withdrawn");
    let revision = json!({ "sections": filled(&content), "reason": "x" });
    problem(
        &physician.act(&id, "revisions", "life-open-6", withdrawn.header("etag"), &revision),
        Slug::StateNotAllowed,
    );
}

#[test]
fn every_flag_is_answered_by_name() {
    let stack = Stack::shared();
    let physician = stack.caller("sato");
    let more = json!({ "statements": [
        { "section": "950", "text": "嚥下機能の再評価をお願いします。" },
        { "section": "510", "text": "造影剤で気分不良の既往あり。" } ] });
    let id = physician.draft("life-flags", &order_with("84192637", LETTER, more)).expect(201).id();
    let content = physician.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&content), "reason": "記載を補った。" });
    let etag = physician.act(&id, "revisions", "life-flags-r", &physician.etag(&id), &revision).expect(201);
    let (etag, open) = (etag.header("etag").to_owned(), etag.json()["flags"]["open"].clone());
    let answers = accepted(&physician.content(&id, "application/json").expect(200));
    assert!(open.as_u64().is_some_and(|n| n > 0) && answers["answers"].as_array().is_some_and(|a| open == a.len()));
    problem(&physician.act(&id, "finalization", "life-flags-1", &etag, &json!({ "answers": [] })), Slug::FlagsOpen);
    let done = physician.act(&id, "finalization", "life-flags-2", &etag, &answers).expect(200).json();
    assert_eq!(done["flags"], json!({ "open": 0, "answered": open }));
}

#[test]
fn a_final_document_is_issued_and_sealed_by_two_persons() {
    let stack = Stack::shared();
    let (one, other) = (stack.caller("sato"), stack.caller("tanaka"));
    let id = one.draft("life-seal", &order("84192637", LETTER)).expect(201).id();
    finalised(&one, &id, "life-seal");
    let copy = json!({ "to": "みなと診療所", "how": "郵送", "copies": 1 });
    let issued = one.act(&id, "issues", "life-seal-i", &one.etag(&id), &copy).expect(201);
    let again = one.act(&id, "issues", "life-seal-j", issued.header("etag"), &copy).expect(201);
    let reason = json!({ "reason": "患者の取り違えを確認した。" });
    let asked = one.act(&id, "sealing", "life-seal-1", again.header("etag"), &reason).expect(200);
    assert_eq!(
        (&asked.json()["state"], &asked.json()["sealingRequestedBy"]["name"]),
        (&json!("final"), &json!("佐藤 健一"))
    );
    problem(&one.act(&id, "sealing", "life-seal-2", asked.header("etag"), &reason), Slug::StateNotAllowed);
    // Another person's key, though it has the same name
    let sealed = other.act(&id, "sealing", "life-seal-1", asked.header("etag"), &reason).expect(200);
    assert_eq!(sealed.json()["state"], "sealed");
    problem(&one.content(&id, "application/json"), Slug::RoleNotPermitted);
    stack.caller("ono").content(&id, "application/json").expect(200);
    let log = Log::wait(stack, "hospital-a", "the sealing", |log| log.actions_of(&id).contains(&"document-sealed"));
    let acts = log.actions_of(&id);
    for act in ["document-issued", "document-reissued", "sealing-requested", "document-sealed"] {
        assert_eq!(acts.iter().filter(|a| **a == act).count(), 1, "{act}");
    }
    let text: String = log.entries.iter().map(|e| String::from_utf8_lossy(e).into_owned()).collect();
    assert!(!text.contains("みなと") && !text.contains("取り違え"), "nothing that was stated stands in the log");
}

#[test]
fn a_nurse_finalises_the_nursing_summary_and_a_physician_does_not() {
    let stack = Stack::shared();
    let (nurse, physician) = (stack.caller("mori"), stack.caller("sato"));
    let id = nurse.draft("life-nurse", &order("84192637", "nursing-summary")).expect(201).id();
    let content = nurse.content(&id, "application/json").expect(200);
    let revision = json!({ "sections": filled(&content), "reason": "申し送りを補った。" });
    problem(
        &stack.caller("kimura").act(&id, "revisions", "life-nurse-c", &nurse.etag(&id), &revision),
        Slug::RoleNotPermitted,
    );
    let etag =
        nurse.act(&id, "revisions", "life-nurse-r", &nurse.etag(&id), &revision).expect(201).header("etag").to_owned();
    let answers = accepted(&nurse.content(&id, "application/json").expect(200));
    problem(&physician.act(&id, "finalization", "life-nurse-p", &etag, &answers), Slug::RoleNotPermitted);
    let done = nurse.act(&id, "finalization", "life-nurse-f", &etag, &answers).expect(200).json();
    assert_eq!((&done["finalisedBy"]["name"], &done["finalisedBy"]["role"]), (&json!("森 由香"), &json!("nurse")));
}

#[test]
fn another_hospitals_document_does_not_exist() {
    let stack = Stack::shared();
    let id = stack.caller("sato").draft("life-other", &order("84192637", LETTER)).expect(201).id();
    let stranger = stack.caller("ishii");
    for (act, body) in [
        ("revisions", json!({ "sections": [], "reason": "x" })),
        ("finalization", json!({ "answers": [] })),
        ("withdrawal", json!({ "reason": "x" })),
        ("sealing", json!({ "reason": "x" })),
        ("issues", json!({ "to": "x", "how": "x", "copies": 1 })),
    ] {
        let answer = stranger.act(&id, act, "life-other-1", "\"v2\"", &body);
        problem(&answer, Slug::NotFound);
        problem(&stranger.act("no-such-id", act, "life-other-1", "\"v2\"", &body), Slug::NotFound);
    }
    problem(&stranger.get(&format!("/documents/{id}/proof"), "application/json"), Slug::NotFound);
    problem(&stranger.get(&format!("/documents/{id}/changes?from=1&to=1"), "application/json"), Slug::NotFound);
}
