//! 確定: the act of whom the template names, on one revision, with every flag answered and nothing left to fill.

use aws_sdk_dynamodb::types::AttributeValue;
use fude::audit::{Action, Retention, Review, UtcMillis};
use fude::integrity::{Digest, Finaliser, FlagAnswer, Manifest, Representation};
use fude::lifecycle::{self, State as Life};
use fude_aws::audit::{self, What};
use fude_aws::metadata::{FlagCounts, Person};
use fude_aws::rendering::Rendering;
use fude_aws::state::{self, State};
use fude_aws::stored::Checked;

use crate::chain;
use crate::commit::{Said, step, success};
use crate::error::Error;
use crate::handler::{Handler, Job};

impl Handler {
    /// The state after it, with all objects written and none locked: locks follow the commit.
    pub async fn finalise(&self, job: &Job<'_>, given: &[FlagAnswer]) -> Result<(State, What, Said), Error> {
        let now = audit::now();
        let checked = self.checked(job).await?;
        let answers = lifecycle::open_flags_answered(&checked.document, given)?;
        let open = lifecycle::incomplete(&checked.document);
        if !open.is_empty() {
            return Err(Error::Incomplete(open.into_iter().map(str::to_owned).collect()));
        }
        let term =
            lifecycle::term(self.config.stage, &job.template, job.registration.retention_years, &checked.document);
        let retention = Retention { mode: term.mode, until: term.until(now).map_err(Error::store)? };
        let review = Review {
            seconds_from_first_reading: self.seconds_from_first_reading(job, now).await?,
            entered_permille: lifecycle::entered_permille(&checked.document),
            flags_answered: u32::try_from(answers.len()).unwrap_or(u32::MAX),
        };
        let person = Person::of(job.caller, job.registration.staff.as_ref());
        let next = State {
            state: Life::Final.as_str().to_owned(),
            flags: FlagCounts { open: 0, answered: answers.len() },
            finalised_by: Some(person.clone()),
            finalised_at: Some(now.to_string()),
            final_revision: Some(job.state.revision),
            // Its chain is in `final/`, which does not expire.
            expires_at: None,
            retention: Some(retention.clone()),
            unlocked: true,
            ..job.state.clone()
        };
        chain::copy_to_final(&self.documents, &job.state).await?;
        let (manifest, content_key) = self.store(job, &next, checked, &answers, &person, now).await?;
        let next = State {
            content_key: Some(content_key),
            manifest_key: Some(format!("{}/{manifest}", next.folder(next.revision))),
            manifest_sha256: Some(manifest),
            ..next
        };
        let said = Said { on_behalf_of: job.state.on_behalf_of.clone(), ..Said::default() };
        let what = What { retention: Some(retention), review: Some(review), ..success(Action::DocumentFinalised) };
        Ok((step(job, next, Action::DocumentFinalised, &said, true)?, what, said))
    }

    /// Five representations and the manifest that binds them; returns its hash and the key of the JSON.
    async fn store(
        &self,
        job: &Job<'_>,
        next: &State,
        checked: Checked,
        answers: &[FlagAnswer],
        person: &Person,
        at: UtcMillis,
    ) -> Result<(Digest, String), Error> {
        let Checked { document, json, manifest } = checked;
        let folder = next.folder(next.revision);
        let mut objects = vec![("application/json", None, json)];
        for rendering in Rendering::ALL {
            let text = rendering.render(&document, next, &job.registration.sender, answers).ok_or(Error::NoTemplate)?;
            let (media_type, view) = rendering.named();
            objects.push((media_type, view, text));
        }
        let mut representations = Vec::with_capacity(objects.len());
        for (media_type, view, text) in objects {
            let sha256 = Digest::of(text.as_bytes());
            let key = format!("{folder}/{sha256}");
            representations.push(Representation {
                media_type: media_type.to_owned(),
                view,
                size: text.len() as u64,
                sha256,
                key: key.clone(),
            });
            self.documents.create(&key, media_type, text.into_bytes()).await.map_err(Error::store)?;
        }
        let content_key = representations[0].key.clone();
        let manifest = Manifest {
            finaliser: Some(Finaliser {
                id: person.id.clone(),
                role: person.role.clone(),
                name: person.name.clone(),
                qualification: person.qualification.clone(),
                department: person.department.clone(),
                at,
            }),
            answers: answers.to_vec(),
            previous_manifest: job.state.manifest_sha256,
            representations,
            ..manifest
        };
        let bytes = manifest.canonical_bytes().expect("a manifest holds no float");
        let hash = Digest::of(&bytes);
        let key = format!("{folder}/{hash}");
        self.documents.create(&key, "application/json", bytes).await.map_err(Error::store)?;
        Ok((hash, content_key))
    }

    /// From this person's first reading of this revision; `None` where there was none.
    async fn seconds_from_first_reading(&self, job: &Job<'_>, now: UtcMillis) -> Result<Option<u64>, Error> {
        let State { hospital, document_id, revision, .. } = &job.state;
        let (pk, sk) = state::reading_key(hospital, document_id, *revision, &job.caller.user);
        let found = self
            .dynamodb
            .get_item()
            .table_name(&self.config.shared.table)
            .key("pk", AttributeValue::S(pk))
            .key("sk", AttributeValue::S(sk))
            .send()
            .await
            .map_err(Error::store)?;
        let at = found.item.and_then(|i| UtcMillis::parse(i.get("at")?.as_s().ok()?).ok());
        Ok(at.and_then(|at| u64::try_from((now.unix_ms() - at.unix_ms()) / 1000).ok()))
    }
}
