//! Which installation: by `ready.json` of one machine, or by the names of table and buckets.

use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
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
    /// Public key of the log, 64 hex characters, as `fude-verify --key` takes it
    #[arg(long, required_unless_present = "state")]
    key: Option<String>,
}

/// Clients and names.
pub struct Place {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub table: String,
    pub s3: aws_sdk_s3::Client,
    pub audit_bucket: String,
    pub audit: Objects,
    pub documents: Objects,
    pub key: [u8; 32],
}

/// The part of `ready.json` that an operator's act needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    s3: String,
    dynamodb: String,
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
    pub async fn open(args: &PlaceArgs) -> Result<Self, String> {
        if let Some(state) = &args.state {
            return Self::local(state, args.key.as_deref());
        }
        let sdk = fude_aws::clients::sdk_config().await;
        let name = |name: &Option<String>| name.clone().ok_or("table, buckets and key are needed");
        let (table, audit) = (name(&args.table)?, name(&args.audit_bucket)?);
        let (documents, key) = (name(&args.documents_bucket)?, name(&args.key)?);
        Self::of((&sdk, &sdk), table, audit, &documents, &key)
    }

    fn local(state: &Path, key: Option<&str>) -> Result<Self, String> {
        let file = state.join("ready.json");
        let text = std::fs::read(&file).map_err(|e| format!("{}: {e}; is the stack running?", file.display()))?;
        let ready: Ready = serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let (dynamodb, s3) = (local_sdk(&ready.dynamodb), local_sdk(&ready.s3));
        let Buckets { documents, audit } = ready.buckets;
        Self::of((&dynamodb, &s3), ready.table, audit, &documents, key.unwrap_or(&ready.log_public_key))
    }

    fn of(
        (dynamodb, s3): (&SdkConfig, &SdkConfig),
        table: String,
        audit_bucket: String,
        documents: &str,
        key: &str,
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
            key: bytes,
        })
    }
}

/// The stand-ins check no signature; the SDK wants some credentials all the same.
pub fn local_sdk(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("ap-northeast-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local")))
        .http_client(fude_aws::clients::http_client())
        .build()
}
