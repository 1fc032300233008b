//! The proof of one document out of the log: its events, each with its path to a signed checkpoint, the newest or, where
//! the log's key was changed, the last under the key before. Reads the table's heads and the audit bucket; never writes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use fude::audit::checkpoint::{LogKey, origin};
use fude::audit::merkle::{Node, inclusion_nodes, inclusion_proof};
use fude::audit::proof::{EarlierLog, Proof, ProofSchema, ProvedEvent};
use fude::audit::tiles::{Tile, decode_bundle, node_in_tile};
use fude::audit::{LogName, layout};
use fude::integrity::Digest;
use fude_aws::config::{ConfigError, required};
use fude_aws::log_rows::{log_key, read_head};
use fude_aws::objects::{ObjectError, Objects};
use fude_aws::state::document_key;
use fude_aws::stored::Broken;

use crate::error::Error;

/// What just happened reaches the log by the stream: so often is it waited for, so long each time.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);
/// Above any checkpoint, tile or note.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

pub struct Log {
    dynamodb: aws_sdk_dynamodb::Client,
    kms: aws_sdk_kms::Client,
    audit: Objects,
    table: String,
    /// Of logs whose head names no other key.
    key_id: String,
    /// DER of each public key; it never changes under one key id.
    public: Mutex<HashMap<String, Vec<u8>>>,
}

/// An event row: its bytes, and its place once a log holds it.
struct Event {
    bytes: String,
    log: LogName,
    index: Option<u64>,
}

/// A log of the hospital as far as it stands under a signed checkpoint.
struct Standing {
    name: LogName,
    size: u64,
    key_id: Option<String>,
}

impl Standing {
    fn holds(&self, event: &Event) -> bool {
        event.log == self.name && event.index.is_some_and(|index| index < self.size)
    }
}

