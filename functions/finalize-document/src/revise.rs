//! A revision: the text that a person sent becomes a new object, linked to the one before it by hash.

use fude::audit::Action;
use fude::integrity::{Author, Digest, Manifest, Representation};
use fude::lifecycle::{State as Life, after_revision, revise};
use fude::role::Role;
use fude_aws::hospital;
use fude_aws::metadata::{FlagCounts, Person};
use fude_aws::state::State;

use crate::commit::{Said, step};
use crate::error::Error;
use crate::handler::{Handler, Job};
use crate::request::Revision;

impl Handler {
    /// The state after it, with objects already written. A crash before the commit leaves two leftovers.
    pub async fn revise(&self, job: &Job<'_>, revision: &Revision) -> Result<(State, Action, Said), Error> {
        let physician = self.physician(job, revision).await?;
        let checked = self.checked(job).await?;
        let document = revise(&checked.document, &job.template, &revision.sections)?;
        let bytes = document.bytes();
        let hash = Digest::of(&bytes);
        let folder = job.state.folder(document.revision);
        let content_key = format!("{folder}/{hash}");
        let manifest = Manifest {
            revision: document.revision,
            author: Author {
                id: job.caller.user.clone(),
                role: job.caller.role.as_str().to_owned(),
                on_behalf_of: physician.clone(),
            },
            finaliser: None,
            answers: Vec::new(),
            previous_manifest: job.state.manifest_sha256,
            representations: vec![Representation {
                media_type: "application/json".to_owned(),
                view: None,
                size: bytes.len() as u64,
                sha256: hash,
                key: content_key.clone(),
            }],
            ..checked.manifest
        };
        let manifest_bytes = manifest.canonical_bytes().expect("a manifest holds no float");
        let manifest_hash = Digest::of(&manifest_bytes);
        let manifest_key = format!("{folder}/{manifest_hash}");
        tokio::try_join!(
            self.documents.create(&content_key, "application/json", bytes),
            self.documents.create(&manifest_key, "application/json", manifest_bytes),
        )
        .map_err(Error::store)?;

        let begins = job.state.state == Life::Final.as_str();
        let action = if begins { Action::AmendmentBegun } else { Action::DocumentRevised };
        let said = Said { on_behalf_of: physician.clone(), ..Said::why(&revision.reason) };
        let next = State {
            state: after_revision(job.caller.role, job.state.final_revision.is_some()).as_str().to_owned(),
            revision: document.revision,
            content_key: Some(content_key),
            content_sha256: Some(hash),
            manifest_key: Some(manifest_key),
            manifest_sha256: Some(manifest_hash),
            flags: FlagCounts { open: document.open_flags(), answered: 0 },
            entered_by: Person::of(job.caller, job.registration.staff.as_ref()),
            on_behalf_of: physician,
            finalised_by: None,
            finalised_at: None,
            ..job.state.clone()
        };
        Ok((step(job, next, action, &said, true)?, action, said))
    }

    /// For whom a clerk types: named now or before, and a physician of this hospital. Others type for themselves.
    async fn physician(&self, job: &Job<'_>, revision: &Revision) -> Result<Option<String>, Error> {
        if job.caller.role != Role::Clerk {
            return Ok(None);
        }
        let named =
            revision.on_behalf_of.clone().or_else(|| job.state.on_behalf_of.clone()).ok_or(Error::NoPhysician)?;
        let table = &self.config.shared.table;
        let staff = hospital::staff(&self.dynamodb, table, job.caller.hospital.as_str(), &named).await?;
        let physician = staff.is_some_and(|s| s.role == Role::Physician.as_str());
        if physician { Ok(Some(named)) } else { Err(Error::NoPhysician) }
    }
}
