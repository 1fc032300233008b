//! What is altered, or is sound but something else's, is found.

use super::{Broken, Checked, Stored, check};
use crate::metadata::{Person, Step};
use crate::state::State;
use fude::integrity::{Author, Digest, Manifest, ManifestSchema, Representation, Template};

const ID: &str = "0123456789abcdef0123456789abcdef";

fn content() -> String {
    serde_json::json!({
        "schema": "fude/document/1", "documentId": ID, "revision": 1, "documentType": "discharge-summary", "title": "退院時サマリー",
        "patient": { "id": "0001234", "name": "長谷川 フミ", "kana": "ハセガワ フミ", "birthDate": "1944-03-08", "gender": "female" },
        "destination": { "type": "medical-institution", "institution": "みなと診療所" },
        "sections": [], "evidence": {}, "flags": [], "dropped": [], "questions": [], "warnings": [],
        "coverage": { "offered": 0, "leftOut": [], "heldBack": [] },
        "generation": { "mode": "extractive", "modelId": null, "template": "discharge-summary@1", "promptSha256": null,
            "recordSha256": Digest::of(b"record").to_string() }
    })
    .to_string()
}

fn manifest(content: &str) -> Manifest {
    Manifest {
        schema: ManifestSchema::V1,
        hospital: "hospital-a".to_owned(),
        document_id: ID.to_owned(),
        revision: 1,
        kind: "discharge-summary".to_owned(),
        patient_tag: Digest::of(b"tag"),
        data_source: "ehr-main".to_owned(),
        record_sha256: Digest::of(b"record"),
        template: Template { id: "discharge-summary@1".to_owned(), sha256: Digest::of(b"template") },
        prompt_sha256: None,
        model: None,
        reply_sha256: None,
        author: Author { id: "u".to_owned(), role: "physician".to_owned(), on_behalf_of: None },
        finaliser: None,
        answers: Vec::new(),
        previous_manifest: None,
        data_key: None,
        representations: vec![Representation {
            media_type: "application/json".to_owned(),
            view: None,
            size: content.len() as u64,
            sha256: Digest::of(content.as_bytes()),
            key: "content".to_owned(),
        }],
    }
}

/// A state that commits to this manifest and this content.
fn state(manifest: &Manifest, content: &str) -> State {
    State {
        hospital: "hospital-a".to_owned(),
        document_id: ID.to_owned(),
        state: "draft".to_owned(),
        revision: 1,
        document_type: "discharge-summary".to_owned(),
        patient_id: "0001234".to_owned(),
        patient_tag: Digest::of(b"tag").to_string(),
        created_at: "2026-07-05T00:00:00.000Z".to_owned(),
        manifest_key: Some("manifest".to_owned()),
        manifest_sha256: manifest.hash().ok(),
        content_key: Some("content".to_owned()),
        content_sha256: Some(Digest::of(content.as_bytes())),
        ..State::default()
    }
}

fn good() -> State {
    state(&manifest(&content()), &content())
}

fn checked(state: &State, manifest: &Manifest, content: &str) -> Result<Checked, Broken> {
    let stored = Stored::of(state)?.expect("content");
    check(state, &stored, &manifest.canonical_bytes().expect("no float"), content.as_bytes().to_vec())
}

#[test]
fn an_unaltered_document_is_given_as_it_lies() {
    let content = content();
    let checked = checked(&good(), &manifest(&content), &content).expect("sound");
    assert_eq!((checked.json, checked.document.patient.id.as_str()), (content, "0001234"));
}

#[test]
fn any_altered_byte_is_found() {
    let (state, content) = (good(), content());
    let manifest = manifest(&content).canonical_bytes().expect("no float");
    let stored = Stored::of(&state).expect("whole").expect("content");
    for at in 0..content.len() {
        let mut altered = content.clone().into_bytes();
        altered[at] ^= 1;
        assert_eq!(check(&state, &stored, &manifest, altered).err(), Some(Broken::ContentHash), "byte {at}");
    }
    for at in 0..manifest.len() {
        let mut altered = manifest.clone();
        altered[at] ^= 1;
        let found = check(&state, &stored, &altered, content.clone().into_bytes());
        assert_eq!(found.err(), Some(Broken::ManifestHash), "byte {at}");
    }
    let longer = format!("{content} ").into_bytes();
    assert_eq!(check(&state, &stored, &manifest, longer).err(), Some(Broken::ContentHash));
}

