//! Mix-ups: records of another person, or of two, must be refused before anything reaches a model; good ones are read.

use std::path::Path;

use fude::document::Destination;
use fude::drafting::{Order, Prepared, prepare};
use fude::record::{Asked, RecordError};
use fude::template::Template;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::case::{self, CaseError, NONCE};
use crate::rate::Rate;

/// One file below `mixups/refused` or `mixups/accepted`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    why: String,
    asked: Question,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    silent: Vec<String>,
    record: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Question {
    patient_id: String,
    system: Option<String>,
    pad_width: Option<usize>,
    birth_date: Option<String>,
    kana: Option<String>,
}

/// What became of one record.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    pub name: String,
    pub why: String,
    /// Another person's: it must be refused.
    pub mixed_up: bool,
    pub outcome: String,
    pub right: bool,
}

#[derive(Debug, Default, Serialize)]
pub struct Mixups {
    pub variants: Vec<Judged>,
}

impl Mixups {
    pub fn refused(&self) -> Rate {
        let mixed_up = self.variants.iter().filter(|v| v.mixed_up);
        Rate::new(mixed_up.clone().filter(|v| v.right).count(), mixed_up.count())
    }

    pub fn good_refused(&self) -> Rate {
        let good = self.variants.iter().filter(|v| !v.mixed_up);
        Rate::new(good.clone().filter(|v| !v.right).count(), good.count())
    }
}

pub fn run(folder: &Path) -> Result<Mixups, CaseError> {
    let mut variants = Vec::new();
    for (folder, mixed_up) in [(folder.join("refused"), true), (folder.join("accepted"), false)] {
        for path in case::list(&folder)? {
            let unreadable = |reason: String| CaseError::Unreadable { path: path.clone(), reason };
            let text = std::fs::read_to_string(&path).map_err(|e| unreadable(e.to_string()))?;
            let variant: Variant = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
            variants.push(judge(case::stem(&path), variant, mixed_up));
        }
    }
    Ok(Mixups { variants })
}

fn judge(name: String, variant: Variant, mixed_up: bool) -> Judged {
    let prepared = read(&variant);
    let (outcome, right) = match &prepared {
        Err(e @ (RecordError::OtherPatient | RecordError::DemographicsDiffer)) => (format!("refused: {e}"), mixed_up),
        Err(e) => (format!("unusable: {e}"), false),
        Ok(_) if mixed_up => ("read".to_owned(), false),
        Ok(prepared) => match wrong(&variant, prepared) {
            None => ("read".to_owned(), true),
            Some(what) => (what, false),
        },
    };
    Judged { name, why: variant.why, mixed_up, outcome, right }
}

/// What an accepted record fails to say, or says of somebody else.
fn wrong(variant: &Variant, prepared: &Prepared) -> Option<String> {
    let facts: String = prepared.facts.list.iter().map(|f| f.text() + "\n").collect();
    let unsaid = variant.says.iter().find(|t| !facts.contains(t.as_str())).map(|t| format!("does not say {t}"));
    let said = |t: &&String| facts.contains(t.as_str()) || prepared.prompt.user.contains(t.as_str());
    unsaid.or_else(|| variant.silent.iter().find(said).map(|t| format!("says {t}")))
}

fn read(variant: &Variant) -> Result<Prepared, RecordError> {
    let asked = Asked {
        patient_id: &variant.asked.patient_id,
        system: variant.asked.system.as_deref(),
        pad_width: variant.asked.pad_width,
        birth_date: variant.asked.birth_date.as_deref(),
        kana: variant.asked.kana.as_deref(),
    };
    draft_of(&variant.record, "discharge-summary", asked)
}

/// A record drafted for an institution, without statements.
pub(crate) fn draft_of(record: &RawValue, kind: &str, asked: Asked) -> Result<Prepared, RecordError> {
    let (template, hash) = Template::find(kind).expect("a kind");
    let destination = Destination {
        kind: template.addressee.types.first().cloned().unwrap_or_default(),
        institution: Some("みなと診療所".to_owned()),
        ..Destination::default()
    };
    let order = Order {
        document_id: "0123456789abcdef0123456789abcdef",
        asked,
        destination: &destination,
        encounter_id: None,
        main_diagnosis: None,
        statements: &[],
        author: "sato",
        sender: &case::sender("hospital-a"),
        remark: None,
        nonce: NONCE,
    };
    prepare(template, hash, record, &order)
}
