//! A FHIR R4 server, read by searches on one patient. Numbers go in the body of `POST …/_search`, as URLs reach access
//! logs (FHIR R4, 3.1.1.2); a server that knows only `GET` is told so in the settings.

mod http;
mod search;

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Entry, Person, Reason, Record, SourceError, Warning};
use http::Http;

/// Types of which the search parameter for the patient is `patient` (FHIR R4), and that Fude reads.
const BY_PATIENT: &[&str] = &[
    "Encounter", "Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement",
    "MedicationAdministration", "Observation", "DiagnosticReport", "Procedure", "Immunization", "CarePlan", "Goal",
    "FamilyMemberHistory", "Composition", "DocumentReference", "ServiceRequest", "Appointment", "DeviceUseStatement",
    "Device", "Consent", "Flag", "QuestionnaireResponse", "NutritionOrder", "RelatedPerson", "Coverage",
];
/// Types that are fetched where something refers to them.
const BY_REFERENCE: &[&str] =
    &["Practitioner", "PractitionerRole", "Organization", "Location", "Medication", "Specimen", "Device"];
/// References that are followed: more are told.
const MOST_REFERENCES: usize = 500;
/// A record of this many bytes is none that anybody reads.
const MOST_BYTES: usize = 64 << 20;

/// How to reach the server. Times are seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// `https://ehr.example/fhir`; plain `http` only to this machine.
    pub base: String,
    /// Identifier system of patient numbers; without it the number is searched in every system.
    #[serde(default)]
    pub identifier_system: Option<String>,
    /// File with a bearer token, read at each request so that it can be renewed.
    #[serde(default)]
    pub bearer_file: Option<PathBuf>,
    /// File with `user:password` for basic authentication.
    #[serde(default)]
    pub basic_file: Option<PathBuf>,
    /// PEM of the authorities that the server's certificate is checked against: the hospital's own, or the system's list.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// `post` (default) or `get`.
    #[serde(default)]
    pub search: search::Method,
    /// Time-out of one request; 30 without.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// Types to search, where the server knows fewer than Fude reads.
    #[serde(default)]
    pub types: Option<Vec<String>>,
}

/// An open server.
pub struct FhirServer {
    http: Http,
    settings: Settings,
}

impl FhirServer {
    pub fn open(settings: &Settings) -> Result<Self, SourceError> {
        if let Some(unknown) = settings.types.iter().flatten().find(|t| !BY_PATIENT.contains(&t.as_str())) {
            return Err(SourceError::Unusable(format!("types names {unknown}, which is not read")));
        }
        Ok(Self { http: Http::open(settings)?, settings: settings.clone() })
    }

    /// The patient and the stays alone.
    pub fn person(&self, number: &str) -> Result<Person, SourceError> {
        let mut gathered = Gathered::default();
        let patient = self.patient(number, &mut gathered)?;
        self.search("Encounter", "patient", &patient, &mut gathered)?;
        Ok(Person::of(&gathered.record.bundle, number))
    }

    pub fn record(&self, number: &str) -> Result<Record, SourceError> {
        let mut gathered = Gathered::default();
        let patient = self.patient(number, &mut gathered)?;
        let all = || BY_PATIENT.iter().map(|t| (*t).to_owned()).collect();
        for kind in self.settings.types.clone().unwrap_or_else(all) {
            self.search(&kind, "patient", &patient, &mut gathered)?;
        }
        self.referred(&mut gathered)?;
        self.attachments(&mut gathered)?;
        Ok(gathered.record)
    }

