//! The house's patients, as the EMR lists them: a JSON array that it writes, read again whenever it changes.
//! Holds no clinical record.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, UtcOffset};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Patient {
    pub number: String,
    pub name: String,
    pub kana: String,
    /// `1944-03-08`
    pub birth_date: String,
    /// `male`, `female`, `other`, `unknown`
    pub gender: String,
    pub department: String,
    pub ward: String,
    /// `2026-07-03`
    pub admitted: String,
    /// Empty while in hospital, and for outpatients.
    pub discharged: String,
    /// Names of diagnoses from which the main one is chosen.
    pub diagnoses: Vec<String>,
}

impl Patient {
    pub fn days_since_discharge(&self, today: Date) -> Option<i64> {
        day(&self.discharged).map(|d| (today - d).whole_days())
    }

    pub fn age(&self, today: Date) -> Option<i32> {
        let born = day(&self.birth_date)?;
        let before = (today.month() as u8, today.day()) < (born.month() as u8, born.day());
        Some(today.year() - born.year() - i32::from(before))
    }
}

pub fn day(text: &str) -> Option<Date> {
    Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).ok()
}

/// Today in Japan.
pub fn today() -> Date {
    OffsetDateTime::now_utc().to_offset(UtcOffset::from_hms(9, 0, 0).expect("nine hours is an offset")).date()
}

/// The list, or what is wrong with the file; never a line of it.
pub fn read(path: &Path) -> Result<Vec<Patient>, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    let list: Vec<Patient> = serde_json::from_slice(&bytes)
        .map_err(|e| format!("{} is no list of patients (line {}, column {})", path.display(), e.line(), e.column()))?;
    for (at, patient) in list.iter().enumerate() {
        let dates = [&patient.birth_date, &patient.admitted, &patient.discharged];
        if patient.number.trim().is_empty() || dates.iter().any(|d| !d.is_empty() && day(d).is_none()) {
            return Err(format!("{}: entry {} lacks its number or has a wrong date", path.display(), at + 1));
        }
        if list[..at].iter().any(|p| p.number == patient.number) {
            return Err(format!("{}: entry {} has a number that stands there twice", path.display(), at + 1));
        }
    }
    Ok(list)
}

type Held = (Option<SystemTime>, Arc<Vec<Patient>>);

pub struct Census {
    file: PathBuf,
    held: Mutex<Held>,
}

impl Census {
    pub fn new(file: PathBuf) -> Self {
        Self { file, held: Mutex::default() }
    }

    /// A file that cannot be read leaves the list of before; the log says so.
    pub fn list(&self) -> Arc<Vec<Patient>> {
        let changed = std::fs::metadata(&self.file).and_then(|m| m.modified()).ok();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if changed.is_some() && held.0 != changed {
            match read(&self.file) {
                Ok(list) => *held = (changed, Arc::new(list)),
                Err(error) => tracing::error!(error, "the list of patients was not taken over"),
            }
        }
        held.1.clone()
    }

    pub fn find(&self, number: &str) -> Option<Patient> {
        self.list().iter().find(|p| p.number == number).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Patient, day};

    #[test]
    fn days_and_age_are_counted_by_the_calendar() {
        let patient =
            Patient { birth_date: "1944-02-29".into(), discharged: "2026-07-13".into(), ..Patient::default() };
        let today = day("2026-07-20").expect("a day");
        assert_eq!((patient.days_since_discharge(today), patient.age(today)), (Some(7), Some(82)));
        assert_eq!(patient.age(day("2026-02-28").expect("a day")), Some(81));
        assert_eq!(Patient::default().days_since_discharge(today), None);
    }
}