impl Log {
    /// `FUDE_AUDIT_BUCKET`, `FUDE_LOG_KEY_ID`; over the clients that there are.
    pub fn from_env(
        table: &str,
        dynamodb: &aws_sdk_dynamodb::Client,
        kms: &aws_sdk_kms::Client,
        documents: &Objects,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            dynamodb: dynamodb.clone(),
            kms: kms.clone(),
            audit: documents.beside(&required("FUDE_AUDIT_BUCKET")?),
            table: table.to_owned(),
            key_id: required("FUDE_LOG_KEY_ID")?,
            public: Mutex::default(),
        })
    }

    /// Proof of every event of the document that the log holds; waits a little for one that it does not hold yet.
    pub async fn proof(&self, hospital: &str, document: &str) -> Result<Proof, Error> {
        let mut patience = PATIENCE;
        loop {
            let events = self.events(hospital, document).await?;
            let logs = self.logs(hospital).await?;
            let inside = |event: &Event| logs.iter().any(|log| log.holds(event));
            if patience == 0 && !events.iter().any(inside) {
                return Err(Error::NotLoggedYet);
            }
            if patience == 0 || events.iter().all(inside) {
                return self.proof_in(hospital, document, &logs, &events).await;
            }
            patience -= 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// `logs` from the oldest to the one that goes on.
    async fn proof_in(
        &self,
        hospital: &str,
        document: &str,
        logs: &[Standing],
        events: &[Event],
    ) -> Result<Proof, Error> {
        let begins = logs.iter().position(|log| events.iter().any(|event| log.holds(event))).ok_or(Broken::Log)?;
        let (newest, older) = logs[begins..].split_last().ok_or(Broken::Log)?;
        let der = self.key(newest.key_id.as_deref().unwrap_or(&self.key_id)).await?;
        let key = LogKey::from_spki(&origin(newest.name.as_str()), &der).map_err(Error::store)?;
        let note = self.object(&layout::checkpoint_key(newest.name.as_str(), newest.size)).await?;
        let proved = self.proved(newest, events).await?;
        let (mut earlier, mut next) = (Vec::new(), newest);
        for log in older.iter().rev() {
            let opening = self.prove(next, 0, self.opening(&next.name).await?, &mut BTreeMap::new()).await?;
            earlier.push(EarlierLog { opening, events: self.proved(log, events).await? });
            next = log;
        }
        let proof = Proof {
            schema: ProofSchema::V1,
            hospital: hospital.to_owned(),
            document_id: document.to_owned(),
            checkpoint: String::from_utf8(note).map_err(|_| Broken::Log)?,
            public_key: key.public_key().iter().map(|b| format!("{b:02x}")).collect(),
            events: proved,
            earlier,
        };
        // A proof that does not hold is never handed out.
        proof.check(&key).map_err(|_| Broken::Log)?;
        Ok(proof)
    }

    /// The events that this log holds, by index.
    async fn proved(&self, log: &Standing, events: &[Event]) -> Result<Vec<ProvedEvent>, Error> {
        let mut tiles = BTreeMap::new();
        let mut proved = Vec::new();
        for event in events.iter().filter(|event| log.holds(event)) {
            let index = event.index.ok_or(Broken::Log)?;
            proved.push(self.prove(log, index, event.bytes.clone(), &mut tiles).await?);
        }
        proved.sort_by_key(|event| event.index);
        Ok(proved)
    }

    async fn prove(
        &self,
        log: &Standing,
        index: u64,
        event: String,
        tiles: &mut BTreeMap<Tile, Vec<u8>>,
    ) -> Result<ProvedEvent, Error> {
        let mut nodes: HashMap<Node, Digest> = HashMap::new();
        for node in inclusion_nodes(index, log.size).map_err(|_| Broken::Log)? {
            let tile = Tile::of_node(node, log.size).ok_or(Broken::Log)?;
            let bytes = match tiles.entry(tile) {
                Entry::Occupied(there) => there.into_mut(),
                Entry::Vacant(free) => free.insert(self.object(&layout::tile_key(log.name.as_str(), &tile)).await?),
            };
            nodes.insert(node, node_in_tile(node, bytes).ok_or(Broken::Log)?);
        }
        let proof = inclusion_proof(index, log.size, |node| nodes.get(&node).copied());
        Ok(ProvedEvent { index, event, proof: proof.map_err(|_| Broken::Log)? })
    }

    /// The entry that opens a log that follows another: a commit of its own.
    async fn opening(&self, log: &LogName) -> Result<String, Error> {
        let batch = self.object(&layout::batch_key(log.as_str(), 0, 0)).await?;
        let entries = decode_bundle(&batch).map_err(|_| Broken::Log)?;
        let entry = entries.first().ok_or(Broken::Log)?;
        Ok(String::from_utf8(entry.to_vec()).map_err(|_| Broken::Log)?)
    }

    async fn events(&self, hospital: &str, document: &str) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .dynamodb
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("pk = :pk AND begins_with(sk, :event)")
                .expression_attribute_values(":pk", AttributeValue::S(document_key(hospital, document)))
                .expression_attribute_values(":event", AttributeValue::S("EVENT#".to_owned()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(Error::store)?;
            for item in page.items.unwrap_or_default() {
                let bytes = item.get("event").and_then(|v| v.as_b().ok()).ok_or(Broken::State)?;
                let bytes = String::from_utf8(bytes.as_ref().to_vec()).map_err(|_| Broken::State)?;
                let index = item.get("logIndex").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok());
                let name = item.get("logName").and_then(|v| v.as_s().ok());
                let log = name.map_or_else(|| Some(LogName::first(hospital)), |name| LogName::parse(name));
                events.push(Event { bytes, log: log.ok_or(Broken::State)?, index });
            }
            start = page.last_evaluated_key.filter(|k| !k.is_empty());
            if start.is_none() {
                return Ok(events);
            }
        }
    }

    /// The hospital's logs as far as they are published, oldest first.
    async fn logs(&self, hospital: &str) -> Result<Vec<Standing>, Error> {
        let mut logs = Vec::new();
        let mut name = LogName::first(hospital);
        loop {
            let answer = self
                .dynamodb
                .get_item()
                .table_name(&self.table)
                .consistent_read(true)
                .set_key(Some(log_key(name.as_str(), "HEAD")))
                .send()
                .await
                .map_err(Error::store)?;
            let Some(item) = answer.item else { return Ok(logs) };
            let head = read_head(&item).ok_or(Broken::Log)?;
            if head.published == 0 {
                return Ok(logs);
            }
            let next = name.next();
            logs.push(Standing { name, size: head.published, key_id: head.key_id });
            if head.next_key_id.is_none() {
                return Ok(logs);
            }
            name = next;
        }
    }

    async fn key(&self, key_id: &str) -> Result<Vec<u8>, Error> {
        if let Some(known) = self.public.lock().unwrap_or_else(PoisonError::into_inner).get(key_id) {
            return Ok(known.clone());
        }
        let answer = self.kms.get_public_key().key_id(key_id).send().await.map_err(Error::store)?;
        let der = answer.public_key.ok_or_else(|| Error::store("no public key"))?.into_inner();
        self.public.lock().unwrap_or_else(PoisonError::into_inner).insert(key_id.to_owned(), der.clone());
        Ok(der)
    }

    async fn object(&self, key: &str) -> Result<Vec<u8>, Error> {
        self.audit.read(key, MOST_BYTES).await.map_err(|e| match e {
            ObjectError::Missing | ObjectError::TooLarge(_) | ObjectError::Conflict => Broken::Log.into(),
            ObjectError::Store(_) => Error::store(e),
        })
    }
}
