//! Large records made from an invented patient: the same bytes on every run. A part of the copies lies in the stay,
//! the rest in earlier years, as in a chart of many years.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::value::RawValue;

/// Types that a long chart has many of.
const MANY: &[&str] = &[
    "Observation", "MedicationRequest", "MedicationAdministration", "DocumentReference", "DiagnosticReport",
    "Procedure",
];

pub struct Record {
    pub json: Box<RawValue>,
    pub patient: &'static str,
    pub resources: usize,
}

/// A record of about so many bytes, at least the patient's own.
pub fn record(bytes: usize) -> Record {
    let patient = fude_records::patients("hospital-a").remove(0);
    let mut bundle: Value = serde_json::from_slice(&patient.bundle()).expect("the patients are JSON");
    let own: Vec<Value> = bundle["entry"].as_array().expect("a bundle has entries").clone();
    let many = |e: &&Value| e["resource"]["resourceType"].as_str().is_some_and(|t| MANY.contains(&t));
    let sources: Vec<&Value> = own.iter().filter(many).collect();
    let mut size = bundle.to_string().len();
    let mut copies = Vec::new();
    for n in 1.. {
        for source in &sources {
            if size >= bytes {
                break;
            }
            let copy = copy(source, n);
            size += copy.to_string().len() + 1;
            copies.push(copy);
        }
        if size >= bytes {
            break;
        }
    }
    let resources = own.len() + copies.len();
    let entries = bundle["entry"].as_array_mut().expect("a bundle has entries");
    entries.extend(copies);
    let json = RawValue::from_string(bundle.to_string()).expect("a value writes JSON");
    Record { json, patient: patient.number, resources }
}

/// Every fourth round stays in the stay; the others move to an earlier year and name no encounter.
fn copy(source: &Value, n: usize) -> Value {
    let mut text = source.to_string();
    if !n.is_multiple_of(4) {
        for year in [2025, 2026] {
            text = text.replace(&format!("\"{year}-"), &format!("\"{}-", year - 1 - n % 9));
        }
    }
    let mut entry: Value = serde_json::from_str(&text).expect("only years were replaced");
    let resource = &mut entry["resource"];
    let id = format!("{}-{n}", resource["id"].as_str().unwrap_or("x"));
    if !n.is_multiple_of(4)
        && let Some(members) = resource.as_object_mut()
    {
        members.remove("encounter");
        members.remove("context");
    }
    resource["id"] = id.clone().into();
    for content in resource["content"].as_array_mut().into_iter().flatten() {
        let data = &mut content["attachment"]["data"];
        let words = data.as_str().and_then(|d| STANDARD.decode(d).ok()).and_then(|b| String::from_utf8(b).ok());
        if let Some(words) = words {
            // Other words in every copy: what is copied forward word for word is told once.
            *data = STANDARD.encode(words.replace('。', &format!("（{n}回目）。"))).into();
        }
    }
    let url = entry["fullUrl"].as_str().map(|url| format!("{}-{n}", url.trim_end_matches(&id)));
    if let Some(url) = url {
        entry["fullUrl"] = url.into();
    }
    entry
}
