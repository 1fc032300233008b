//! The record that was not sent along: staged by the hospital, named by an HMAC of the patient id.

use fude_aws::hospital::{KeyUse, Keys};
use fude_aws::objects::{ObjectError, Objects};

use crate::error::Error;

/// Staged records up to 20 MiB.
const STAGED_BYTES: u64 = 20 * 1024 * 1024;

/// `<hospital>/<dataSourceId>/<hex HMAC of the patient id under the staging key>.json`
pub async fn staged(
    records: &Objects,
    keys: &Keys,
    hospital: &str,
    data_source: &str,
    patient_id: &str,
) -> Result<Vec<u8>, Error> {
    let name = keys.mac(hospital, KeyUse::Staging, patient_id.as_bytes()).await.map_err(Error::store)?;
    match records.read(&format!("{hospital}/{data_source}/{name}.json"), STAGED_BYTES).await {
        Ok(bytes) => Ok(bytes),
        Err(ObjectError::Missing) => Err(Error::RecordNotFound),
        Err(ObjectError::TooLarge(_)) => Err(Error::RecordTooLarge),
        Err(e) => Err(Error::store(e)),
    }
}
