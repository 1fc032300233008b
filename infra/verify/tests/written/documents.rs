//! Documents and their events, from the request to an amendment.

use fude::audit::{
    Action, Agent, AuditEvent, DocumentRef, EventSchema, Outcome, Retention, RetentionMode, Review, Salt, Source,
    UtcMillis,
};
use fude::integrity::{
    Author, Digest, Finaliser, FlagAnswer, Manifest, ManifestSchema, Representation, Template, View,
};

use super::{DAY, House};

/// One document as its functions would keep it.
#[derive(Debug, Clone)]
pub struct Document {
    pub id: String,
    pub sequence: u64,
    pub last: Option<Digest>,
    pub revision: u32,
    pub manifest: Option<(Digest, Manifest)>,
    pub content: Option<Digest>,
    pub expires: Option<UtcMillis>,
    /// Keys of the chain, with what they hold.
    pub chain: Vec<(u32, Vec<u8>)>,
    pub ever_final: bool,
}

pub fn event(house: &mut House, action: Action) -> AuditEvent {
    let at = house.tick();
    let mut salt = [0; 16];
    salt[..8].copy_from_slice(&at.unix_ms().to_be_bytes());
    AuditEvent {
        schema: EventSchema::V1,
        hospital: house.hospital.clone(),
        action,
        outcome: Outcome::Success,
        at,
        request_id: format!("r-{}", at.unix_ms()),
        agent: Agent { id: "sato".into(), role: "physician".into(), on_behalf_of: None },
        document: None,
        patient_tag: Some(Digest::of(b"patient")),
        source: Source { certificate: "CN=gateway,O=hospital-a".into(), address: "192.0.2.7".into() },
        reason: None,
        stated_sha256: None,
        retention: None,
        review: None,
        previous: None,
        sequence: 1,
        salt: Salt::from_bytes(salt),
    }
}

