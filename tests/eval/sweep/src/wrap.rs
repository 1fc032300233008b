//! One instance as a record: a Bundle with a Patient for whom its references speak.

use serde_json::{Value, json};

/// Id of the first patient that an instance refers to; the Patient's own id.
pub fn patient_of(resource: &Value) -> String {
    if resource["resourceType"] == "Patient" {
        return resource["id"].as_str().unwrap_or("none").to_owned();
    }
    let entries = resource["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    let within = entries.iter().map(|e| &e["resource"]);
    if let Some(patient) = within.clone().find(|r| r["resourceType"] == "Patient") {
        return patient["id"].as_str().unwrap_or("none").to_owned();
    }
    let found = std::iter::once(resource).chain(within).find_map(|r| {
        ["subject", "patient", "beneficiary", "individual"].iter().find_map(|member| {
            let reference = if r[member].is_array() { &r[member][0] } else { &r[member] };
            reference["reference"].as_str()?.rsplit_once("Patient/").map(|(_, id)| id.to_owned())
        })
    });
    found.unwrap_or_else(|| "none".to_owned())
}

pub fn bundle(patient: &str, resources: &[Value]) -> String {
    let mut entries: Vec<Value> = resources.iter().map(|r| json!({ "resource": r })).collect();
    if !resources.iter().any(|r| r["resourceType"] == "Patient") {
        let made = json!({ "resourceType": "Patient", "id": patient, "birthDate": "1974-12-25", "name": [{ "text": "Peter Chalmers" }] });
        entries.insert(0, json!({ "resource": made }));
    }
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string()
}
