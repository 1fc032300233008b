//! KMS's JSON 1.1 protocol: which operation is asked for, its fields, and errors as KMS names them. Nothing is decided
//! here about keys.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::keys::{Key, Keys};

/// The longest message that KMS signs or MACs, in bytes.
const LONGEST_MESSAGE: usize = 4096;

const SIGNING: &str = "ED25519_SHA_512";
const KEY_SPEC: &str = "ECC_NIST_EDWARDS25519";
const KEY_USAGE: &str = "SIGN_VERIFY";
const MACING: &str = "HMAC_SHA_256";

/// An Ed25519 SubjectPublicKeyInfo (RFC 8410) up to the key itself.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why an operation was refused. The message is for the caller and holds nothing of the request's data.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0} is not implemented")]
    Unsupported(String),
    #[error("{0}")]
    Validation(&'static str),
    #[error("the request is no JSON of the expected shape")]
    Serialization,
    #[error("the key does not exist")]
    NotFound,
    #[error("the key is not for this use")]
    Usage,
    #[error("the MAC does not match the message")]
    Mac,
    #[error("the request would have succeeded, but DryRun is set")]
    DryRun,
    #[error("the key cannot be kept")]
    Internal,
}

impl Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::Unsupported(_) => "UnsupportedOperationException",
            Self::Validation(_) => "ValidationException",
            Self::Serialization => "SerializationException",
            Self::NotFound => "NotFoundException",
            Self::Usage => "InvalidKeyUsageException",
            Self::Mac => "KMSInvalidMacException",
            Self::DryRun => "DryRunOperationException",
            Self::Internal => "KMSInternalException",
        }
    }
}

/// The server's only route.
pub(crate) fn router(keys: Arc<RwLock<Keys>>) -> Router {
    Router::new().fallback(answer).with_state(keys)
}

async fn answer(State(keys): State<Arc<RwLock<Keys>>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("TrentService.").unwrap_or(target);
    let id = Uuid::new_v4().to_string();
    let common = [("content-type", "application/x-amz-json-1.1"), ("x-amzn-requestid", id.as_str())];
    match perform(&keys, operation, &body) {
        Ok(output) => (common, output.to_string()).into_response(),
        Err(refused) => {
            let code = refused.code();
            tracing::debug!(operation, code, "refused");
            let body = json!({ "__type": code, "message": refused.to_string() });
            (StatusCode::BAD_REQUEST, common, [("x-amzn-errortype", code)], body.to_string()).into_response()
        }
    }
}