impl Document {
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            sequence: 0,
            last: None,
            revision: 0,
            manifest: None,
            content: None,
            expires: None,
            chain: Vec::new(),
            ever_final: false,
        }
    }

    /// The next event of the chain.
    pub fn event(&mut self, house: &mut House, action: Action, state: &str) -> AuditEvent {
        self.sequence += 1;
        let mut event = event(house, action);
        event.document = Some(DocumentRef {
            id: self.id.clone(),
            kind: "discharge-summary".into(),
            revision: self.revision,
            version: self.sequence,
            state: state.to_owned(),
            content_sha256: self.content,
            manifest_sha256: self.manifest.as_ref().map(|(hash, _)| *hash),
            expires_at: self.expires,
        });
        event.previous = self.last;
        event.sequence = self.sequence;
        self.link(event)
    }

    pub fn link(&mut self, event: AuditEvent) -> AuditEvent {
        self.last = Some(event.hash().unwrap());
        event
    }

    pub fn request(&mut self, house: &mut House) -> AuditEvent {
        self.event(house, Action::DraftRequested, "requested")
    }

    /// A reading, which stands alone.
    pub fn read(&self, house: &mut House) -> AuditEvent {
        let mut event = event(house, Action::DocumentRead);
        event.document = Some(DocumentRef {
            id: self.id.clone(),
            kind: "discharge-summary".into(),
            revision: self.revision,
            version: self.sequence,
            state: "draft".into(),
            content_sha256: self.content,
            manifest_sha256: self.manifest.as_ref().map(|(hash, _)| *hash),
            expires_at: self.expires,
        });
        event
    }

    /// Stores the next revision: a draft, or, after a finalisation, an amendment.
    pub fn revise(&mut self, house: &mut House) -> AuditEvent {
        self.revision += 1;
        self.expires = (!self.ever_final).then(|| house.now().plus_days(90).unwrap());
        let area = if self.ever_final { "final" } else { "draft" };
        let content = format!("{{\"text\":\"{} revision {}\"}}", self.id, self.revision).into_bytes();
        let manifest = self.next_manifest(house, area, &content);
        self.store(house, area, manifest, &content);
        let (action, state) = match (self.revision, self.ever_final) {
            (1, _) => (Action::DocumentDrafted, "draft"),
            (_, false) => (Action::DocumentRevised, "revised"),
            (_, true) => (Action::AmendmentBegun, "amended"),
        };
        self.event(house, action, state)
    }

    fn next_manifest(&self, house: &House, area: &str, content: &[u8]) -> Manifest {
        Manifest {
            schema: ManifestSchema::V1,
            hospital: house.hospital.clone(),
            document_id: self.id.clone(),
            revision: self.revision,
            kind: "discharge-summary".into(),
            patient_tag: Digest::of(b"patient"),
            data_source: "ehr-main".into(),
            record_sha256: Digest::of(b"record"),
            template: Template { id: "discharge-summary@1".into(), sha256: Digest::of(b"template") },
            prompt_sha256: None,
            model: None,
            reply_sha256: None,
            author: Author { id: "clerk-1".into(), role: "clerk".into(), on_behalf_of: Some("sato".into()) },
            finaliser: None,
            answers: Vec::new(),
            previous_manifest: self.manifest.as_ref().map(|(hash, _)| *hash),
            data_key: None,
            representations: vec![self.representation(area, "application/json", None, content)],
        }
    }

    fn representation(&self, area: &str, media_type: &str, view: Option<View>, bytes: &[u8]) -> Representation {
        let sha256 = Digest::of(bytes);
        Representation {
            media_type: media_type.to_owned(),
            view,
            size: bytes.len() as u64,
            sha256,
            key: format!("{area}/{}/{}/{sha256}", self.id, self.revision),
        }
    }

    fn store(&mut self, house: &House, area: &str, manifest: Manifest, content: &[u8]) {
        let bytes = manifest.canonical_bytes().unwrap();
        for bytes in [content.to_vec(), bytes.clone()] {
            self.put(house, area, self.revision, &bytes, None);
            self.chain.push((self.revision, bytes));
        }
        self.content = Some(Digest::of(content));
        self.manifest = Some((Digest::of(&bytes), manifest));
    }

    pub fn put(&self, house: &House, area: &str, revision: u32, bytes: &[u8], lock: Option<(&str, i64)>) {
        let key = format!("{area}/{}/{revision}/{}", self.id, Digest::of(bytes));
        house.put_locked("documents", &key, bytes, lock);
    }

    /// Copies the chain, renders, stores the final manifest, locks, and returns the event.
    pub fn finalise(&mut self, house: &mut House) -> AuditEvent {
        self.finalise_after(house, None, Vec::new())
    }

    /// The same, with what the event says of the reading, and the answers to flags.
    pub fn finalise_after(
        &mut self,
        house: &mut House,
        review: Option<Review>,
        answers: Vec<FlagAnswer>,
    ) -> AuditEvent {
        let Some((draft, manifest)) = self.manifest.clone() else { panic!("nothing to finalise") };
        let until = house.clock + 3653 * DAY;
        let content = self.chain.iter().rev().nth(1).unwrap().1.clone();
        let mut manifest = Manifest {
            previous_manifest: Some(draft),
            finaliser: Some(Finaliser {
                id: "sato".into(),
                role: "physician".into(),
                name: "佐藤 一郎".into(),
                qualification: "医師".into(),
                department: "内科".into(),
                at: house.now(),
            }),
            answers,
            representations: vec![self.representation("final", "application/json", None, &content)],
            ..manifest
        };
        for (media_type, view) in [
            ("text/plain", None),
            ("text/html", Some(View::Review)),
            ("text/html", Some(View::Issue)),
            ("application/fhir+json", None),
        ] {
            let bytes = format!("{media_type} {view:?} of {} revision {}", self.id, self.revision).into_bytes();
            manifest.representations.push(self.representation("final", media_type, view, &bytes));
            self.chain.push((self.revision, bytes));
        }
        let bytes = manifest.canonical_bytes().unwrap();
        self.chain.push((self.revision, bytes.clone()));
        self.manifest = Some((Digest::of(&bytes), manifest));
        for (revision, bytes) in &self.chain {
            self.put(house, "final", *revision, bytes, Some(("COMPLIANCE", until)));
        }
        self.ever_final = true;
        self.expires = None;
        let mut event = self.event(house, Action::DocumentFinalised, "final");
        let until = UtcMillis::from_unix_ms(until).unwrap();
        event.retention = Some(Retention { mode: RetentionMode::Compliance, until });
        event.review = review;
        self.link(event)
    }
}
