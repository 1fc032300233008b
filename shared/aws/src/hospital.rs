//! A hospital as an operator registered it, its keys, and whether a caller may come in.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use fude::compose::Sender;
use fude::integrity::Digest;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::rows::{Key, Rows};

/// `HOSPITAL#h` / `REGISTRATION`, in the attribute `registration` as JSON. Written by an operator.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Registration {
    pub sender: Sender,
    /// Certificates by SHA-256 over issuer and subject (DER).
    pub certificates: Vec<String>,
    pub revoked: Vec<Revoked>,
    pub data_sources: Vec<DataSource>,
    /// Days after which a draft that nobody finalises expires.
    pub draft_days: Option<u32>,
    /// Overrides the function's model.
    pub model_id: Option<String>,
    /// Years that final documents are kept; the kind's legal minimum and the term for blood and implants stand above it.
    pub retention_years: Option<u32>,
    /// Of the caller, from a row of its own.
    #[serde(skip)]
    pub staff: Option<Staff>,
}

/// `HOSPITAL#h` / `STAFF#<user name>`, in the attribute `staff` as JSON. Written by an operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Staff {
    pub name: String,
    pub role: String,
    pub qualification: String,
    pub department: String,
}

/// A revoked certificate: issuer and serial as an integer, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revoked {
    pub issuer_sha256: String,
    pub serial: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DataSource {
    pub id: String,
    /// Identifier system of patient numbers; without one the value alone decides.
    pub identifier_system: Option<String>,
    /// Width to which numbers are padded with zeros.
    pub pad_width: Option<usize>,
}

