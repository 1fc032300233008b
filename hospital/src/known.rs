//! The documents that passed this desk, as the API last told of them: the worklist. Only the API knows the truth; a
//! document that was made elsewhere appears once its patient is looked up. Holds no text of a document.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kept::write_whole;

/// Final and withdrawn ones leave the list after so many days.
const DAYS: i64 = 30;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Known {
    pub id: String,
    pub kind: String,
    pub patient: String,
    pub state: String,
    pub revision: u64,
    pub version: u64,
    pub open_flags: u64,
    pub addressee: String,
    pub entered_by: String,
    pub on_behalf_of: Option<String>,
    pub created_at: String,
    pub finalised_at: Option<String>,
}

impl Known {
    /// From metadata.
    pub fn read(told: &Value) -> Option<Self> {
        let text = |v: &Value| v.as_str().map(str::to_owned);
        Some(Self {
            id: text(&told["documentId"])?,
            kind: text(&told["documentType"])?,
            patient: text(&told["patientId"])?,
            state: text(&told["state"])?,
            revision: told["revision"].as_u64()?,
            version: told["version"].as_u64()?,
            open_flags: told["flags"]["open"].as_u64().unwrap_or_default(),
            addressee: text(&told["destination"]["institution"]).unwrap_or_default(),
            entered_by: text(&told["enteredBy"]["name"]).unwrap_or_default(),
            on_behalf_of: text(&told["onBehalfOf"]),
            created_at: text(&told["createdAt"]).unwrap_or_default(),
            finalised_at: text(&told["finalisedAt"]),
        })
    }

    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "draft" | "revised" | "awaiting-approval" | "amended")
    }

    pub fn is_final(&self) -> bool {
        self.state == "final" || self.state == "amended"
    }
}

pub struct Register {
    file: PathBuf,
    held: Mutex<BTreeMap<String, Known>>,
}

impl Register {
    /// A list that cannot be read begins anew: it can be looked up again.
    pub fn open(state: &Path) -> Self {
        let file = state.join("documents.json");
        let held = std::fs::read(&file).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
        Self { file, held: Mutex::new(held) }
    }

    /// Takes over what the API told; older news than what is here is left.
    pub fn learn(&self, told: &[Value]) -> Vec<Known> {
        let read: Vec<Known> = told.iter().filter_map(Known::read).collect();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let before = held.clone();
        for known in &read {
            if held.get(&known.id).is_none_or(|k| k.version <= known.version) {
                held.insert(known.id.clone(), known.clone());
            }
        }
        let limit = crate::census::today() - time::Duration::days(DAYS);
        let young = |at: &str| crate::census::day(at.get(..10).unwrap_or_default()).is_none_or(|d| d >= limit);
        held.retain(|_, k| k.is_open() || young(k.finalised_at.as_deref().unwrap_or(&k.created_at)));
        if *held != before {
            let bytes = serde_json::to_vec(&*held).expect("plain text serialises");
            if let Err(error) = write_whole(&self.file, &bytes) {
                tracing::error!(%error, "the list of documents was not written");
            }
        }
        read
    }

    pub fn find(&self, id: &str) -> Option<Known> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Newest first.
    pub fn all(&self) -> Vec<Known> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Known> = held.values().cloned().collect();
        all.sort_by(|a, b| b.created_at.cmp(&a.created_at));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Register;
    use serde_json::{Value, json};

    fn told(state: &str, version: u64) -> Value {
        json!({ "documentId": "d1", "documentType": "discharge-summary", "patientId": "1", "state": state, "revision": 1,
            "version": version, "flags": { "open": 1 }, "createdAt": "2099-01-01T00:00:00Z" })
    }

    #[test]
    fn older_news_do_not_replace_newer() {
        let folder = tempfile::tempdir().expect("a folder");
        let register = Register::open(folder.path());
        register.learn(&[told("revised", 3)]);
        register.learn(&[told("draft", 2), json!({ "no": "document" })]);
        let again = Register::open(folder.path()).all();
        assert_eq!((again.len(), again[0].state.as_str(), again[0].open_flags), (1, "revised", 1));
    }
}
