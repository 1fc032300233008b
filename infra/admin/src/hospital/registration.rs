//! A registration as JSON, changed member by member: what this version does not know of stays as it is. Pure.

use fude_aws::caller::Certificate;
use fude_aws::hospital::{DataSource, Registration, Revoked};
use serde_json::{Map, Value, json};

/// What the letterhead and the functions know of a hospital; what is not given stays.
#[derive(clap::Args, Debug, Default)]
pub struct Particulars {
    /// Name of the hospital as it stands on documents
    #[arg(long)]
    pub name: Option<String>,
    /// Number of the medical institution (保険医療機関番号), ten digits
    #[arg(long)]
    pub institution_number: Option<String>,
    /// Address, with postal code
    #[arg(long)]
    pub address: Option<String>,
    #[arg(long)]
    pub telephone: Option<String>,
    /// Days after which a draft that nobody finalises expires
    #[arg(long)]
    pub draft_days: Option<u32>,
    /// Years that final documents are kept; the law's minimum of each kind stands above it
    #[arg(long)]
    pub retention_years: Option<u32>,
    /// Where records are staged: ID, ID,IDENTIFIER-SYSTEM or ID,IDENTIFIER-SYSTEM,WIDTH to which numbers are padded
    #[arg(long, value_parser = data_source)]
    pub data_source: Vec<DataSource>,
}

fn data_source(text: &str) -> Result<DataSource, String> {
    let mut parts = text.splitn(3, ',');
    let id = parts.next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) {
        return Err("the id of a data source has up to 64 letters, digits, - and _".to_owned());
    }
    let identifier_system = parts.next().filter(|system| !system.is_empty()).map(str::to_owned);
    let pad_width = parts.next().map(|width| width.parse().map_err(|_| format!("{width} is no width"))).transpose()?;
    Ok(DataSource { id: id.to_owned(), identifier_system, pad_width })
}

/// The members of a registration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Members(Map<String, Value>);

impl Members {
    /// Refuses what the functions could not read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let members: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| "the registration is no JSON object")?;
        let members = Self(members);
        members.read()?;
        Ok(members)
    }

    /// As the functions read it.
    pub fn read(&self) -> Result<Registration, String> {
        serde_json::from_value(Value::Object(self.0.clone()))
            .map_err(|e| format!("the registration is not readable: {e}"))
    }

    pub fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    pub fn set(&mut self, given: &Particulars) -> Result<(), String> {
        if let Some(number) = &given.institution_number
            && (number.len() != 10 || !number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err("the number of the institution has ten digits".to_owned());
        }
        let sender = self.0.entry("sender").or_insert_with(|| json!({}));
        let sender = sender.as_object_mut().ok_or("the sender is no JSON object")?;
        for (member, value) in [
            ("name", &given.name),
            ("institutionNumber", &given.institution_number),
            ("address", &given.address),
            ("telephone", &given.telephone),
        ] {
            sender.extend(value.as_ref().map(|value| (member.to_owned(), json!(value))));
        }
        for (member, value) in [("draftDays", given.draft_days), ("retentionYears", given.retention_years)] {
            self.0.extend(value.map(|value| (member.to_owned(), json!(value))));
        }
        for source in &given.data_source {
            let listed = self.list("dataSources")?;
            let value = serde_json::to_value(source).map_err(|e| e.to_string())?;
            match listed.iter_mut().find(|there| there["id"] == source.id.as_str()) {
                Some(there) => *there = value,
                None => listed.push(value),
            }
        }
        Ok(())
    }

    /// False where it was registered already.
    pub fn admit(&mut self, certificate: &Certificate) -> Result<bool, String> {
        let listed = self.list("certificates")?;
        let known = listed.iter().any(|there| *there == certificate.issuer_subject_sha256.as_str());
        if !known {
            listed.push(json!(certificate.issuer_subject_sha256));
        }
        Ok(!known)
    }

    /// Shuts this one certificate out; another of the same subject still comes in. False where it was out already.
    pub fn revoke(&mut self, certificate: &Certificate) -> Result<bool, String> {
        let pair = Revoked { issuer_sha256: certificate.issuer_sha256.clone(), serial: certificate.serial.clone() };
        if self.read()?.revoked.contains(&pair) {
            return Ok(false);
        }
        self.list("revoked")?.push(serde_json::to_value(pair).map_err(|e| e.to_string())?);
        Ok(true)
    }

    /// Shuts out every certificate of that issuer and subject. False where none of them came in.
    pub fn dismiss(&mut self, certificate: &Certificate) -> Result<bool, String> {
        let listed = self.list("certificates")?;
        let before = listed.len();
        listed.retain(|there| *there != certificate.issuer_subject_sha256.as_str());
        Ok(listed.len() < before)
    }

    fn list(&mut self, member: &str) -> Result<&mut Vec<Value>, String> {
        let list = self.0.entry(member).or_insert_with(|| json!([]));
        list.as_array_mut().ok_or_else(|| format!("{member} is no list"))
    }
}

