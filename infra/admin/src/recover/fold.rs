//! The state of a document, folded out of its events, its manifests and its texts. Pure.
//!
//! An event holds hashes and ids; whose patient it is and to whom it goes stands in the text, who finalised it by name
//! in the manifest. What stands nowhere but in a state (reasons, addressees of copies, names of persons) is taken from
//! the state of the backup as far as it agrees with the log.

use std::collections::BTreeMap;

use fude::audit::{Action, AuditEvent};
use fude::document::Document;
use fude::integrity::{Digest, Manifest};
use fude_aws::metadata::{FlagCounts, Person, Step};
use fude_aws::state::State;

/// Persons by the id that events name, as states and manifests know them.
#[derive(Default)]
pub struct Persons(BTreeMap<String, Person>);

impl Persons {
    pub fn learn(&mut self, state: &State) {
        let named = [state.finalised_by.as_ref(), state.sealing_requested_by.as_ref(), Some(&state.entered_by)];
        for person in named.into_iter().flatten().chain(state.history.iter().map(|s| &s.by)) {
            self.add(person);
        }
    }

    fn add(&mut self, person: &Person) {
        // The fuller of two: a manifest does not know the name of the sign-in
        if !person.id.is_empty() && !(person.user.is_empty() && self.0.contains_key(&person.id)) {
            self.0.insert(person.id.clone(), person.clone());
        }
    }

    /// Who did it, in the role of that day; by id alone where nobody knows more.
    fn who(&self, event: &AuditEvent) -> Person {
        let known = self.0.get(&event.agent.id).cloned();
        let person = known.unwrap_or_else(|| Person { name: event.agent.id.clone(), ..Person::default() });
        Person { id: event.agent.id.clone(), role: event.agent.role.clone(), ..person }
    }
}

/// The objects of a new text.
pub struct Texts {
    pub document: Document,
    pub manifest: Manifest,
}

/// Whether the event brought a text of its own.
pub const fn brings_text(action: Action) -> bool {
    matches!(
        action,
        Action::DocumentDrafted | Action::DocumentRevised | Action::AmendmentBegun | Action::DocumentFinalised
    )
}

/// A state of a backup without what the log contradicts: what holds for every version, and the steps up to `version`.
pub fn kept(old: &State, version: u64) -> State {
    State {
        hospital: old.hospital.clone(),
        document_id: old.document_id.clone(),
        data_source: old.data_source.clone(),
        patient_id: old.patient_id.clone(),
        destination: old.destination.clone(),
        request_sha256: old.request_sha256.clone(),
        created_at: old.created_at.clone(),
        history: old.history.iter().filter(|s| s.version <= version).cloned().collect(),
        ..State::default()
    }
}

/// The state after the event. `texts` where it [`brings_text`]; `steps` are those of the backup that still hold.
pub fn apply(
    state: State,
    event: &AuditEvent,
    hash: Digest,
    texts: Option<&Texts>,
    persons: &mut Persons,
    steps: &[Step],
) -> State {
    let Some(document) = &event.document else { return state };
    let at = event.at.to_string();
    let mut next = State {
        hospital: event.hospital.clone(),
        document_id: document.id.clone(),
        document_type: document.kind.clone(),
        state: document.state.clone(),
        revision: document.revision,
        version: document.version,
        content_sha256: document.content_sha256,
        manifest_sha256: document.manifest_sha256,
        expires_at: document.expires_at.map(|t| t.to_string()),
        patient_tag: event.patient_tag.map_or(state.patient_tag.clone(), |t| t.to_string()),
        // Nobody is drafting any more
        lease: None,
        events: event.sequence,
        last_event: Some(hash),
        ..state
    };
    if let Some(texts) = texts {
        next.patient_id.clone_from(&texts.document.patient.id);
        next.destination = texts.document.destination.clone();
        next.data_source.clone_from(&texts.manifest.data_source);
        next.flags = FlagCounts { open: texts.document.open_flags(), answered: 0 };
    }
    let mut by = persons.who(event);
    let mut on_behalf_of = event.agent.on_behalf_of.clone();
    match event.action {
        Action::DraftRequested => {
            next.entered_by = by.clone();
            next.on_behalf_of.clone_from(&on_behalf_of);
            if next.created_at.is_empty() {
                next.created_at = at.clone();
            }
        }
        Action::DocumentDrafted => {
            next.history.clear();
            by = next.entered_by.clone();
            on_behalf_of.clone_from(&next.on_behalf_of);
        }
        Action::DocumentRevised | Action::AmendmentBegun => {
            next.entered_by = by.clone();
            next.on_behalf_of.clone_from(&on_behalf_of);
            next.finalised_by = None;
            next.finalised_at = None;
        }
        Action::DocumentFinalised => {
            let finaliser = texts.and_then(|t| t.manifest.finaliser.as_ref());
            if let Some(finaliser) = finaliser.filter(|f| f.id == event.agent.id) {
                by = Person {
                    id: finaliser.id.clone(),
                    user: by.user,
                    name: finaliser.name.clone(),
                    role: finaliser.role.clone(),
                    qualification: finaliser.qualification.clone(),
                    department: finaliser.department.clone(),
                };
                persons.add(&by);
            }
            next.flags = FlagCounts { open: 0, answered: texts.map_or(0, |t| t.manifest.answers.len()) };
            next.finalised_by = Some(by.clone());
            next.finalised_at = Some(finaliser.map_or(at.clone(), |f| f.at.to_string()));
            next.final_revision = Some(document.revision);
        }
        Action::SealingRequested => next.sealing_requested_by = Some(by.clone()),
        _ => {}
    }
    if event.retention.is_some() {
        next.retention.clone_from(&event.retention);
        // Set again where they are set: whoever comes by finds all locks in place
        next.unlocked = true;
    }
    let key = |hash: Option<Digest>| hash.map(|h| format!("{}/{h}", next.folder(next.revision)));
    (next.content_key, next.manifest_key) = (key(next.content_sha256), key(next.manifest_sha256));
    if !matches!(event.action, Action::DraftRequested | Action::DraftingFailed) {
        let action = event.action.name();
        let step = steps.iter().find(|s| s.version == document.version && s.action == action).cloned();
        next.history.push(step.unwrap_or_else(|| Step {
            version: document.version,
            action: action.to_owned(),
            revision: document.revision,
            at,
            by,
            on_behalf_of,
            reason: None,
            issue: None,
            content_sha256: document.content_sha256.filter(|_| brings_text(event.action)),
            manifest_sha256: document.manifest_sha256.filter(|_| brings_text(event.action)),
        }));
    }
    next
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
