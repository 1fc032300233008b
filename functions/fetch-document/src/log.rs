//! The proof of one document out of the log: its events, each with its path to the newest signed checkpoint.
//! Reads the table's head and the audit bucket; never writes there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use fude::audit::checkpoint::{Checkpoint, LogKey, origin};
use fude::audit::layout;
use fude::audit::merkle::{Node, inclusion_nodes, inclusion_proof};
use fude::audit::proof::{Proof, ProofSchema, ProvedEvent};
use fude::audit::tiles::{Tile, node_in_tile};
use fude::integrity::Digest;
use fude_aws::config::{ConfigError, required};
use fude_aws::objects::{ObjectError, Objects};
use fude_aws::state::document_key;
use fude_aws::stored::Broken;
use tokio::sync::OnceCell;

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
    key_id: String,
    /// DER of the public key; it never changes under one key id.
    public: OnceCell<Vec<u8>>,
}

/// An event row: its bytes, and its index once the log holds it.
struct Event {
    bytes: String,
    index: Option<u64>,
}

impl Log {
    /// `FUDE_AUDIT_BUCKET`, `FUDE_LOG_KEY_ID`.
    pub fn from_env(sdk: &aws_config::SdkConfig, table: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            kms: aws_sdk_kms::Client::new(sdk),
            audit: Objects::new(sdk, &required("FUDE_AUDIT_BUCKET")?),
            table: table.to_owned(),
            key_id: required("FUDE_LOG_KEY_ID")?,
            public: OnceCell::new(),
        })
    }

    /// Proof of every event of the document that the log holds; waits a little for one that it does not hold yet.
    pub async fn proof(&self, hospital: &str, document: &str) -> Result<Proof, Error> {
        let mut patience = PATIENCE;
        loop {
            let events = self.events(hospital, document).await?;
            let published = self.published(hospital).await?;
            let inside = |e: &Event| e.index.is_some_and(|i| i < published);
            if patience == 0 && !events.iter().any(inside) {
                return Err(Error::NotLoggedYet);
            }
            if patience == 0 || events.iter().all(inside) {
                let logged = events.into_iter().filter(inside).collect();
                return self.proof_at(hospital, document, published, logged).await;
            }
            patience -= 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn proof_at(&self, hospital: &str, document: &str, size: u64, events: Vec<Event>) -> Result<Proof, Error> {
        let der = self.public.get_or_try_init(|| self.fetch_key()).await?;
        let key = LogKey::from_spki(&origin(hospital), der).map_err(Error::store)?;
        let note = self.object(&layout::checkpoint_key(hospital, size)).await?;
        let checkpoint = Checkpoint::open(&note, &key).map_err(|_| Broken::Log)?;
        let mut tiles: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
        let mut proved = Vec::with_capacity(events.len());
        for event in events {
            let index = event.index.ok_or(Broken::Log)?;
            let mut nodes: HashMap<Node, Digest> = HashMap::new();
            for node in inclusion_nodes(index, checkpoint.size).map_err(|_| Broken::Log)? {
                let tile = Tile::of_node(node, checkpoint.size).ok_or(Broken::Log)?;
                let bytes = match tiles.entry(tile) {
                    Entry::Occupied(there) => there.into_mut(),
                    Entry::Vacant(free) => free.insert(self.object(&layout::tile_key(hospital, &tile)).await?),
                };
                let hash = node_in_tile(node, bytes).ok_or(Broken::Log)?;
                nodes.insert(node, hash);
            }
            let proof = inclusion_proof(index, checkpoint.size, |node| nodes.get(&node).copied());
            proved.push(ProvedEvent { index, event: event.bytes, proof: proof.map_err(|_| Broken::Log)? });
        }
        proved.sort_by_key(|e| e.index);
        let proof = Proof {
            schema: ProofSchema::V1,
            hospital: hospital.to_owned(),
            document_id: document.to_owned(),
            checkpoint: String::from_utf8(note).map_err(|_| Broken::Log)?,
            public_key: key.public_key().iter().map(|b| format!("{b:02x}")).collect(),
            events: proved,
        };
        // A proof that does not hold is never handed out.
        proof.check(&key).map_err(|_| Broken::Log)?;
        Ok(proof)
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
                events.push(Event { bytes, index });
            }
            start = page.last_evaluated_key.filter(|k| !k.is_empty());
            if start.is_none() {
                return Ok(events);
            }
        }
    }

    /// How much of the hospital's log stands under a signed checkpoint.
    async fn published(&self, hospital: &str) -> Result<u64, Error> {
        let answer = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", AttributeValue::S(format!("LOG#{hospital}")))
            .key("sk", AttributeValue::S("HEAD".to_owned()))
            .send()
            .await
            .map_err(Error::store)?;
        let published = answer.item.and_then(|i| i.get("published")?.as_n().ok()?.parse().ok());
        Ok(published.unwrap_or(0))
    }

    async fn fetch_key(&self) -> Result<Vec<u8>, Error> {
        let answer = self.kms.get_public_key().key_id(&self.key_id).send().await.map_err(Error::store)?;
        answer.public_key.map(aws_sdk_kms::primitives::Blob::into_inner).ok_or_else(|| Error::store("no public key"))
    }

    async fn object(&self, key: &str) -> Result<Vec<u8>, Error> {
        self.audit.read(key, MOST_BYTES).await.map_err(|e| match e {
            ObjectError::Missing | ObjectError::TooLarge(_) | ObjectError::Conflict => Broken::Log.into(),
            ObjectError::Store(_) => Error::store(e),
        })
    }
}