/// What is missing before documents can be written for it.
pub fn lacks(registration: &Registration) -> Vec<&'static str> {
    let sender = &registration.sender;
    [
        (sender.name.is_empty(), "name"),
        (sender.institution_number.is_empty(), "institution number"),
        (sender.address.is_empty(), "address"),
        (sender.telephone.is_empty(), "telephone"),
        (registration.certificates.is_empty(), "certificate: nobody can come in"),
        (registration.data_sources.is_empty(), "data source: no record can be read"),
    ]
    .into_iter()
    .filter_map(|(lacks, what)| lacks.then_some(what))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(subject: &str, serial: &str) -> Certificate {
        Certificate {
            issuer_subject_sha256: subject.to_owned(),
            issuer_sha256: "1".repeat(64),
            subject: format!("CN={subject}"),
            serial: serial.to_owned(),
        }
    }

    #[test]
    fn what_this_version_does_not_know_stays() {
        let mut members = Members::parse(r#"{"later":{"a":[1]},"sender":{"name":"旧","fax":"03"}}"#).unwrap();
        let given =
            Particulars { name: Some("みなと病院".into()), draft_days: Some(30), ..Particulars::default() };
        members.set(&given).unwrap();
        let text = members.text();
        assert!(text.contains(r#""later":{"a":[1]}"#) && text.contains(r#""fax":"03""#), "{text}");
        let read = members.read().unwrap();
        assert_eq!((read.sender.name.as_str(), read.draft_days, read.retention_years), ("みなと病院", Some(30), None));
    }

    #[test]
    fn data_sources_are_added_or_replaced_by_id() {
        let mut members = Members::default();
        let sources = |texts: &[&str]| texts.iter().map(|text| data_source(text).unwrap()).collect();
        members.set(&Particulars { data_source: sources(&["ehr-main", "old"]), ..Particulars::default() }).unwrap();
        members.set(&Particulars { data_source: sources(&["old,urn:x,8"]), ..Particulars::default() }).unwrap();
        let read = members.read().unwrap().data_sources;
        assert_eq!(read.len(), 2);
        assert_eq!((read[1].identifier_system.as_deref(), read[1].pad_width), (Some("urn:x"), Some(8)));
        for text in ["", "a/b", "a,urn:x,wide", "病院"] {
            assert!(data_source(text).is_err(), "{text}");
        }
    }

    #[test]
    fn certificates_come_in_once_and_one_is_shut_out_without_the_next() {
        let (old, new, other) = (certificate("gw", "1"), certificate("gw", "2"), certificate("gw-2", "3"));
        let mut members = Members::default();
        assert_eq!((members.admit(&old), members.admit(&new), members.admit(&other)), (Ok(true), Ok(false), Ok(true)));
        assert_eq!((members.revoke(&old), members.revoke(&old)), (Ok(true), Ok(false)));
        let read = members.read().unwrap();
        assert_eq!((read.certificates.len(), read.revoked.len()), (2, 1));
        assert_eq!((members.dismiss(&new), members.dismiss(&new)), (Ok(true), Ok(false)));
        assert_eq!(members.read().unwrap().certificates, ["gw-2"]);
    }

    #[test]
    fn what_no_function_could_read_is_refused() {
        for text in ["", "[]", r#"{"draftDays":"ninety"}"#, r#"{"sender":"x"}"#] {
            assert!(Members::parse(text).is_err(), "{text}");
        }
        let mut members = Members::default();
        let given = Particulars { institution_number: Some("123".into()), ..Particulars::default() };
        assert!(members.set(&given).is_err());
        assert_eq!(lacks(&members.read().unwrap()).len(), 6);
    }
}
