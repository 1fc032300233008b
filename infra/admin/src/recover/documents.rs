//! One document's state, rebuilt from its event rows and objects.

use fude::audit::AuditEvent;
use fude::audit::chain::Chain;
use fude::integrity::{Digest, Manifest};
use fude_aws::objects::ObjectError;
use fude_aws::state::State;

use super::Stop;
use super::fold::{self, Persons, Texts};
use super::table::{EventRow, Table};
use crate::place::Place;

const CONTENT_BYTES: u64 = 16 * 1024 * 1024;
const MANIFEST_BYTES: u64 = 1024 * 1024;
const MOST_RACES: u32 = 5;

pub struct Document<'d> {
    pub place: &'d Place,
    pub table: &'d Table<'d>,
    pub hospital: &'d str,
    pub id: &'d str,
}

/// What became of a state.
pub enum Rebuilt {
    Agrees,
    /// Written, or to be; with the keys of event rows that stood in no chain any more.
    Written {
        displaced: Vec<String>,
    },
    Cannot(String),
}

/// An event of the chain that holds.
struct Link {
    event: AuditEvent,
    hash: Digest,
}

impl Document<'_> {
    pub async fn rebuild(&self, persons: &mut Persons, apply: bool) -> Result<Rebuilt, Stop> {
        let mut displaced = Vec::new();
        for _ in 0..MOST_RACES {
            let (item, rows) = self.table.document(self.hospital, self.id).await?;
            let old = item.as_ref().and_then(State::from_item);
            let (chain, strays) = match follow(rows) {
                Ok(followed) => followed,
                Err(sequence) => return Ok(Rebuilt::Cannot(format!("event {sequence} does not follow in its chain"))),
            };
            let mut moved = false;
            for stray in &strays {
                let name = format!("{} {}", stray.key.pk(), stray.key.sk());
                if !displaced.contains(&name) {
                    displaced.push(name);
                }
                moved |= apply && !self.table.displace(stray).await?;
            }
            if moved {
                continue;
            }
            let next = match self.fold(old.as_ref(), &chain, persons).await? {
                Ok(next) => next,
                Err(why) => return Ok(Rebuilt::Cannot(why)),
            };
            if old.as_ref() == Some(&next) {
                return Ok(if displaced.is_empty() { Rebuilt::Agrees } else { Rebuilt::Written { displaced } });
            }
            if !apply || self.table.put_state(next.to_item(), item.as_ref()).await? {
                return Ok(Rebuilt::Written { displaced });
            }
        }
        Err(Stop::Contended(format!("DOC#{}#{} STATE", self.hospital, self.id)))
    }

    /// From the state of the backup where it stands on the chain, else from the first event on.
    async fn fold(
        &self,
        old: Option<&State>,
        chain: &[Link],
        persons: &mut Persons,
    ) -> Result<Result<State, String>, Stop> {
        let stands = |old: &&State| {
            let last = chain.iter().find(|l| l.event.sequence == old.events);
            last.is_some_and(|l| Some(l.hash) == old.last_event)
        };
        let (mut state, from, steps) = match old {
            Some(old) if stands(&old) => (old.clone(), old.events, Vec::new()),
            Some(old) => {
                let base = fold::kept(old, common_version(old, chain));
                let steps = base.history.clone();
                (base, 0, steps)
            }
            None => (State::default(), 0, Vec::new()),
        };
        for Link { event, hash } in chain.iter().filter(|l| l.event.sequence > from) {
            let texts = match self.texts(&state, event).await? {
                Ok(texts) => texts,
                Err(why) => return Ok(Err(why)),
            };
            state = fold::apply(state, event, *hash, texts.as_ref(), persons, &steps);
        }
        Ok(Ok(state))
    }

    /// Manifest and text that an event brought, by the hashes that it names.
    async fn texts(&self, state: &State, event: &AuditEvent) -> Result<Result<Option<Texts>, String>, Stop> {
        let named = event.document.as_ref().and_then(|d| Some((d.revision, d.content_sha256?, d.manifest_sha256?)));
        let Some((revision, content, manifest)) = named.filter(|_| fold::brings_text(event.action)) else {
            return Ok(Ok(None));
        };
        let mut folders = vec![state.folder(revision), format!("final/{}/{revision}", self.id)];
        folders.dedup();
        let content = self.object(&folders, content, CONTENT_BYTES).await?;
        let manifest = self.object(&folders, manifest, MANIFEST_BYTES).await?;
        Ok(content.and_then(|content| {
            let document = serde_json::from_slice(&content).map_err(|_| "its text cannot be read".to_owned())?;
            let manifest = Manifest::parse(&manifest?).map_err(|_| "its manifest cannot be read".to_owned())?;
            Ok(Some(Texts { document, manifest }))
        }))
    }

    /// The object of that hash: a draft lies in `draft/` until it goes, and in `final/` once something is final.
    async fn object(&self, folders: &[String], hash: Digest, at_most: u64) -> Result<Result<Vec<u8>, String>, Stop> {
        let mut why = String::new();
        for folder in folders.iter().rev() {
            let key = format!("{folder}/{hash}");
            match self.place.documents.read(&key, at_most).await {
                Ok(bytes) if Digest::of(&bytes) == hash => return Ok(Ok(bytes)),
                Ok(_) | Err(ObjectError::TooLarge(_)) => why = format!("{key} has other bytes"),
                Err(ObjectError::Missing) => why = format!("{key} is missing"),
                Err(error) => return Err(Stop::unavailable("S3 GetObject", &error)),
            }
        }
        Ok(Err(why))
    }
}

