//! What the log's events fold to, from the request to the seal; where a backup helps; and which orders are none.

use std::collections::BTreeMap;

use fude::audit::chain::{Chain, ChainError};
use fude::audit::{Agent, DocumentRef, EventSchema, Outcome, Retention, RetentionMode, Salt, Source, UtcMillis};
use fude::document::{Coverage, Destination, Flag, FlagState, Generation, Mode, Patient};
use fude::integrity::{AnswerKind, Author, Finaliser, FlagAnswer, ManifestSchema, Template};
use fude_aws::state::Lease;

use super::*;

const ID: &str = "5d0c5d0c5d0c5d0c5d0c5d0c5d0c5d0c";

/// An event with its hash and what it brought.
struct Link {
    event: AuditEvent,
    hash: Digest,
    texts: Option<Texts>,
}

/// One document while things are done to it.
#[derive(Default)]
struct Life {
    links: Vec<Link>,
    revision: u32,
    hashes: Option<(Digest, Digest)>,
    ever_final: bool,
}

fn moment(minute: usize) -> UtcMillis {
    UtcMillis::parse(&format!("2026-11-22T10:{minute:02}:00.000Z")).unwrap()
}

fn agent(id: &str, role: &str, on_behalf_of: Option<&str>) -> Agent {
    Agent { id: id.to_owned(), role: role.to_owned(), on_behalf_of: on_behalf_of.map(str::to_owned) }
}

fn clerk() -> Agent {
    agent("sub-kimura", "clerk", Some("sato"))
}

fn physician() -> Agent {
    agent("sub-sato", "physician", None)
}

/// A text with two flags, of which one is open.
fn document(revision: u32) -> Document {
    let flag = |id: &str, state| Flag {
        id: id.to_owned(),
        sentence: "S1".to_owned(),
        reason: "negation".to_owned(),
        message: String::new(),
        state,
    };
    Document {
        schema: "fude/document/1".to_owned(),
        document_id: ID.to_owned(),
        revision,
        document_type: "referral-letter".to_owned(),
        title: String::new(),
        patient: Patient { id: "20481937".to_owned(), ..Patient::default() },
        destination: Destination { kind: "medical-institution".to_owned(), ..Destination::default() },
        sections: Vec::new(),
        evidence: BTreeMap::new(),
        resources: BTreeMap::new(),
        flags: vec![flag("W1", FlagState::Open), flag("W2", FlagState::Answered)],
        dropped: Vec::new(),
        questions: Vec::new(),
        warnings: Vec::new(),
        coverage: Coverage::default(),
        generation: Generation {
            mode: Mode::Extractive,
            model_id: None,
            template: "referral-letter@1".to_owned(),
            prompt_sha256: None,
            record_sha256: String::new(),
        },
    }
}

fn manifest(revision: u32, finaliser: Option<Finaliser>) -> Manifest {
    let answers = finaliser.iter().map(|_| FlagAnswer { flag: "W1".to_owned(), answer: AnswerKind::Accepted });
    Manifest {
        schema: ManifestSchema::V1,
        hospital: "hospital-a".to_owned(),
        document_id: ID.to_owned(),
        revision,
        kind: "referral-letter".to_owned(),
        patient_tag: Digest::of(b"patient"),
        data_source: "ehr-main".to_owned(),
        record_sha256: Digest::of(b"record"),
        template: Template { id: "referral-letter@1".to_owned(), sha256: Digest::of(b"template") },
        prompt_sha256: None,
        model: None,
        reply_sha256: None,
        author: Author { id: "sub-kimura".to_owned(), role: "clerk".to_owned(), on_behalf_of: None },
        answers: answers.collect(),
        finaliser,
        previous_manifest: None,
        data_key: None,
        representations: Vec::new(),
    }
}

impl Life {
    fn act(&mut self, action: Action, state: &str, agent: Agent) -> &mut Self {
        self.add(action, state, agent, None);
        self
    }

    fn add(&mut self, action: Action, state: &str, agent: Agent, texts: Option<Texts>) {
        let sequence = self.links.len() as u64 + 1;
        let retention = (action == Action::DocumentFinalised)
            .then(|| Retention { mode: RetentionMode::Compliance, until: moment(59) });
        let event = AuditEvent {
            schema: EventSchema::V1,
            hospital: "hospital-a".to_owned(),
            action,
            outcome: Outcome::Success,
            at: moment(self.links.len()),
            request_id: format!("r-{sequence}"),
            agent,
            document: Some(DocumentRef {
                id: ID.to_owned(),
                kind: "referral-letter".to_owned(),
                revision: self.revision,
                version: sequence,
                state: state.to_owned(),
                content_sha256: self.hashes.map(|(content, _)| content),
                manifest_sha256: self.hashes.map(|(_, manifest)| manifest),
                expires_at: (!self.ever_final).then(|| moment(58)),
            }),
            patient_tag: Some(Digest::of(b"patient")),
            source: Source { certificate: "CN=gateway".to_owned(), address: "192.0.2.7".to_owned() },
            reason: None,
            stated_sha256: None,
            retention,
            review: None,
            previous: self.links.last().map(|link| link.hash),
            sequence,
            salt: Salt::from_bytes([7; 16]),
        };
        let hash = event.hash().unwrap();
        self.links.push(Link { event, hash, texts });
    }

