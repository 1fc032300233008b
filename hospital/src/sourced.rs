//! The record of a drafting, read in the house where the configuration names a source: what the kind needs goes along
//! with the request, and what stays behind is told to whoever drafts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::select::{Wanted, in_japanese, select};
use crate::source::{Settings, Source, SourceError, Warning};

/// A record that may leave the house.
#[derive(Debug)]
pub struct Sourced {
    /// The Bundle as JSON.
    pub json: String,
    /// What does not go along and what found no place, a line each, counted; without a word of the record.
    pub remarks: Vec<String>,
}

/// The house's source with what its data source at the operator's is registered with.
pub struct House {
    source: Source,
    identifier_system: Option<String>,
    pad_width: Option<usize>,
    /// Bytes that a request may carry inline.
    limit: usize,
}

impl House {
    pub fn open(settings: &Settings, limit: usize) -> Result<Self, SourceError> {
        let (identifier_system, pad_width) = match settings {
            Settings::FhirServer(server) => (server.identifier_system.clone(), None),
            Settings::Folder(folder) => (folder.identifier_system.clone(), None),
            Settings::Ssmix2(storage) => (storage.identifier_system.clone(), storage.pad_width),
        };
        Ok(Self { source: Source::open(settings)?, identifier_system, pad_width, limit })
    }

    /// Blocks; the stay is the latest.
    fn read(&self, number: &str, kind: &str) -> Result<Sourced, SourceError> {
        let record = self.source.record(number)?;
        let wanted = Wanted {
            number,
            identifier_system: self.identifier_system.as_deref(),
            pad_width: self.pad_width,
            kind,
            encounter: None,
            limit: self.limit,
        };
        let selection = select(&record.bundle, &wanted)?;
        let left_out = selection.left_out.iter().filter(|l| l.count > 0);
        let left_out = left_out.map(|l| format!("送らなかった情報：{}　{}件", in_japanese(&l.rule), l.count));
        Ok(Sourced { remarks: left_out.chain(told(&record.warnings)).collect(), json: selection.json })
    }
}

/// Warnings of one reason in one kind of place are one line: a storage of years has thousands.
fn told(warnings: &[Warning]) -> Vec<String> {
    let mut counted: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for warning in warnings {
        let place = warning.place.split([' ', '/']).next().unwrap_or_default();
        *counted.entry((place, warning.reason.japanese())).or_default() += 1;
    }
    counted
        .into_iter()
        .map(|((place, reason), count)| format!("読み取りの注意：{place}　{reason}　{count}件"))
        .collect()
}

/// Reads in a thread of its own.
pub async fn read(house: &Arc<House>, number: &str, kind: &str) -> Result<Sourced, SourceError> {
    let (house, number, kind) = (house.clone(), number.to_owned(), kind.to_owned());
    let read = tokio::task::spawn_blocking(move || house.read(&number, &kind)).await;
    read.unwrap_or_else(|_| Err(SourceError::Unusable("reading it failed".to_owned())))
}

/// What the person who drafts is told.
pub fn words(error: &SourceError) -> &'static str {
    match error {
        SourceError::NotFound => "院内の記録に、この患者番号の患者がいません。",
        SourceError::Ambiguous => {
            "院内の記録で、この患者番号の患者が一人に決まりません。医療情報部門に連絡してください。"
        }
        SourceError::OtherPatient => {
            "院内の記録に、別の患者の情報が混ざっています。作成を中止しました。医療情報部門に連絡してください。"
        }
        SourceError::Unavailable(_) => "院内の記録につながりません。しばらくしてからもう一度試してください。",
        SourceError::Unusable(_) => "院内の記録を読めません。医療情報部門に連絡してください。",
        SourceError::TooLarge { .. } => "必要な情報だけに絞っても記録が大きすぎるため、送れません。",
    }
}

/// A name for the log and for what may be tried again.
pub fn slug(error: &SourceError) -> &'static str {
    match error {
        SourceError::NotFound => "source-record-not-found",
        SourceError::Ambiguous | SourceError::OtherPatient => "source-patient-mismatch",
        SourceError::Unavailable(_) => "source-unavailable",
        SourceError::Unusable(_) => "source-unusable",
        SourceError::TooLarge { .. } => "source-record-too-large",
    }
}

/// A request with the record in it, byte for byte: a decimal keeps its digits.
pub fn with_record(body: &str, record: &str) -> String {
    let open = body.strip_suffix('}').unwrap_or(body);
    format!("{open},\"record\":{record}}}")
}

#[cfg(test)]
mod tests {
    use super::{House, told, with_record};
    use crate::source::folder;
    use crate::source::{Reason, Settings, SourceError, Warning};

    #[test]
    fn the_record_goes_along_as_it_is() {
        let body = with_record(r#"{"patientId":"1"}"#, r#"{"value":1.10}"#);
        assert_eq!(body, r#"{"patientId":"1","record":{"value":1.10}}"#);
    }

    #[test]
    fn warnings_are_counted_by_kind_of_place() {
        let warning = |place: &str| Warning::new(place, Reason::FieldNotRead);
        let told = told(&[
            warning("OMP-01 20260711 1 RXE[2]-30"),
            warning("OMP-01 20260712 2 RXE[1]-30"),
            warning("OML-11 x"),
        ]);
        assert_eq!(told.len(), 2);
        assert!(told.iter().any(|line| line.contains("OMP-01　") && line.ends_with("2件")), "{told:?}");
    }

    #[test]
    fn a_folder_gives_what_a_kind_needs() {
        let folder = tempfile::tempdir().expect("a folder");
        let patient = fude_records::patients("hospital-a").into_iter().next().expect("a patient");
        std::fs::write(folder.path().join("one.json"), patient.bundle()).expect("written");
        let settings = folder::Settings { folder: folder.path().to_owned(), identifier_system: None };
        let house = House::open(&Settings::Folder(settings), 4 << 20).expect("a folder");
        let read = house.read(patient.number, "discharge-summary").expect("a record");
        assert!(read.json.contains("\"Bundle\"") && read.json.contains(patient.number));
        assert!(matches!(house.read("0", "discharge-summary"), Err(SourceError::NotFound)));
    }
}