/// The events in order, as far as each follows the one before. Second, rows that the log does not hold and that
/// follow nothing any more; an event of the log that does not follow is an error, by its sequence.
fn follow(rows: Vec<EventRow>) -> Result<(Vec<Link>, Vec<EventRow>), u64> {
    let mut rows = rows;
    rows.sort_by_key(|row| row.key.sequence());
    let (mut chain, mut links, mut strays) = (Chain::default(), Vec::new(), Vec::new());
    for row in rows {
        let sequence = row.key.sequence();
        let event = row.event.as_deref().and_then(|b| Some((AuditEvent::parse(b).ok()?, Digest::of(b))));
        let before = chain.clone();
        let followed = match &event {
            Some((event, hash)) => chain.follow(event, *hash),
            None => chain.pass_malformed(sequence),
        };
        match (followed, event) {
            (Ok(()), Some((event, hash))) => links.push(Link { event, hash }),
            (Ok(()), None) => {}
            (Err(_), _) if row.logged.is_none() => {
                chain = before;
                strays.push(row);
            }
            (Err(_), _) => return Err(sequence),
        }
    }
    Ok((links, strays))
}

/// The version up to which a state that stands on another chain knew the same events: those before the first step
/// that the chain does not know under its version and hashes.
fn common_version(old: &State, chain: &[Link]) -> u64 {
    let holds = |step: &&fude_aws::metadata::Step| {
        chain.iter().filter_map(|l| Some((l, l.event.document.as_ref()?))).any(|(link, document)| {
            let text = fold::brings_text(link.event.action);
            document.version == step.version
                && link.event.action.name() == step.action
                && link.event.agent.id == step.by.id
                && step.content_sha256 == document.content_sha256.filter(|_| text)
                && step.manifest_sha256 == document.manifest_sha256.filter(|_| text)
                && (text || within_a_moment(&step.at, link.event.at))
        })
    };
    old.history.iter().take_while(holds).last().map_or(0, |step| step.version)
}

/// Step and event of one act take the clock one after the other.
fn within_a_moment(step: &str, event: fude::audit::UtcMillis) -> bool {
    fude::audit::UtcMillis::parse(step).is_ok_and(|at| (0..=60_000).contains(&(event.unix_ms() - at.unix_ms())))
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