    /// An act that brings a text: of the next revision, or the final one of this.
    fn write(&mut self, action: Action, state: &str, agent: Agent, finaliser: Option<Finaliser>) -> &mut Self {
        self.revision += u32::from(finaliser.is_none());
        self.ever_final |= finaliser.is_some();
        let content = self.hashes.filter(|_| finaliser.is_some()).map(|(content, _)| content);
        let manifest = manifest(self.revision, finaliser);
        let content = content.unwrap_or_else(|| Digest::of(&self.revision.to_be_bytes()));
        self.hashes = Some((content, manifest.hash().unwrap()));
        self.add(action, state, agent, Some(Texts { document: document(self.revision), manifest }));
        self
    }

    /// Drafted by a clerk, corrected, finalised, issued, amended, finalised again, sealed by two.
    fn whole() -> Self {
        let mut life = Self::default();
        life.act(Action::DraftRequested, "requested", clerk())
            .write(Action::DocumentDrafted, "draft", clerk(), None)
            .write(Action::DocumentRevised, "awaiting-approval", clerk(), None)
            .write(Action::DocumentFinalised, "final", physician(), Some(sato()))
            .act(Action::DocumentIssued, "final", clerk())
            .write(Action::AmendmentBegun, "amended", physician(), None)
            .write(Action::DocumentFinalised, "final", physician(), Some(sato()))
            .act(Action::SealingRequested, "final", physician())
            .act(Action::DocumentSealed, "sealed", agent("sub-tanaka", "physician", None));
        life
    }

    /// Folds the events from one index on, as far as another.
    fn folded(&self, state: State, range: std::ops::Range<usize>, persons: &mut Persons, steps: &[Step]) -> State {
        self.links[range]
            .iter()
            .fold(state, |state, link| apply(state, &link.event, link.hash, link.texts.as_ref(), persons, steps))
    }

    fn state_after(&self, events: usize) -> State {
        self.folded(State::default(), 0..events, &mut Persons::default(), &[])
    }
}

fn sato() -> Finaliser {
    Finaliser {
        id: "sub-sato".to_owned(),
        role: "physician".to_owned(),
        name: "佐藤 一郎".to_owned(),
        qualification: "医師".to_owned(),
        department: "内科".to_owned(),
        at: moment(30),
    }
}

#[test]
fn a_draft_takes_its_patient_and_addressee_from_the_text_and_lies_in_draft() {
    let life = Life::whole();
    let requested = life.state_after(1);
    assert_eq!((requested.state.as_str(), requested.revision, requested.version), ("requested", 0, 1));
    assert_eq!((requested.content_key, requested.history.len()), (None, 0));
    assert_eq!(requested.created_at, moment(0).to_string());

    let draft = life.state_after(2);
    assert_eq!((draft.state.as_str(), draft.revision, draft.version), ("draft", 1, 2));
    assert_eq!((draft.patient_id.as_str(), draft.data_source.as_str()), ("20481937", "ehr-main"));
    assert_eq!(
        (draft.destination.kind.as_str(), draft.document_type.as_str()),
        ("medical-institution", "referral-letter")
    );
    assert_eq!(draft.patient_tag, Digest::of(b"patient").to_string());
    assert_eq!(draft.flags, FlagCounts { open: 1, answered: 0 });
    assert_eq!(draft.content_key, Some(format!("draft/{ID}/1/{}", draft.content_sha256.unwrap())));
    assert_eq!(draft.manifest_key, Some(format!("draft/{ID}/1/{}", draft.manifest_sha256.unwrap())));
    assert_eq!((draft.entered_by.id.as_str(), draft.on_behalf_of.as_deref()), ("sub-kimura", Some("sato")));
    assert_eq!(draft.expires_at, Some(moment(58).to_string()));
    assert_eq!((draft.history.len(), draft.finalised_by, draft.retention), (1, None, None));
}