fn perform(keys: &RwLock<Keys>, operation: &str, body: &[u8]) -> Result<Value, Refused> {
    if operation == "CreateKey" {
        return create_key(&mut keys.write().unwrap_or_else(PoisonError::into_inner), &parse(body)?);
    }
    let keys = &*keys.read().unwrap_or_else(PoisonError::into_inner);
    match operation {
        "Sign" => sign(keys, &parse(body)?),
        "GetPublicKey" => get_public_key(keys, &parse(body)?),
        "GenerateMac" => generate_mac(keys, &parse(body)?),
        "VerifyMac" => verify_mac(keys, &parse(body)?),
        other => Err(Refused::Unsupported(other.to_owned())),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateKeyInput {
    key_spec: String,
    key_usage: String,
}

fn create_key(keys: &mut Keys, input: &CreateKeyInput) -> Result<Value, Refused> {
    if (input.key_spec.as_str(), input.key_usage.as_str()) != (KEY_SPEC, KEY_USAGE) {
        return Err(Refused::Validation(
            "only keys that sign a log are created here: ECC_NIST_EDWARDS25519, SIGN_VERIFY",
        ));
    }
    let key = keys.create_log_key().map_err(|_| Refused::Internal)?;
    let arn = keys.arn(key);
    let id = arn.rsplit('/').next().unwrap_or_default();
    let metadata = json!({
        "KeyId": id, "Arn": arn, "Enabled": true, "KeyState": "Enabled", "Origin": "AWS_KMS", "KeySpec": KEY_SPEC,
        "KeyUsage": KEY_USAGE, "SigningAlgorithms": [SIGNING],
    });
    Ok(json!({ "KeyMetadata": metadata }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SignInput {
    key_id: String,
    message: String,
    message_type: Option<String>,
    signing_algorithm: String,
    #[serde(default)]
    dry_run: bool,
}

fn sign(keys: &Keys, input: &SignInput) -> Result<Value, Refused> {
    let key = log_key(keys, &input.key_id)?;
    if input.signing_algorithm != SIGNING {
        return Err(Refused::Usage);
    }
    if input.message_type.as_deref().is_some_and(|kind| kind != "RAW") {
        return Err(Refused::Validation("ED25519_SHA_512 takes messages of the type RAW only"));
    }
    let message = message(&input.message)?;
    performed(input.dry_run)?;
    let signature = keys.sign(key, &message).ok_or(Refused::Usage)?;
    Ok(json!({ "KeyId": keys.arn(key), "Signature": BASE64.encode(signature), "SigningAlgorithm": SIGNING }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetPublicKeyInput {
    key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetPublicKeyOutput {
    key_id: String,
    public_key: String,
    key_spec: &'static str,
    customer_master_key_spec: &'static str,
    key_usage: &'static str,
    signing_algorithms: [&'static str; 1],
}

fn get_public_key(keys: &Keys, input: &GetPublicKeyInput) -> Result<Value, Refused> {
    let key = log_key(keys, &input.key_id)?;
    let public_key = keys.public_key(key).ok_or(Refused::Usage)?;
    let output = GetPublicKeyOutput {
        key_id: keys.arn(key),
        public_key: BASE64.encode([&SPKI_PREFIX[..], &public_key].concat()),
        key_spec: KEY_SPEC,
        customer_master_key_spec: KEY_SPEC,
        key_usage: KEY_USAGE,
        signing_algorithms: [SIGNING],
    };
    Ok(json!(output))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MacInput {
    key_id: String,
    message: String,
    mac_algorithm: String,
    /// The MAC to verify.
    mac: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

fn generate_mac(keys: &Keys, input: &MacInput) -> Result<Value, Refused> {
    let (arn, message) = mac_input(keys, input)?;
    performed(input.dry_run)?;
    Ok(json!({ "KeyId": arn, "Mac": BASE64.encode(keys.mac(&message)), "MacAlgorithm": MACING }))
}

fn verify_mac(keys: &Keys, input: &MacInput) -> Result<Value, Refused> {
    let (arn, message) = mac_input(keys, input)?;
    let mac = input.mac.as_deref().ok_or(Refused::Validation("Mac is missing"))?;
    let mac = BASE64.decode(mac).map_err(|_| Refused::Serialization)?;
    if !keys.mac_holds(&message, &mac) {
        return Err(Refused::Mac);
    }
    performed(input.dry_run)?;
    Ok(json!({ "KeyId": arn, "MacValid": true, "MacAlgorithm": MACING }))
}

fn mac_input(keys: &Keys, input: &MacInput) -> Result<(String, Vec<u8>), Refused> {
    let arn = match keys.find(&input.key_id).ok_or(Refused::NotFound)? {
        Key::Mac => keys.arn(Key::Mac),
        Key::Log(_) => return Err(Refused::Usage),
    };
    if input.mac_algorithm != MACING {
        return Err(Refused::Usage);
    }
    Ok((arn, message(&input.message)?))
}

fn log_key(keys: &Keys, name: &str) -> Result<Key, Refused> {
    match keys.find(name).ok_or(Refused::NotFound)? {
        key @ Key::Log(_) => Ok(key),
        Key::Mac => Err(Refused::Usage),
    }
}

fn message(encoded: &str) -> Result<Vec<u8>, Refused> {
    let message = BASE64.decode(encoded).map_err(|_| Refused::Serialization)?;
    if message.is_empty() || message.len() > LONGEST_MESSAGE {
        return Err(Refused::Validation("the message must have 1 to 4096 bytes"));
    }
    Ok(message)
}

fn performed(dry_run: bool) -> Result<(), Refused> {
    if dry_run { Err(Refused::DryRun) } else { Ok(()) }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|_| Refused::Serialization)
}
