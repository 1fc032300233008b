//! Metrics as log lines, in CloudWatch's embedded metric format: no call, no right, no wait.
//!
//! | metric | dimension | unit | when |
//! | --- | --- | --- | --- |
//! | `LogStopped` | `code` | Count, always 1 | an append met what no retry mends |
//! | `OldestPendingEvent` | none | Seconds | every sweep, before it begins; 0 where nothing waits |
//! | `ClockOffset` | none | Seconds | every batch of the stream: the function's clock that stands farthest from the table's |
//!
//! Source: "Specification: Embedded metric format" in the CloudWatch user guide. The hospital is a
//! member to be searched for, no dimension; no line says anything of a document or a patient.

use std::io::Write as _;

use fude::audit::UtcMillis;
use serde_json::{Value, json};

const NAMESPACE: &str = "Fude";

/// The log of that hospital stands, for the reason with this code.
pub fn log_stopped(at: UtcMillis, hospital: &str, code: &str) -> Value {
    json!({
        "_aws": head(at, &["code"], "LogStopped", "Count"),
        "code": code,
        "LogStopped": 1,
        "hospital.id": hospital,
    })
}

/// How long the oldest event has waited that a sweep found.
pub fn oldest_pending_event(at: UtcMillis, oldest: Option<UtcMillis>) -> Value {
    // Clocks of two machines may differ by a little
    let waited = oldest.map_or(0, |oldest| (at.unix_ms() - oldest.unix_ms()).max(0));
    json!({
        "_aws": head(at, &[], "OldestPendingEvent", "Seconds"),
        "OldestPendingEvent": waited as f64 / 1000.0,
    })
}

/// How far apart the clocks of functions and table stand, in seconds.
pub fn clock_offset(at: UtcMillis, seconds: f64) -> Value {
    json!({ "_aws": head(at, &[], "ClockOffset", "Seconds"), "ClockOffset": seconds })
}

fn head(at: UtcMillis, dimensions: &[&str], name: &str, unit: &str) -> Value {
    json!({
        "Timestamp": at.unix_ms(),
        "CloudWatchMetrics": [{
            "Namespace": NAMESPACE,
            "Dimensions": [dimensions],
            "Metrics": [{ "Name": name, "Unit": unit }],
        }],
    })
}

/// Prints it as one line of its own. A line that cannot be printed is no reason to fail.
pub fn emit(line: &Value) {
    _ = writeln!(std::io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcMillis {
        UtcMillis::parse(text).unwrap()
    }

    /// What the specification demands of a document: name, unit, dimensions and value of its one metric.
    fn read(line: &Value) -> (String, String, Vec<(String, String)>, f64) {
        let metadata = &line["_aws"];
        assert_eq!(metadata.as_object().unwrap().keys().collect::<Vec<_>>(), ["CloudWatchMetrics", "Timestamp"]);
        assert!(metadata["Timestamp"].as_u64().unwrap() > 1_600_000_000_000, "milliseconds since 1970");
        let [directive] = metadata["CloudWatchMetrics"].as_array().unwrap().as_slice() else { panic!("one directive") };
        let members = directive.as_object().unwrap();
        assert_eq!(members.keys().collect::<Vec<_>>(), ["Dimensions", "Metrics", "Namespace"]);
        assert_eq!(directive["Namespace"], "Fude");
        let [set] = directive["Dimensions"].as_array().unwrap().as_slice() else { panic!("one set of dimensions") };
        let dimensions = set.as_array().unwrap().iter().map(|name| {
            let name = name.as_str().unwrap();
            (name.to_owned(), line[name].as_str().expect("a dimension's target is a string").to_owned())
        });
        let [metric] = directive["Metrics"].as_array().unwrap().as_slice() else { panic!("one metric") };
        assert_eq!(metric.as_object().unwrap().keys().collect::<Vec<_>>(), ["Name", "Unit"]);
        let name = metric["Name"].as_str().unwrap();
        let value = line[name].as_f64().expect("a metric's target is a number");
        (name.to_owned(), metric["Unit"].as_str().unwrap().to_owned(), dimensions.collect(), value)
    }

    #[test]
    fn stopped_log_is_counted_by_its_code_alone() {
        let line = log_stopped(at("2026-11-22T20:05:34.123Z"), "hospital-a", "E_HEAD_BEHIND");
        let (name, unit, dimensions, value) = read(&line);
        assert_eq!((name.as_str(), unit.as_str(), value), ("LogStopped", "Count", 1.0));
        assert_eq!(dimensions, [("code".to_owned(), "E_HEAD_BEHIND".to_owned())]);
        assert_eq!(line["_aws"]["Timestamp"], 1_795_377_934_123_u64);
        assert_eq!(line["hospital.id"], "hospital-a");
        assert!(!line.to_string().contains('\n'), "one line");
    }

    #[test]
    fn clock_offset_is_in_seconds() {
        let (name, unit, dimensions, value) = read(&clock_offset(at("2026-11-22T20:05:34.123Z"), 0.25));
        assert_eq!((name.as_str(), unit.as_str(), value), ("ClockOffset", "Seconds", 0.25));
        assert!(dimensions.is_empty());
    }

    #[test]
    fn age_of_the_oldest_event_is_in_seconds_and_never_negative() {
        let now = at("2026-11-22T20:05:34.123Z");
        for (oldest, seconds) in [
            (None, 0.0),
            (Some("2026-11-22T20:05:34.123Z"), 0.0),
            (Some("2026-11-22T20:05:33.623Z"), 0.5),
            (Some("2026-11-21T20:05:34.123Z"), 86_400.0),
            (Some("2026-11-22T20:05:35.000Z"), 0.0),
        ] {
            let (name, unit, dimensions, value) = read(&oldest_pending_event(now, oldest.map(at)));
            assert_eq!((name.as_str(), unit.as_str()), ("OldestPendingEvent", "Seconds"));
            assert!(dimensions.is_empty());
            assert_eq!(value, seconds, "{oldest:?}");
        }
    }
}