#[test]
fn a_final_version_lies_in_final_is_to_be_locked_and_names_who_finalised_it() {
    let life = Life::whole();
    let state = life.state_after(4);
    assert_eq!((state.state.as_str(), state.revision, state.final_revision), ("final", 2, Some(2)));
    assert_eq!(state.content_key, Some(format!("final/{ID}/2/{}", state.content_sha256.unwrap())));
    assert_eq!(state.flags, FlagCounts { open: 0, answered: 1 });
    let by = state.finalised_by.unwrap();
    assert_eq!((by.name.as_str(), by.qualification.as_str(), by.department.as_str()), ("佐藤 一郎", "医師", "内科"));
    assert_eq!(state.finalised_at, Some(moment(30).to_string()), "the manifest's moment");
    assert_eq!((state.retention.map(|r| r.until), state.unlocked), (Some(moment(59)), true));
    assert_eq!((state.expires_at, state.entered_by.id.as_str()), (None, "sub-kimura"));
    // Approved by another than who typed: both stand in the history
    let by: Vec<_> = state.history.iter().map(|s| (s.by.id.as_str(), s.on_behalf_of.as_deref())).collect();
    assert_eq!(by, [("sub-kimura", Some("sato")), ("sub-kimura", Some("sato")), ("sub-sato", None)]);
}

#[test]
fn an_amendment_is_open_again_and_its_draft_lies_beside_the_final_version() {
    let life = Life::whole();
    let amended = life.state_after(6);
    assert_eq!((amended.state.as_str(), amended.revision, amended.final_revision), ("amended", 3, Some(2)));
    assert_eq!((&amended.finalised_by, &amended.finalised_at), (&None, &None));
    assert_eq!((amended.entered_by.id.as_str(), amended.on_behalf_of.clone()), ("sub-sato", None));
    assert!(amended.content_key.unwrap().starts_with(&format!("final/{ID}/3/")));
    let again = life.state_after(7);
    assert_eq!((again.final_revision, again.finalised_by.map(|p| p.id)), (Some(3), Some("sub-sato".to_owned())));
}

#[test]
fn every_act_leaves_its_step_and_only_new_texts_have_hashes_there() {
    let state = Life::whole().state_after(9);
    assert_eq!((state.state.as_str(), state.version, state.events), ("sealed", 9, 9));
    assert_eq!(state.sealing_requested_by.as_ref().map(|p| p.id.as_str()), Some("sub-sato"));
    let steps: Vec<_> = state
        .history
        .iter()
        .map(|s| (s.version, s.action.as_str(), s.revision, s.content_sha256.is_some(), s.manifest_sha256.is_some()))
        .collect();
    assert_eq!(
        steps,
        [
            (2, "document-drafted", 1, true, true),
            (3, "document-revised", 2, true, true),
            (4, "document-finalised", 2, true, true),
            (5, "document-issued", 2, false, false),
            (6, "amendment-begun", 3, true, true),
            (7, "document-finalised", 3, true, true),
            (8, "sealing-requested", 3, false, false),
            (9, "document-sealed", 3, false, false),
        ]
    );
}

#[test]
fn a_failed_drafting_leaves_no_step_and_nobody_drafting() {
    let mut life = Life::default();
    life.act(Action::DraftRequested, "requested", physician()).act(Action::DraftingFailed, "failed", physician());
    let lease = Some(Lease { token: "t".to_owned(), until: 1 });
    let state = life.folded(State { lease, ..State::default() }, 0..2, &mut Persons::default(), &[]);
    assert_eq!((state.state.as_str(), state.lease.is_none(), state.history.len()), ("failed", true, 0));
    assert_eq!((state.content_key, state.manifest_key, state.events), (None, None, 2));
}

#[test]
fn an_event_of_no_document_changes_nothing() {
    let life = Life::whole();
    let state = life.state_after(4);
    let search = AuditEvent { document: None, action: Action::Search, ..life.links[8].event.clone() };
    assert_eq!(apply(state.clone(), &search, Digest::of(b""), None, &mut Persons::default(), &[]), state);
}

#[test]
fn names_come_from_whoever_knows_them_in_the_role_of_that_day() {
    let known = |id: &str, user: &str, name: &str, role: &str| Person {
        id: id.to_owned(),
        user: user.to_owned(),
        name: name.to_owned(),
        role: role.to_owned(),
        ..Person::default()
    };
    let mut persons = Persons::default();
    let step = |by| Step { by, ..Life::whole().state_after(2).history.remove(0) };
    persons.learn(&State {
        entered_by: known("sub-kimura", "kimura", "木村 花子", "nurse"),
        history: vec![step(known("sub-tanaka", "tanaka", "田中 次郎", "physician"))],
        ..State::default()
    });
    let state = Life::whole().folded(State::default(), 0..9, &mut persons, &[]);
    let kimura = &state.history[0].by;
    assert_eq!((kimura.name.as_str(), kimura.user.as_str(), kimura.role.as_str()), ("木村 花子", "kimura", "clerk"));
    assert_eq!(state.history[7].by.name, "田中 次郎");
    // Learnt from the manifest of the finalisation before
    assert_eq!(state.history[6].by.name, "佐藤 一郎");
    // Known to nobody: the id stands for the name
    assert_eq!(Life::whole().state_after(9).history[7].by.name, "sub-tanaka");
}