impl Registration {
    pub fn data_source(&self, id: &str) -> Option<&DataSource> {
        self.data_sources.iter().find(|d| d.id == id)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// 403 `certificate-unknown`
    #[error("the client certificate is not registered")]
    CertificateUnknown,
    /// 403 `certificate-token-mismatch`
    #[error("certificate and token belong to different hospitals")]
    Mismatch,
    /// 403 `certificate-revoked`
    #[error("the client certificate is revoked")]
    Revoked,
    /// 503 `store-unavailable`
    #[error("the registration cannot be read")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sort key of what an operator registered.
const REGISTRATION: &str = "REGISTRATION";

/// Key of the row that leads from a certificate to its hospital.
pub fn certificate_key(issuer_subject_sha256: &str) -> String {
    format!("CERTIFICATE#{issuer_subject_sha256}")
}

pub fn hospital_key(hospital: &str) -> String {
    format!("HOSPITAL#{hospital}")
}

pub fn staff_sk(username: &str) -> String {
    format!("STAFF#{username}")
}

/// Somebody of a hospital by user name; `None` where nobody is registered by it.
pub async fn staff(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &str,
    hospital: &str,
    username: &str,
) -> Result<Option<Staff>, AdmissionError> {
    let answer = dynamodb
        .get_item()
        .table_name(table)
        .key("pk", AttributeValue::S(hospital_key(hospital)))
        .key("sk", AttributeValue::S(staff_sk(username)))
        .send()
        .await
        .map_err(|e| AdmissionError::Store(e.into()))?;
    Ok(answer.item.as_ref().and_then(read_staff))
}

fn read_staff(row: &HashMap<String, AttributeValue>) -> Option<Staff> {
    serde_json::from_str(row.get("staff")?.as_s().ok()?).ok()
}

/// Key of somebody's row.
pub fn staff_key(hospital: &str, username: &str) -> Key {
    Key::new(hospital_key(hospital), staff_sk(username))
}

/// The same as [`staff`], of a row that was read along with the admission.
pub fn staff_along(rows: &Rows, hospital: &str, username: &str) -> Option<Staff> {
    rows.get(&staff_key(hospital, username)).and_then(read_staff)
}

/// The hospital is known twice, from the certificate and from the token, and both must agree.
///
/// `along` names rows of the caller's own hospital that are wanted after the admission: one round trip instead of two.
/// Nobody sees them who is not admitted. They are read consistently, but each for itself: a transaction that runs
/// meanwhile may show in one and not in another.
pub async fn admit(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &str,
    caller: &Caller,
    along: Vec<Key>,
) -> Result<(Registration, Rows), AdmissionError> {
    let certificate = Key::new(certificate_key(&caller.certificate.issuer_subject_sha256), REGISTRATION.to_owned());
    let hospital = Key::new(hospital_key(caller.hospital.as_str()), REGISTRATION.to_owned());
    let staff = staff_key(caller.hospital.as_str(), &caller.username);
    let mut wanted = vec![certificate.clone(), hospital.clone(), staff.clone()];
    for key in along {
        // DynamoDB refuses a key that is asked for twice
        if !wanted.contains(&key) {
            wanted.push(key);
        }
    }
    let rows = Rows::read(dynamodb, table, &wanted).await.map_err(AdmissionError::Store)?;
    let owner = rows
        .get(&certificate)
        .and_then(|r| r.get("hospital")?.as_s().ok())
        .ok_or(AdmissionError::CertificateUnknown)?;
    if owner != caller.hospital.as_str() {
        return Err(AdmissionError::Mismatch);
    }
    let mut registration: Registration = rows
        .get(&hospital)
        .and_then(|r| serde_json::from_str(r.get("registration")?.as_s().ok()?).ok())
        .ok_or(AdmissionError::CertificateUnknown)?;
    if !registration.certificates.contains(&caller.certificate.issuer_subject_sha256) {
        return Err(AdmissionError::CertificateUnknown);
    }
    let revoked = registration
        .revoked
        .iter()
        .any(|r| r.issuer_sha256 == caller.certificate.issuer_sha256 && r.serial == caller.certificate.serial);
    if revoked {
        return Err(AdmissionError::Revoked);
    }
    registration.staff = rows.get(&staff).and_then(read_staff);
    Ok((registration, rows))
}

/// What a per-hospital key is for; each is one KMS `GenerateMac` over its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    DocumentId,
    PatientTag,
    Staging,
}

impl KeyUse {
    /// The message whose MAC is the key.
    pub fn label(self, hospital: &str) -> String {
        let word = match self {
            Self::DocumentId => "document-id",
            Self::PatientTag => "patient-tag",
            Self::Staging => "staging",
        };
        format!("fude/{word}/{hospital}")
    }
}

/// Keys stay in memory for the life of the process.
pub struct Keys {
    kms: aws_sdk_kms::Client,
    key_id: String,
    cache: Mutex<HashMap<(String, KeyUse), [u8; 32]>>,
}

#[derive(Debug, thiserror::Error)]
#[error("a key of the hospital cannot be had")]
pub struct KeyError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Keys {
    pub fn new(kms: aws_sdk_kms::Client, key_id: &str) -> Self {
        Self { kms, key_id: key_id.to_owned(), cache: Mutex::default() }
    }

    /// HMAC-SHA-256 of a message under one of the hospital's keys.
    pub async fn mac(&self, hospital: &str, purpose: KeyUse, message: &[u8]) -> Result<Digest, KeyError> {
        let key = self.key(hospital, purpose).await?;
        Ok(fude::integrity::hmac_sha256(&key, message))
    }

    async fn key(&self, hospital: &str, purpose: KeyUse) -> Result<[u8; 32], KeyError> {
        let slot = (hospital.to_owned(), purpose);
        if let Some(key) = self.cache.lock().expect("no holder panics").get(&slot) {
            return Ok(*key);
        }
        let answer = self
            .kms
            .generate_mac()
            .key_id(&self.key_id)
            .mac_algorithm(MacAlgorithmSpec::HmacSha256)
            .message(Blob::new(purpose.label(hospital)))
            .send()
            .await
            .map_err(|e| KeyError(e.into()))?;
        let mac = answer.mac.map(Blob::into_inner).unwrap_or_default();
        let key: [u8; 32] = mac.try_into().map_err(|_| KeyError("the MAC is not of 32 bytes".into()))?;
        self.cache.lock().expect("no holder panics").insert(slot, key);
        Ok(key)
    }
}
