//! Who a record is about, for a person to compare before drafting: number, name, birth date, stays and visits.

use serde::Serialize;
use serde_json::Value;

use super::Bundle;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub number: String,
    pub name: String,
    pub kana: String,
    pub birth_date: String,
    pub gender: String,
    /// Latest first.
    pub stays: Vec<Stay>,
}

/// A stay or visit that a document can be about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stay {
    /// What the request names as `encounterId`.
    pub id: String,
    pub inpatient: bool,
    pub start: String,
    pub end: String,
    pub department: String,
    pub ward: String,
}

impl Person {
    /// The first Patient of a bundle that bears the number, else the first at all.
    pub fn of(bundle: &Bundle, number: &str) -> Self {
        let resources = |kind: &str| -> Vec<Value> {
            let all = bundle.entries.iter().filter(|e| e.kind == kind);
            all.filter_map(|e| serde_json::from_str(e.resource.get()).ok()).collect()
        };
        let patients = resources("Patient");
        let bears = |p: &&Value| list(&p["identifier"]).iter().any(|i| i["value"] == number);
        let patient = patients.iter().find(bears).or(patients.first()).cloned().unwrap_or_default();
        let mut stays: Vec<Stay> = resources("Encounter").iter().filter_map(stay).collect();
        stays.sort_by(|a, b| b.start.cmp(&a.start));
        let (mut name, mut kana) = (String::new(), String::new());
        for given in list(&patient["name"]) {
            let slot = if is_kana(given) { &mut kana } else { &mut name };
            if slot.is_empty() {
                *slot = full(given);
            }
        }
        let text = |key: &str| patient[key].as_str().unwrap_or_default().to_owned();
        Self { number: number.to_owned(), name, kana, birth_date: text("birthDate"), gender: text("gender"), stays }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_kana(name: &Value) -> bool {
    list(&name["extension"]).iter().any(|e| {
        e["url"].as_str().is_some_and(|u| u.ends_with("iso21090-EN-representation")) && e["valueCode"] == "SYL"
    })
}

fn full(name: &Value) -> String {
    if let Some(text) = name["text"].as_str() {
        return text.to_owned();
    }
    let given = list(&name["given"]).iter().filter_map(Value::as_str);
    name["family"].as_str().into_iter().chain(given).collect::<Vec<_>>().join(" ")
}

fn stay(e: &Value) -> Option<Stay> {
    let cancelled = matches!(e["status"].as_str(), Some("cancelled" | "entered-in-error"));
    let label = |c: &Value| {
        let display = || list(&c["coding"]).iter().find_map(|c| c["display"].as_str());
        c["text"].as_str().or_else(display).unwrap_or_default().to_owned()
    };
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    Some(Stay {
        id: text(&e["id"]),
        inpatient: matches!(e["class"]["code"].as_str(), Some("IMP" | "ACUTE" | "NONAC" | "SS")),
        start: text(&e["period"]["start"]),
        end: text(&e["period"]["end"]),
        department: label(&e["serviceType"]),
        ward: list(&e["location"])
            .iter()
            .find_map(|l| l["location"]["display"].as_str())
            .unwrap_or_default()
            .to_owned(),
    })
    .filter(|s| !cancelled && !s.id.is_empty())
}