#[test]
fn a_manifest_that_names_another_finaliser_than_the_event_is_not_believed() {
    let mut life = Life::default();
    life.act(Action::DraftRequested, "requested", physician())
        .write(Action::DocumentDrafted, "draft", physician(), None)
        .write(Action::DocumentFinalised, "final", agent("sub-tanaka", "physician", None), Some(sato()));
    let by = life.state_after(3).finalised_by.unwrap();
    assert_eq!((by.id.as_str(), by.name.as_str(), by.qualification.as_str()), ("sub-tanaka", "sub-tanaka", ""));
}

#[test]
fn what_stands_in_no_event_is_taken_from_the_backup_as_far_as_it_agrees() {
    let life = Life::whole();
    let mut backup = life.state_after(5);
    backup.request_sha256 = "request".to_owned();
    backup.history[1].reason = Some("記載を補った。".to_owned());
    backup.history[3].reason = Some("古い控え".to_owned());
    // On another chain from version 5 on
    backup.history[3].action = "document-withdrawn".to_owned();
    let base = kept(&backup, 4);
    assert_eq!((base.history.len(), base.state.as_str(), base.events), (3, "", 0));
    let steps = base.history.clone();
    let state = life.folded(base, 0..9, &mut Persons::default(), &steps);
    assert_eq!((state.request_sha256.as_str(), state.created_at.as_str()), ("request", backup.created_at.as_str()));
    assert_eq!(state.history[1].reason.as_deref(), Some("記載を補った。"));
    assert_eq!((state.history[3].action.as_str(), &state.history[3].reason), ("document-issued", &None));
    // A step of that version that tells of another act is not this one's
    let mut other = steps;
    other[1].action = "document-withdrawn".to_owned();
    let state = life.folded(kept(&backup, 4), 0..9, &mut Persons::default(), &other);
    assert_eq!((state.history[1].action.as_str(), &state.history[1].reason), ("document-revised", &None));
}

#[test]
fn a_fold_goes_on_from_any_state_on_the_chain_as_if_it_had_begun_at_the_first_event() {
    let life = Life::whole();
    let whole = life.state_after(9);
    let mut chain = Chain::default();
    for (count, link) in (1..).zip(&life.links) {
        chain.follow(&link.event, link.hash).unwrap();
        let state = life.state_after(count);
        assert_eq!((state.events, state.last_event), (chain.sequence(), chain.last()), "it stands on the chain");
        let mut persons = Persons::default();
        persons.learn(&state);
        assert_eq!(life.folded(state, count..9, &mut persons, &[]), whole, "after {count}");
    }
}

#[test]
fn no_other_order_of_the_events_and_none_with_one_missing_or_twice_is_a_chain_to_fold() {
    let life = Life::whole();
    let follows = |order: &[usize]| -> Result<(), ChainError> {
        let mut chain = Chain::default();
        order.iter().try_for_each(|i| chain.follow(&life.links[*i].event, life.links[*i].hash))
    };
    let right: Vec<usize> = (0..life.links.len()).collect();
    assert_eq!(follows(&right), Ok(()));
    for one in &right {
        for other in &right[..*one] {
            let mut order = right.clone();
            order.swap(*one, *other);
            assert!(follows(&order).is_err(), "{order:?}");
        }
        let twice = [&right[..=*one], &right[*one..]].concat();
        assert_eq!(follows(&twice), Err(ChainError::Duplicate { found: *one as u64 + 1 }));
        let missing = [&right[..*one], &right[one + 1..]].concat();
        let is_last = *one + 1 == right.len();
        assert_eq!(follows(&missing).is_ok(), is_last, "{missing:?}");
    }
    // Events of two lives under one number: the later one does not follow
    let mut other = Life::default();
    other.act(Action::DraftRequested, "requested", agent("sub-tanaka", "physician", None));
    let mut chain = Chain::default();
    chain.follow(&other.links[0].event, other.links[0].hash).unwrap();
    let followed = chain.follow(&life.links[1].event, life.links[1].hash);
    assert!(matches!(followed, Err(ChainError::OtherPredecessor { .. })), "{followed:?}");
}
