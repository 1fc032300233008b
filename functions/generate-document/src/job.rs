//! A request that has passed every check that needs no record, and the state that it claims.

use fude::integrity::Digest;
use fude::template::Template;
use fude_aws::audit;
use fude_aws::caller::Caller;
use fude_aws::hospital::Registration;
use fude_aws::metadata::Person;
use fude_aws::state::{Lease, State};

use crate::lease;
use crate::request::Ask;

/// What is known of a request once it has passed every check that needs no record.
pub struct Job<'j> {
    pub caller: &'j Caller,
    pub registration: &'j Registration,
    pub ask: &'j Ask<'j>,
    pub template: Template,
    pub template_hash: Digest,
    pub document_id: String,
    pub patient_tag: Digest,
}

impl Job<'_> {
    /// The state that takes the lease, after what was known of this key.
    pub fn claimed(&self, known: Option<State>, now_ms: i64) -> State {
        let fields = &self.ask.fields;
        let before = known.unwrap_or_default();
        let created_at = if before.created_at.is_empty() { audit::now().to_string() } else { before.created_at };
        State {
            hospital: self.caller.hospital.as_str().to_owned(),
            document_id: self.document_id.clone(),
            state: "requested".to_owned(),
            revision: 0,
            version: before.version + 1,
            document_type: fields.document_type.clone(),
            data_source: fields.data_source_id.clone(),
            patient_id: fields.patient_id.clone(),
            patient_tag: self.patient_tag.to_string(),
            destination: fields.destination.clone(),
            request_sha256: self.ask.hash.to_string(),
            lease: Some(Lease { token: uuid::Uuid::new_v4().to_string(), until: now_ms + lease::LEASE_MS }),
            entered_by: Person::of(self.caller, self.registration.staff.as_ref()),
            on_behalf_of: fields.on_behalf_of.clone(),
            created_at,
            events: before.events,
            last_event: before.last_event,
            ..State::default()
        }
    }
}
