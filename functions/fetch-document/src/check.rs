//! Whether what is stored is what was stored. Fails closed: anything off, and nothing is shown.
//! Leaves out the tag of the patient, which takes the hospital's key.

use fude::document::Document;
use fude::integrity::{Digest, Manifest};
use fude_aws::state::State;

/// What does not hold. Told to log and audit event, never to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the row in the table contradicts itself")]
    State,
    #[error("an object is missing")]
    Missing,
    #[error("an object is larger than any that was written")]
    Size,
    #[error("the manifest has another hash than the table says")]
    ManifestHash,
    #[error("the manifest cannot be read")]
    ManifestForm,
    #[error("the manifest is of another document, revision or patient")]
    ManifestOther,
    #[error("the content has another hash than manifest and table say")]
    ContentHash,
    #[error("the content cannot be read")]
    ContentForm,
    #[error("the content is of another document or revision")]
    ContentOther,
    #[error("the content is about another patient")]
    Patient,
}

impl Broken {
    /// The reason in the audit event.
    pub fn code(self) -> &'static str {
        match self {
            Self::State => "state-row",
            Self::Missing => "object-missing",
            Self::Size => "object-size",
            Self::ManifestHash => "manifest-hash",
            Self::ManifestForm => "manifest-form",
            Self::ManifestOther => "manifest-other",
            Self::ContentHash => "content-hash",
            Self::ContentForm => "content-form",
            Self::ContentOther => "content-other",
            Self::Patient => "content-patient",
        }
    }
}

/// Where the table says that manifest and content lie, and what they hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<'s> {
    pub manifest_key: &'s str,
    pub manifest_sha256: Digest,
    pub content_key: &'s str,
    pub content_sha256: Digest,
    pub patient_tag: Digest,
}

impl<'s> Stored<'s> {
    /// `Ok(None)` for a document that has no content yet.
    pub fn of(state: &'s State) -> Result<Option<Self>, Broken> {
        let State { manifest_key, manifest_sha256, content_key, content_sha256, .. } = state;
        match (manifest_key, manifest_sha256, content_key, content_sha256) {
            (Some(manifest_key), Some(manifest_sha256), Some(content_key), Some(content_sha256)) => Ok(Some(Self {
                manifest_key,
                manifest_sha256: *manifest_sha256,
                content_key,
                content_sha256: *content_sha256,
                patient_tag: Digest::parse(&state.patient_tag).map_err(|_| Broken::State)?,
            })),
            (None, None, None, None) if matches!(state.state.as_str(), "requested" | "failed") => Ok(None),
            _ => Err(Broken::State),
        }
    }
}

/// A document that is what was stored, with its bytes.
#[derive(Clone, Debug)]
pub struct Checked {
    pub document: Document,
    pub json: String,
}

/// State, manifest and content must agree in every hash and in whose they are.
pub fn check(state: &State, stored: &Stored, manifest: &[u8], content: Vec<u8>) -> Result<Checked, Broken> {
    if Digest::of(manifest) != stored.manifest_sha256 {
        return Err(Broken::ManifestHash);
    }
    let manifest = Manifest::parse(manifest).map_err(|_| Broken::ManifestForm)?;
    let same = manifest.hospital == state.hospital
        && manifest.document_id == state.document_id
        && manifest.revision == state.revision
        && manifest.kind == state.document_type
        && manifest.patient_tag == stored.patient_tag;
    if !same {
        return Err(Broken::ManifestOther);
    }
    let json = manifest.representation("application/json", None).ok_or(Broken::ManifestForm)?;
    if json.key != stored.content_key {
        return Err(Broken::ManifestOther);
    }
    let hash = Digest::of(&content);
    if hash != json.sha256 || hash != stored.content_sha256 || json.size != content.len() as u64 {
        return Err(Broken::ContentHash);
    }
    let json = String::from_utf8(content).map_err(|_| Broken::ContentForm)?;
    let document: Document = serde_json::from_str(&json).map_err(|_| Broken::ContentForm)?;
    let same = document.document_id == state.document_id
        && document.revision == state.revision
        && document.document_type == state.document_type;
    if !same {
        return Err(Broken::ContentOther);
    }
    if document.patient.id != state.patient_id {
        return Err(Broken::Patient);
    }
    Ok(Checked { document, json })
}

#[cfg(test)]
pub mod tests {
    use fude::integrity::{Author, Digest, Manifest, ManifestSchema, Representation, Template};
    use fude_aws::state::State;

    use super::{Broken, Checked, Stored, check};

    const ID: &str = "0123456789abcdef0123456789abcdef";

    pub fn content() -> String {
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

    pub fn good() -> State {
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
}
