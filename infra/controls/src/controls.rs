//! `docs/controls.toml`: the guideline's demands, one table an id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::proof::Proof;
use crate::repository::Repository;

pub const FILE: &str = "docs/controls.toml";

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    pub sheet: Sheet,
    /// By the number of the row; a number is a table's key, hence text.
    pub control: BTreeMap<String, Control>,
}

/// What stands at the sheet's head.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    pub service: String,
    pub edition: String,
    /// The form that the sheet accompanies.
    pub form: String,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub guideline: Guideline,
    pub demand: String,
    pub who: Vec<Who>,
    pub how: String,
    /// What stays with the hospital; there where the hospital answers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hospital: String,
    #[serde(default)]
    pub proof: Vec<Proof>,
    /// What is not done or not proved.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub open: String,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guideline {
    pub edition: Edition,
    pub item: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Edition {
    /// The ministry's guideline, 6.0.
    #[serde(rename = "6.0")]
    Six,
    /// The guideline for providers, 2.0.
    #[serde(rename = "METI-2.0")]
    Providers,
    #[serde(rename = "law")]
    Law,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    Vendor,
    Hospital,
    Cloud,
}

/// How far a demand is met, by the proofs that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Proved,
    /// Some proof is there; some is awaited, or something is not done.
    Partly,
    Open,
}

impl Controls {
    pub fn read(repository: &Repository) -> Result<Self, Error> {
        repository.toml(FILE)
    }

    /// In order of numbers. A key that is no number comes last and is a fault.
    pub fn rows(&self) -> Vec<(u32, &Control)> {
        let mut rows: Vec<_> = self.control.iter().map(|(id, c)| (id.parse().unwrap_or(u32::MAX), c)).collect();
        rows.sort_by_key(|(id, _)| *id);
        rows
    }

    /// For a program: every row, and how far its demand is met.
    pub fn with_standing(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).expect("plain data becomes JSON");
        for (id, control) in &self.control {
            value["control"][id]["standing"] = serde_json::json!(control.standing());
        }
        value
    }

    pub fn holds(&self, id: u32) -> bool {
        self.control.contains_key(&id.to_string())
    }

    /// What is wrong with the table itself, whatever the repository holds.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (expected, (id, control)) in (1..).zip(self.rows()) {
            if id != expected {
                faults.push(format!("{FILE}: control {expected} is missing"));
                break;
            }
            let mut say = |what: &str| faults.push(format!("{FILE}: control {id} {what}"));
            if control.who.is_empty() {
                say("says not who answers");
            }
            if control.who.contains(&Who::Hospital) == control.hospital.is_empty() {
                say("says what the hospital does exactly where the hospital answers: it does not");
            }
            if control.proof.is_empty() && control.open.is_empty() {
                say("has no proof and does not say that it is open");
            }
            if control.demand.is_empty() || control.how.is_empty() || control.guideline.item.is_empty() {
                say("leaves demand, item or how empty");
            }
        }
        faults
    }
}

impl Control {
    pub fn standing(&self) -> Standing {
        let there = self.proof.iter().any(|p| !p.awaited);
        let missing = self.proof.iter().any(|p| p.awaited) || !self.open.is_empty();
        match (there, missing) {
            (true, false) => Standing::Proved,
            (true, true) => Standing::Partly,
            (false, _) => Standing::Open,
        }
    }
}