    /// Finds the one patient of a number; gives its reference.
    fn patient(&self, number: &str, gathered: &mut Gathered) -> Result<String, SourceError> {
        // A comma, a bar or a dollar sign would mean something else in a token search.
        if number.is_empty() || number.contains([',', '|', '$', '\\']) || number.chars().any(char::is_control) {
            return Err(SourceError::NotFound);
        }
        let system = self.settings.identifier_system.as_deref();
        let token = system.map_or_else(|| number.to_owned(), |system| format!("{system}|{number}"));
        self.search("Patient", "identifier", &token, gathered)?;
        // A server may match more than was asked for.
        let bears = |entry: &&Entry| {
            let patient: Value = serde_json::from_str(entry.resource.get()).unwrap_or_default();
            entry.kind == "Patient"
                && patient["identifier"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|i| i["value"] == number && (system.is_none() || i["system"].as_str() == system))
        };
        let found: BTreeSet<String> =
            gathered.record.bundle.entries.iter().filter(bears).filter_map(Entry::reference).collect();
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(patient), None) => {
                gathered.record.bundle.entries.retain(|e| e.reference().as_ref() == Some(&patient));
                Ok(patient)
            }
            (None, _) => Err(SourceError::NotFound),
            (Some(_), Some(_)) => Err(SourceError::Ambiguous),
        }
    }

    /// All pages of a search.
    fn search(&self, kind: &str, parameter: &str, value: &str, gathered: &mut Gathered) -> Result<(), SourceError> {
        let method = self.settings.search;
        let known = search::pages(&self.http, method, kind, parameter, value, &mut |page| gathered.add(page))?;
        match kind {
            _ if known => {}
            "Patient" => {
                return Err(SourceError::Unusable("nothing at its base knows Patient: look at base".to_owned()));
            }
            _ => gathered.warn(kind, Reason::KindNotRead),
        }
        Ok(())
    }

    /// What the resources refer to by name.
    fn referred(&self, gathered: &mut Gathered) -> Result<(), SourceError> {
        let mut wanted = BTreeSet::new();
        for entry in &gathered.record.bundle.entries {
            let resource: Value = serde_json::from_str(entry.resource.get()).unwrap_or_default();
            references(&resource, &mut wanted);
        }
        wanted.retain(|r| !gathered.known.contains(r));
        for (i, reference) in wanted.into_iter().enumerate() {
            if i >= MOST_REFERENCES {
                gathered.warn("references", Reason::EntryUnreadable);
                break;
            }
            match self.http.resource(&reference)? {
                Some(resource) => gathered.take(Entry::new(None, resource), &reference),
                None => gathered.warn(reference, Reason::EntryUnreadable),
            }
        }
        Ok(())
    }

    /// Text attachments that stand elsewhere on the server are put in their place.
    fn attachments(&self, gathered: &mut Gathered) -> Result<(), SourceError> {
        for i in 0..gathered.record.bundle.entries.len() {
            let entry = &gathered.record.bundle.entries[i];
            if !matches!(entry.kind.as_str(), "DocumentReference" | "DiagnosticReport") {
                continue;
            }
            let place = entry.reference().unwrap_or_default();
            let mut resource: Value = serde_json::from_str(entry.resource.get()).unwrap_or_default();
            let mut changed = false;
            for attachment in linked(&mut resource) {
                let url = attachment["url"].as_str().unwrap_or_default().to_owned();
                match self.http.text(&url)? {
                    Some(text) => {
                        attachment["data"] = STANDARD.encode(text).into();
                        attachment["contentType"] = "text/plain".into();
                        changed = true;
                    }
                    None => gathered.warn(place.clone(), Reason::AttachmentNotRead),
                }
            }
            // These resources hold no measured figures, so that no digit is lost by writing them anew.
            if changed && let Ok(raw) = serde_json::value::to_raw_value(&resource) {
                gathered.record.bundle.entries[i].resource = raw;
            }
        }
        Ok(())
    }
}

/// Attachments with an address instead of their text.
fn linked(resource: &mut Value) -> Vec<&mut Value> {
    let mut out = Vec::new();
    let text = |a: &Value| a["contentType"].as_str().is_none_or(|t| t.starts_with("text/"));
    let wanted = |a: &Value| a["data"].is_null() && a["url"].is_string() && text(a);
    if let Value::Object(members) = resource {
        for (name, value) in members {
            for item in value.as_array_mut().into_iter().flatten() {
                match name.as_str() {
                    "content" if wanted(&item["attachment"]) => out.push(&mut item["attachment"]),
                    "presentedForm" if wanted(item) => out.push(item),
                    _ => {}
                }
            }
        }
    }
    out
}

/// `Practitioner/7` and the like, of the types that are fetched by reference.
fn references(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("reference").and_then(Value::as_str)
                && let Some((kind, id)) = reference.split_once('/')
                && BY_REFERENCE.contains(&kind)
                && is_id(id)
            {
                out.insert(reference.to_owned());
            }
            members.values().for_each(|v| references(v, out));
        }
        Value::Array(list) => list.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}

/// FHIR R4, `id`.
fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

/// What the searches brought, each resource once.
#[derive(Default)]
struct Gathered {
    record: Record,
    known: HashSet<String>,
    bytes: usize,
}

impl Gathered {
    /// Takes a page's entries.
    fn add(&mut self, page: Vec<(Option<String>, Option<Box<RawValue>>)>) -> Result<(), SourceError> {
        for (i, (full_url, resource)) in page.into_iter().enumerate() {
            self.bytes += resource.as_ref().map_or(0, |r| r.get().len());
            if self.bytes > MOST_BYTES {
                return Err(SourceError::TooLarge { bytes: self.bytes, limit: MOST_BYTES });
            }
            let entry = resource.and_then(|r| Entry::new(full_url, r));
            match entry {
                // The server's remark about a search, as an entry among the results.
                Some(e) if e.kind == "OperationOutcome" => self.warn("OperationOutcome", Reason::ServerRemark),
                entry => self.take(entry, &format!("entry {i}")),
            }
        }
        Ok(())
    }

    fn take(&mut self, entry: Option<Entry>, place: &str) {
        let Some(entry) = entry else { return self.warn(place, Reason::EntryUnreadable) };
        // The same resource comes in several searches.
        if entry.reference().is_none_or(|r| self.known.insert(r)) {
            self.record.bundle.entries.push(entry);
        }
    }

    fn warn(&mut self, place: impl Into<String>, reason: Reason) {
        let warning = Warning::new(place, reason);
        if !self.record.warnings.contains(&warning) {
            self.record.warnings.push(warning);
        }
    }
}
