//! Which installation: by `ready.json` of one machine, or by the names of table and buckets.

use std::path::{Path, PathBuf};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_kms::error::DisplayErrorContext;
use aws_types::SdkConfig;
use fude::audit::LogName;
use fude::audit::checkpoint::{LogKey, origin};
use fude_aws::objects::Objects;
use serde::Deserialize;

#[derive(clap::Args)]
pub struct PlaceArgs {
    /// Folder of a running stack on this machine: takes all below from its ready.json
    #[arg(long, conflicts_with_all = ["table", "audit_bucket", "documents_bucket"])]
    state: Option<PathBuf>,
    /// DynamoDB table
    #[arg(long, env = "FUDE_TABLE", required_unless_present = "state")]
    table: Option<String>,
    /// Bucket of the log
    #[arg(long, env = "FUDE_AUDIT_BUCKET", required_unless_present = "state")]
    audit_bucket: Option<String>,
    /// Bucket of the documents
    #[arg(long, env = "FUDE_DOCUMENTS_BUCKET", required_unless_present = "state")]
    documents_bucket: Option<String>,
    /// Public key of the log, 64 hex characters, as `fude-verify --key` takes it; of a hospital's first log, where the
    /// key was changed
    #[arg(long, required_unless_present = "state")]
    key: Option<String>,
    /// Id or ARN of the key that signs the logs, as the functions have it
    #[arg(long, env = "FUDE_LOG_KEY_ID", default_value = "alias/fude-log")]
    log_key_id: String,
}

/// Clients and names.
pub struct Place {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub table: String,
    pub s3: aws_sdk_s3::Client,
    pub audit_bucket: String,
    pub audit: Objects,
    pub documents: Objects,
    pub kms: aws_sdk_kms::Client,
    /// Of logs whose head names no other key.
    pub log_key_id: String,
    /// What a hospital's first log is signed with.
    pub key: [u8; 32],
}

/// The part of `ready.json` that an operator's act needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    s3: String,
    dynamodb: String,
    kms: String,
    table: String,
    buckets: Buckets,
    log_public_key: String,
}

#[derive(Deserialize)]
struct Buckets {
    documents: String,
    audit: String,
}

impl Place {
    pub fn open(args: &PlaceArgs) -> Result<Self, String> {
        if let Some(state) = &args.state {
            return Self::local(state, args);
        }
        let sdk = fude_aws::clients::sdk_config();
        let name = |name: &Option<String>| name.clone().ok_or("table, buckets and key are needed");
        let (table, audit) = (name(&args.table)?, name(&args.audit_bucket)?);
        let (documents, key) = (name(&args.documents_bucket)?, name(&args.key)?);
        Self::of([&sdk, &sdk, &sdk], table, audit, &documents, (&key, &args.log_key_id))
    }

    fn local(state: &Path, args: &PlaceArgs) -> Result<Self, String> {
        let file = state.join("ready.json");
        let text = std::fs::read(&file).map_err(|e| format!("{}: {e}; is the stack running?", file.display()))?;
        let ready: Ready = serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let [dynamodb, s3, kms] = [&ready.dynamodb, &ready.s3, &ready.kms].map(|endpoint| local_sdk(endpoint));
        let Buckets { documents, audit } = ready.buckets;
        let key = args.key.as_deref().unwrap_or(&ready.log_public_key);
        Self::of([&dynamodb, &s3, &kms], ready.table, audit, &documents, (key, &args.log_key_id))
    }

    fn of(
        [dynamodb, s3, kms]: [&SdkConfig; 3],
        table: String,
        audit_bucket: String,
        documents: &str,
        (key, log_key_id): (&str, &str),
    ) -> Result<Self, String> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(key.trim(), &mut bytes).map_err(|_| "the public key is not 64 hex characters")?;
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(dynamodb),
            table,
            s3: aws_sdk_s3::Client::new(s3),
            audit: Objects::new(s3, &audit_bucket),
            audit_bucket,
            documents: Objects::new(s3, documents),
            kms: aws_sdk_kms::Client::new(kms),
            log_key_id: log_key_id.to_owned(),
            key: bytes,
        })
    }
}

impl Place {
    /// A log's public key out of the key service, under the log's name, and the key's ARN.
    pub async fn log_key(&self, log: &LogName, key_id: &str) -> Result<(LogKey, String), String> {
        let sent = self.kms.get_public_key().key_id(key_id).send().await;
        let answer = sent.map_err(|e| format!("KMS GetPublicKey of {key_id} failed: {}", DisplayErrorContext(&e)))?;
        let der = answer.public_key.map(aws_sdk_kms::primitives::Blob::into_inner).unwrap_or_default();
        let key = LogKey::from_spki(&origin(log.as_str()), &der);
        Ok((
            key.map_err(|_| format!("{key_id} is no Ed25519 key"))?,
            answer.key_id.unwrap_or_else(|| key_id.to_owned()),
        ))
    }
}

/// The stand-ins check no signature; the SDK wants some credentials all the same.
pub fn local_sdk(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new("ap-northeast-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local")))
        .http_client(fude_aws::clients::http_client())
        .build()
}
