//! A request that has passed every check that needs no record, and the state that it claims.

use fude::integrity::Digest;
use fude::template::Template;
use fude_aws::audit;
use fude_aws::caller::{Caller, Role};
use fude_aws::hospital::{self, Registration};
use fude_aws::metadata::Person;
use fude_aws::rows::{Key, Rows};
use fude_aws::state::{self, Lease, State};

use crate::error::Error;
use crate::lease;
use crate::request::Ask;

/// What is asked for, before it is known whether the caller may come in.
pub struct Wanted<'r> {
    pub ask: Ask<'r>,
    pub document_id: String,
    pub patient_tag: Digest,
}

impl Wanted<'_> {
    /// Whom a clerk types for.
    fn physician(&self, caller: &Caller) -> Option<&str> {
        self.ask.fields.on_behalf_of.as_deref().filter(|_| caller.role == Role::Clerk)
    }

    /// An earlier draft to go on from.
    fn earlier(&self) -> Option<&str> {
        self.ask.fields.based_on.as_deref().filter(|id| state::is_document_id(id))
    }

    /// The document of this key, and who and what else the request names.
    pub fn along(&self, caller: &Caller) -> Vec<Key> {
        let hospital = caller.hospital.as_str();
        let document = |id: &str| state::key(hospital, id);
        let mut keys = vec![document(&self.document_id)];
        keys.extend(self.physician(caller).map(|name| hospital::staff_key(hospital, name)));
        keys.extend(self.earlier().map(document));
        keys
    }
}

/// What is known of a request once it has passed every check that needs no record.
pub struct Job<'j> {
    pub caller: &'j Caller,
    pub registration: &'j Registration,
    pub ask: Ask<'j>,
    pub template: Template,
    pub template_hash: Digest,
    pub document_id: String,
    pub patient_tag: Digest,
}

impl<'j> Job<'j> {
    /// Checks that need no record.
    pub fn new(
        caller: &'j Caller,
        registration: &'j Registration,
        wanted: Wanted<'j>,
        rows: &Rows,
    ) -> Result<Self, Error> {
        let fields = &wanted.ask.fields;
        let (template, template_hash) = Template::find(&fields.document_type).ok_or(Error::UnknownDocumentType)?;
        if !template.may_draft(caller.role.as_str()) {
            return Err(Error::Role);
        }
        if !template.addressee.types.contains(&fields.destination.kind) {
            return Err(Error::Addressee);
        }
        if fields.statements.iter().any(|s| template.section(&s.section).is_none()) {
            let known: Vec<&str> = template.sections.iter().map(|s| s.code.as_str()).collect();
            return Err(Error::Malformed(format!("statements[].section must be one of {}", known.join(", "))));
        }
        if registration.data_source(&fields.data_source_id).is_none() {
            return Err(Error::UnknownDataSource);
        }
        let hospital = caller.hospital.as_str();
        if let Some(named) = wanted.physician(caller) {
            let staff = hospital::staff_along(rows, hospital, named);
            if staff.is_none_or(|s| s.role != Role::Physician.as_str()) {
                return Err(Error::NoPhysician);
            }
        }
        if fields.based_on.is_some() {
            let earlier = wanted.earlier().ok_or(Error::NoSuchDocument)?;
            let earlier = state::along(rows, hospital, earlier).map_err(Error::store)?;
            if earlier.is_none_or(|s| s.patient_tag != wanted.patient_tag.to_string()) {
                return Err(Error::NoSuchDocument);
            }
        }
        let Wanted { ask, document_id, patient_tag } = wanted;
        Ok(Self { caller, registration, ask, template, template_hash, document_id, patient_tag })
    }

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
