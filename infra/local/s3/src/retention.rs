//! The rules of Object Lock. No storage and no clock: the time is an argument.

use s3s::dto::Timestamp;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset};

use crate::refused::Refused;

/// How strongly a version is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Mode {
    /// Lifted by whoever may bypass it.
    Governance,
    /// Lifted by nobody; it can only be extended.
    Compliance,
}

impl Mode {
    /// The mode as S3 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }
}

/// A version's lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Retention {
    pub mode: Mode,
    pub retain_until: Timestamp,
}

impl Retention {
    /// The lock that a request asks for; `None` where it names neither mode nor date.
    pub fn parse(mode: Option<&str>, until: Option<Timestamp>, now: OffsetDateTime) -> Result<Option<Self>, Refused> {
        let (mode, until) = match (mode, until) {
            (None, None) => return Ok(None),
            (Some(mode), Some(until)) => (mode, OffsetDateTime::from(until)),
            _ => {
                return Err(Refused::Argument("Object Lock needs both a mode and a retain-until date"));
            }
        };
        let mode = match mode {
            "GOVERNANCE" => Mode::Governance,
            "COMPLIANCE" => Mode::Compliance,
            _ => return Err(Refused::Argument("unknown Object Lock mode")),
        };
        if until <= now {
            return Err(Refused::Argument("the retain-until date must be in the future"));
        }
        Ok(Some(Self { mode, retain_until: until.to_offset(UtcOffset::UTC).into() }))
    }

    fn until(&self) -> OffsetDateTime {
        self.retain_until.clone().into()
    }

    fn holds(&self, now: OffsetDateTime, bypass: bool) -> bool {
        self.until() > now && !(bypass && self.mode == Mode::Governance)
    }
}

/// Whether a version under `lock` may be deleted.
pub(crate) fn may_delete(lock: Option<&Retention>, now: OffsetDateTime, bypass: bool) -> Result<(), Refused> {
    match lock {
        Some(lock) if lock.holds(now, bypass) => Err(Refused::Locked),
        _ => Ok(()),
    }
}

/// Whether `wanted` may take the place of `lock`: while a lock holds, it can be made longer and stronger, nothing else.
pub(crate) fn may_replace(
    lock: Option<&Retention>,
    wanted: Option<&Retention>,
    now: OffsetDateTime,
    bypass: bool,
) -> Result<(), Refused> {
    let Some(lock) = lock.filter(|lock| lock.holds(now, bypass)) else {
        return Ok(());
    };
    let stronger = wanted.is_some_and(|wanted| {
        wanted.until() >= lock.until() && !(lock.mode == Mode::Compliance && wanted.mode == Mode::Governance)
    });
    if stronger { Ok(()) } else { Err(Refused::Locked) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 09:00 UTC);

    fn lock(mode: Mode, days: i64) -> Retention {
        Retention { mode, retain_until: (NOW + Duration::days(days)).into() }
    }

    #[test]
    fn compliance_is_only_extended_even_with_bypass() {
        let held = lock(Mode::Compliance, 10);
        for bypass in [false, true] {
            assert!(may_delete(Some(&held), NOW, bypass).is_err());
            assert!(may_replace(Some(&held), Some(&lock(Mode::Compliance, 9)), NOW, bypass).is_err());
            assert!(may_replace(Some(&held), Some(&lock(Mode::Governance, 20)), NOW, bypass).is_err());
            assert!(may_replace(Some(&held), None, NOW, bypass).is_err());
            assert!(may_replace(Some(&held), Some(&lock(Mode::Compliance, 11)), NOW, bypass).is_ok());
        }
    }

    #[test]
    fn governance_yields_to_bypass_alone() {
        let held = lock(Mode::Governance, 10);
        assert!(may_delete(Some(&held), NOW, false).is_err());
        assert!(may_replace(Some(&held), Some(&lock(Mode::Governance, 1)), NOW, false).is_err());
        assert!(may_replace(Some(&held), Some(&lock(Mode::Compliance, 10)), NOW, false).is_ok());
        assert!(may_delete(Some(&held), NOW, true).is_ok());
        assert!(may_replace(Some(&held), None, NOW, true).is_ok());
    }

    #[test]
    fn a_lock_that_ran_out_binds_nobody() {
        let held = lock(Mode::Compliance, 10);
        assert!(may_delete(Some(&held), NOW + Duration::days(11), false).is_ok());
    }

    #[test]
    fn half_a_lock_and_one_in_the_past_are_refused() {
        let tomorrow = Timestamp::from(NOW + Duration::days(1));
        assert!(Retention::parse(Some("COMPLIANCE"), None, NOW).is_err());
        assert!(Retention::parse(None, Some(tomorrow.clone()), NOW).is_err());
        assert!(Retention::parse(Some("LEGAL"), Some(tomorrow), NOW).is_err());
        assert!(Retention::parse(Some("COMPLIANCE"), Some(NOW.into()), NOW).is_err());
        assert_eq!(Retention::parse(None, None, NOW).unwrap(), None);
    }

    #[test]
    fn dates_are_kept_in_utc() {
        let until = datetime!(2026-12-01 09:00 +9);
        let lock = Retention::parse(Some("GOVERNANCE"), Some(until.into()), NOW).unwrap().unwrap();
        let json = serde_json::to_string(&lock).unwrap();
        assert_eq!(json, r#"{"mode":"GOVERNANCE","retainUntil":"2026-12-01T00:00:00.000Z"}"#);
    }
}