#[test]
fn a_sound_manifest_of_something_else_is_refused() {
    let content = content();
    let other = |change: fn(&mut Manifest), broken: Broken| {
        let mut manifest = manifest(&content);
        change(&mut manifest);
        let state = state(&manifest, &content);
        assert_eq!(checked(&state, &manifest, &content).err(), Some(broken));
    };
    other(|m| m.hospital = "hospital-b".to_owned(), Broken::ManifestOther);
    other(|m| m.document_id = "f".repeat(32), Broken::ManifestOther);
    other(|m| m.revision = 2, Broken::ManifestOther);
    other(|m| m.kind = "nursing-summary".to_owned(), Broken::ManifestOther);
    other(|m| m.patient_tag = Digest::of(b"another"), Broken::ManifestOther);
    other(|m| m.representations[0].key = "another".to_owned(), Broken::ManifestOther);
    other(|m| m.representations[0].size += 1, Broken::ContentHash);
    other(|m| m.representations[0].sha256 = Digest::of(b"another"), Broken::ContentHash);
    other(|m| m.representations.clear(), Broken::ManifestForm);
}

#[test]
fn sound_content_of_something_else_is_refused() {
    for (from, to, broken) in [
        (ID, "0123456789abcdef0123456789abcdee", Broken::ContentOther),
        ("\"revision\":1", "\"revision\":2", Broken::ContentOther),
        ("\"documentType\":\"discharge-summary\"", "\"documentType\":\"referral-letter\"", Broken::ContentOther),
        ("0001234", "0001235", Broken::Patient),
        ("\"sections\"", "\"section\"", Broken::ContentForm),
    ] {
        let content = content().replace(from, to);
        let manifest = manifest(&content);
        let state = state(&manifest, &content);
        assert_eq!(checked(&state, &manifest, &content).err(), Some(broken), "{to}");
    }
}

#[test]
fn only_what_is_not_drafted_yet_may_lack_content() {
    let none = State { state: "requested".to_owned(), ..State::default() };
    assert_eq!(Stored::of(&none), Ok(None));
    assert_eq!(Stored::of(&State { state: "draft".to_owned(), ..State::default() }), Err(Broken::State));
    assert_eq!(Stored::of(&State { manifest_sha256: None, ..good() }), Err(Broken::State));
}

#[test]
fn an_earlier_revision_lies_where_the_history_says() {
    let step = |version, action: &str, revision, manifest: &str| Step {
        version,
        action: action.to_owned(),
        revision,
        at: String::new(),
        by: Person::default(),
        on_behalf_of: None,
        reason: None,
        issue: None,
        content_sha256: Some(Digest::of(b"content")),
        manifest_sha256: Some(Digest::of(manifest.as_bytes())),
    };
    let state = State {
        revision: 3,
        final_revision: Some(2),
        history: vec![
            step(1, "document-drafted", 1, "one"),
            step(2, "document-revised", 2, "two"),
            step(3, "document-finalised", 2, "final two"),
            Step { content_sha256: None, manifest_sha256: None, ..step(4, "document-issued", 2, "") },
            step(5, "amendment-begun", 3, "three"),
        ],
        ..good()
    };
    let first = Stored::revision(&state, 1).expect("whole").expect("there");
    assert_eq!((first.is_final, first.manifest_sha256), (false, Digest::of(b"one")));
    assert_eq!(first.content_key, format!("final/{ID}/1/{}", Digest::of(b"content")));
    let second = Stored::revision(&state, 2).expect("whole").expect("there");
    assert_eq!((second.is_final, second.manifest_sha256), (true, Digest::of(b"final two")));
    assert!(!Stored::revision(&state, 3).expect("whole").expect("there").is_final);
    assert_eq!(Stored::revision(&state, 4), Ok(None));
    let draft = State { final_revision: None, ..state };
    assert!(Stored::revision(&draft, 1).expect("whole").expect("there").content_key.starts_with("draft/"));
}
